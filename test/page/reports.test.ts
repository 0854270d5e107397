import { describe, expect, test } from 'vitest';
import { expectAccessible, expectFits, openPage, settled, VIEWS } from './browser.ts';
import { sharedPageWorld } from './world.ts';

const world = sharedPageWorld();

describe.each(VIEWS)('the status page, $width wide and $scheme', (view) => {
  test('tells of each source and each problem', async () => {
    const { page } = await openPage(`${world().url}/status.html`, { view });
    await page.getByRole('heading', { name: 'Everything is current' }).waitFor();
    const sources = page.getByRole('region', { name: 'Sources' });
    expect(await sources.getByRole('row').nth(1).getByRole('cell').allTextContents()).toEqual([
      'gitea',
      'current',
      '3 minutes ago',
      '12',
      '38',
      '5',
    ]);
    await page.getByText('Upload the .sha256 file again').waitFor();
    await page.getByRole('heading', { name: 'No asset' }).click();
    await page.getByText('Attach at least one file to the release, or delete it.').waitFor();
    await expectFits(page);
    await expectAccessible(page);
  });
});

describe.each(VIEWS)('the API page, $width wide and $scheme', (view) => {
  test('tells of every address, with examples that work here', async () => {
    const { page } = await openPage(`${world().url}/api.html`, { view });
    await settled(page);
    expect(await page.locator('.operation').count()).toBeGreaterThan(20);
    await expectFits(page);
    await expectAccessible(page);
    const examples = await page
      .getByRole('link', { name: /^Open the example of / })
      .evaluateAll((all) => all.map((each) => each.getAttribute('href')));
    expect(examples.length).toBeGreaterThan(20);
    for (const address of examples) expect(`${(await fetch(address ?? '')).status} ${address}`).toBe(`200 ${address}`);
  });
});

describe('the API page', () => {
  test('has a place for each operation, which an address may name', async () => {
    const { page } = await openPage(`${world().url}/api.html#getHealth`);
    await settled(page);
    await page.getByRole('article', { name: 'How the registry is' }).waitFor();
    expect(await page.locator('#getHealth').evaluate((each) => each.getBoundingClientRect().top < innerHeight)).toBe(
      true,
    );
  });
});
