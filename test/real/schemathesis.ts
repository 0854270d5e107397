import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoWorld, type DemoWorld } from '../demo/world.ts';
import { keepFolder } from '../tools/kept-folder.ts';
import { runProgram } from './run-program.ts';
import { bundleOpenApi } from './schemathesis-document.ts';
import { findFreePort, startServer } from './server-process.ts';

/*
 * `npm run test:api`: the demo's world, crawled and served by the real programs, and schemathesis asking the proxy
 * whatever the OpenAPI document allows and much that it does not.
 */

const VERSION = '4.32.5';
const FOLDER = join(import.meta.dirname, 'schemathesis');
const ROOT = join(import.meta.dirname, '..', '..');
const PYTHON_MISSING =
  'The API is tested with schemathesis, which needs Python 3.11 or later as "python3" on the PATH: install it and run this again.';
const IS_NEW_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 11))';
/** Cases of each operation, in each of its phases. */
const EXAMPLES = '150';
const MAX_MINUTES = 2;

process.exitCode = await main().catch((error: unknown) => {
  console.error(`npm run test:api: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});

async function main(): Promise<number> {
  const tool = await provideSchemathesis();
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-api-'));
  const world = await startDemoWorld();
  try {
    return await testApi(tool, world, folder);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function testApi(tool: Tool, world: DemoWorld, folder: string): Promise<number> {
  const port = await findFreePort();
  const config = join(folder, 'config.toml');
  await writeFile(config, renderConfig(world, port, join(folder, 'site')));
  await runProgram(process.execPath, [join(ROOT, 'indexer', 'main.ts'), '--config', config]);
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(folder, 'proxy.log');
  const proxy = await startServer({
    program: process.execPath,
    args: [join(ROOT, 'proxy', 'main.ts'), '--config', config, '--log-level', 'error'],
    cwd: folder,
    env: {},
    logFile,
    readyUrl: `${url}/api/v1/health/ready`,
  });
  try {
    const document = join(folder, 'openapi.json');
    await writeFile(document, JSON.stringify(await bundleOpenApi(url)));
    const code = await runSchemathesis(tool, { url, document, cwd: folder });
    const log = await readFile(logFile, 'utf8');
    // A fault that was answered rightly is a fault all the same.
    if (log !== '') console.error(`The proxy logged errors:\n${log}`);
    return log === '' ? code : 1;
  } finally {
    await proxy.stop();
  }
}

function renderConfig(world: DemoWorld, port: number, site: string): string {
  return `[server]
host = "127.0.0.1"
port = ${port}

[gitea]
url = "${world.giteaUrl}"
organization = "${world.organization}"

[oci]
registry = "${world.registryUrl}"
namespace = "${world.namespace}"

[site]
path = ${JSON.stringify(site)}
`;
}

interface Tool {
  python: string;
  script: string;
}

/** Installs it once, into a folder that survives a clone. */
async function provideSchemathesis(): Promise<Tool> {
  const requirements = join(FOLDER, 'requirements.txt');
  const python = await runProgram('python3', ['-c', IS_NEW_ENOUGH]).then(
    () => 'python3',
    () => undefined,
  );
  if (python === undefined) throw new Error(PYTHON_MISSING);
  const version = await runProgram(python, ['--version']);
  // A virtual environment is of one Python, and a home folder can be shared by machines of different kinds.
  const key = createHash('sha256').update(`${process.platform} ${process.arch} ${version}`);
  key.update(await readFile(requirements));
  const name = `schemathesis-${VERSION}-${key.digest('hex').slice(0, 16)}`;
  const folder = await keepFolder(name, async (into) => {
    console.log(`schemathesis ${VERSION} is not installed yet: half a minute`);
    await runProgram(python, ['-m', 'venv', into]);
    const options = ['--quiet', '--disable-pip-version-check', '--require-hashes', '--only-binary', ':all:'];
    await runProgram(join(into, 'bin', 'python'), ['-m', 'pip', 'install', ...options, '-r', requirements]);
  });
  return { python: join(folder, 'bin', 'python'), script: join(folder, 'bin', 'st') };
}

/** @returns its exit code */
async function runSchemathesis(
  { python, script }: Tool,
  { url, document, cwd }: { url: string; document: string; cwd: string },
): Promise<number> {
  const args = ['--config-file', join(FOLDER, 'schemathesis.toml'), 'run', document, '--url', url, '--checks', 'all'];
  const more = ['--max-examples', EXAMPLES, '--seed', '20261124', '--no-color'];
  const child = spawn(python, [script, ...args, ...more], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  const impatience = setTimeout(() => child.kill('SIGKILL'), MAX_MINUTES * 60_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(impatience);
  if (code === null) throw new Error(`schemathesis did not end within ${MAX_MINUTES} minutes; try fewer examples.`);
  return code;
}
