import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CatalogueExtension } from '../../indexer/model/catalogue.ts';
import type { Problem } from '../../indexer/model/problem.ts';
import { configOf, giteaConfig, ociConfig, runIndexer, temporaryFolder } from '../builders.ts';
import { catalogueExtension, catalogueVersion } from '../crawl/releases.ts';
import { startFakeGitea } from '../fakes/gitea.ts';
import { startFakeOci } from '../fakes/oci.ts';
import { startProxy } from '../proxy/world.ts';
import { openBlank, settled } from './browser.ts';
import { proxyOf } from './served-pages.ts';

/*
 * Whatever a publisher writes is text: none of it runs, none is fetched, none leads to anything but a page.
 */

const PAYLOADS = [
  '<script>canary("script")</script>',
  '<img src=x onerror=canary("img")>',
  '"><svg onload=canary("svg")>',
  "' onmouseover='canary(1)' autofocus onfocus='canary(2)",
  'javascript:canary("url")',
  '<iframe srcdoc="<script>parent.canary(1)</script>"></iframe>',
  '{{constructor.constructor("canary()")()}}',
  '\u202Egnp.exe\u202C \u0000 \u001b[31m',
];
const ALL = PAYLOADS.join(' ');

const MARKDOWN = `# <script>canary("heading")</script>

<script>canary("block")</script>
<img src="https://evil.example/pixel.png" onerror="canary('html')">
<style>body { display: none }</style>
<iframe src="javascript:canary('frame')"></iframe>

![image](https://evil.example/tracker.png) ![x](x" onerror="canary('alt'))
[link](javascript:canary('link')) [entity](&#106;avascript:canary('entity')) [data](data:text/html,<script>canary(1)</script>)
[v](vbscript:canary) [tab](java\tscript:canary('tab')) [r][ref] <javascript:canary('auto')> [fine](https://example.test/fine)

[ref]: javascript:canary('reference')

| <b onclick=canary(1)>a</b> | b |
|---|---|
| <script>canary("cell")</script> | [c](JAVASCRIPT:canary(1)) |

- [x] <a href="javascript:canary('a')">done</a>

\`\`\`html
<script>canary("code")</script>
\`\`\`
`;

/** Everything that is not text in what a publisher wrote. */
const FOREIGN =
  'main script, main img, main iframe, main object, main embed, main style, main base, main form[action], main [onerror], main [onclick], main [onload], main [style], main [srcdoc]';

interface Canary {
  ran: unknown[];
  violations: string[];
}

/** Opens the page, does what somebody would, and tells what came of it. */
async function visit(address: string, act?: (page: Page) => Promise<unknown>) {
  const { page, asked, complaints } = await openBlank();
  await page.addInitScript(() => {
    const seen: Canary = { ran: [], violations: [] };
    Object.assign(globalThis, { seen, canary: (what: unknown) => seen.ran.push(what) });
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => seen.violations.push(violatedDirective));
  });
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  await page.goto(address);
  await settled(page);
  await act?.(page);
  // Whatever waits for the mouse or the focus gets it.
  await page.locator('main *').evaluateAll((all) => {
    for (const each of all)
      for (const event of ['mouseover', 'mouseenter', 'focus', 'error', 'load', 'toggle'])
        each.dispatchEvent(new Event(event));
  });
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: Canary }).seen);
  return { page, asked, complaints, seen };
}

async function expectOnlyText(address: string, act?: (page: Page) => Promise<unknown>): Promise<void> {
  const { page, asked, complaints, seen } = await visit(address, act);
  expect({ ...seen, complaints }).toEqual({ ran: [], violations: [], complaints: [] });
  expect(await page.locator(FOREIGN).count()).toBe(0);
  const links = await page
    .locator('a[href]')
    .evaluateAll((all) => all.map((each) => (each as HTMLAnchorElement).protocol));
  expect(links.filter((protocol) => !/^https?:$/.test(protocol))).toEqual([]);
  const { host } = new URL(address);
  expect(asked.filter((each) => new URL(each).host !== host)).toEqual([]);
}

/** As hostile as a catalogue can be: more than the indexer lets through. */
function hostileCatalogue(): CatalogueExtension[] {
  const about = {
    title: ALL,
    description: ALL,
    author: ALL,
    repository: 'javascript:canary("repository")',
    homepage: 'data:text/html,<script>canary(1)</script>',
    license: ALL,
    tags: PAYLOADS,
  };
  const versions = ['2.0.0', '1.0.0'].map((version) =>
    catalogueVersion(version, { about, notes: MARKDOWN, yanked: ALL, deprecated: { message: ALL }, sources: [ALL] }),
  );
  const problem: Problem = {
    code: 'mutated',
    source: ALL,
    subject: 'taskserv/evil@2.0.0',
    detail: ALL,
    remedy: ALL,
    first_seen: '2026-06-01T12:00:00Z',
  };
  const assets = versions.map(({ assets: [asset] }) =>
    asset === undefined ? [] : [{ ...asset, name: `${ALL}.tar.gz`, platform: ALL }],
  );
  const evil = catalogueExtension(
    'taskserv/evil',
    versions.map((each, at) => ({ ...each, assets: assets[at] ?? [] })),
  );
  return [
    { ...evil, problems: [problem] },
    catalogueExtension('taskserv/fine', [catalogueVersion('1.0.0', { about: { ...about, tags: [] } })]),
  ];
}

