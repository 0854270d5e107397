import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Pointer } from '../../indexer/model/documents.ts';
import { NOON, runIndexer } from '../builders.ts';
import { expectAccessible, expectFits, NOW, openBlank, openPage, settled, VIEWS } from './browser.ts';
import { proxyOf } from './served-pages.ts';
import { sharedPageWorld, startPageWorld } from './world.ts';

const world = sharedPageWorld();
const DAY_MS = 86_400_000;
const PAGES = ['index.html', 'extension.html?id=provider/aws', 'status.html', 'api.html'];

/** What the network makes of the site's documents. */
async function openSpoiled(path: string, spoil: (page: Page) => Promise<unknown>) {
  const opened = await openBlank();
  await spoil(opened.page);
  await opened.page.goto(`${world().url}/${path}`);
  return opened;
}

describe.each(VIEWS)('a page that waits, $width wide and $scheme', (view) => {
  test.each(PAGES)('%s holds the place of what will come', async (path) => {
    const { page } = await openBlank({ view });
    const released = Promise.withResolvers<void>();
    await page.route('**/api/v1/**', async (route) => {
      await released.promise;
      await route.continue();
    });
    await page.goto(`${world().url}/${path}`, { waitUntil: 'commit' });
    await page.locator('main .skeleton:visible').first().waitFor();
    await expectFits(page);
    released.resolve();
    await settled(page);
    await page.unrouteAll({ behavior: 'wait' });
    expect(await page.locator('.skeleton').count()).toBe(0);
  });
});

describe('a site with nothing in it', () => {
  test('says so', async () => {
    const url = await proxyOf([]);
    const { page } = await openPage(`${url}/index.html`);
    await page.getByRole('heading', { name: 'Nothing is listed yet' }).waitFor();
    await expectAccessible(page);
  });
});

describe('a site that nobody has published yet', () => {
  test.each(PAGES.slice(0, 3))('%s says so', async (path) => {
    const { page } = await openSpoiled(path, (each) =>
      each.route('**/api/v1/**', (route) => route.fulfill({ status: 404 })),
    );
    await page.getByRole('heading', { name: 'Nothing is published yet' }).waitFor();
    await expectAccessible(page);
  });
});

describe('a registry in trouble', () => {
  test.each([
    ['does not answer', { abort: true }, 'The registry does not answer'],
    ['answers with an error', { status: 503, body: '{"error":"unavailable"}' }, 'The registry answers with an error'],
    [
      'is answered for by somebody else',
      { status: 200, body: '<h1>Sign in to the network</h1>' },
      'The answer makes no sense',
    ],
    ['is newer than the page', { status: 200, body: '{"schema":2}' }, 'The index is newer than this page'],
  ])('that %s is told, and tried again', async (_name, fault, title) => {
    const { page } = await openSpoiled('index.html', (each) =>
      each.route('**/api/v1/index.json', (route) =>
        'abort' in fault ? route.abort('connectionrefused') : route.fulfill(fault),
      ),
    );
    await page.getByRole('heading', { name: title }).waitFor();
    await expectAccessible(page);
    await page.unroute('**/api/v1/index.json');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => page.locator('.row-name').count()).toBe(17);
  });

  test.each(PAGES.slice(1, 3))('is told by %s, too', async (path) => {
    const { page } = await openSpoiled(path, (each) =>
      each.route('**/api/v1/**', (route) => route.abort('connectionrefused')),
    );
    await page.getByRole('heading', { name: 'The registry does not answer' }).waitFor();
    await expectAccessible(page);
    await page.unroute('**/api/v1/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
  });

  test.each(PAGES)('that is there again by %s is an old one, if it is', async (path) => {
    const opened = await openBlank({ nowMs: NOW + 3 * DAY_MS });
    const { page } = opened;
    await page.route('**/{api,schema}/v1/**', (route) => route.abort('connectionrefused'));
    await page.goto(`${world().url}/${path}`);
    const button = page.getByRole('button', { name: 'Try again' });
    await button.waitFor();
    expect(await page.locator('.notice').count()).toBe(0);
    await page.unroute('**/{api,schema}/v1/**');
    await button.click();
    await page.getByText('The index was last checked 3 days ago').waitFor();
  });

  test.each(PAGES.slice(1))('suggests on %s, once it is there again', async (path) => {
    const { page } = await openSpoiled(path, (each) =>
      each.route('**/api/v1/index.json', (route) => route.abort('connectionrefused')),
    );
    const box = page.getByRole('combobox', { name: 'Search extensions' });
    const refused = page.waitForEvent('requestfailed');
    await box.focus();
    await refused;
    await page.unroute('**/api/v1/index.json');
    await box.blur();
    await box.fill('kubernets');
    await expect.poll(() => page.getByRole('option').first().textContent()).toContain('taskserv/kubernetes');
  });

  test('a try that goes on says so, and keeps the place of the keys', async () => {
    const { page } = await openSpoiled('status.html', (each) =>
      each.route('**/api/v1/**', (route) => route.abort('connectionrefused')),
    );
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    const released = Promise.withResolvers<void>();
    await page.unroute('**/api/v1/**');
    await page.route('**/api/v1/**', async (route) => {
      await released.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Try again' }).press('Enter');
    expect(await page.getByRole('button', { name: 'Trying again…' }).isDisabled()).toBe(true);
    released.resolve();
    await page.getByRole('heading', { name: 'Everything is current' }).waitFor();
    await page.unrouteAll({ behavior: 'wait' });
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });

  test('a window without a network says that what it shows is old', async () => {
    const { page } = await openPage(`${world().url}/index.html`);
    await settled(page);
    await page.context().setOffline(true);
    await page.getByText('You are offline. What you see was loaded earlier.').waitFor();
    await expectAccessible(page);
    await page.context().setOffline(false);
    await expect.poll(() => page.locator('.notice').count()).toBe(0);
  });
});

describe('an old index', () => {
  test.each(PAGES)('is told on %s', async (path) => {
    const { page } = await openPage(`${world().url}/${path}`, { nowMs: NOW + 3 * DAY_MS });
    await page.getByText('The index was last checked 3 days ago: newer releases are missing.').waitFor();
    await settled(page);
    await expectAccessible(page);
    if (path === 'status.html') await page.getByRole('heading', { name: 'The index is stale' }).waitFor();
  });
});

describe('a source that could not be read', () => {
  test('is told everywhere, with since when', async () => {
    const own = await startPageWorld((close) => onTestFinished(async () => void (await close())));
    own.demo.gitea.misbehave({ match: /./, fault: { kind: 'status', status: 500 } as never });
    await runIndexer(own.config, { now: () => NOON + 60_000 });
    const { page } = await openPage(`${own.url}/index.html`);
    await page.getByText('gitea could not be read; what it gave until 2 minutes ago is shown.').waitFor();
    await page.getByRole('link', { name: 'Status', exact: true }).last().click();
    await page.getByRole('heading', { name: '1 source could not be read' }).waitFor();
    await page.getByRole('cell', { name: /^carried forward/ }).waitFor();
    await expectAccessible(page);
  });
});

describe('a rollback', () => {
  test('is told', async () => {
    const pointer = (await (await fetch(`${world().url}/api/v1/index.json`)).json()) as Pointer;
    const held = { since: new Date(NOW - 7_200_000).toISOString(), generation: 4 };
    const { page } = await openSpoiled('index.html', (each) =>
      each.route('**/api/v1/index.json', (route) => route.fulfill({ json: { ...pointer, held } })),
    );
    await page.getByText('The index was rolled back to generation 4 2 hours ago and is held there.').waitFor();
  });
});
