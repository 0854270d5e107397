import type { ServerResponse } from 'node:http';
import { giveBack } from '../indexer/http/read-buffers.ts';
import type { CounterSeries } from './metrics.ts';

export type BodyChunks = AsyncIterable<Buffer> | readonly Buffer[];

export interface Sending {
  response: ServerResponse;
  left: AbortSignal;
  /** Counts bytes as they are written. */
  sent: CounterSeries;
}

/**
 * Small, so that a slow client is seen to take something; large, because each write costs the same whatever its size:
 * pieces of 64 KB for all cost a download a sixth of its rate.
 */
const PIECE_BYTES = { min: 64 * 1024, max: 512 * 1024 };

/**
 * Sends a body to its end. A piece is in the kernel's hands before the next one is asked for, so a client that does not
 * read stops the backend.
 * @throws what the body throws, and the signal's reason when the client leaves
 */
export async function sendBody(chunks: BodyChunks, { response, left, sent }: Sending): Promise<void> {
  let wake = (): void => undefined;
  left.addEventListener('abort', () => wake());
  let pieceBytes = PIECE_BYTES.min;
  const write = (piece: Buffer): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      const grown = Math.min(PIECE_BYTES.max, pieceBytes * 2);
      const shrunk = Math.max(PIECE_BYTES.min, pieceBytes / 2);
      pieceBytes = grown;
      // Not taken in this turn of the event loop: the client, or the way to it, is slower than the backend.
      const late = setImmediate(() => void (pieceBytes = shrunk));
      response.write(piece, () => {
        clearImmediate(late);
        resolve();
      });
    });
  for await (const chunk of chunks) {
    for (let at = 0, piece = chunk; at < chunk.length; at += piece.length) {
      piece = chunk.subarray(at, at + pieceBytes);
      sent.add(piece.length);
      await write(piece);
      left.throwIfAborted();
    }
    giveBack(chunk);
  }
  response.end();
}
