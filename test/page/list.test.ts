import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectAccessible, expectFits, openPage, settled, VIEWS, type View } from './browser.ts';
import { sharedPageWorld } from './world.ts';

const world = sharedPageWorld();

async function openList(query = '', view?: View) {
  const opened = await openPage(`${world().url}/index.html${query}`, { view });
  await settled(opened.page);
  return { ...opened, ...partsOf(opened.page) };
}

function partsOf(page: Page) {
  return {
    box: page.getByRole('searchbox', { name: 'Search extensions' }),
    names: () => page.locator('.row-name').allTextContents(),
    count: page.locator('#count'),
    focused: () => page.evaluate(() => document.activeElement?.textContent),
    address: () => page.evaluate(() => location.search),
  };
}

describe.each(VIEWS)('the list, $width wide and $scheme', (view) => {
  test('shows what there is, and fits', async () => {
    const { page, names, count } = await openList('', view);
    expect(await names()).toHaveLength(17);
    expect(await count.textContent()).toBe('17 extensions');
    expect(await page.locator('#summary').textContent()).toBe('17 extensions in 50 versions, checked 3 minutes ago');
    await expectFits(page);
    await expectAccessible(page);
  });

  test('finds while one types, and nothing is found', async () => {
    const { page, box, names, count } = await openList('', view);
    await box.fill('kubernets');
    await page.getByText('for “kubernets”').waitFor();
    expect((await names())[0]).toBe('taskserv/kubernetes');
    await expectAccessible(page);
    await box.fill('xylophone');
    await page.getByRole('heading', { name: 'Nothing found' }).waitFor();
    expect(await count.textContent()).toBe('0 extensions for “xylophone”');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Show everything' }).click();
    await expect.poll(names).toHaveLength(17);
  });

  test('filters, says with what, and goes back', async () => {
    const { page, names, address } = await openList('', view);
    if (view.width < 600) await page.getByText('Filters', { exact: true }).click();
    await page.getByRole('checkbox', { name: 'provider' }).check();
    await page.getByRole('checkbox', { name: 'europe' }).check();
    expect(await names()).toEqual(['provider/hetzner', 'provider/upcloud']);
    expect(await address()).toBe('?type=provider&tag=europe');
    await expectFits(page);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Remove the filter tag europe' }).click();
    expect(await names()).toHaveLength(4);
    await page.goBack();
    expect(await names()).toEqual(['provider/hetzner', 'provider/upcloud']);
    expect(await page.getByRole('checkbox', { name: 'europe' }).isChecked()).toBe(true);
    await page.goForward();
    expect(await names()).toHaveLength(4);
  });
});

describe('the list, by its address', () => {
  test('is the same again', async () => {
    const { names, box, page } = await openList('?q=database&type=taskserv&sort=name');
    expect(await names()).toEqual(['taskserv/etcd', 'taskserv/postgres', 'taskserv/redis']);
    expect(await box.inputValue()).toBe('database');
    expect(await page.getByRole('combobox', { name: 'Order' }).inputValue()).toBe('name');
  });

  test('shows everything for what it does not understand', async () => {
    const { names } = await openList('?sort=colour&show=-1&type=');
    expect(await names()).toHaveLength(17);
  });

  test('keeps what is typed, without a step back for each letter', async () => {
    const { page, box, address } = await openList();
    await box.pressSequentially('redis');
    await expect.poll(address).toBe('?q=redis');
    expect(await page.evaluate(() => history.length)).toBe(2);
    await page.reload();
    await settled(page);
    expect(await box.inputValue()).toBe('redis');
  });

  test('orders by time', async () => {
    const { page, address } = await openList();
    await page.getByRole('combobox', { name: 'Order' }).selectOption('Newest first');
    expect(await address()).toBe('?sort=newest');
    const times = await page
      .locator('.row time')
      .evaluateAll((all) => all.map((each) => each.getAttribute('datetime')));
    expect(times).toHaveLength(17);
    const moments = times.map((time) => Date.parse(time ?? ''));
    expect(moments).toEqual(moments.toSorted((a, b) => b - a));
  });
});

describe('the list, by keys alone', () => {
  test('/ and Ctrl K go to the search, arrows through the list, Escape back and out', async () => {
    const { page, box, names, focused } = await openList();
    await page.keyboard.press('/');
    await expect.poll(() => box.evaluate((each) => each === document.activeElement)).toBe(true);
    await page.keyboard.type('dns/');
    expect(await box.inputValue()).toBe('dns/');
    await page.keyboard.press('Backspace');
    await page.getByText('for “dns”').waitFor();
    const [first, second] = await names();
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe(first);
    if (second !== undefined) {
      await page.keyboard.press('ArrowDown');
      expect(await focused()).toBe(second);
      await page.keyboard.press('ArrowUp');
    }
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await box.inputValue()).toBe('');
    await expect.poll(names).toHaveLength(17);
    await page.keyboard.press('Escape');
    expect(await box.evaluate((each) => each === document.activeElement)).toBe(false);
    await page.keyboard.press('Control+k');
    expect(await box.evaluate((each) => each === document.activeElement)).toBe(true);
  });

  test('Enter opens the best one', async () => {
    const { page, box } = await openList();
    await box.fill('redis');
    await page.getByText('for “redis”').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/extension.html?id=taskserv/redis', { waitUntil: 'commit' });
  });

  test('? explains them, as its button does', async () => {
    const { page } = await openList();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard' });
    await dialog.waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
    await dialog.waitFor();
  });

  test('the first stop is a way past the head', async () => {
    const { page, focused } = await openList();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  });
});

describe('the end of the list', () => {
  test('leads to its JSON, and to its feed', async () => {
    const { page } = await openList();
    const links = await page
      .locator('#sources a')
      .evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).href));
    const { url } = world();
    expect(links).toEqual([`${url}/api/v1/extensions/index.json`, `${url}/api/v1/feeds/index.xml`]);
    for (const link of links) expect((await fetch(link)).status).toBe(200);
  });
});

describe('the first view', () => {
  test('asks for the pointer and one page of the list only', async () => {
    const { asked } = await openList();
    const documents = asked.map((each) => new URL(each).pathname).filter((each) => each.startsWith('/api/'));
    expect(new Set(documents)).toEqual(new Set(['/api/v1/index.json', '/api/v1/pages/1/index.json']));
  });

  test('loads what searches when somebody goes to the box', async () => {
    const { page, box, asked } = await openList();
    expect(asked.filter((each) => each.includes('search-worker'))).toEqual([]);
    const worker = page.waitForEvent('worker');
    await box.focus();
    expect((await worker).url()).toMatch(/assets\/search-worker\.js$/);
  });
});

describe('colours', () => {
  test('are the chosen ones before the first paint of the next visit', async () => {
    const { page } = await openList();
    const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await page.getByRole('button', { name: 'Colours: system' }).click();
    await page.getByRole('button', { name: 'Colours: light' }).click();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await page.reload({ waitUntil: 'commit' });
    await page.locator('main').waitFor();
    expect(await paper()).toBe(dark);
    await page.getByRole('button', { name: 'Colours: dark' }).click();
    expect(await paper()).toBe(light);
  });
});
