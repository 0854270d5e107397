import { describe, expect, test } from 'vitest';
import { createProgress } from '../indexer/progress.ts';
import { formatBytes } from '../indexer/report-text.ts';

function recorded(options: { interactive: boolean; columns?: number }) {
  const written: string[] = [];
  const clock = { now: 0 };
  const progress = createProgress({
    columns: 80,
    ...options,
    write: (text) => void written.push(text),
    now: () => clock.now,
  });
  return { progress, written, clock };
}

const listed = { repositories: 1, ofRepositories: 2, releases: 7 };
const reading = { assetsRead: 3, ofAssets: 9, bytesRead: 1_500_000 };

describe('progress in a log', () => {
  test('is a plain line for each source now and then', () => {
    const { progress, written, clock } = recorded({ interactive: false });
    progress.update('gitea', listed);
    progress.update('oci', listed);
    clock.now = 4_999;
    progress.update('gitea', reading);
    clock.now = 5_000;
    progress.update('gitea', reading);
    progress.finish();
    expect(written).toEqual([
      'gitea: 1/2 repositories, 7 releases\n',
      'oci: 1/2 repositories, 7 releases\n',
      'gitea: 1/2 repositories, 7 releases, 3/9 assets read (1.5 MB)\n',
    ]);
  });
});

describe('progress on a terminal', () => {
  test('is one line of all sources, drawn again at most ten times a second, and cleared at the end', () => {
    const { progress, written, clock } = recorded({ interactive: true });
    progress.update('gitea', listed);
    clock.now = 99;
    progress.update('oci', { repositories: 0 });
    clock.now = 100;
    progress.update('gitea', reading);
    progress.finish();
    expect(written).toEqual([
      '\r\u001B[Kgitea: 1/2 repositories, 7 releases',
      '\r\u001B[Kgitea: 1/2 repositories, 7 releases, 3/9 assets read (1.5 MB) · oci: 0/? reposi',
      '\r\u001B[K',
    ]);
  });

  test('never is wider than the terminal, and clears nothing where nothing was drawn', () => {
    const { progress, written } = recorded({ interactive: true, columns: 20 });
    progress.finish();
    expect(written).toEqual([]);
    progress.update('gitea', listed);
    expect(written[0]?.slice('\r\u001B[K'.length)).toBe('gitea: 1/2 reposito');
  });
});

describe('formatBytes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 KB'],
    [1_500_000, '1.5 MB'],
    [2_000_000_000, '2.0 GB'],
    [5e15, '5000.0 TB'],
  ])('%i is %s', (count, text) => expect(formatBytes(count)).toBe(text));
});
