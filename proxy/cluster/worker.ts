import type { Worker } from 'node:cluster';
import type { Config } from '../../indexer/config/config.ts';
import { codeOf, messageOf } from '../../indexer/model/errors.ts';
import type { AllCounts, CollectCounts, Counts, ShareCounts } from '../counts.ts';
import { ApiError } from '../error-table.ts';
import { configFromWire, type ToPrimary, type ToWorker } from './messages.ts';

/** What a worker is given to serve with. */
export interface WorkerPart {
  /** Its number, from 1. */
  worker: number;
  config: Config;
  shareCounts: ShareCounts;
}

/** More than the primary waits for a worker that hangs. */
const COLLECT_TIMEOUT_MS = 2_000;
/** A worker that is killed loses what it counted since it told the primary last. */
const TELL_INTERVAL_MS = 5_000;

/**
 * Serves as one of several workers. What keeps it from serving is for the primary to tell, which hears it of all of them.
 * @param channel to the primary; closed in the end
 * @returns whether it served
 */
export async function runWorker(channel: Worker, serve: (part: WorkerPart) => Promise<void>): Promise<boolean> {
  const tell = (message: ToPrimary): Promise<void> =>
    new Promise((resolve) => void channel.send(message, () => resolve()));
  const counts = createSharedCounts(tell);
  const { promise: given, resolve: give } = Promise.withResolvers<Omit<WorkerPart, 'shareCounts'>>();
  channel.on('message', (message: ToWorker) => {
    if (message.kind === 'start') give({ worker: message.worker, config: configFromWire(message.config) });
    else if (message.kind === 'tell') counts.tell(message.ask);
    else counts.collected(message.ask, message.all);
  });
  try {
    await tell({ kind: 'hello' });
    await serve({ ...(await given), shareCounts: counts.share });
    return true;
  } catch (error) {
    const code = codeOf(error);
    await tell({ kind: 'failed', message: messageOf(error), ...(code !== undefined && { code }) });
    return false;
  } finally {
    await counts.end();
    channel.disconnect();
  }
}

function createSharedCounts(tell: (message: ToPrimary) => Promise<void>) {
  const waiting = new Map<number, (all: AllCounts) => void>();
  let own: (() => Counts) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let asks = 0;

  const tellOwn = async (ask?: number): Promise<void> => {
    if (own !== undefined) await tell({ kind: 'counts', counts: own(), ...(ask !== undefined && { ask }) });
  };

  const collect: CollectCounts = () =>
    new Promise((resolve, reject) => {
      const ask = (asks += 1);
      const limit = setTimeout(() => {
        waiting.delete(ask);
        reject(new ApiError('unavailable', 'The counts of all workers cannot be had at the moment; try again.'));
      }, COLLECT_TIMEOUT_MS);
      waiting.set(ask, (all) => {
        clearTimeout(limit);
        waiting.delete(ask);
        resolve(all);
      });
      void tell({ kind: 'collect', ask });
    });

  const share: ShareCounts = (counts) => {
    own = counts;
    timer = setInterval(() => void tellOwn(), TELL_INTERVAL_MS);
    return collect;
  };

  return {
    share,
    tell: (ask: number) => void tellOwn(ask),
    collected: (ask: number, all: AllCounts) => waiting.get(ask)?.(all),
    end: () => {
      clearInterval(timer);
      return tellOwn();
    },
  };
}
