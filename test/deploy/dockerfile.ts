import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { env } from 'node:process';

/*
 * As much of a Dockerfile as ours uses, and no more: what it does not know is an error, so that a new instruction is not
 * passed over. Each stage is a folder instead of a file system; absolute paths lie below it.
 */

export interface Instruction {
  keyword: string;
  /** `--from=build` and its like, by name. */
  flags: Readonly<Record<string, string>>;
  /** What follows, in one line. */
  text: string;
}

export interface Stage {
  base: string;
  name: string | undefined;
  instructions: Instruction[];
}

/** @throws Error for an instruction that stands before the first stage, but for ARG */
export function parseDockerfile(text: string): { arguments: Record<string, string>; stages: Stage[] } {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line) && line.trim() !== '')
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const known: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const line of lines) {
    const [, keyword = '', options = '', rest = ''] = /^([A-Z]+)((?:\s+--[\w-]+=\S+)*)\s+(.*)$/.exec(line) ?? [];
    const flags = Object.fromEntries(
      [...options.matchAll(/--([\w-]+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    );
    if (keyword === 'FROM') stages.push({ ...stageOf(rest, known), instructions: [] });
    else if (stages.length > 0) stages.at(-1)!.instructions.push({ keyword, flags, text: rest });
    else if (keyword === 'ARG') known[rest.split('=')[0]!] = rest.slice(rest.indexOf('=') + 1);
    else throw new Error(`${line}: what stands before FROM?`);
  }
  return { arguments: known, stages };
}

function stageOf(text: string, known: Record<string, string>): { base: string; name: string | undefined } {
  const [from = '', , name] = text.split(/\s+/);
  return { base: from.replaceAll(/\$\{(\w+)\}/g, (_, each: string) => known[each] ?? ''), name };
}

/** The value of an instruction in its exec form; the last one of its kind counts. */
export function execFormOf(stage: Stage, keyword: string): string[] {
  const text = stage.instructions.findLast((each) => each.keyword === keyword)?.text ?? '';
  return JSON.parse(text.replace(/^CMD /, '')) as string[];
}

/** ENV of a stage, with its paths below the stage's folder. */
export function environmentOf(stage: Stage, root: string): Record<string, string> {
  const all = stage.instructions.filter((each) => each.keyword === 'ENV').map(({ text }) => text);
  const pairs = all.flatMap((text) => [...text.matchAll(/(\w+)=(\S+)/g)]);
  return Object.fromEntries(
    pairs.map(([, name, value = '']) => [name, value.replaceAll(/(?<=^|:)\/(?=opt)/g, `${root}/`)]),
  );
}

/** What an image is told, and what happens when it runs. */
const DECLARATIONS: ReadonlySet<string> = new Set(
  'LABEL ENV USER EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD'.split(' '),
);

/** Does what RUN, COPY and WORKDIR say. @returns the folder of the last stage */
export async function executeDockerfile(stages: readonly Stage[], context: string, folder: string): Promise<string> {
  const roots = new Map<string, string>();
  let root = '';
  for (const [at, stage] of stages.entries()) {
    root = join(folder, stage.name ?? String(at));
    if (stage.name !== undefined) roots.set(stage.name, root);
    await executeStage(stage, { root, context, roots });
  }
  return root;
}

interface Place {
  root: string;
  context: string;
  roots: ReadonlyMap<string, string>;
}

async function executeStage({ instructions }: Stage, { root, context, roots }: Place): Promise<void> {
  await mkdir(root, { recursive: true });
  let cwd = '/';
  for (const { keyword, flags, text } of instructions) {
    if (keyword === 'WORKDIR') {
      cwd = resolve(cwd, text);
      await mkdir(join(root, cwd), { recursive: true });
    } else if (keyword === 'COPY') {
      const from = flags['from'] === undefined ? context : roots.get(flags['from'])!;
      const sources = text.split(/\s+/);
      await copy(sources.slice(0, -1), { from, to: join(root, resolve(cwd, sources.at(-1)!)) });
    } else if (keyword === 'RUN')
      await runShell(text.replaceAll(/(?<=[\s=])\/(?=opt|source)/g, `${root}/`), join(root, cwd));
    else if (!DECLARATIONS.has(keyword))
      throw new Error(`${keyword} ${text}: this test does not know the instruction.`);
  }
}

/** A folder's content goes into the target; a file into it, by its name (Dockerfile reference, "COPY"). */
async function copy(sources: readonly string[], { from, to }: { from: string; to: string }): Promise<void> {
  for (const source of sources) {
    const isFolder = source.endsWith('/');
    const target = isFolder ? to : join(to, source);
    await mkdir(dirname(target), { recursive: true });
    // What .dockerignore keeps out of the folders that are copied.
    const filter = (file: string): boolean => !file.includes('/public/api/v1');
    await cp(join(from, source), target, { recursive: true, filter, verbatimSymlinks: true });
  }
}

async function runShell(command: string, cwd: string): Promise<void> {
  const child = spawn('sh', ['-c', command], {
    cwd,
    env: { ...env, npm_config_prefer_offline: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output.slice(-2_000)}`);
}
