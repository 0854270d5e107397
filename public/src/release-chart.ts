import type { VersionEntry } from '../../indexer/model/documents.ts';
import { h, svg, type Child } from './dom.ts';
import { counted } from './sizes.ts';

/*
 * When versions were released: a dot each, left the first, right today.
 */

const [WIDTH, HEIGHT, MARGIN, AXIS] = [280, 64, 8, 40];
const DAY_MS = 86_400_000;
interface Point {
  x: number;
  y: number;
}

/** Dots nearer than this stand above each other. */
const NEAR = 7;

export function renderChart(versions: readonly VersionEntry[], shown: string, nowMs: number): HTMLElement | undefined {
  const released = versions
    .map((entry) => ({ entry, atMs: Date.parse(entry.published_at) }))
    .filter(({ atMs }) => Number.isFinite(atMs))
    .sort((a, b) => a.atMs - b.atMs);
  const [first] = released;
  const last = released.at(-1);
  if (first === undefined || last === undefined || released.length < 2) return undefined;
  const endMs = Math.max(nowMs, last.atMs);
  const spanMs = Math.max(endMs - first.atMs, DAY_MS);
  const place = (atMs: number): number => MARGIN + ((atMs - first.atMs) / spanMs) * (WIDTH - 2 * MARGIN);
  const dots = stacked(released.map(({ atMs }) => place(atMs))).map(({ x, y }, at) =>
    dot({ x, y }, released[at]?.entry, shown),
  );
  const dates = [first, last].map(({ entry }) => entry.published_at.slice(0, 10));
  const label = `${counted(released.length, 'release')}, from ${dates.join(' to ')}`;
  return h(
    'figure',
    { class: 'chart' },
    h('h2', {}, 'Releases'),
    svg(
      'svg',
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': label },
      svg('line', { class: 'chart-axis', x1: 0, x2: WIDTH, y1: AXIS + 8, y2: AXIS + 8 }),
      ...ticks(first.atMs, endMs, place),
      ...dots,
    ),
    h('figcaption', {}, label),
  );
}

function dot({ x, y }: Point, entry: VersionEntry | undefined, shown: string): SVGElement | undefined {
  if (entry === undefined) return undefined;
  const kind = entry.yanked ? 'yanked' : entry.prerelease ? 'prerelease' : 'stable';
  const own = entry.version === shown ? ' shown' : '';
  const title = svg('title', {}, `${entry.version}, ${entry.published_at.slice(0, 10)}`);
  return svg('circle', { class: `dot ${kind}${own}`, cx: x.toFixed(1), cy: y, r: own === '' ? 3 : 4 }, title);
}

/** What would lie on its neighbour is put above it, up to the top. */
function stacked(xs: readonly number[]): Point[] {
  let [before, level] = [Number.NEGATIVE_INFINITY, 0];
  return xs.map((x) => {
    level = x - before < NEAR ? level + 1 : 0;
    if (level === 0) before = x;
    return { x, y: Math.max(6, AXIS - level * NEAR) };
  });
}

/** Years, or months where there are no two years. */
function ticks(startMs: number, endMs: number, place: (atMs: number) => number): Child[] {
  const years = new Date(endMs).getUTCFullYear() - new Date(startMs).getUTCFullYear();
  const step = years > 0 ? Math.ceil(years / 5) * 12 : Math.max(1, Math.ceil((endMs - startMs) / DAY_MS / 30 / 4));
  const start = new Date(startMs);
  const marks: Child[] = [];
  for (let month = step >= 12 ? 12 : start.getUTCMonth() + 1; ; month += step) {
    const atMs = Date.UTC(start.getUTCFullYear(), month, 1);
    if (atMs > endMs) return marks;
    const x = place(atMs);
    if (x < 12 || x > WIDTH - 12) continue;
    const text = step >= 12 ? String(new Date(atMs).getUTCFullYear()) : MONTHS.format(atMs);
    marks.push(
      svg('line', { class: 'chart-axis', x1: x, x2: x, y1: AXIS + 8, y2: AXIS + 11 }),
      svg('text', { x, y: HEIGHT - 2 }, text),
    );
  }
}

const MONTHS = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' });
