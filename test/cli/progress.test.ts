import { describe, expect, test } from 'vitest';
import { createProgressView } from '../../cli/progress.ts';

function viewOf(isInteractive: boolean, columns = 80) {
  const clock = { nowMs: 0 };
  const written: string[] = [];
  const view = createProgressView({
    write: (text) => void written.push(text),
    isInteractive,
    columns: () => columns,
    now: () => clock.nowMs,
  });
  return { view, clock, text: () => written.join('') };
}

const HALF = { receivedBytes: 5 * 1_024 * 1_024, totalBytes: 10 * 1_024 * 1_024, phase: 'download' } as const;

describe('createProgressView', () => {
  test('elsewhere than on a terminal writes one plain line for each that ends with a result', () => {
    const { view, text } = viewOf(false);
    const [one, other] = [view.start('provider/aws 1.0.0'), view.start('a/b 2.0.0')];
    one.update(HALF);
    other.end();
    one.end('installed');
    expect(text()).toBe('provider/aws 1.0.0: installed\n');
  });

  test('on a terminal draws a bar for each, at most ten times a second, and takes them away', () => {
    const { view, clock, text } = viewOf(true);
    const line = view.start('provider/aws 1.0.0');
    clock.nowMs = 1_000;
    line.update(HALF);
    for (let ms = 1_001; ms < 1_100; ms += 1) {
      clock.nowMs = ms;
      line.update(HALF);
    }
    line.end('installed');
    expect(text()).toBe(
      'provider/aws 1.0.0  waiting\n' +
        '\r\u001B[1A\u001B[Jprovider/aws 1.0.0  [==========          ]  50%  5.0 MiB of 10.0 MiB  5.0 MiB/s\n' +
        '\r\u001B[1A\u001B[Jprovider/aws 1.0.0: installed\n',
    );
  });

  test.each([40, 80])('never writes a line of more than %d columns, which would be two', (columns) => {
    const { view, clock, text } = viewOf(true, columns);
    const line = view.start('provider/a-very-long-name-that-somebody-has-chosen 10.20.30-rc.1');
    clock.nowMs = 1_000;
    line.update(HALF);
    for (const each of text().split('\n')) expect(each.replace('\r\u001B[1A\u001B[J', '').length).toBeLessThan(columns);
  });

  test('strips what a name could do to the terminal', () => {
    const { view, text } = viewOf(false);
    view.start('a\u001B[2Jb').end('done');
    expect(text()).toBe('ab: done\n');
  });
});
