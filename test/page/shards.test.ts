import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPage, settled } from './browser.ts';
import { serveLargeSite, swapped, type LargeSite } from './served-pages.ts';

/*
 * More extensions than are read whole.
 */

const EXTENSIONS = 10_050;

let site: LargeSite;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  site = await serveLargeSite(EXTENSIONS, (close) => void closers.push(close));
}, 180_000);

afterAll(async () => {
  for (const close of closers.toReversed()) await close();
});

describe('a catalogue of shards', () => {
  test('is searched, filtered and read on, by what each of these needs', async () => {
    const { page } = await openPage(`${site.url}/index.html`);
    await settled(page);
    const names = () => page.locator('.row-name').allTextContents();
    const count = () => page.locator('#count').textContent();
    expect(await count()).toBe('10,050 extensions');
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    await page.getByRole('button', { name: 'Show 50 more' }).click();
    await expect.poll(async () => (await names()).length).toBe(150);
    await page.getByRole('searchbox').fill(swapped(site.name));
    await expect.poll(async () => (await names())[0]).toContain(site.name);
    await page.getByRole('searchbox').fill('cloud');
    await expect.poll(count).toMatch(/^[\d,]+ extensions for “cloud”$/);
    await page.getByRole('checkbox', { name: 'provider' }).check();
    await expect.poll(async () => (await names()).every((name) => name.startsWith('provider/'))).toBe(true);
    await page.getByRole('checkbox', { name: 'cluster' }).check();
    await expect.poll(async () => (await names()).some((name) => name.startsWith('cluster/'))).toBe(true);
    const tag = page.getByRole('group', { name: 'Tag' }).getByRole('checkbox').first();
    await tag.check();
    await expect.poll(count).toMatch(/^(?:At least )?[\d,]+ extensions? for “cloud”$/);
    expect(await page.getByRole('combobox', { name: 'Order' }).isVisible()).toBe(false);
  });

  test('is suggested from, too', async () => {
    const { page } = await openPage(`${site.url}/status.html`);
    await settled(page);
    await page.getByRole('combobox', { name: 'Search extensions' }).fill(swapped(site.name));
    await expect.poll(() => page.getByRole('option').first().textContent()).toContain(site.name);
  });
});
