import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createIndexerSchedule, type IndexerScheduleOptions } from '../../proxy/indexer-schedule.ts';
import { temporaryFolder } from '../builders.ts';

interface Line {
  level: string;
  event: string;
  line?: string;
  code?: number | null;
  signal?: string;
  reason?: string;
}

/** A schedule over a real child that runs this script; it can write what it does to the file of its argument. */
async function scheduleOf(script: string, overrides: Partial<IndexerScheduleOptions> = {}) {
  const folder = await temporaryFolder();
  const program = join(folder, 'indexer.mjs');
  const journal = join(folder, 'journal');
  await writeFile(
    program,
    `import { appendFileSync } from 'node:fs';\nconst note = (text) => appendFileSync(process.argv[2], text + '\\n');\n${script}`,
  );
  await writeFile(journal, '');
  const lines: Line[] = [];
  const waiting: (() => void)[] = [];
  const logAt = (level: string) => (fields: object) => {
    lines.push({ level, ...(fields as Omit<Line, 'level'>) });
    for (const wake of waiting.splice(0)) wake();
  };
  const schedule = createIndexerSchedule({
    intervalMs: 3_600_000,
    deadlineMs: 60_000,
    killAfterMs: 60_000,
    spawn: () => spawn(process.execPath, [program, journal], { stdio: ['ignore', 'pipe', 'pipe'] }),
    lastCheckedMs: async () => undefined,
    now: Date.now,
    log: { info: logAt('info'), warn: logAt('warn'), error: logAt('error') } as IndexerScheduleOptions['log'],
    ...overrides,
  });
  onTestFinished(() => schedule.stop());
  /** Waits until so many lines of the log are of this event. */
  const until = async (event: string, count = 1): Promise<Line[]> => {
    for (;;) {
      const found = lines.filter((line) => line.event === event);
      if (found.length >= count) return found;
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
  };
  return { schedule, until, lines, journal: async () => (await readFile(journal, 'utf8')).split('\n').filter(Boolean) };
}

describe('createIndexerSchedule', () => {
  test('runs at once while nothing is published, and passes its output on line by line', async () => {
    const { schedule, until } = await scheduleOf(`
      process.stdout.write('one\\ntwo, ');
      process.stdout.write('still two\\nthree without an end');
      process.stderr.write('a warning\\n');
    `);
    await schedule.start();
    expect(await until('indexer_done')).toMatchObject([{ level: 'info', code: 0 }]);
    const output = (await until('indexer_output', 4)).map((line) => line.line);
    expect(output.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      'a warning',
      'one',
      'three without an end',
      'two, still two',
    ]);
  });

  test.each([
    ['an exit code', 'process.exitCode = 3;', 3],
    ['a signal', "process.kill(process.pid, 'SIGKILL');", null],
  ])('tells of a run that ended by %s', async (_how, script, code) => {
    const ends: unknown[] = [];
    const { schedule, until } = await scheduleOf(script, { onEnd: (end) => void ends.push(end) });
    await schedule.start();
    await until(code === null ? 'indexer_failed' : 'indexer_done');
    await schedule.stop();
    expect(ends).toEqual([{ code }]);
  });

  test('tells of a run that could not be started', async () => {
    const ends: unknown[] = [];
    const spawnNothing = (): never => {
      throw new Error('no memory');
    };
    const { schedule, until } = await scheduleOf('', { spawn: spawnNothing, onEnd: (end) => void ends.push(end) });
    await schedule.start();
    await until('indexer_failed');
    await schedule.stop();
    expect(ends).toEqual([{ code: null }]);
  });

  test('passes on the summary of a run with its fields and at its level, and other lines of its log as text', async () => {
    const line = (fields: object) => `process.stderr.write(${JSON.stringify(JSON.stringify(fields))} + '\\n');`;
    const { schedule, until } = await scheduleOf(`
      ${line({ level: 40, time: 1, event: 'warning', msg: 'take care' })}
      process.stderr.write('{"level":30,"tim\\n');
      ${line({ level: 40, time: 2, event: 'run', exit_code: 3, sources: { failed: ['gitea'] }, msg: 'run published' })}
      process.exitCode = 3;
    `);
    await schedule.start();
    await until('indexer_done');
    expect(await until('indexer_run')).toEqual([
      { level: 'warn', event: 'indexer_run', exit_code: 3, sources: { failed: ['gitea'] } },
    ]);
    expect(await until('indexer_output', 2)).toEqual([
      { level: 'warn', event: 'indexer_output', line: 'take care' },
      { level: 'info', event: 'indexer_output', line: '{"level":30,"tim' },
    ]);
  });

  test('runs at once when it is due', async () => {
    const { schedule, until } = await scheduleOf('', { lastCheckedMs: async () => Date.now() - 3_600_001 });
    await schedule.start();
    await until('indexer_done');
  });

  test('runs after one interval at the latest when a clock that was wrong has dated the crawl in the future', async () => {
    const { schedule, until } = await scheduleOf('', {
      intervalMs: 10,
      lastCheckedMs: async () => Date.now() + 10 * 365 * 86_400_000,
    });
    await schedule.start();
    await until('indexer_done');
  });

  test('waits while what is published is fresh', async () => {
    const { schedule, lines, journal } = await scheduleOf(`note('ran');`, {
      lastCheckedMs: async () => Date.now() - 1_000,
    });
    await schedule.start();
    await schedule.stop();
    expect([lines, await journal()]).toEqual([[], []]);
  });

  test('runs again and again, one at a time, though a run takes longer than the interval', async () => {
    const { schedule, until, journal } = await scheduleOf(`note('begin'); setTimeout(() => note('end'), 50);`, {
      intervalMs: 10,
    });
    await schedule.start();
    await until('indexer_done', 3);
    await schedule.stop();
    const notes = await journal();
    expect(notes.slice(0, 6)).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
  });

  test.each([
    [1, 'error', 'indexer_failed'],
    [2, 'error', 'indexer_failed'],
    [3, 'warn', 'indexer_done'],
    [4, 'warn', 'indexer_done'],
  ])('takes exit code %i for a %s and goes on', async (code, level, event) => {
    const { schedule, until } = await scheduleOf(`process.exitCode = ${code};`, { intervalMs: 10 });
    await schedule.start();
    const runs = await until(event, 2);
    expect(runs.slice(0, 2)).toMatchObject([
      { level, code },
      { level, code },
    ]);
  });

  test('survives a crash', async () => {
    const { schedule, until } = await scheduleOf(`process.kill(process.pid, 'SIGKILL');`, { intervalMs: 10 });
    await schedule.start();
    expect((await until('indexer_failed', 2))[0]).toMatchObject({ level: 'error', code: null, signal: 'SIGKILL' });
  });

  test('survives a program that is not there', async () => {
    const { schedule, until } = await scheduleOf('', {
      intervalMs: 10,
      spawn: () => spawn('/nonexistent/program', [], { stdio: ['ignore', 'pipe', 'pipe'] }),
    });
    await schedule.start();
    expect((await until('indexer_failed', 2))[0]?.reason).toContain('ENOENT');
  });

  test.each([
    ['SIGTERM', `setInterval(() => {}, 1000);`],
    // Not even a signal reaches it.
    ['SIGKILL', `process.kill(process.pid, 'SIGSTOP');`],
  ])('ends a run that hangs by %s, and goes on', async (signal, script) => {
    const told: string[] = [];
    const { schedule, until } = await scheduleOf(script, {
      intervalMs: 10,
      deadlineMs: 1_000,
      killAfterMs: 100,
      onOverdue: () => void told.push('overdue'),
      onEnd: () => void told.push('ended'),
    });
    await schedule.start();
    expect((await until('indexer_overdue'))[0]).toMatchObject({ level: 'error' });
    expect((await until('indexer_failed', 2))[0]).toMatchObject({ level: 'error', code: null, signal });
    expect(told.slice(0, 3)).toEqual(['overdue', 'ended', 'overdue']);
  });

  test('ends a run that is under way when it stops', async () => {
    const { schedule, until, journal } = await scheduleOf(`
      process.on('SIGTERM', () => { note('stopped cleanly'); process.exit(0); });
      setInterval(() => {}, 1000);
      console.log('running');
    `);
    await schedule.start();
    await until('indexer_output');
    await schedule.stop();
    expect(await journal()).toEqual(['stopped cleanly']);
  });

  test('kills a run that does not stop', async () => {
    const { schedule, until } = await scheduleOf(
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('running');`,
      { killAfterMs: 20 },
    );
    await schedule.start();
    await until('indexer_output');
    await schedule.stop();
    expect(await until('indexer_failed')).toMatchObject([{ signal: 'SIGKILL' }]);
  });
});
