import type { Catalogue } from './model/catalogue.ts';
import type { Pointer, VersionEntry } from './model/documents.ts';
import { messageOf } from './model/errors.ts';
import { PROBLEMS, type Problem } from './model/problem.ts';
import { deliver, RECEIVER, type DeliverOptions, type Webhook } from './notify/deliver.ts';
import { renderNotification, type ChangedExtension } from './notify/notification.ts';
import { openSite, type Site } from './read-site.ts';
import { versionsPath } from './site/layout.ts';
import type { SiteReader } from './storage/storage.ts';

/** What was published, and instead of what. */
export interface Publication {
  /** The generation that readers saw before; undefined for the first. */
  before: { reader: SiteReader; pointer: Pointer } | undefined;
  after: { reader: SiteReader; pointer: Pointer };
  catalogue: Catalogue;
  /** RFC 3339: this crawl's. */
  time: string;
}

/** What became of telling it. */
export interface Notified {
  outcome: 'delivered' | 'nothing_to_tell' | 'failed';
  /** Posts that were made; of one that failed unknown. */
  tries?: number;
  /** Why it failed. */
  problem?: Problem;
}

/**
 * Tells a webhook what a publication has changed. Never throws: what is published stands, whoever hears of it. What was
 * listed before is read of the documents that changed only; the by-hash files of it are still there.
 */
export async function notifyPublished(
  publication: Publication,
  webhook: Webhook,
  options: DeliverOptions,
): Promise<Notified> {
  const { before, after, catalogue, time } = publication;
  try {
    const notification = renderNotification({
      before: before?.pointer,
      after: after.pointer,
      changed: await changedExtensions(publication),
      problems: catalogue.problems,
      time,
    });
    if (notification === undefined) return { outcome: 'nothing_to_tell' };
    return { outcome: 'delivered', tries: await deliver(notification, webhook, options) };
  } catch (error) {
    const detail = options.signal.aborted ? 'The run was stopped before it was told.' : messageOf(error);
    const finding = { code: 'notify_failed', source: 'notify', subject: RECEIVER, detail } as const;
    return { outcome: 'failed', problem: { ...finding, remedy: PROBLEMS.notify_failed, first_seen: time } };
  }
}

async function changedExtensions({ before, after, catalogue }: Publication): Promise<ChangedExtension[]> {
  if (before?.pointer.manifest.digest === after.pointer.manifest.digest) return [];
  const [old, current] = [
    before && (await openSite(before.reader, before.pointer)),
    await openSite(after.reader, after.pointer),
  ];
  const digestIn = (site: Site | undefined, path: string) => site?.manifest.documents[path]?.digest;
  const changed: ChangedExtension[] = [];
  for (const { id, versions } of catalogue.extensions) {
    const path = versionsPath(id);
    if (digestIn(old, path) === digestIn(current, path)) continue;
    const bytes = await old?.readDocument(path);
    const listed = bytes === undefined ? [] : (JSON.parse(bytes.toString('utf8')) as VersionEntry[]);
    changed.push({ id, before: listed, after: versions });
  }
  return changed;
}