describe('a catalogue of hostile words', () => {
  test('is only text in the list, its filters and its search', async () => {
    await expectOnlyText(`${await proxyOf(hostileCatalogue())}/index.html`, async (page) => {
      await page.getByRole('checkbox').last().check();
      await page.getByRole('searchbox').fill(ALL);
      await page.locator('#count').getByText('for “').waitFor();
      await page.getByRole('searchbox').fill('evil');
    });
  });

  test('is only text in an address', async () => {
    const url = await proxyOf(hostileCatalogue());
    const query = new URLSearchParams([...PAYLOADS.map((each) => ['tag', each] as [string, string]), ['q', ALL]]);
    await expectOnlyText(`${url}/index.html?${query}`);
    await expectOnlyText(`${url}/extension.html?id=${encodeURIComponent(ALL)}`);
    await expectOnlyText(`${url}/api.html#${encodeURIComponent(ALL)}`);
  });

  test('is only text with its extension and release notes', async () => {
    await expectOnlyText(`${await proxyOf(hostileCatalogue())}/extension.html?id=taskserv/evil`, async (page) => {
      await page.locator('.earlier summary').click();
      await settled(page);
      const notes = page.locator('.notes').first();
      expect(await notes.textContent()).toContain('<script>canary("block")</script>');
      expect(await notes.getByRole('link').evaluateAll((all) => all.map((each) => each.getAttribute('href')))).toEqual([
        'https://evil.example/tracker.png',
        'https://example.test/fine',
      ]);
      expect(
        await page
          .locator('.facts')
          .getByRole('link', { name: /canary/ })
          .evaluateAll((all) => all.filter((each) => !each.matches('.tag')).length),
      ).toBe(0);
    });
  });

  test('is only text in a command that somebody may paste', async () => {
    await expectOnlyText(`${await proxyOf(hostileCatalogue())}/extension.html?id=taskserv/evil`, async (page) => {
      const [, curl = ''] = await page.locator('.command code').allTextContents();
      // The name is one word of the shell: quoted, and its own quotes closed, escaped and opened again.
      expect(curl).toContain(`-o '${`${ALL}.tar.gz`.replaceAll("'", `'\\''`)}'`);
    });
  });
});

describe('what hostile backends give', () => {
  test('is only text, wherever it arrives', async () => {
    const gitea = await startFakeGitea({ organizations: ['acme'] });
    const oci = await startFakeOci();
    onTestFinished(async () => void (await Promise.all([gitea.close(), oci.close()])));
    gitea.addRepository('acme', {
      name: 'evil_prov',
      description: ALL,
      topics: PAYLOADS,
      website: 'javascript:canary("website")',
      licenses: [ALL],
    });
    gitea.addRelease('acme', 'evil_prov', {
      tag: '1.0.0',
      body: MARKDOWN,
      author: ALL,
      assets: [
        { name: 'evil.tar.gz', content: 'x' },
        { name: '<img src=x onerror=canary(1)>.txt', content: 'y' },
      ],
    });
    gitea.addRelease('acme', 'evil_prov', {
      tag: ALL,
      body: MARKDOWN,
      assets: [{ name: 'evil.tar.gz', content: 'x' }],
    });
    const annotations = Object.fromEntries(
      ['title', 'description', 'authors', 'licenses', 'url', 'source'].map((each) => [
        `org.opencontainers.image.${each}`,
        ALL,
      ]),
    );
    oci.pushArtifact('acme/worse-provider', '1.0.0', {
      annotations,
      layers: [
        { title: 'worse.tar.gz', content: 'x' },
        { title: `${ALL}.tar.gz`, content: 'z' },
      ],
    });
    const config = configOf(await temporaryFolder(), [giteaConfig(gitea.url), ociConfig(oci.url)]);
    await runIndexer(config);
    const { url } = await startProxy(config);
    for (const path of [
      'index.html',
      'extension.html?id=provider/evil',
      'extension.html?id=provider/worse',
      'status.html',
    ]) {
      await expectOnlyText(`${url}/${path}`, async (page) => {
        await page.locator('details').evaluateAll((all) => {
          for (const each of all) each.setAttribute('open', '');
        });
      });
    }
  });
});

describe('the canary', () => {
  test('tells of what would run', async () => {
    const { seen } = await visit(`${await proxyOf(hostileCatalogue())}/index.html`, (page) =>
      page.evaluate(() => {
        try {
          document.body.setAttribute('onclick', 'canary(1)');
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
        }
      }),
    );
    expect(seen.violations).toContain('require-trusted-types-for');
  });
});

describe('release notes', () => {
  test.each([
    ['deep quotations', '>'.repeat(16_000)],
    ['deep lists', Array.from({ length: 180 }, (_, at) => `${' '.repeat(at)}- x`).join('\n')],
    ['many open emphases', '*a _b '.repeat(2_600)],
    ['many open brackets', '['.repeat(16_000)],
    ['many backticks', Array.from({ length: 170 }, (_, at) => '`'.repeat(at)).join(' ')],
    ['many open links', '[a](<b'.repeat(2_600)],
    ['open tags', '<a '.repeat(5_000)],
    ['open autolinks', 'www.a@'.repeat(2_600)],
    ['a wide table', `${'|a'.repeat(2_000)}|\n${'|-'.repeat(2_000)}|\n${'|b'.repeat(2_000)}|`],
  ])('of %s are shown while one waits', async (_name, notes) => {
    const url = await proxyOf([
      catalogueExtension('taskserv/long', [catalogueVersion('1.0.0', { notes: notes.slice(0, 16_384) })]),
    ]);
    const { page } = await openBlank();
    const begun = performance.now();
    await page.goto(`${url}/extension.html?id=taskserv/long`);
    await page.locator('.notes').waitFor();
    await settled(page);
    expect(performance.now() - begun).toBeLessThan(5_000);
    await page.getByRole('heading', { level: 1, name: 'taskserv/long' }).waitFor();
  });
});
