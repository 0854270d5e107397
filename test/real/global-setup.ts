import { provideTools } from './tools.ts';

/** Builds the tools before the first test: no hook's time limit could allow for ten minutes. */
export async function setup(): Promise<void> {
  await provideTools();
}
