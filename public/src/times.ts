import { h } from './dom.ts';

/*
 * Times as people say them, with the exact one where it can be read.
 */

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365.25 * 86_400],
  ['month', 30.44 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** `3 days ago`. @param time RFC 3339 */
export function relativeTime(time: string, nowMs: number): string {
  const seconds = (Date.parse(time) - nowMs) / 1000;
  if (Number.isNaN(seconds)) return time;
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1];
  if (unit === 'second') return 'just now';
  return RELATIVE.format(Math.trunc(seconds / length), unit);
}

/** `5 minutes`, `3 days`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? (['minute', 60] as const);
  const count = Math.max(1, Math.trunc(seconds / length));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

export function timeElement(time: string, nowMs = Date.now()): HTMLTimeElement {
  return h('time', { datetime: time, title: time }, relativeTime(time, nowMs));
}
