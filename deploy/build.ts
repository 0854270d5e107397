import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { buildPage } from './build-page.ts';

/*
 * `npm run build`: what the package is made of, below dist/, whose tree is that of the sources.
 *
 *   {cli,indexer,proxy}/main.js  the programs
 *   cli/library.js, types/       `import { openRegistry } from 'extension-registry'`
 *   packages/*.cjs               others' packages, one file each, loaded by whoever needs one first
 *   public/                      what the proxy serves beside the site
 *   THIRD-PARTY-LICENSES.txt     of all that is in it
 *
 * .github/decisions/0014 says why.
 */

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
/** Each becomes one file with all of its own code. */
const ENTRIES: Readonly<Record<string, string>> = {
  'cli/main': 'cli/main.ts',
  'indexer/main': 'indexer/main.ts',
  'proxy/main': 'proxy/main.ts',
};
const LIBRARY = { 'cli/library': 'cli/registry/library.ts' };
/** What `cli/main.ts` loads when it knows what is asked; as CommonJS, which takes half as long to load. */
const PARTS: Readonly<Record<string, string>> = {
  'cli/help': 'cli/help.ts',
  'cli/run-command-line': 'cli/run-command-line.ts',
};
/** Those that take longer to load than a program's own code; smaller ones are part of it. */
const PACKAGES = ['@fastify/static', 'ajv', 'fastify', 'semver', 'smol-toml', 'tar', 'undici', 'yauzl'];
const COMMON = { absWorkingDir: ROOT, bundle: true, platform: 'node', target: 'node22.22' } as const;
/** An ES module has no `require`, and what a module imports must be there when it runs. */
const REQUIRE = "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";

await rm(DIST, { recursive: true, force: true });
const own: BuildOptions & { metafile: true } = {
  ...COMMON,
  outdir: DIST,
  // Names are kept: a stack trace that somebody sends should be readable.
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  plugins: [loadedWhenNeeded()],
};
// A program says which Node it needs; whoever imports the library is told by npm, from package.json.
const requireNode = `(function () {\n${await readFile(join(ROOT, 'indexer', 'require-node.cjs'), 'utf8')}})();`;
const banner = { js: `${requireNode}\n${REQUIRE}` };
const programs = await build({ ...own, entryPoints: ENTRIES, format: 'esm', banner });
const library = await build({ ...own, entryPoints: LIBRARY, format: 'esm', banner: { js: REQUIRE } });
const parts = await build({ ...own, entryPoints: PARTS, format: 'cjs', outExtension: { '.js': '.cjs' } });
const packages = await build({
  ...COMMON,
  entryPoints: PACKAGES.map((name) => ({ in: name, out: fileNameOf(name) })),
  outdir: join(DIST, 'packages'),
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  // A module of its own in one of them is found by `import`, and these are asked for by `require`.
  conditions: ['require', 'node'],
  metafile: true,
});
const page = await buildPage();
await copyPublic();
await writeLicences([
  ...[programs, library, parts, packages].flatMap(({ metafile }) => Object.keys(metafile.inputs)),
  ...page,
]);
emitTypes();

/**
 * What is imported statically, esbuild would write to the top of the one file, and all of it would be loaded whatever is
 * asked: by `require` it is when the first module that imports it runs.
 */
function loadedWhenNeeded(): Plugin {
  return {
    name: 'loaded-when-needed',
    setup: (setup) => {
      setup.onResolve({ filter: /^node:/, namespace: 'file' }, ({ path }) => ({ path, namespace: 'required' }));
      setup.onResolve({ filter: /^[^.]/, namespace: 'file' }, ({ path }) =>
        PACKAGES.includes(path) ? { path: `../packages/${fileNameOf(path)}.cjs`, namespace: 'required' } : undefined,
      );
      setup.onResolve({ filter: /^\.\//, namespace: 'file' }, ({ path, kind, resolveDir }) =>
        kind === 'dynamic-import' && Object.values(PARTS).includes(relative(ROOT, join(resolveDir, path)))
          ? { path: path.replace(/\.ts$/, '.cjs'), namespace: 'required' }
          : undefined,
      );
      setup.onResolve({ filter: /.*/, namespace: 'required' }, ({ path }) => ({ path, external: true }));
      setup.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)});`,
      }));
    },
  };
}

function fileNameOf(packageName: string): string {
  return packageName.replace('@', '').replace('/', '-');
}

/** Without a site that was published into it, and without what the page is made of. */
async function copyPublic(): Promise<void> {
  const filter = (source: string): boolean =>
    !/\/public\/(?:api\/(?:v1|\.)|src|styles)/.test(source.replaceAll('\\', '/'));
  await cp(join(ROOT, 'public'), join(DIST, 'public'), { recursive: true, filter });
}

/** Their licences ask that their text goes where their code goes. */
async function writeLicences(inputs: readonly string[]): Promise<void> {
  const folders = new Set(inputs.flatMap((each) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(each)?.[0] ?? []));
  const texts: string[] = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: string;
    };
    const file = (await readdir(join(ROOT, folder))).find((each) => /^(?:licen[cs]e|copying)/i.test(each));
    const text = file === undefined ? '' : await readFile(join(ROOT, folder, file), 'utf8');
    texts.push(`${name} ${version} (${license ?? 'see below'})\n\n${text.trim()}\n`);
  }
  const file = join(DIST, 'THIRD-PARTY-LICENSES.txt');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** @throws Error when the types do not hold */
function emitTypes(): void {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '--project', join(ROOT, 'deploy', 'tsconfig.types.json')];
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('The declarations cannot be made; run npm run typecheck.');
}
