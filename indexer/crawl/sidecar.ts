import { isDigest, type Digest } from '../model/digest.ts';

/** A longer file is no list of digests. */
export const MAX_SIDECAR_BYTES = 1024 * 1024;

const BARE = /^([0-9a-f]{64})$/i;
/** `sha256sum` and `sha256sum --tag`. */
const GNU = /^\\?([0-9a-f]{64}) [ *](.+)$/i;
const BSD = /^SHA256 \((.+)\) = ([0-9a-f]{64})$/i;

/**
 * The digests that a sidecar file claims, by asset name. Paths are cut to their last segment: build scripts write
 * `dist/name`. In `<asset>.sha256` a single line is about that asset, whatever it is called inside.
 * @param name the sidecar's own name
 */
export function parseSidecar(name: string, text: string): Record<string, Digest> {
  const claims = new Map<string, Digest>();
  const lines = text
    .split('\n')
    .map((each) => each.trim())
    .filter((each) => each !== '');
  const subject = name.endsWith('.sha256') ? name.slice(0, -'.sha256'.length) : undefined;
  for (const each of lines) {
    const gnu = GNU.exec(each);
    const bsd = BSD.exec(each);
    const hex = BARE.exec(each)?.[1] ?? gnu?.[1] ?? bsd?.[2];
    const named = lines.length === 1 && subject !== undefined ? subject : baseName(gnu?.[2] ?? bsd?.[1]);
    const digest = `sha256:${hex?.toLowerCase() ?? ''}`;
    if (named !== undefined && isDigest(digest)) claims.set(named, digest);
  }
  return Object.fromEntries([...claims].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function baseName(path: string | undefined): string | undefined {
  return path?.split(/[\\/]/).at(-1)?.trim();
}
