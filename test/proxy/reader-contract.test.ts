import { afterAll, beforeAll, describe } from 'vitest';
import { describeReads } from '../deploy/reader-contract.ts';
import { startRegistry, type Registry } from '../deploy/registry.ts';

const closers: (() => Promise<unknown>)[] = [];
let registry: Registry;
beforeAll(async () => {
  registry = await startRegistry((close) => void closers.push(close));
});
afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

describe('the proxy, by itself', () => {
  describeReads(() => ({ url: registry.proxy.url, v1: registry.v1 }));
});
