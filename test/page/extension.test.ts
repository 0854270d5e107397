import { describe, expect, test } from 'vitest';
import { expectAccessible, expectFits, openPage, settled, VIEWS, type OpenOptions } from './browser.ts';
import { sharedPageWorld } from './world.ts';

const world = sharedPageWorld();

async function openExtension(id: string, options: OpenOptions = {}) {
  const opened = await openPage(`${world().url}/extension.html?id=${id}`, options);
  await settled(opened.page);
  return opened;
}

describe.each(VIEWS)('an extension, $width wide and $scheme', (view) => {
  test('shows its latest version with its facts, versions and notes', async () => {
    const { page } = await openExtension('provider/aws', { view });
    expect(await page.title()).toBe('provider/aws 2.0.0 · Extension registry');
    expect(await page.locator('h1').textContent()).toBe('provider/aws');
    expect(await page.locator('.notes').first().textContent()).toContain('Spot instances can be capped by price');
    const versions = page.getByRole('region', { name: 'Versions' });
    expect(await versions.locator('a.version').allTextContents()).toEqual([
      '2.0.0',
      '2.0.0-rc.1',
      '1.2.0',
      '1.1.0',
      '1.0.0',
    ]);
    expect(await versions.locator('.mark').allTextContents()).toEqual(['latest', 'prerelease', 'yanked']);
    expect(await page.getByRole('img', { name: '5 releases, from 2026-02-02 to 2026-05-05' }).count()).toBe(1);
    await expectFits(page);
    await expectAccessible(page);
  });

  test('shows its problems with their remedies', async () => {
    const { page } = await openExtension('taskserv/cilium', { view });
    await page.getByRole('heading', { name: 'Unsafe asset name' }).waitFor();
    await page.getByText('Rename the file: letters, digits').waitFor();
    expect(await page.locator('.problem').textContent()).toContain('../../etc/cron.d/cilium');
    await expectFits(page);
    await expectAccessible(page);
  });

  test('says that a version is old, and yanked, and why', async () => {
    const { page } = await openExtension('provider/aws@1.1.0', { view });
    expect(await page.locator('.title .version').textContent()).toBe('1.1.0');
    await page.getByText('Yanked: It deletes volumes that it does not own.').waitFor();
    await expectAccessible(page);
    await page.getByText('This is not the latest version').getByRole('link', { name: '2.0.0' }).click();
    await expect.poll(() => page.locator('.title .version').textContent()).toBe('2.0.0');
    expect(new URL(page.url()).search).toBe('?id=provider/aws');
  });
});

