import type { ProgressLine, ProgressView } from './command.ts';
import { oneLine } from './foreign-text.ts';
import type { Progress } from './registry/registry.ts';
import { formatSize } from './times.ts';

export interface ProgressOptions {
  /** Standard error: what is piped on stays clean. */
  write: (text: string) => void;
  /** Bars that are redrawn; elsewhere (CI, a pipe) a plain line at the end of each transfer. */
  isInteractive: boolean;
  columns: () => number;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Less than the eye notices, and little enough for a slow connection to a terminal. */
const REDRAW_MS = 100;
const BAR = 20;

interface Line {
  name: string;
  progress: Progress | undefined;
  startedMs: number;
}

export function createProgressView({
  write,
  isInteractive,
  columns,
  now,
}: ProgressOptions): ProgressView & { clear(): void } {
  const lines = new Set<Line>();
  let drawn = 0;
  let drawnMs = -Infinity;

  const clear = (): void => {
    if (drawn > 0) write(`\r\u001B[${drawn}A\u001B[J`);
    drawn = 0;
  };
  const draw = (): void => {
    clear();
    const texts = [...lines].map((each) => renderLine(each, { columns: columns(), nowMs: now() }));
    write(texts.map((each) => `${each}\n`).join(''));
    drawn = texts.length;
    drawnMs = now();
  };

  return {
    clear,
    start: (name): ProgressLine => {
      const line: Line = { name: oneLine(name), progress: undefined, startedMs: now() };
      lines.add(line);
      if (isInteractive) draw();
      return {
        update: (progress) => {
          line.progress = progress;
          if (isInteractive && now() - drawnMs >= REDRAW_MS) draw();
        },
        end: (result) => {
          lines.delete(line);
          if (isInteractive) clear();
          if (result !== undefined) write(`${line.name}: ${result}\n`);
          if (isInteractive) draw();
        },
      };
    },
  };
}

function renderLine(
  { name, progress, startedMs }: Line,
  { columns, nowMs }: { columns: number; nowMs: number },
): string {
  if (progress === undefined) return `${name}  waiting`.slice(0, columns - 1);
  const { receivedBytes, totalBytes, phase } = progress;
  const share = totalBytes === 0 ? 1 : Math.min(1, receivedBytes / totalBytes);
  const filled = Math.round(share * BAR);
  const bar = `[${'='.repeat(filled)}${' '.repeat(BAR - filled)}]`;
  const perSecond = receivedBytes / Math.max(0.001, (nowMs - startedMs) / 1_000);
  const figures = `${String(Math.floor(share * 100)).padStart(3)}%  ${formatSize(receivedBytes)} of ${formatSize(totalBytes)}`;
  const rest = phase === 'download' ? `${figures}  ${formatSize(perSecond)}/s` : `${figures}  ${phase}`;
  const room = columns - 1 - bar.length - rest.length - 3;
  // On a narrow terminal the figures say as much as the bar.
  return room >= name.length ? `${name}  ${bar} ${rest}` : `${name}  ${rest}`.slice(0, columns - 1);
}
