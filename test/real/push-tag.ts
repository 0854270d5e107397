import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

export interface PushTag {
  repository: string;
  tag: string;
  /** RFC 3339; the date of the tagger and of the tagged commit. */
  date: string;
  /** Makes an annotated tag; without it the tag is a lightweight one. */
  message?: string;
}

export interface TagPusher {
  push: (tag: PushTag) => Promise<void>;
  remove: (repository: string, tag: string) => Promise<void>;
}

/** Pushes tags with the real git; each tag is on a commit of its own, so that a lightweight one has its own date too. */
export function createTagPusher(url: string, token: string): TagPusher {
  const basic = Buffer.from(`git:${token}`).toString('base64');
  const push = (cwd: string, repository: string, ref: string): Promise<string> =>
    runGit(cwd, ['-c', `http.extraHeader=Authorization: Basic ${basic}`, 'push', `${url}/${repository}.git`, ref]);
  return {
    push: ({ repository, tag, date, message }) =>
      inNewRepository(async (cwd) => {
        const dates = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
        const annotation = message === undefined ? [] : ['--annotate', '--message', message];
        await runGit(cwd, ['commit', '--quiet', '--allow-empty', '--message', `Release ${tag}`], dates);
        await runGit(cwd, ['tag', ...annotation, tag], dates);
        await push(cwd, repository, `refs/tags/${tag}`);
      }),
    remove: (repository, tag) =>
      inNewRepository(async (cwd) => {
        await push(cwd, repository, `:refs/tags/${tag}`);
      }),
  };
}

async function inNewRepository(work: (cwd: string) => Promise<void>): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'push-tag-'));
  try {
    await runGit(cwd, ['init', '--quiet']);
    await work(cwd);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

function runGit(cwd: string, args: readonly string[], dates: Record<string, string> = {}): Promise<string> {
  const identity = { NAME: 'Test', EMAIL: 'test@example.test' };
  const people = ['AUTHOR', 'COMMITTER'].flatMap((role) =>
    Object.entries(identity).map(([key, value]) => [`GIT_${role}_${key}`, value] as const),
  );
  const env = {
    PATH: process.env['PATH'],
    // Nothing of the user's own git configuration or credentials.
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    ...Object.fromEntries(people),
    ...dates,
  };
  return runProgram('git', args, { cwd, env });
}
