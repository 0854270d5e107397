const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** "3 days ago" or "in 3 days" of an RFC 3339 time; the text itself where it is no time. */
export function timeAgo(text: string, nowMs: number): string {
  const seconds = (Date.parse(text) - nowMs) / 1_000;
  if (Number.isNaN(seconds)) return text;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? (['second', 1] as const);
  if (Math.abs(seconds) < 1) return 'now';
  // Not by Intl, which takes as long to set up as node itself to start.
  const span = countOf(Math.trunc(Math.abs(seconds) / length), unit);
  return seconds < 0 ? `${span} ago` : `in ${span}`;
}

/** "1 file", "2 files". */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Milliseconds of an age such as `3d`, `12h`, `30m` or `2w`; undefined for anything else. */
export function parseAge(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})\s*([smhdw])$/.exec(text.trim()) ?? [];
  const seconds = { s: 1, m: 60, h: 3_600, d: 86_400, w: 7 * 86_400 }[unit ?? ''];
  return seconds === undefined ? undefined : Number(count) * seconds * 1_000;
}

/** "12.4 MiB". */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${power === 0 ? Math.round(bytes) : (bytes / 1_024 ** power).toFixed(1)} ${units[power]}`;
}
