import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { kill } from 'node:process';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { isRunning, readProcessIdentity } from '../../indexer/storage/process-identity.ts';
import { waitUntil } from '../real/wait-until.ts';

const ME = await readProcessIdentity(process.pid);

test('isRunning tells a process that runs from one that had its pid before', async () => {
  expect(await isRunning(ME, ME)).toBe(true);
  expect(await isRunning({ ...ME, started: `${ME.started}0` }, ME)).toBe(false);
  expect(await isRunning({ ...ME, pid: 2 ** 22 + 1 }, ME)).toBe(false);
});

test.each([
  ['of another host', { host: 'other' }],
  ['of another boot', { boot_id: 'other' }],
  ['of another container', { pid_namespace: 'pid:[1]' }],
])('isRunning says nothing of a process %s', async (_where, part) => {
  expect(await isRunning({ ...ME, ...part }, ME)).toBeUndefined();
});

test('isRunning takes a killed process for ended although its parent never asks for it', async () => {
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const identity = await readProcessIdentity(Number(line));
  expect(await isRunning(identity, ME)).toBe(true);
  kill(identity.pid, 'SIGKILL');
  await waitUntil('its end', async () => (await isRunning(identity, ME)) === false);
  // It still has its pid.
  expect(kill(identity.pid, 0)).toBe(true);
});
