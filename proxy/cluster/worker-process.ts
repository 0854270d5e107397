import cluster from 'node:cluster';
import { codeOf, messageOf, RegistryError } from '../../indexer/model/errors.ts';
import { WORKER_VARIABLE, type ToPrimary, type ToWorker } from './messages.ts';

/** A worker's process as its primary sees it. */
export interface WorkerProcess {
  /** No two of them ever have the same. */
  id: number;
  tell(message: ToWorker): void;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when it is gone, however. */
  ended: Promise<WorkerEnd>;
}

export interface WorkerEnd {
  code: number | null;
  signal: string | null;
  /** Why it could not serve, where it said so. */
  failure?: RegistryError;
}

export interface WorkerEvents {
  onMessage(child: WorkerProcess, message: ToPrimary): void;
  /** It listens. */
  onServing(child: WorkerProcess): void;
  /** All that it said has been heard. */
  onSilent(child: WorkerProcess): void;
}

/** Starts this program once more, as a worker. */
export function forkWorker(events: WorkerEvents): WorkerProcess {
  const { promise: ended, resolve } = Promise.withResolvers<WorkerEnd>();
  let failure: RegistryError | undefined;
  const end = (code: number | null, signal: string | null): void =>
    resolve({ code, signal, ...(failure !== undefined && { failure }) });
  const fail = (error: unknown): void => {
    failure ??= new RegistryError(codeOf(error) ?? 'unavailable', messageOf(error), { cause: error });
  };
  try {
    const worker = cluster.fork({ [WORKER_VARIABLE]: '1' });
    const child: WorkerProcess = {
      id: worker.id,
      // One that is gone meanwhile needs to be told nothing, and its end is seen anyway.
      tell: (message) => void worker.send(message, () => undefined),
      kill: (signal) => void worker.process.kill(signal),
      ended,
    };
    worker.on('message', (message: ToPrimary) => {
      if (message.kind === 'failed') fail(new RegistryError(message.code ?? 'unavailable', message.message));
      else events.onMessage(child, message);
    });
    worker.once('listening', () => events.onServing(child));
    worker.once('disconnect', () => events.onSilent(child));
    worker.once('exit', end);
    worker.on('error', (error) => {
      // Without a process there is no exit either.
      if (worker.process.pid !== undefined) return;
      fail(error);
      end(null, null);
    });
    return child;
  } catch (error) {
    // No memory for one more process, say.
    fail(error);
    end(null, null);
    return { id: NaN, tell: () => undefined, kill: () => undefined, ended };
  }
}
