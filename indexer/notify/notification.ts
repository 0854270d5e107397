import type { Catalogue, CatalogueVersion } from '../model/catalogue.ts';
import type { Pointer, PointerSource, VersionEntry } from '../model/documents.ts';
import { nameOf, parseExtensionId, typeOf, type ExtensionId } from '../model/extension.ts';
import type { Counted, Notification, SourceNotice, VersionNotice } from '../model/notification.ts';
import type { Problem } from '../model/problem.ts';
import { clipLine } from '../model/text.ts';

/** How many of each kind are spelled out; a first publication adds thousands. */
const MAX_NAMED = 50;
const MAX_DETAIL = 500;

/** An extension whose versions are not as they were. */
export interface ChangedExtension {
  id: ExtensionId;
  /** As the site listed them before; empty for one that it did not have. */
  before: readonly Pick<VersionEntry, 'version' | 'yanked'>[];
  after: readonly Pick<CatalogueVersion, 'version' | 'yanked' | 'sources'>[];
}

export interface News {
  /** The pointers, undefined where nothing was published before. */
  before: Pointer | undefined;
  after: Pointer;
  changed: readonly ChangedExtension[];
  /** Those that may be shown. */
  problems: Catalogue['problems'];
  /** RFC 3339: this crawl's. */
  time: string;
}

/** What there is to be told; undefined for nothing. Whatever the policy hides is in none of what this is made of. */
export function renderNotification({ before, after, changed, problems, time }: News): Notification | undefined {
  const added = counted(changed.flatMap(addedTo));
  const yanked = counted(changed.flatMap(yankedIn));
  const isNew = (each: Problem): boolean => each.code === 'mutated' && each.first_seen === time;
  const mutated = counted(problems.filter(isNew).flatMap(mutationOf));
  const { down, up } = changedSources(before?.sources ?? [], after.sources);
  if (added.total + yanked.total + mutated.total + down.length + up.length === 0) return undefined;
  const { generation, counts, downloads } = after;
  return {
    type: 'site.published',
    timestamp: time,
    data: {
      generation,
      counts,
      ...(downloads !== undefined && { downloads }),
      added,
      yanked,
      mutated,
      sources_down: down,
      sources_up: up,
    },
  };
}

function counted<T>(all: readonly T[]): Counted<T> {
  return { total: all.length, first: all.slice(0, MAX_NAMED) };
}

function noticeOf(id: ExtensionId, version: string): VersionNotice {
  return { type: typeOf(id), name: nameOf(id), version };
}

function addedTo({ id, before, after }: ChangedExtension): Notification['data']['added']['first'] {
  const known = new Set<string>(before.map((each) => each.version));
  return after
    .filter((each) => !known.has(each.version))
    .map(({ version, sources }) => ({ ...noticeOf(id, version), source: sources[0] ?? '' }));
}

function yankedIn({ id, before, after }: ChangedExtension): Notification['data']['yanked']['first'] {
  const offered = new Set<string>(before.filter((each) => each.yanked === undefined).map((each) => each.version));
  return after.flatMap(({ version, yanked: reason }) =>
    reason !== undefined && offered.has(version) ? [{ ...noticeOf(id, version), reason }] : [],
  );
}

/** Its subject is `type/name@version`. */
function mutationOf({ subject, source, detail }: Problem): Notification['data']['mutated']['first'] {
  const at = subject.indexOf('@');
  const id = parseExtensionId(subject.slice(0, at));
  return [{ ...noticeOf(id, subject.slice(at + 1)), source, detail: clipLine(detail, MAX_DETAIL).text }];
}

function changedSources(before: readonly PointerSource[], after: readonly PointerSource[]) {
  const wasDown = (name: string): boolean =>
    before.some((each) => each.name === name && each.carried_since !== undefined);
  const notices = (select: (each: PointerSource) => string | undefined): SourceNotice[] =>
    after.flatMap((each) => {
      const since = select(each);
      return since === undefined ? [] : [{ name: each.name, kind: each.kind, since }];
    });
  return {
    down: notices(({ name, carried_since: since }) => (wasDown(name) ? undefined : since)),
    up: notices(({ name, carried_since: since, last_success: read }) =>
      since === undefined && wasDown(name) ? read : undefined,
    ),
  };
}
