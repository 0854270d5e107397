import { readFile } from 'node:fs/promises';

/*
 * What the files of deploy/monitoring ask of Prometheus.
 */

export const MONITORING = new URL('../../deploy/monitoring/', import.meta.url);
export const RULE_FILES = ['recording.rules.yml', 'alerts.rules.yml'];

export const readMonitoring = (file: string): Promise<string> => readFile(new URL(file, MONITORING), 'utf8');

/** The values of a key in a YAML file as prettier writes it: on the key's line, or a block that is indented below it. */
export function valuesOf(yaml: string, key: string): string[] {
  const found = yaml.matchAll(new RegExp(`^( *)(?:- )?${key}: (?:\\|-\\n((?:\\1 +.*\\n)+)|(.*)\\n)`, 'gm'));
  return [...found].map(([, , block, line = '']) => (block ?? line).trim());
}

interface Panel {
  type: string;
  title: string;
  datasource?: { type: string; uid: string };
  targets?: { expr: string; datasource: { type: string; uid: string } }[];
}

export interface Dashboard {
  panels: Panel[];
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
}

export async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(await readMonitoring('dashboard.json')) as Dashboard;
}

export function expressionsOf({ panels, templating }: Dashboard): string[] {
  const asked = templating.list.map(({ query }) => (typeof query === 'string' ? '' : query.query));
  return [...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), ...asked.filter(Boolean)];
}

const WORDS = new Set(['and', 'or', 'unless', 'offset', 'bool', 'inf', 'nan']);

/** The metrics that a PromQL expression selects, by name. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ')
    // A variable of Grafana that lists the values of a label: its second operand is the label.
    .replace(/^label_values\((.*),\s*\w+\)$/, '$1');
  const names = bare.matchAll(/(?<![\w.:$])[a-z_:][\w:]*(?![\w:]*\s*\()/gi);
  return [...names].map(([name]) => name).filter((name) => !WORDS.has(name.toLowerCase()));
}

/** Everything that a scrape has, by the names that expressions use; with whether it has a sample. */
export function exposedIn(text: string): { declared: Set<string>; sampled: Set<string> } {
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  const declared = types.flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((ending) => name + ending) : [name],
  );
  const sampled = [...text.matchAll(/^([a-z_:][\w:]*)(?:\{.*\})? \S+$/gim)].map(([, name = '']) => name);
  return { declared: new Set(declared), sampled: new Set(sampled) };
}

/** The names that the rules and the dashboard select and that are no rule's own. */
export async function selectedNames(): Promise<Set<string>> {
  const rules = await Promise.all(RULE_FILES.map(readMonitoring));
  const expressions = [...rules.flatMap((each) => valuesOf(each, 'expr')), ...expressionsOf(await readDashboard())];
  const recorded = rules.flatMap((each) => valuesOf(each, 'record'));
  // Prometheus itself says whether a scrape went well.
  const others = new Set([...recorded, 'up']);
  return new Set(expressions.flatMap(metricsIn).filter((name) => !others.has(name)));
}
