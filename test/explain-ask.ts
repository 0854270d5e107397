import { explainSubject } from '../indexer/explain-command.ts';
import type { Explanation } from '../indexer/explain.ts';
import type { Step } from '../indexer/explain-steps.ts';
import { NOON } from './builders.ts';
import { HOUR, startWorld, type World } from './crawl/world.ts';

/** Asks nine hours after noon, long after the last run of any test. */
export function ask(world: World, subject: string, live: boolean): Promise<Explanation> {
  const now = () => NOON + 9 * HOUR;
  const retry = { tries: 2, baseDelayMs: 1, maxDelayMs: 5 };
  return explainSubject(subject, { config: world.config, live }, { now, random: () => 0.5, retry });
}

/** `provider/aws` with two versions at Gitea, the older one in the registry too. */
export async function crawledWorld(): Promise<World> {
  const world = await startWorld();
  world.release('aws_prov', { '1.0.0': { 'a.zip': 'one' }, '1.1.0': { 'a.zip': 'two' } });
  world.push('aws-provider', '1.0.0', { 'a.zip': 'one' });
  await world.run();
  return world;
}

/** The answer live, and the one from the site. */
export function both(world: World, subject: string): Promise<Explanation[]> {
  return Promise.all([true, false].map((live) => ask(world, subject, live)));
}

/** `rule: detail -> remedy` of what keeps something out; `listed` where nothing does. */
export function reasonOf({ listed, because }: Explanation): string {
  return listed ? 'listed' : `${because?.rule}: ${because?.detail} -> ${because?.remedy}`;
}

/** `verdict: detail` of a rule's steps, at one source or of all together. */
export function stepsOf({ sources, together }: Explanation, rule: Step['rule'], source?: string): string[] {
  const ofSource = sources.filter((each) => each.name === source).flatMap((each) => each.steps);
  const steps = source === undefined ? together : ofSource;
  return steps.filter((each) => each.rule === rule).map(({ verdict, detail }) => `${verdict}: ${detail}`);
}
