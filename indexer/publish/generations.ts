import type { DocumentReference, GenerationsDocument, KeptGeneration, Pointer } from '../model/documents.ts';
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
 * current one belongs to a run that was killed before it was published. A held one that repeats another goes first:
 * whoever rolls back step by step must not lose the generations that are ahead.
 */
export function nextGenerations(
  listed: readonly KeptGeneration[],
  { current, next, keep }: { current: Pointer | undefined; next: Pointer; keep: number },
): KeptGeneration[] {
  const last = current === undefined || !isRepeat(current) ? current?.generation : current.generation - 1;
  const published = [...(current === undefined ? [] : [current]), ...listed].filter(
    (each) => last !== undefined && each.generation <= last,
  );
  const all = [next, ...published].map(keptOf);
  return all.filter((each, at) => each.generation !== all[at - 1]?.generation).slice(0, keep);
}

/** The manifests of those that were there and are not kept. */
export function droppedGenerations(
  listed: readonly KeptGeneration[],
  { current, kept }: { current: Pointer | undefined; kept: readonly KeptGeneration[] },
): DocumentReference[] {
  const stay = new Set(kept.map((each) => each.manifest.path));
  const all = [...(current === undefined ? [] : [current]), ...listed].map((each) => each.manifest);
  return [...new Map(all.map((each) => [each.path, each])).values()].filter((each) => !stay.has(each.path));
}

/** Made by a rollback; one that was held as it is, is no copy of another. */
function isRepeat({ generation, held }: Pointer): boolean {
  return held !== undefined && held.generation !== generation;
}

/** Nothing but what is kept of a generation, whatever else is known of it. */
function keptOf({ generation, created, manifest }: KeptGeneration): KeptGeneration {
  return { generation, created, manifest };
}
