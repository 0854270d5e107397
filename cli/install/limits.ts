/** What one archive may become at most; its publisher is a stranger. */
export interface UnpackLimits {
  /** Files, links and folders together, those that only a path names included. */
  entries: number;
  /** Bytes of all files together, however large the archive. */
  totalBytes: number;
  /** Unpacked bytes for each byte of the archive, past `freeBytes`. */
  ratio: number;
  /** So much may always be unpacked: a small archive of zeros is no attack. */
  freeBytes: number;
}

const MIB = 1024 * 1024;

/** Deflate reaches 1,032:1 at most, sources and programs 20:1; a bomb's is in the hundreds. */
export const UNPACK_LIMITS: UnpackLimits = {
  entries: 100_000,
  totalBytes: 16 * 1024 * MIB,
  ratio: 200,
  freeBytes: 64 * MIB,
};

/** How many bytes an archive of this size may become. */
export function allowanceOf(archiveBytes: number, limits: UnpackLimits): number {
  return Math.min(limits.totalBytes, Math.max(limits.freeBytes, archiveBytes * limits.ratio));
}
