import type { RunCommand } from './command.ts';

/**
 * The file of each command, loaded when it runs: `--help` needs neither the HTTP client nor the archives' libraries.
 * `complete` is in no help: the scripts of `completion` ask it.
 */
export const LOAD_COMMAND: Readonly<Record<string, () => Promise<{ run: RunCommand }>>> = {
  list: () => import('./commands/list.ts'),
  search: () => import('./commands/search.ts'),
  show: () => import('./commands/show.ts'),
  versions: () => import('./commands/versions.ts'),
  download: () => import('./commands/download.ts'),
  install: () => import('./commands/install.ts'),
  upgrade: () => import('./commands/upgrade.ts'),
  outdated: () => import('./commands/outdated.ts'),
  remove: () => import('./commands/remove.ts'),
  installed: () => import('./commands/installed.ts'),
  verify: () => import('./commands/verify.ts'),
  info: () => import('./commands/info.ts'),
  doctor: () => import('./commands/doctor.ts'),
  cache: () => import('./commands/cache.ts'),
  completion: () => import('./commands/completion.ts'),
  complete: () => import('./commands/complete.ts'),
};
