import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ASSETS, PAGES, renderPage } from '../../deploy/build-page.ts';
import { PAGE_POLICY } from '../../proxy/routes/public-files.ts';
import { PUBLIC_FOLDER } from '../proxy/world.ts';

const htmlOf = (name: string): string => readFileSync(join(PUBLIC_FOLDER, name), 'utf8');

function gzipBytesOf(...names: string[]): number {
  return names.reduce((sum, name) => sum + gzipSync(readFileSync(join(ASSETS, name)), { level: 9 }).length, 0);
}

describe('what is built', () => {
  test('is 14 KB of scripts for the list and its search, 6 KB of styles, gzip', () => {
    const scripts = gzipBytesOf('theme.js', 'list-page.js', 'search-worker.js');
    const styles = gzipBytesOf('page.css');
    process.stdout.write(`list and search: ${scripts} bytes of scripts, ${styles} of styles, gzip\n`);
    expect(scripts).toBeLessThanOrEqual(14 * 1024);
    expect(styles).toBeLessThanOrEqual(6 * 1024);
  });

  test('is small for the other pages, too', () => {
    for (const name of ['extension-page.js', 'status-page.js', 'api-page.js'])
      expect(gzipBytesOf(name)).toBeLessThan(12 * 1024);
  });

  test('has the parser of release notes in a file of its own', () => {
    const withParser = readdirSync(ASSETS).filter(
      (name) => name.endsWith('.js') && readFileSync(join(ASSETS, name), 'utf8').includes('blockquote'),
    );
    expect(withParser.sort((a, b) => (a < b ? -1 : 1))).toEqual(['extension-page.js', 'markdown.js']);
    expect(gzipBytesOf('extension-page.js')).toBeLessThan(gzipBytesOf('markdown.js'));
  });
});

describe.each([...PAGES, '404'].map((each) => `${each}.html`))('%s', (name) => {
  const html = htmlOf(name);

  test('says the policy that the proxy sends', () => {
    expect(/http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(html)?.[1]).toBe(PAGE_POLICY);
  });

  test('has nothing of its own that runs or paints, and names no other host', () => {
    expect(html.match(/<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=/gi)).toBeNull();
    expect(html.match(/https?:\/\/|(?:src|href)="\/\//gi)).toBeNull();
  });
});

describe('a page', () => {
  const frame = '<nav>\n  <a href="one.html">1</a>\n  <a href="two.html">2</a>\n</nav>\n  <!-- shows -->\n';

  test('has its parts in the frame, and says which of the links leads to itself', () => {
    expect(renderPage(frame, '<!-- shows -->\n<main>\n  $1\n</main>\n', 'two')).toBe(
      '<nav>\n  <a href="one.html">1</a>\n  <a href="two.html" aria-current="page">2</a>\n</nav>\n  <main>\n    $1\n  </main>\n',
    );
  });

  test('is not made without a part that the frame asks for', () => {
    expect(() => renderPage(frame, '<!-- shown -->\n<main></main>\n', 'two')).toThrow(
      'public/src/pages/two.html has no part <!-- shows -->.',
    );
  });
});
