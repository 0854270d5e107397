import { expect, onTestFinished, test } from 'vitest';
import { createConnections } from '../../../cli/registry/connections.ts';
import { beginPartial, type PartialFile } from '../../../cli/registry/partial-file.ts';
import { receive } from '../../../cli/registry/transfer.ts';
import type { HttpClient } from '../../../indexer/http/client.ts';
import { NOON, temporaryFolder } from '../../builders.ts';
import { bytesOf } from '../../proxy/world.ts';
import { serveAsset } from './registries.ts';

const SIZE = 100_000;

test('a body that breaks off while a chunk is written ends when that is written, for the next Range begins there', async () => {
  const { server, choice, digest } = await serveAsset(bytesOf(SIZE, 'an asset'));
  server.misbehave({ match: /^GET/, times: 1, fault: { kind: 'pause', afterBytes: 1_000 } });
  const connections = createConnections({ now: () => NOON, random: Math.random, timeoutMs: 300 });
  onTestFinished(() => connections.close());
  const http = await connections.to(new URL(server.url));
  const partial = await beginPartial(await temporaryFolder(), { key: 'x', sizeBytes: SIZE, random: Math.random });
  onTestFinished(() => partial.discard());
  const log: string[] = [];
  const broken = Promise.withResolvers<void>();
  const watched: HttpClient = {
    ...http,
    open: async (request, tries) => {
      const response = await http.open(request, tries);
      // Later than whoever does not wait for the file.
      response.body.once('close', () => setImmediate(() => setImmediate(broken.resolve)));
      return response;
    },
  };
  const slow: PartialFile = {
    ...partial,
    get receivedBytes() {
      return partial.receivedBytes;
    },
    append: async (chunk) => {
      await broken.promise;
      await partial.append(chunk);
      log.push(`written ${partial.receivedBytes}`);
    },
  };
  const url = new URL(choice.entry.assets[0]!.download_url, server.url);
  const transfer = { http: watched, url, fields: {}, digest, sizeBytes: SIZE, subject: 'an asset' };
  const signal = new AbortController().signal;
  const retry = { tries: 1, baseDelayMs: 1, maxDelayMs: 1 };
  const receiving = receive(transfer, slow, { signal, retry, random: Math.random, onBytes: () => undefined });
  await receiving.catch(() => log.push('broken off'));
  await broken.promise;
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual(['written 1000', 'broken off']);
});
