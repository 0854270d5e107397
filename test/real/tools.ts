import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keepFolder } from '../tools/kept-folder.ts';
import { runProgram } from './run-program.ts';

/** Absolute paths of the real servers and clients. */
export interface Tools {
  gitea: string;
  /** Gitea's `options`, `templates` and `public`: its STATIC_ROOT_PATH. */
  giteaStatic: string;
  registry: string;
  oras: string;
  crane: string;
  /** Prints `user:bcrypt-hash`. */
  htpasswd: string;
  minio: string;
}

type Report = (line: string) => void;

/** A Go module of ours that pins tools; `build` puts everything it makes into the folder `into`. */
interface Helper {
  name: string;
  /** How long a build takes when Go has nothing cached. */
  duration: string;
  /** All that decides what is built. */
  sources: readonly string[];
  build: (into: string, report: Report) => Promise<void>;
}

const HELPERS = join(import.meta.dirname, 'tools');
const CLIENT_PACKAGES = [
  'github.com/distribution/distribution/v3/cmd/registry',
  'oras.land/oras/cmd/oras',
  'github.com/google/go-containerregistry/cmd/crane',
  './htpasswd',
];
const GITEA_VERSION = '1.26.4';
const GO_MISSING =
  'The real backends are built with Go, but there is no program "go" on the PATH: ' +
  'install Go 1.26.7 or later (https://go.dev/dl) and run this again.';

const GITEA: Helper = {
  name: 'gitea',
  duration: 'three to ten minutes',
  sources: ['go.mod', 'go.sum'],
  build: buildGitea,
};
const MINIO: Helper = {
  name: 'minio',
  duration: 'two to five minutes',
  sources: ['go.mod', 'go.sum'],
  build: (into, report) => buildPackages({ name: 'minio', packages: ['github.com/minio/minio'], into, report }),
};
const CLIENTS: Helper = {
  name: 'clients',
  duration: 'two to five minutes',
  sources: ['go.mod', 'go.sum', 'htpasswd/main.go'],
  build: (into, report) => buildPackages({ name: 'clients', packages: CLIENT_PACKAGES, into, report }),
};

/**
 * Builds what is not built yet: ten minutes and a C compiler when nothing is, else nothing. The result is kept in
 * `${XDG_CACHE_HOME:-~/.cache}/extension-registry-tools/<sha256 of the helper module>/`.
 */
export async function provideTools(report: Report = console.log): Promise<Tools> {
  const gitea = await provideHelper(GITEA, report);
  const clients = await provideHelper(CLIENTS, report);
  const minio = await provideHelper(MINIO, report);
  return {
    gitea: join(gitea, 'gitea'),
    giteaStatic: join(gitea, 'static'),
    registry: join(clients, 'registry'),
    oras: join(clients, 'oras'),
    crane: join(clients, 'crane'),
    htpasswd: join(clients, 'htpasswd'),
    minio: join(minio, 'minio'),
  };
}

async function provideHelper(helper: Helper, report: Report): Promise<string> {
  return keepFolder(await digestSources(helper), async (into) => {
    await runProgram('go', ['version']).catch((cause: Error) => {
      throw isMissingProgram(cause) ? new Error(GO_MISSING, { cause }) : cause;
    });
    report(`test/real/tools/${helper.name} is not built yet: ${helper.duration}`);
    await helper.build(into, report);
  });
}

async function digestSources(helper: Helper): Promise<string> {
  // A home folder can be shared by machines of different kinds.
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const source of helper.sources) hash.update(await readFile(join(HELPERS, helper.name, source)));
  return hash.digest('hex');
}

async function buildGitea(into: string, report: Report): Promise<void> {
  await timed(report, `gitea ${GITEA_VERSION}`, async () => {
    // Without -X Gitea calls itself `development`; -O1 saves a minute of the C compiler on SQLite.
    const flags = ['-tags', 'sqlite sqlite_unlock_notify', '-ldflags', `-s -w -X main.Version=${GITEA_VERSION}`];
    const args = ['build', '-trimpath', ...flags, '-o', join(into, 'gitea'), 'code.gitea.io/gitea'];
    await runGo('gitea', args, { CGO_ENABLED: '1', CGO_CFLAGS: '-O1' });
  });
  const module = (await runGo('gitea', ['list', '-m', '-f', '{{.Dir}}', 'code.gitea.io/gitea'])).trim();
  for (const part of ['options', 'templates', 'public']) {
    await copyReadable(join(module, part), join(into, 'static', part));
  }
}

interface PackagesBuild {
  /** Of the helper module. */
  name: string;
  packages: readonly string[];
  into: string;
  report: Report;
}

async function buildPackages({ name, packages, into, report }: PackagesBuild): Promise<void> {
  for (const path of packages) {
    await timed(report, path, async () => {
      const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', `${into}/`, path];
      await runGo(name, args, { CGO_ENABLED: '0' });
    });
  }
}

/** Runs go in a helper module, with the machine's own proxy, caches and flags. */
function runGo(helper: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  return runProgram('go', args, { cwd: join(HELPERS, helper), env: { ...process.env, ...env } });
}

async function timed(report: Report, what: string, work: () => Promise<void>): Promise<void> {
  report(`building ${what}`);
  const start = performance.now();
  await work();
  report(`built ${what} in ${Math.round((performance.now() - start) / 1000)} s`);
}

/** Copies a folder of Go's module cache, where everything is read-only, so that everybody can read and its owner delete it. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await copyReadable(source, target);
    } else {
      await copyFile(source, target);
      await chmod(target, 0o644);
    }
  }
}

function isMissingProgram(error: Error): boolean {
  return (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

if (import.meta.main) {
  const tools = await provideTools();
  for (const [name, path] of Object.entries(tools)) console.log(`${name}: ${path}`);
}
