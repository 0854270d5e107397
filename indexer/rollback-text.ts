import type { Held } from './model/documents.ts';
import type { RolledBack } from './rollback.ts';

const RESUME = 'extension-indexer resume --config FILE';

/** What a rollback did, as one line. */
export function renderRolledBack({ pointer, held, written, removed }: RolledBack, json: boolean): string {
  const { generation, counts } = pointer;
  const done = {
    outcome: 'rolled_back',
    generation,
    held,
    counts,
    documents_written: written,
    documents_removed: removed,
  };
  return json
    ? JSON.stringify(done)
    : `Generation ${generation} shows what generation ${held.generation} showed: ${counts.extensions} extensions, ` +
        `${counts.versions} versions (${written} documents written, ${removed} removed). ${renderHeld(held)}`;
}

/** @param held what held the site; undefined where nothing did */
export function renderResumed(held: Held | undefined, json: boolean): string {
  if (json) return JSON.stringify({ outcome: held === undefined ? 'not_held' : 'resumed', ...(held && { held }) });
  if (held === undefined) return 'The site was not held; nothing was changed.';
  return `The site is no longer held (it was since ${held.since}); the next run of the indexer publishes again.`;
}

export function renderHeld({ since, generation }: Held): string {
  return `The site is held at generation ${generation} since ${since}: nothing is crawled or published. To go on: ${RESUME}`;
}
