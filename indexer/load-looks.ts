import type { Config } from './config/config.ts';
import { settingsOf } from './crawl/looks.ts';
import type { Digest } from './model/digest.ts';
import type { Look, LooksDocument, SourceLooks } from './model/looks.ts';
import { fileOf, LOOKS } from './site/layout.ts';
import type { SiteReader } from './storage/storage.ts';

const MAX_LOOKS_BYTES = 256 * 1024 * 1024;

/**
 * When a published site's repositories were last read. Undefined where that is not told of this very memory (a run that
 * was killed, a rollback), or not legibly: the crawl then reads all of them, which is never wrong.
 */
export async function loadLooks(from: SiteReader, memory: Digest | undefined): Promise<LooksDocument | undefined> {
  if (memory === undefined) return undefined;
  let value: unknown;
  try {
    const bytes = await from.read(fileOf(LOOKS), MAX_LOOKS_BYTES);
    if (bytes === undefined) return undefined;
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    // A bucket that does not let itself be listed answers 403 for a document that is not there, as of an older site.
    // Whatever it was, what it would have spared is read again.
    return undefined;
  }
  return isLooks(value) && value.memory === memory ? value : undefined;
}

/** What decides how each source's answers are read. */
export function settingsOfSources({ sources, types, indexer: { digests } }: Config): Map<string, string> {
  return new Map(sources.map((each) => [each.name, settingsOf(each, { types, digests })]));
}

/** Those of the sources that are read as they were then. */
export function ofSettings(
  { at, sources }: LooksDocument,
  settings: ReadonlyMap<string, string>,
): Pick<LooksDocument, 'at' | 'sources'> {
  const same = Object.entries(sources).filter(([name, each]) => each.settings === settings.get(name));
  return { at, sources: Object.fromEntries(same) };
}

function isLooks(value: unknown): value is LooksDocument {
  if (!isRecord(value) || value['schema'] !== 1 || !isTime(value['at'])) return false;
  const { sources } = value;
  return isRecord(sources) && Object.values(sources).every(isSourceLooks);
}

function isSourceLooks(value: unknown): value is SourceLooks {
  if (!isRecord(value) || typeof value['settings'] !== 'string') return false;
  const { repositories } = value;
  return isRecord(repositories) && Object.values(repositories).every(isLook);
}

function isLook(value: unknown): value is Look {
  if (!isRecord(value)) return false;
  const { seen, looked, changed } = value;
  return (
    (seen === undefined || typeof seen === 'string') && isTime(looked) && (changed === undefined || isTime(changed))
  );
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
