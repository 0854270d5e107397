// Loaded before every program (`node -r`), and the beginning of those that `npm run build` makes. Plain CommonJS of
// 2015, so that a Node too old for TypeScript can still read it and say one clear sentence instead of
// ERR_UNKNOWN_FILE_EXTENSION.
'use strict';
var needed = [22, 22, 2];
var have = process.versions.node.split('.').map(Number);
var difference = needed
  .map(function (part, place) {
    return have[place] - part;
  })
  .find(function (each) {
    return each !== 0;
  });
if (difference < 0) {
  process.stderr.write(
    'extension-registry needs Node ' +
      needed.join('.') +
      ' or newer, and this is Node ' +
      process.versions.node +
      ': install a newer one; in a checkout, `npm ci` and then the npm scripts bring their own.\n',
  );
  process.exit(2);
}
