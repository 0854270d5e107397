import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect, inject, onTestFinished } from 'vitest';
import { NOON } from '../builders.ts';

/*
 * Pages of the one browser, which look at a site as somebody would three minutes after its crawl.
 */

export interface View {
  width: number;
  scheme: 'light' | 'dark';
}

export const VIEWS: readonly View[] = [
  { width: 1280, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 360, scheme: 'light' },
  { width: 360, scheme: 'dark' },
];
const [WIDE] = VIEWS;

export const NOW = NOON + 180_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface OpenOptions extends BrowserContextOptions {
  view?: View | undefined;
  /** Milliseconds since 1970: what the browser's clock says; undefined leaves it as it is. */
  nowMs?: number | undefined;
  /** Faults that the test is about, which the browser then tells of. */
  expected?: RegExp;
}

export interface Opened {
  page: Page;
  /** Addresses that were asked for. */
  asked: string[];
  /** What the browser complained of: errors, refused scripts, what the policy forbids. */
  complaints: string[];
}

let connected: Promise<Browser> | undefined;

/** A page in a profile of its own; the test fails if the browser complains or anybody else's host is asked. */
export async function openPage(
  url: string,
  { view = WIDE, nowMs = NOW, expected, ...more }: OpenOptions = {},
): Promise<Opened> {
  const opened = await openBlank({ view, nowMs, ...more });
  const { page, complaints, asked } = opened;
  await page.goto(url);
  onTestFinished(() => {
    expect(complaints.filter((each) => expected?.test(each) !== true)).toEqual([]);
    expect(asked.filter((each) => new URL(each).host !== new URL(url).host && !each.startsWith('data:'))).toEqual([]);
  });
  return opened;
}

/** The same before anything is loaded. */
export async function openBlank(options: Omit<OpenOptions, 'expected'> = {}): Promise<Opened> {
  const { view = WIDE, nowMs, ...more } = { nowMs: NOW, ...options };
  const browser = await (connected ??= chromium.connect(inject('browser')));
  const context = await browser.newContext({
    viewport: { width: view?.width ?? 1280, height: 800 },
    colorScheme: view?.scheme ?? 'light',
    ...more,
  });
  onTestFinished(() => context.close());
  context.setDefaultTimeout(8_000);
  const page = await context.newPage();
  if (nowMs !== undefined) await page.clock.setFixedTime(nowMs);
  const [complaints, asked]: [string[], string[]] = [[], []];
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return { page, complaints, asked };
}

/** When nothing is being loaded any more. */
export async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
}

/** What axe finds that keeps people out: nothing of its two gravest kinds. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(AXE);
  const found = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.target.join(" ")).slice(0, 5) })))',
  )) as { id: string; impact: string; where: string[] }[];
  expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
}

/** Nothing is wider than the window. */
export async function expectFits(page: Page): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
}
