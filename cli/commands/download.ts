import { createReadStream } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RegistryError } from '../../indexer/model/errors.ts';
import { isSet, textFlag, type CommandContext, type ParsedArgs, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { storageError } from '../../indexer/storage/storage-error.ts';
import { splitTarget } from '../target.ts';
import type { Choice, FetchedAsset } from '../registry/registry.ts';
import { formatSize } from '../times.ts';

export const run: RunCommand = async (context, args) => {
  const output = textFlag(args, 'output');
  if (output === '-' && context.json) {
    throw new RegistryError(
      'usage',
      'download -o - writes the asset to standard output: leave out --json, or name a file.',
    );
  }
  const [registry, { minAgeMs }] = await Promise.all([context.registry(), context.settings()]);
  const { name, range = 'latest' } = splitTarget(args.operands[0] ?? '');
  const prereleases = isSet(args, 'prereleases');
  const choice = await registry.resolve({ id: await registry.identify(name), range, prereleases, minAgeMs });
  for (const warning of choice.warnings) context.note(`warning: ${warning}`);
  const fetched = await fetch(context, choice, args);
  if (output === '-') await context.pipe(createReadStream(fetched.file));
  else await deliver(context, { choice, fetched, output });
  return EXIT.done;
};

async function fetch(context: CommandContext, choice: Choice, args: ParsedArgs): Promise<FetchedAsset> {
  const registry = await context.registry();
  const line = context.progress.start(`${choice.id} ${choice.entry.version}`);
  const asset = textFlag(args, 'asset');
  try {
    return await registry.fetch(choice, {
      ...(asset !== undefined && { asset }),
      allowUnverified: isSet(args, 'allow-unverified'),
      signal: context.signal,
      onProgress: line.update,
    });
  } finally {
    line.end();
  }
}

interface Delivery {
  choice: Choice;
  fetched: FetchedAsset;
  output: string | undefined;
}

async function deliver(context: CommandContext, { choice, fetched, output }: Delivery): Promise<void> {
  const file = await targetOf(output, fetched.name);
  await place(fetched.file, file);
  const { id, entry } = choice;
  const { name, size, digest, fromCache } = fetched;
  if (context.json) {
    context.print({ extension: id, version: entry.version, asset: name, file, size, digest, from_cache: fromCache });
  } else
    context.say(
      `${file}: ${id} ${entry.version}, ${formatSize(size)}, ${digest}${fromCache ? ' (from the cache)' : ''}`,
    );
}

/** A folder gets the asset under its own name. */
async function targetOf(output: string | undefined, name: string): Promise<string> {
  const target = resolve(output ?? name);
  const found = await stat(target).catch(() => undefined);
  return found?.isDirectory() === true ? join(target, name) : target;
}

/** Whole or not at all, also where somebody reads the file meanwhile. */
async function place(from: string, to: string): Promise<void> {
  const temporary = join(dirname(to), `.${basename(to)}.${process.pid}.part`);
  try {
    await copyFile(from, temporary);
    await rename(temporary, to);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw storageError(cause, `write ${to}`);
  }
}
