import { describe, expect, test } from 'vitest';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';
import { openPage, settled } from './browser.ts';
import { proxyOf } from './served-pages.ts';

/*
 * What release notes look like to who reads them.
 */

async function openNotes(notes: string) {
  const extensions = [catalogueExtension('taskserv/noted', [catalogueVersion('1.0.0', { notes })])];
  const { page } = await openPage(`${await proxyOf(extensions)}/extension.html?id=taskserv/noted`);
  await settled(page);
  return page.locator('.notes');
}

describe('release notes', () => {
  test('have a badge that leads somewhere as one link', async () => {
    const notes = await openNotes('See [![build](https://ci.test/badge.svg) of main](https://ci.test/builds) first.');
    const links = await notes
      .locator('a')
      .evaluateAll((all) => all.map((each) => [each.getAttribute('href'), each.textContent]));
    expect(links).toEqual([['https://ci.test/builds', 'Image: build of main']]);
    expect(await notes.textContent()).toBe('See Image: build of main first.');
  });

  test('lead where their writer meant, and nowhere else for an entity', async () => {
    const notes = await openNotes(
      '[log](https://ci.test/?a=1&amp;b=2) [x](javascript&#58;alert(1)) [y](&#106;avascript:1)',
    );
    const links = await notes.locator('a').evaluateAll((all) => all.map((each) => each.getAttribute('href')));
    expect(links).toEqual(['https://ci.test/?a=1&b=2']);
  });

  test.each([
    ['Ben &amp; Jerry &lt;b&gt; &quot;x&quot; &apos;y&apos;', `Ben & Jerry <b> "x" 'y'`],
    ['&#72;&#x49; &#X1F600;', 'HI 😀'],
    ['&toString; &valueOf; &unknown; &copy', '&toString; &valueOf; &unknown; &copy'],
    ['![Ben &amp; Jerry](https://ci.test/a.png)', 'Image: Ben & Jerry'],
    ['`&amp;`', '&amp;'],
  ])('say %s as %s', async (written, shown) => {
    expect(await (await openNotes(written)).textContent()).toBe(shown);
  });
});