describe('an extension', () => {
  test('that is deprecated names what replaces it', async () => {
    const { page } = await openExtension('taskserv/coredns');
    await page
      .getByText('Deprecated: Cilium answers names itself now.')
      .getByRole('link', { name: 'taskserv/cilium' })
      .click();
    await page.getByRole('heading', { level: 1, name: 'taskserv/cilium' }).waitFor();
  });

  test('has a version with build metadata at its address', async () => {
    const { page } = await openExtension('taskserv/postgres@1.0.0+build.5');
    expect(await page.locator('.title .version').textContent()).toBe('1.0.0+build.5');
    const { page: other } = await openExtension('taskserv/postgres@1.0.0%2Bbuild.5');
    expect(await other.locator('.title .version').textContent()).toBe('1.0.0+build.5');
  });

  test('y pins the address to the version, everywhere ? says so', async () => {
    const { page } = await openExtension('taskserv/redis');
    await page.keyboard.press('y');
    expect(new URL(page.url()).search).toMatch(/^\?id=taskserv\/redis@7\.2\.6$/);
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('Pin the address to this version').waitFor();
  });

  test('opens the notes of an earlier version', async () => {
    const { page } = await openExtension('provider/aws');
    await page.locator('.earlier summary').first().click();
    await page.locator('.earlier .notes').getByText('Small fixes, see the').waitFor();
  });

  test('copies commands and digests, also where there is no clipboard', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page } = await openExtension('taskserv/redis', { permissions });
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole('button', { name: 'Copy the command: With curl, checked' }).click();
    await page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
    expect(await copied()).toMatch(
      /^curl -fsSL -o redis-7\.2\.6\.tar\.gz http:\S+\/taskserv\/redis\/7\.2\.6\necho '[\da-f]{64}  redis-7\.2\.6\.tar\.gz' \| sha256sum -c$/,
    );
    await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
    await page.getByRole('button', { name: 'Copy the digest', exact: true }).click();
    await expect.poll(copied).toMatch(/^sha256:[\da-f]{64}$/);
  });

  test('with several files and none that stands out asks to choose', async () => {
    const { page } = await openExtension('taskserv/etcd@3.6.0-rc.2');
    await page.getByText('None of the files of this version stands out').waitFor();
    expect(await page.getByRole('region', { name: 'Files' }).locator('.file').allTextContents()).toEqual([
      'etcd-linux-amd64.tar.gz',
      'etcd-linux-arm64.tar.gz',
    ]);
  });

  test('links to its own JSON, its repository and what else has its tags', async () => {
    const { page } = await openExtension('taskserv/redis');
    expect(await page.getByRole('link', { name: 'This extension as JSON' }).getAttribute('href')).toBe(
      'api/v1/extensions/taskserv/redis/index.json',
    );
    expect(await page.getByRole('link', { name: /redis_taskserv$/ }).getAttribute('href')).toMatch(/^http:\/\//);
    await page.getByRole('link', { name: 'cache', exact: true }).click();
    await expect.poll(() => page.locator('.row-name').allTextContents()).toEqual(['taskserv/redis']);
  });

  test('that is not there leads to the search for its name', async () => {
    const { page } = await openExtension('taskserv/kubernets', { expected: /404/ });
    await page.getByRole('heading', { name: 'There is no extension taskserv/kubernets' }).waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Search for “kubernets”' }).click();
    await expect.poll(async () => (await page.locator('.row-name').allTextContents())[0]).toBe('taskserv/kubernetes');
  });

  test('has no version that it has not, and says which it has', async () => {
    const { page } = await openExtension('provider/aws@9.9.9');
    await page.getByRole('heading', { name: 'provider/aws has no version 9.9.9' }).waitFor();
    expect(await page.locator('.inline a').allTextContents()).toContain('1.2.0');
  });

  test.each(['', 'aws', 'a/b/c', 'provider/../../x', 'provider/aws@<b>', 'provider/aws@1@2'])(
    'is not looked up by %j',
    async (id) => {
      const { page, asked } = await openExtension(encodeURIComponent(id));
      await page.getByRole('heading', { name: 'Which extension?' }).waitFor();
      expect(asked.filter((each) => each.includes('/extensions/'))).toEqual([]);
    },
  );
});

describe.each(VIEWS)('the search of the other pages, $width wide and $scheme', (view) => {
  test('suggests, and opens what is chosen', async () => {
    const { page } = await openExtension('taskserv/redis', { view });
    await page.keyboard.press('/');
    const box = page.getByRole('combobox', { name: 'Search extensions' });
    await page.keyboard.type('kubernets');
    const options = page.getByRole('option');
    await options.first().waitFor();
    expect(await options.first().textContent()).toMatch(/^taskserv\/kubernetes 1\.31\.3Kubernetes control plane/);
    await page.keyboard.press('ArrowDown');
    expect(await box.getAttribute('aria-activedescendant')).toBe(await options.first().getAttribute('id'));
    expect(await options.first().getAttribute('aria-selected')).toBe('true');
    await expectFits(page);
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'taskserv/kubernetes' }).waitFor();
    await settled(page);
  });
});

describe('the search of the other pages', () => {
  test('leads to the list where nothing is chosen', async () => {
    const { page } = await openExtension('taskserv/redis');
    await page.keyboard.press('/');
    await page.keyboard.type('postgres');
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.row-name').allTextContents()).toEqual(['taskserv/postgres']);
  });

  test('closes with Escape, then clears, then leaves', async () => {
    const { page } = await openPage(`${world().url}/status.html`);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('redis');
    const box = page.getByRole('combobox', { name: 'Search extensions' });
    await page.getByRole('option').first().waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('option').count()).toBe(0);
    expect(await box.inputValue()).toBe('redis');
    await page.keyboard.press('Escape');
    expect(await box.inputValue()).toBe('');
    await page.keyboard.press('Escape');
    expect(await box.evaluate((each) => each === document.activeElement)).toBe(false);
  });

  test('opens what is clicked', async () => {
    const { page } = await openPage(`${world().url}/api.html`);
    await page.getByRole('combobox', { name: 'Search extensions' }).fill('redis');
    await page.getByRole('option').first().click();
    await page.getByRole('heading', { level: 1, name: 'taskserv/redis' }).waitFor();
    await settled(page);
  });
});
