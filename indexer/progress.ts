import { stripVTControlCharacters } from 'node:util';
import type { SourceProgress } from './crawl/crawl-source.ts';
import { formatBytes } from './report-text.ts';

export interface ProgressOptions {
  /** Where progress goes: never the stream of the report. */
  write: (text: string) => void;
  /** On a terminal one line is redrawn; elsewhere (cron, CI) each source gets a plain line now and then. */
  interactive: boolean;
  columns: number;
  /** Milliseconds since 1970. */
  now: () => number;
}

export interface Progress {
  update(source: string, progress: SourceProgress): void;
  /** Clears the line, so that what is printed next stands alone. */
  finish(): void;
}

const REDRAW_MS = 100;
const PLAIN_MS = 5_000;

export function createProgress({ write, interactive, columns, now }: ProgressOptions): Progress {
  const sources = new Map<string, SourceProgress>();
  const printedAt = new Map<string, number>();
  const isDue = (what: string, everyMs: number): boolean => {
    const due = now() - (printedAt.get(what) ?? -Infinity) >= everyMs;
    if (due) printedAt.set(what, now());
    return due;
  };
  return {
    update: (source, progress) => {
      sources.set(source, { ...sources.get(source), ...progress });
      if (!interactive) {
        if (isDue(source, PLAIN_MS)) write(`${source}: ${describe(sources.get(source) ?? {})}\n`);
        return;
      }
      if (!isDue('line', REDRAW_MS)) return;
      const line = [...sources].map(([name, each]) => `${name}: ${describe(each)}`).join(' · ');
      write(`\r\u001B[K${stripVTControlCharacters(line).slice(0, columns - 1)}`);
    },
    finish: () => {
      if (interactive && sources.size > 0) write('\r\u001B[K');
    },
  };
}

function describe({ repositories, ofRepositories, releases, assetsRead, ofAssets, bytesRead }: SourceProgress): string {
  const parts = [`${repositories ?? 0}/${ofRepositories ?? '?'} repositories`, `${releases ?? 0} releases`];
  if (ofAssets !== undefined) parts.push(`${assetsRead ?? 0}/${ofAssets} assets read (${formatBytes(bytesRead ?? 0)})`);
  return parts.join(', ');
}
