import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharedWorld } from '../../proxy/world.ts';
import { openWorkplace } from './install-world.ts';

const shared = sharedWorld();
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1/api/v1';

/** Each command line, what of the environment it needs, its exit code, and what the complaint says to do. */
const CASES: readonly (readonly [string, Record<string, string>, number, RegExp])[] = [
  ['list', {}, 0, /^$/],
  ['lst', {}, 2, /There is no command "lst"; did you mean list\?/],
  ['list --typ provider', {}, 2, /did you mean --type\?/],
  ['show', {}, 2, /show needs type\/name\[@version\]; see extension show --help/],
  ['list', { EXTENSION_REGISTRY_URL: '' }, 2, /Name the registry's site: --site URL/],
  ['list --site ftp://example.org/v1', {}, 2, /"ftp:\/\/example\.org\/v1" is no http\(s\) URL.*; correct it/],
  ['search redis --limit none', {}, 2, /--limit none is no number of results; use 1 or more/],
  ['cache clean --older-than soon', {}, 2, /--older-than soon is no age; use 30d/],
  ['cache shrink', {}, 2, /use list or clean/],
  ['download aws -o - --json', {}, 2, /leave out --json, or name a file/],
  ['completion tcsh', {}, 2, /There are completions for bash, zsh, fish; name one/],
  ['download aws --min-age often', {}, 2, /--min-age is "often"; write a number and/],
  ['show provider/awz', {}, 3, /did you mean provider\/aws\?/],
  ['versions nothing-like-it', {}, 3, /nothing-like-it/],
  ['show aws@9', {}, 3, /aws has no version 9|no version/],
  ['download aws --asset no.txt', {}, 3, /no\.txt/],
  ['search rediz --type provider', {}, 3, /Nothing is found for "rediz"; did you mean redis\?$/m],
  ['list', { EXTENSION_REGISTRY_URL: NOWHERE }, 4, /cannot be reached/],
  ['list --offline', {}, 4, /run once without --offline/],
  ['download aws --min-age 52000w', {}, 6, /too young|min-age|seen/],
  ['doctor', {}, 0, /^$/],
  ['doctor', { EXTENSION_REGISTRY_URL: NOWHERE }, 1, /^$/],
];

describe('the exit code of extension', () => {
  const cases = CASES.map(([line, environment, code, complaint]) => ({ line, environment, code, complaint }));
  test.each(cases)('$line with $environment is $code, and it says what to do', async (each) => {
    const { line, environment, code, complaint } = each;
    const place = await openWorkplace({ url: `${shared().url}/api/v1` }, environment);
    const ended = await place.run(...line.split(' '));
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({
      code,
      stderr: expect.stringMatching(complaint) as string,
    });
    if (code !== 0 && line !== 'doctor') expect(ended.stderr).toMatch(/^extension: [^\n]+\n$/);
  });

  test('is 1 where a file cannot be written', async () => {
    const place = await openWorkplace({ url: `${shared().url}/api/v1` });
    await mkdir(join(place.folder, 'full'));
    const ended = await place.run('download', 'aws', '-o', join('full', 'none', 'x.tar.gz'));
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('x.tar.gz') as string });
  });
});
