import { EXIT } from './exit-codes.ts';
import { codeOf, messageOf, RegistryError } from './model/errors.ts';

/** The last line of a run's log: what an alert needs, and no more. */
export interface RunSummary {
  exit_code: number;
  outcome: string;
  generation?: number;
  /** Whether this run made that generation. */
  changed?: boolean;
  counts?: { extensions: number; versions: number; by_type: Record<string, number> };
  documents_written?: number;
  documents_removed?: number;
  sources?: { total: number; failed: string[] };
  problems?: { total: number; by_code: Record<string, number> };
  notified?: string;
  error?: { code: string; message: string };
  duration_ms: number;
}

/** What a run says while it goes on and when it has ended; its report goes elsewhere. */
export interface RunLog {
  readonly isJson: boolean;
  warn(message: string): void;
  /** How far a crawl is. */
  progress(text: string): void;
  /** What ended the run. */
  fail(message: string): void;
  /** The last line. */
  end(summary: RunSummary): void;
}

export interface RunLogOptions {
  json: boolean;
  /** To standard error. */
  write: (text: string) => void;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** The levels of pino, which the proxy's log has. */
const LEVEL = { info: 30, warn: 40, error: 50 } as const;

/** Lines for people, or JSON objects of the same fields as the proxy's log. */
export function createRunLog({ json, write, now }: RunLogOptions): RunLog {
  if (!json) {
    return {
      isJson: false,
      warn: (message) => write(`warning: ${message}\n`),
      progress: write,
      fail: (message) => write(`extension-indexer: ${message}\n`),
      // The report begins with it.
      end: () => undefined,
    };
  }
  const line = (level: number, fields: { event: string; msg: string }): void =>
    write(`${JSON.stringify({ level, time: now(), ...fields })}\n`);
  return {
    isJson: true,
    warn: (msg) => line(LEVEL.warn, { event: 'warning', msg }),
    progress: (text) => line(LEVEL.info, { event: 'progress', msg: text.trimEnd() }),
    fail: (msg) => line(LEVEL.error, { event: 'error', msg }),
    end: (summary) => line(levelOf(summary.exit_code), { event: 'run', ...summary, msg: `run ${summary.outcome}` }),
  };
}

/** @throws RegistryError `usage` */
export function parseLogFormat(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw new RegistryError('usage', `--log: ${JSON.stringify(text)} is no format; use text or json.`);
}

const LEVELS: Readonly<Record<number, number>> = {
  [EXIT.done]: LEVEL.info,
  [EXIT.carriedForward]: LEVEL.warn,
  [EXIT.anotherRuns]: LEVEL.warn,
  [EXIT.problemFound]: LEVEL.warn,
};

function levelOf(exitCode: number): number {
  return LEVELS[exitCode] ?? LEVEL.error;
}

/** Of a run that ended without a report. */
export function summarizeError(error: unknown, exitCode: number, durationMs: number): RunSummary {
  return {
    exit_code: exitCode,
    outcome: exitCode === EXIT.anotherRuns ? 'another_runs' : 'failed',
    error: { code: codeOf(error) ?? 'internal', message: messageOf(error) },
    duration_ms: durationMs,
  };
}
