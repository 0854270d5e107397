import type { Route } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Pointer } from '../../indexer/model/documents.ts';
import { extensionOf, publishExtensions } from '../bench/published-site.ts';
import { configOf, temporaryFolder } from '../builders.ts';
import { startProxy } from '../proxy/world.ts';
import { expectAccessible, openBlank, settled } from './browser.ts';

/*
 * What the worker cannot read. Its requests are not seen by the page's own routes, only by those of its context.
 */

/** More than one page of the list, so that a search reads something. */
async function openList() {
  const folder = await temporaryFolder();
  const extensions = Array.from({ length: 120 }, (_, at) => extensionOf(at)).sort((a, b) => (a.id < b.id ? -1 : 1));
  await publishExtensions(folder, extensions);
  const atEnd = (close: () => Promise<unknown>): void => onTestFinished(async () => void (await close()));
  const { url } = await startProxy(configOf(folder, []), { atEnd });
  const opened = await openBlank();
  const { page } = opened;
  await page.goto(`${url}/index.html`);
  await settled(page);
  const spoil = (act: (route: Route) => Promise<void>) => page.context().route('**/v1/extensions/index.json', act);
  return { page, url, spoil, again: page.getByRole('button', { name: 'Try again' }) };
}

describe('a search that cannot be loaded', () => {
  test.each([
    ['has no network', (route: Route) => route.abort('connectionrefused'), 'The registry does not answer'],
    ['is refused', (route: Route) => route.fulfill({ status: 503 }), 'The registry answers with an error'],
    ['is gone', (route: Route) => route.fulfill({ status: 404 }), 'The index has changed meanwhile'],
    ['is no JSON', (route: Route) => route.fulfill({ body: '<h1>Sign in</h1>' }), 'The answer makes no sense'],
    ['is newer', (route: Route) => route.fulfill({ json: { schema: 2 } }), 'The index is newer than this page'],
    ['is another document', (route: Route) => route.fulfill({ json: { schema: 1 } }), 'The answer makes no sense'],
  ])('since it %s is told in the place of its answer, and tried again', async (_why, act, title) => {
    const { page, spoil, again } = await openList();
    await spoil(act);
    await page.getByRole('searchbox').fill('cloud');
    await page.getByRole('heading', { name: title }).waitFor();
    await expectAccessible(page);
    await page.context().unrouteAll();
    await again.click();
    await expect.poll(() => page.locator('#count').textContent()).toMatch(/^\d+ extensions? for “cloud”$/);
  });

  test('is not waited for without end', async () => {
    const { page, spoil } = await openList();
    // A worker has a clock of its own, which no test sets: these are the 20 s that it waits.
    await spoil(() => new Promise(() => undefined));
    await page.getByRole('searchbox').fill('cloud');
    await page.getByRole('heading', { name: 'The registry does not answer' }).waitFor({ timeout: 25_000 });
  });

  test('is tried again by the pointer as it is now', async () => {
    const { page, url, spoil, again } = await openList();
    await spoil((route) => route.abort('connectionrefused'));
    await page.getByRole('searchbox').fill('cloud');
    await again.waitFor();
    await page.context().unrouteAll();
    const pointer = (await (await fetch(`${url}/api/v1/index.json`)).json()) as Pointer;
    await page.route('**/api/v1/index.json', (route) => route.fulfill({ json: { ...pointer, generation: 4711 } }));
    await again.click();
    await page.getByText('Generation 4711').waitFor();
    await expect.poll(() => page.locator('#count').textContent()).toMatch(/for “cloud”$/);
  });
});
