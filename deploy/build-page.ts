import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, type BuildOptions, type Plugin } from 'esbuild';

/*
 * The pages, each `public/src/pages/<name>.html` put into what all of them have, `frame.html`: `public/<name>.html`. And their
 * scripts and styles, from `public/src` and `public/styles` into `public/assets`. None of it is kept in git.
 *
 *   theme.js            runs before the first paint
 *   <name>-page.js      one file a page with all of its own code, so that nothing waits for a second one
 *   search-worker.js    the whole catalogue, beside the page, when somebody searches
 *   answer-shards.js    what answers a catalogue of more than 10,000 extensions
 *   keyboard-help.js    what the keys do, when somebody asks
 *   markdown.js         the parser of release notes, when there are any
 *   page.css
 *
 * and each compressed beside it, for servers that send such files as they are. .github/decisions/0017 says why.
 */

const ROOT = join(import.meta.dirname, '..');
const SITE = join(ROOT, 'indexer', 'site');
const PUBLIC = join(ROOT, 'public');
const SOURCES = join(PUBLIC, 'src', 'pages');
export const ASSETS = join(PUBLIC, 'assets');
export const PAGES = ['index', 'extension', 'status', 'api'] as const;

const COMMON = {
  absWorkingDir: ROOT,
  outdir: ASSETS,
  bundle: true,
  minify: true,
  target: ['es2024', 'chrome125', 'firefox126', 'safari18'],
  legalComments: 'none' as const,
  charset: 'utf8' as const,
  write: false as const,
  metafile: true as const,
} satisfies BuildOptions;
const MODULES = [
  'list-page',
  'extension-page',
  'status-page',
  'api-page',
  'search-worker',
  'answer-shards',
  'keyboard-help',
  'markdown',
];

/** What a page imports when it needs it is a file of its own beside it. */
const loadedWhenNeeded: Plugin = {
  name: 'loaded-when-needed',
  setup: (setup) => {
    setup.onResolve({ filter: /^\.\/.*\.ts$/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path: path.replace(/\.ts$/, '.js'), external: true } : undefined,
    );
  },
};

/** What a page takes one function of brings nothing else along: that room is pure. */
const pureRooms: Plugin = {
  name: 'pure-rooms',
  setup: (setup) => {
    setup.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const file = join(resolveDir, path);
      return file.startsWith(SITE) ? { path: file, sideEffects: false } : undefined;
    });
  },
};

/** Makes the pages and `public/assets` anew. @returns the files that went into it, relative to the checkout */
export async function buildPage(): Promise<string[]> {
  const built = await Promise.all([
    build({
      ...COMMON,
      entryPoints: MODULES.map((name) => `public/src/${name}.ts`),
      format: 'esm',
      plugins: [loadedWhenNeeded, pureRooms],
    }),
    build({ ...COMMON, entryPoints: ['public/src/theme.ts', 'public/src/missing.ts'], format: 'iife' }),
    build({ ...COMMON, entryPoints: ['public/styles/page.css'] }),
  ]);
  await rm(ASSETS, { recursive: true, force: true });
  await mkdir(ASSETS, { recursive: true });
  for (const { path, contents } of built.flatMap(({ outputFiles }) => outputFiles)) {
    await writeFile(path, contents);
    await writeFile(`${path}.gz`, gzipSync(contents, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
    await writeFile(`${path}.br`, brotliCompressSync(contents, { params }));
  }
  const frame = await readFile(join(SOURCES, 'frame.html'), 'utf8');
  for (const name of PAGES) {
    const own = await readFile(join(SOURCES, `${name}.html`), 'utf8');
    await writeFile(join(PUBLIC, `${name}.html`), renderPage(frame, own, name));
  }
  return built.flatMap(({ metafile }) => Object.keys(metafile.inputs));
}

/**
 * The parts of a page are headed by comments, and the frame has the same comments where they belong. The link to the page
 * itself says so.
 * @throws Error where the frame asks for a part that the page has not
 */
export function renderPage(frame: string, own: string, name: string): string {
  const [, ...texts] = own.split(/^<!-- (\w+) -->\n/m);
  const parts = new Map(texts.flatMap((part, at) => (at % 2 === 0 ? [[part, texts[at + 1] ?? '']] : [])));
  return frame
    .replaceAll(/^( *)<!-- (\w+) -->\n/gm, (_whole, indent: string, part: string) => {
      const text = parts.get(part);
      if (text === undefined) throw new Error(`public/src/pages/${name}.html has no part <!-- ${part} -->.`);
      return text
        .trimEnd()
        .replaceAll(/^(?=.)/gm, indent)
        .concat('\n');
    })
    .replace(`<a href="${name}.html">`, `<a href="${name}.html" aria-current="page">`);
}

if (import.meta.main) await buildPage();
