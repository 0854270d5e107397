import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { buildPage } from '../../deploy/build-page.ts';
import { provideDebian } from '../tools/debian.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the browser of this run listens. */
    browser: string;
  }
}

const CHROMIUM = '/usr/lib/chromium/chromium';
const SANS = '/usr/share/fonts/opentype/inter/Inter-Regular.otf';
const MONO = '/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf';
const FONTS = ['fonts-inter', 'fonts-jetbrains-mono'];

/**
 * The page as it is now, and one browser for all tests; each has a profile of its own in it. `CHROMIUM=/usr/bin/google-chrome`
 * takes another than Debian's.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildPage();
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  const { CHROMIUM: installed = '' } = env;
  const wish = {
    packages: installed === '' ? ['chromium', ...FONTS] : FONTS,
    programs: [],
    files: installed === '' ? [CHROMIUM, SANS, MONO] : [SANS, MONO],
  };
  const { paths, env: more } = await provideDebian(wish, { report });
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-page-'));
  const fonts = join(folder, 'fonts.conf');
  await writeFile(fonts, renderFonts([paths[SANS] ?? '', paths[MONO] ?? ''], folder));
  const { LD_LIBRARY_PATH: libraries = '' } = more;
  // One of its libraries has others in a folder below, which only an installed loader knows.
  const searched = libraries.split(':').flatMap((each) => [each, join(each, 'pulseaudio')]);
  const server = await chromium.launchServer({
    executablePath: installed === '' ? (paths[CHROMIUM] ?? '') : installed,
    // What it shows comes from this test, and a container has no sandbox to give.
    args: ['--no-sandbox'],
    env: { ...env, FONTCONFIG_FILE: fonts, ...(libraries !== '' && { LD_LIBRARY_PATH: searched.join(':') }) },
  });
  project.provide('browser', server.wsEndpoint());
  return async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
}

/** Only these fonts, so that a page is as wide here as elsewhere. */
function renderFonts(files: readonly string[], folder: string): string {
  const folders = files.map((file) => `<dir>${join(file, '..')}</dir>`).join('');
  return `<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>${folders}<cachedir>${folder}</cachedir></fontconfig>\n`;
}
