import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegistry } from '../../../cli/registry/library.ts';

const [site = '', folder = 'extensions', ...wishes] = process.argv.slice(2);
const cacheFolder = join(folder, '.cache');
const registry = openRegistry({ sites: [site], cacheFolder, now: Date.now, random: Math.random });
try {
  for (const wish of wishes) {
    const [name = '', range = 'latest'] = wish.split('@');
    const choice = await registry.resolve({ id: await registry.identify(name), range });
    for (const warning of choice.warnings) process.stderr.write(`${warning}\n`);
    const asset = await registry.fetch(choice); // resumed, checked against its digest, kept
    await mkdir(join(folder, choice.id), { recursive: true });
    await copyFile(asset.file, join(folder, choice.id, asset.name));
    process.stdout.write(`${choice.id} ${choice.entry.version} ${asset.digest}\n`);
  }
} finally {
  await registry.close();
}
