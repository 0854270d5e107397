import type { GenerationsDocument, KeptGeneration, Pointer } from '../model/documents.ts';
import { fileOf, GENERATIONS } from '../site/layout.ts';
import type { SiteReader } from '../storage/storage.ts';

/** What the document `generations` lists; nothing where there is none, or none that can be read: a next one is written. */
export async function readGenerations(from: SiteReader): Promise<KeptGeneration[]> {
  const bytes = await from.read(fileOf(GENERATIONS));
  if (bytes === undefined) return [];
  try {
    const { generations } = JSON.parse(bytes.toString('utf8')) as GenerationsDocument;
    return generations.every((each) => Number.isSafeInteger(each.generation) && each.manifest.path !== '')
      ? generations
      : [];
  } catch {
    return [];
  }
}

/**
 * The generations to keep once `next` is the current one, the newest first. Of those that are listed, one above the
 * current one belongs to a run that was killed before it was published. A held one only repeats another, so it goes
 * first: whoever rolls back step by step must not lose the generations that are ahead.
 */
export function nextGenerations(
  listed: readonly KeptGeneration[],
  { current, next, keep }: { current: Pointer | undefined; next: Pointer; keep: number },
): KeptGeneration[] {
  const last = current === undefined || current.held === undefined ? current?.generation : current.generation - 1;
  const published = [...(current === undefined ? [] : [current]), ...listed].filter(
    (each) => last !== undefined && each.generation <= last,
  );
  const all = [next, ...published].map(keptOf);
  return all.filter((each, at) => each.generation !== all[at - 1]?.generation).slice(0, keep);
}

/** Nothing but what is kept of a generation, whatever else is known of it. */
function keptOf({ generation, created, manifest }: KeptGeneration): KeptGeneration {
  return { generation, created, manifest };
}
