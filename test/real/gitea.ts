import { chmod, chown, copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Credentials } from './clients.ts';
import { createGiteaSeed, createSender } from './gitea-api.ts';
import type { GiteaSeed } from './gitea-api.ts';
import { canEveryoneReach, findOrdinaryUser } from './ordinary-user.ts';
import { runProgram } from './run-program.ts';
import type { RunAs } from './run-program.ts';
import { findFreePort, startServer } from './server-process.ts';
import { provideTools } from './tools.ts';

export interface GiteaOptions {
  /** The address in all links that Gitea makes, with a slash at the end; by default where it listens. */
  rootUrl?: string;
  /** Anonymous clients see nothing (REQUIRE_SIGNIN_VIEW). */
  requireSignIn?: boolean;
}

export interface GiteaAccount extends Credentials {
  /** A personal access token. */
  token: string;
}

export interface RealGitea {
  /** Where it listens, without a slash at the end. */
  url: string;
  /** `host:port`, as OCI clients want it. */
  registry: string;
  /** May do everything; its token has all scopes. */
  admin: GiteaAccount;
  /** A user of no team; its token has read:repository, read:organization and read:package. */
  bot: GiteaAccount;
  seed: GiteaSeed;
  /** A line for each request. */
  accessLogFile: string;
  logFile: string;
  /** Resolves when the work that Gitea does behind a reply (pushed tags, deletions) is done. */
  settle: () => Promise<void>;
  /** Ends the server and keeps its data. */
  stop: () => Promise<void>;
  restart: () => Promise<void>;
  /** Ends the server and deletes its folder. */
  remove: () => Promise<void>;
}

interface Installation {
  folder: string;
  program: string;
  staticFolder: string;
  runAs: RunAs;
}

const PASSWORD = 'a-Real-Password-1';
const BOT_SCOPES = ['read:repository', 'read:organization', 'read:package'];

/** Starts a Gitea of its own, with an empty database, an administrator and a bot. */
export async function startGitea(options: GiteaOptions = {}): Promise<RealGitea> {
  const installation = await install();
  const { folder, program, runAs } = installation;
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const configFile = join(folder, 'conf', 'app.ini');
  await writeFile(configFile, renderConfig(installation, port, { rootUrl: `${url}/`, ...options }));
  await own(configFile, runAs);

  const logFile = join(folder, 'gitea.log');
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(folder, 'data'), GITEA_WORK_DIR: folder };
  // REQUIRE_SIGNIN_VIEW hides /api/v1/version too, but never the health check.
  const readyUrl = `${url}/api/healthz`;
  const server = await startServer({
    program,
    args: ['web', '--config', configFile],
    cwd: folder,
    env,
    runAs,
    logFile,
    readyUrl,
  });
  const command = (...args: string[]): Promise<string> =>
    runProgram(program, [...args, '--config', configFile], { cwd: folder, env, ...runAs });
  const settle = async (): Promise<void> => {
    await command('manager', 'flush-queues');
  };
  const remove = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const admin = await createAdmin(command);
  const bot = await createBot(url, admin);
  const seed = createGiteaSeed({ url, token: admin.token, settle });
  const { stop, restart } = server;
  const accessLogFile = join(folder, 'log', ACCESS_LOG);
  return {
    url,
    registry: `127.0.0.1:${port}`,
    admin,
    bot,
    seed,
    logFile,
    accessLogFile,
    settle,
    stop,
    restart,
    remove,
  };
}

/** Makes the folders; where an ordinary user can't reach the cached files, it gets copies. */
async function install(): Promise<Installation> {
  const { gitea, giteaStatic } = await provideTools();
  const runAs = await findOrdinaryUser();
  const folder = await mkdtemp(join(tmpdir(), 'gitea-'));
  await chmod(folder, 0o755);
  for (const part of [folder, join(folder, 'conf'), join(folder, 'data')]) {
    await mkdir(part, { recursive: true });
    await own(part, runAs);
  }
  if (runAs.uid !== undefined && !(await canEveryoneReach(folder))) {
    throw new Error(
      `Gitea runs as an ordinary user, who can't reach ${folder}: set TMPDIR to a folder open to everybody.`,
    );
  }
  if (runAs.uid === undefined || (await canEveryoneReach(gitea))) {
    return { folder, program: gitea, staticFolder: giteaStatic, runAs };
  }
  const copies = { program: join(folder, 'gitea'), staticFolder: join(folder, 'static') };
  await copyFile(gitea, copies.program);
  await cp(giteaStatic, copies.staticFolder, { recursive: true });
  return { folder, runAs, ...copies };
}

async function own(path: string, { uid, gid }: RunAs): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
}

function renderConfig({ folder, staticFolder }: Installation, port: number, options: GiteaOptions): string {
  return `
RUN_MODE = prod
WORK_PATH = ${folder}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${options.rootUrl}
STATIC_ROOT_PATH = ${staticFolder}
DISABLE_SSH = true
OFFLINE_MODE = true
LFS_START_SERVER = false
[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'data', 'gitea.db')}
SQLITE_JOURNAL_MODE = WAL
[security]
INSTALL_LOCK = true
[service]
DISABLE_REGISTRATION = true
REQUIRE_SIGNIN_VIEW = ${options.requireSignIn ?? false}
[webhook]
ALLOWED_HOST_LIST = loopback
[repository.release]
ALLOWED_TYPES =
[attachment]
ALLOWED_TYPES =
[packages]
ENABLED = true
[actions]
ENABLED = false
[mailer]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[session]
PROVIDER = memory
[log]
MODE = console
LEVEL = Warn
ROOT_PATH = ${join(folder, 'log')}
logger.access.MODE = requests
[log.requests]
MODE = file
LEVEL = Info
FILE_NAME = ${ACCESS_LOG}
`;
}

const ACCESS_LOG = 'access.log';

async function createAdmin(command: (...args: string[]) => Promise<string>): Promise<GiteaAccount> {
  const person = ['--username', 'administrator', '--password', PASSWORD, '--email', 'administrator@example.test'];
  const token = ['--access-token', '--access-token-name', 'seed', '--access-token-scopes', 'all'];
  const printed = await command(
    'admin',
    'user',
    'create',
    '--admin',
    '--must-change-password=false',
    ...person,
    ...token,
  );
  const found = /\b[0-9a-f]{40}\b/.exec(printed);
  if (found === null) throw new Error(`Gitea printed no access token for its new administrator: ${printed}`);
  return { username: 'administrator', password: PASSWORD, token: found[0] };
}

async function createBot(url: string, admin: GiteaAccount): Promise<GiteaAccount> {
  const bot = { username: 'bot', password: PASSWORD };
  const user = { ...bot, email: 'bot@example.test', must_change_password: false };
  await createSender(url, `token ${admin.token}`)('POST', '/admin/users', user);
  // Gitea makes tokens only for a user who gives the password.
  const asBot = createSender(url, `Basic ${Buffer.from(`${bot.username}:${bot.password}`).toString('base64')}`);
  const token = await asBot<{ sha1: string }>('POST', '/users/bot/tokens', { name: 'crawl', scopes: BOT_SCOPES });
  return { ...bot, token: token.sha1 };
}
