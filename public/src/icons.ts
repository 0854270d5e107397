import { svg } from './dom.ts';

/*
 * Drawn with one line of one width, 16 units wide; decoration always, the words stand beside them. Each is a constant of its
 * own, so that a page brings only those that it shows.
 */

export const ALERT = 'M8 5.5V9m0 2.2v.3M8 1.5 15 14H1z';
export const CLOSE = 'm4 4 8 8m0-8-8 8';
export const COPY = 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z';
export const DONE = 'm3 8.5 3.5 3.5L13 4.5';
export const SCREEN = 'M1.5 3h13v8.5h-13zM5.5 14h5';
export const SUN =
  'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1m8 8 1 1m0-10-1 1m-8 8-1 1';
export const MOON = 'M13.5 9.8A6 6 0 1 1 6.2 2.5a4.8 4.8 0 0 0 7.3 7.3Z';

export function icon(line: string): SVGSVGElement {
  const path = svg('path', { d: line });
  return svg('svg', { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' }, path);
}
