import { describe, expect, test } from 'vitest';
import { PAGES } from '../../deploy/build-page.ts';
import { expectAccessible, expectFits, openPage, settled, VIEWS } from './browser.ts';
import { serveBelowPath } from './served-pages.ts';
import { sharedPageWorld } from './world.ts';

const world = sharedPageWorld();

describe('a plain file server, below a path', () => {
  test('serves the list with its search', async () => {
    const { base } = await serveBelowPath(world().config.site.path);
    const { page, asked } = await openPage(`${base}/index.html`);
    await settled(page);
    await page.getByRole('searchbox').fill('redis');
    await expect.poll(async () => (await page.locator('.row-name').allTextContents())[0]).toBe('taskserv/redis');
    await page.getByRole('link', { name: 'taskserv/redis' }).click();
    await page.getByRole('heading', { level: 1, name: 'taskserv/redis' }).waitFor();
    await settled(page);
    const command = await page.locator('.command code').first().textContent();
    expect(command).toBe(`extension install taskserv/redis@7.2.6 --site ${base}/api/v1`);
    expect(asked.filter((each) => !each.startsWith(`${base}/`))).toEqual([]);
  });

  test.each(['status.html', 'api.html'])('serves %s', async (name) => {
    const { base } = await serveBelowPath(world().config.site.path);
    const { page, asked } = await openPage(`${base}/${name}`);
    await settled(page);
    await page.getByRole('heading', { level: 1, name: /^(?:Everything is current|API)$/ }).waitFor();
    await page.getByRole('link', { name: 'Catalogue', exact: true }).click();
    await page.waitForURL(`${base}/index.html`);
    await settled(page);
    expect(asked.filter((each) => !each.startsWith(`${base}/`))).toEqual([]);
  });
});

describe('a page that is not there', () => {
  test.each(['/nothing.html', '/one/two', '/one/two/three?x'])('is said so at %s, with the way back', async (path) => {
    const { page } = await openPage(`${world().url}${path}`, { expected: /404|MIME type/ });
    await page.getByRole('heading', { name: 'There is no page here' }).waitFor();
    const home = page.getByRole('link', { name: 'The catalogue' });
    await expect.poll(() => home.getAttribute('href')).toBe(`${world().url}/index.html`);
    await expect.poll(() => page.evaluate(() => getComputedStyle(document.body).display)).toBe('flex');
    await home.click();
    await page.getByRole('heading', { name: 'Extensions' }).waitFor();
  });
});

describe('every page', () => {
  test.each(['index.html', 'extension.html?id=taskserv/nats', 'status.html', 'api.html', 'nothing'])(
    '%s fits from 360 to 1,920 pixels',
    async (path) => {
      const { page } = await openPage(`${world().url}/${path}`, { expected: /404/ });
      await settled(page);
      for (const width of [360, 480, 640, 800, 896, 1024, 1440, 1920]) {
        await page.setViewportSize({ width, height: 800 });
        await expectFits(page);
      }
      await expectAccessible(page);
    },
  );
});

describe('a browser without scripts', () => {
  test('is led to the plain list', async () => {
    const { page } = await openPage(`${world().url}/index.html`, { javaScriptEnabled: false });
    await page.getByRole('link', { name: 'the plain list' }).click();
    expect(new URL(page.url()).pathname).toBe('/api/v1/html/index.html');
    await page.getByRole('link', { name: 'redis' }).waitFor();
  });

  test.each(PAGES)('is promised nothing on %s that only scripts could keep', async (name) => {
    const { page } = await openPage(`${world().url}/${name}.html`, { javaScriptEnabled: false });
    await page.getByRole('link', { name: 'the plain list' }).waitFor();
    for (const idle of ['.skeleton', 'button', 'select', 'input'])
      expect(await page.locator(`${idle}:visible`).count()).toBe(0);
  });
});

describe.each(VIEWS)('a plain page, $width wide and $scheme', (view) => {
  test.each(['index.html', 'by-type/taskserv/k.html'])('%s fits and keeps nobody out', async (path) => {
    const { page } = await openPage(`${world().url}/api/v1/html/${path}`, { view });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expectFits(page);
    await expectAccessible(page);
  });
});

describe('every page of the proxy', () => {
  test.each(['index.html', 'extension.html', 'status.html', 'api.html', '404.html', 'assets/search-worker.js'])(
    '%s may load and do no more than its policy says',
    async (name) => {
      const { headers } = await fetch(`${world().url}/${name}`);
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; script-src 'self'; .*require-trusted-types-for 'script'; .*frame-ancestors 'none'$/,
      );
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  test('sends scripts as they were compressed', async () => {
    for (const encoding of ['br', 'gzip']) {
      const { headers } = await fetch(`${world().url}/assets/list-page.js`, {
        headers: { 'accept-encoding': encoding },
      });
      expect(headers.get('content-encoding')).toBe(encoding);
      expect(headers.get('content-type')).toMatch(/javascript/);
      expect(headers.get('vary')).toMatch(/accept-encoding/i);
    }
  });
});
