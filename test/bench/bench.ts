/** What a bench is told. */
export interface BenchOptions {
  /** A few seconds, for correctness only: few rounds, a small world, and no bound is enforced. */
  short: boolean;
  /** A temporary folder of this bench's own; `main.ts` removes it afterwards. */
  folder: string;
  /** One line of progress, to standard error. */
  say: (line: string) => void;
}

/** What it measured. A wrong byte is no result: a bench throws. */
export interface BenchResult {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  ratios: readonly Ratio[];
}

/** Ours to the peer's, so that more is better. */
export interface Ratio {
  name: string;
  value: number;
  /** What must be reached, or the run fails; left out where this machine can't tell. */
  bound?: number;
  /** What is hoped for; missing it fails nothing. */
  aim?: number;
  note?: string;
}

export type Bench = (options: BenchOptions) => Promise<BenchResult>;
