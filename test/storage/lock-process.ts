import { createInterface } from 'node:readline';
import { acquireFolderLock } from '../../indexer/storage/folder-lock.ts';
import { readProcessIdentity } from '../../indexer/storage/process-identity.ts';
import type { SiteLock } from '../../indexer/storage/storage.ts';

/*
 * A process that holds locks as it is told: one JSON object a line on standard input, one answer a line. It claims to be
 * on `host`, where that is given.
 */

export interface LockCommand {
  do: 'acquire' | 'assert' | 'release';
  root: string;
  token?: string;
  host?: string;
  heartbeatMs?: number;
}

export interface LockAnswer {
  ok: boolean;
  code?: string;
  message?: string;
}

const locks = new Map<string, SiteLock>();

async function obey({ do: verb, root, token = 'x', host, heartbeatMs }: LockCommand): Promise<void> {
  if (verb === 'acquire') {
    const identity = { ...(await readProcessIdentity(process.pid)), ...(host !== undefined && { host }) };
    const options = { root, identity, token, now: Date.now, ...(heartbeatMs !== undefined && { heartbeatMs }) };
    locks.set(root, await acquireFolderLock(options));
  } else if (verb === 'assert') await locks.get(root)?.assertHeld();
  else await locks.get(root)?.release();
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer: LockAnswer = await obey(JSON.parse(line) as LockCommand).then(
    () => ({ ok: true }),
    (error: { code?: string; message: string }) => ({ ok: false, code: String(error.code), message: error.message }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
