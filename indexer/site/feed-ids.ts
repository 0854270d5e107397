import { digestOf, hexOf } from '../model/digest.ts';
import type { ExtensionId } from '../model/extension.ts';
import type { Memory } from '../model/memory.ts';
import type { Version } from '../model/version.ts';

/*
 * An Atom id is for ever, and unlike every other in the world (RFC 4287, section 4.2.6). So it is made of nothing that a
 * configuration says, such as an address, but of what the memory never changes: when a version was first seen. Two
 * registries that have a version of one name saw it at different times; one that was moved, or made from another by
 * `[indexer] previous`, goes on with the ids that readers know.
 */

/** Drawn once for this product. */
const NAMESPACE = '2c42c5e0-0807-4d34-ac68-1724013fada6';

export function entryId(id: ExtensionId, { version, firstSeen }: { version: Version; firstSeen: string }): string {
  return `urn:uuid:${nameUuid(NAMESPACE, `${firstSeen} ${id}@${version}`)}`;
}

/** @param born when the registry saw its first version @param path the feed's */
export function feedId(born: string, path: string): string {
  return `urn:uuid:${nameUuid(NAMESPACE, `${born} ${path}`)}`;
}

/** When the first version was seen that this registry ever listed; undefined where there was none. */
export function bornAt({ versions }: Memory): string | undefined {
  let born: string | undefined;
  for (const records of Object.values(versions)) {
    for (const { first_seen: seen } of Object.values(records)) if (born === undefined || seen < born) born = seen;
  }
  return born;
}

/** A UUID of version 8 made of a name with SHA-256, as RFC 9562 shows in appendix B.2. */
export function nameUuid(namespace: string, name: string): string {
  const bytes = Buffer.concat([Buffer.from(namespace.replaceAll('-', ''), 'hex'), Buffer.from(name)]);
  const hex = hexOf(digestOf(bytes));
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}
