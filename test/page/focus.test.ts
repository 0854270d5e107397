import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { CatalogueExtension } from '../../indexer/model/catalogue.ts';
import type { StatusDocument } from '../../indexer/model/documents.ts';
import type { Problem } from '../../indexer/model/problem.ts';
import { extensionOf } from '../bench/published-site.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';
import { openBlank, openPage, settled } from './browser.ts';
import { proxyOf } from './served-pages.ts';

/*
 * Where the keys go on when what had the focus is made anew, or is no more.
 */

/** The id or the text of what has the focus; empty where it was lost. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element, body } = document;
    return element === body || element === null ? '' : element.id || element.textContent;
  });

async function openSite(path: string, extensions: readonly CatalogueExtension[]): Promise<Page> {
  const { page } = await openPage(`${await proxyOf(extensions)}/${path}`);
  await settled(page);
  return page;
}

describe('the focus', () => {
  test('goes from a tag of a row to its badge, from badge to badge, and then to the list', async () => {
    const page = await openSite('index.html', tagged(3, ['blue', 'green']));
    await page.locator('.row a.tag', { hasText: 'blue' }).last().press('Enter');
    await expect.poll(() => focused(page)).toBe('badge-tag-blue');
    await page.locator('.row a.tag', { hasText: 'green' }).last().press('Enter');
    await expect.poll(() => focused(page)).toBe('badge-tag-green');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('badge-tag-blue');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('main');
    expect(await page.evaluate(() => location.search)).toBe('');
  });

  test('stays at a filter that is set, and goes to the list when all are cleared', async () => {
    const page = await openSite('index.html', tagged(3, ['blue', 'green']));
    await page.getByRole('checkbox', { name: 'blue' }).press('Space');
    await expect.poll(() => focused(page)).toBe('tag-blue');
    await page.getByRole('checkbox', { name: 'green' }).press('Space');
    await page.getByRole('button', { name: 'Clear all' }).press('Enter');
    await expect.poll(() => focused(page)).toBe('main');
  });

  test('goes on with the first of the filters that were folded', async () => {
    const tags = Array.from({ length: 14 }, (_, at) => `tag-${String(at).padStart(2, '0')}`);
    const page = await openSite('index.html', tagged(3, tags));
    await page.getByRole('button', { name: '4 more' }).press('Enter');
    expect(await focused(page)).toBe('tag-tag-10');
  });

  test('goes on with the first of the rows that come', async () => {
    const page = await openSite(
      'index.html',
      Array.from({ length: 120 }, (_, at) => extensionOf(at)).sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
    await page.getByRole('button', { name: 'Show 50 more' }).press('Enter');
    await expect.poll(() => page.locator('.row-name').count()).toBe(100);
    expect(await focused(page)).toBe(await page.locator('.row-name').nth(50).textContent());
  });

  test('goes on with the first of the versions that come', async () => {
    const versions = Array.from({ length: 20 }, (_, at) => catalogueVersion(`1.0.${19 - at}`));
    const page = await openSite('extension.html?id=taskserv/many', [catalogueExtension('taskserv/many', versions)]);
    await page.getByRole('button', { name: 'Show all 20' }).press('Enter');
    expect(await focused(page)).toBe('1.0.4');
  });
});

/** So many extensions with all of these tags. */
function tagged(count: number, tags: string[]): CatalogueExtension[] {
  const about = { ...catalogueVersion('1.0.0').about, tags };
  return Array.from({ length: count }, (_, at) =>
    catalogueExtension(`taskserv/box${at}`, [catalogueVersion('1.0.0', { about })]),
  );
}

describe('the status page', () => {
  test('goes on with the first of the problems that come', async () => {
    const { page } = await openBlank();
    const url = await proxyOf(tagged(1, []));
    const status = (await (await fetch(`${url}/api/v1/status/index.json`)).json()) as StatusDocument;
    const first = Array.from({ length: 23 }, (_, at): Problem => problemOf(`taskserv/box${at}@1.0.0`));
    const problems = { total: first.length, by_code: { mutated: first.length }, first };
    await page.route('**/status/index.json', (route) => route.fulfill({ json: { ...status, problems } }));
    await page.goto(`${url}/status.html`);
    await page.getByRole('button', { name: 'Show 3 more' }).press('Enter');
    expect(await page.locator('.problem').count()).toBe(23);
    expect(await focused(page)).toContain('taskserv/box20@1.0.0');
  });
});

function problemOf(subject: string): Problem {
  return {
    code: 'mutated',
    source: 'gitea',
    subject,
    detail: 'The file has other bytes now.',
    remedy: 'Release a new version.',
    first_seen: '2026-06-01T12:00:00Z',
  };
}

describe('a key that belongs to an input method', () => {
  test.each([
    ['while it composes', { isComposing: true }],
    ['as Safari says it', { keyCode: 229 }],
  ])('is left to it, %s', async (_how, how) => {
    const page = await openSite('index.html', tagged(3, ['blue']));
    await page.getByRole('searchbox').fill('box');
    await expect.poll(() => page.locator('#count').textContent()).toContain('for “box”');
    expect(await pressed(page, 'ArrowDown', how)).toEqual({ taken: false, focus: 'q', text: 'box' });
    expect(await pressed(page, 'Escape', how)).toEqual({ taken: false, focus: 'q', text: 'box' });
    expect(await pressed(page, 'ArrowDown', {})).toMatchObject({ taken: true, focus: 'taskserv/box0' });
    await page.goto(page.url().replace('index.html', 'status.html').replace(/\?.*/, ''));
    await page.getByRole('combobox', { name: 'Search extensions' }).fill('box');
    await page.getByRole('option').first().waitFor();
    expect(await pressed(page, 'Escape', how)).toEqual({ taken: false, focus: 'q', text: 'box' });
    expect(await page.getByRole('option').count()).toBe(3);
    expect(await pressed(page, 'ArrowDown', how)).toMatchObject({ taken: false });
    expect(await page.locator('[aria-selected=true]').count()).toBe(0);
  });
});

/** A key as an input method gives it, which no keyboard of a test can. */
async function pressed(page: Page, key: string, how: KeyboardEventInit & { keyCode?: number }) {
  const taken = await page
    .locator('#q')
    .evaluate(
      (box, [name, init]) =>
        !box.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true, ...init })),
      [key, how] as const,
    );
  return { taken, focus: await focused(page), text: await page.locator('#q').inputValue() };
}
