import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PROBLEMS } from '../../indexer/model/problem.ts';
import { createFolderReader } from '../../indexer/storage/folder.ts';
import { createCrawlReports } from '../../proxy/crawl-reports.ts';
import { NOON, temporaryFolder } from '../builders.ts';

const STATUS = {
  schema: 1,
  sources: [{ name: 'gitea', releases: 7 }],
  problems: { total: 3, by_code: { mutated: 2, invented: 9 }, first: [] },
};
const CRAWL = {
  schema: 1,
  started_at: '2026-06-01T11:58:00Z',
  finished_at: '2026-06-01T12:00:00Z',
  sources: [
    { name: 'gitea', requests: 12, retries: 1, assets_read: 2, bytes_read: 500, duration_ms: 119_500 },
    { name: 'stranger', requests: 1, retries: 0, assets_read: 0, bytes_read: 0, duration_ms: 1 },
  ],
};

async function reports(documents: { status?: unknown; crawl?: unknown }) {
  const root = await temporaryFolder();
  const write = async (path: string, value: unknown): Promise<void> => {
    const file = join(root, path, 'index.json');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
  };
  for (const [path, value] of Object.entries(documents)) await write(path, value);
  const reader = createFolderReader({ root });
  onTestFinished(() => reader.close());
  const clock = { nowMs: NOON };
  const complaints: unknown[] = [];
  const log = { warn: (fields: object) => void complaints.push(fields) };
  const now = () => clock.nowMs;
  const crawlReports = createCrawlReports({ reader, sources: new Set(['gitea']), now, log: log as never });
  return { read: () => crawlReports.read(), write, clock, complaints };
}

describe('createCrawlReports', () => {
  test('gives the numbers of the newest crawl, of configured sources and known codes only', async () => {
    const { read } = await reports({ status: STATUS, crawl: CRAWL });
    const figures = await read();
    expect(figures).toEqual({
      startedSeconds: NOON / 1_000 - 120,
      finishedSeconds: NOON / 1_000,
      sources: [{ name: 'gitea', durationSeconds: 119.5, requests: 12, retries: 1, readBytes: 500, releases: 7 }],
      problems: Object.keys(PROBLEMS).map((code) => [code, code === 'mutated' ? 2 : 0]),
    });
  });

  test('reads the files again after ten seconds, and when the clock has jumped back', async () => {
    const { read, write, clock } = await reports({ status: STATUS, crawl: CRAWL });
    const retries = async () => (await read())?.sources[0]?.retries;
    expect(await retries()).toBe(1);
    const next = (count: number) => ({ ...CRAWL, sources: [{ ...CRAWL.sources[0], retries: count }] });
    await write('crawl', next(2));
    clock.nowMs += 9_999;
    expect(await retries()).toBe(1);
    clock.nowMs += 1;
    expect(await retries()).toBe(2);
    await write('crawl', next(3));
    clock.nowMs -= 3_600_000;
    expect(await retries()).toBe(3);
  });

  test('gives nothing before the first crawl, and complains of nothing', async () => {
    const { read, complaints } = await reports({});
    expect(await read()).toBeUndefined();
    expect(complaints).toEqual([]);
  });

  test.each([
    ['no JSON', '{'],
    ['of a newer schema', { ...STATUS, schema: 2 }],
    ['without its numbers', { schema: 1 }],
    ['larger than anything that we write', JSON.stringify({ ...STATUS, filler: 'x'.repeat(9 * 1024 * 1024) })],
  ])('complains once of a report that is %s', async (_what, status) => {
    const { read, clock, complaints } = await reports({ status, crawl: CRAWL });
    for (let times = 0; times < 3; times += 1, clock.nowMs += 60_000) expect(await read()).toBeUndefined();
    expect(complaints).toMatchObject([{ event: 'crawl_unreadable' }]);
  });
});
