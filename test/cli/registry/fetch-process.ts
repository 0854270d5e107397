import { openRegistry } from '../../../cli/registry/open-registry.ts';
import { parseExtensionId } from '../../../indexer/model/extension.ts';

/*
 * A client of its own process, for tests of several at once and of one that is killed:
 * `node fetch-process.ts SITE PROXY CACHE_FOLDER TYPE/NAME` prints how many bytes it has, line by line, then the asset.
 */

const [site = '', proxy = '', cacheFolder = '', id = ''] = process.argv.slice(2);
const registry = openRegistry({ sites: [site], proxy, cacheFolder, now: Date.now, random: Math.random });
const choice = await registry.resolve({ id: parseExtensionId(id), range: 'latest' });
const fetched = await registry.fetch(choice, {
  onProgress: ({ receivedBytes }) => void process.stdout.write(`${receivedBytes}\n`),
});
process.stdout.write(`${JSON.stringify(fetched)}\n`);
await registry.close();
