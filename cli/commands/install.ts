import { relative } from 'node:path';
import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { isSet, textFlag, type CommandContext, type ParsedArgs, type RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { inParallel } from '../install/in-parallel.ts';
import { installWishes, type Installation } from '../install/install-wishes.ts';
import { resolveWanted, type InstallWish } from '../install/wish.ts';
import { editProject } from '../project/edit-project.ts';
import { LOCK_FILE, readLock, type Lock } from '../project/lock-file.ts';
import { differencesOf, lockedFor, notWanted, planAll, type Planned } from '../project/plan.ts';
import { PROJECT_FILE, readProject, readProjectText, type Project } from '../project/project-file.ts';
import { saveProject } from '../project/save-project.ts';
import { rangeFor, type Wanted } from '../project/wanted.ts';
import { splitTarget } from '../target.ts';

/** Documents asked for at once. */
const RESOLVED_AT_ONCE = 8;

export const run: RunCommand = async (context, args) => {
  const { projectFolder } = await context.settings();
  const files = { project: await readProject(projectFolder), lock: await readLock(projectFolder) };
  if (args.operands.length === 0) return installAll(context, args, files);
  if (isSet(args, 'frozen')) {
    throw new RegistryError('usage', 'install --frozen takes no names: it installs what extensions.lock has.');
  }
  if (args.operands.length > 1 && textFlag(args, 'asset') !== undefined) {
    throw new RegistryError('usage', 'install --asset takes one name: each extension has assets of its own.');
  }
  return installNamed(context, args, files);
};

interface Files {
  project: Project | undefined;
  lock: Lock | undefined;
}

async function installAll(context: CommandContext, args: ParsedArgs, { project, lock }: Files): Promise<number> {
  const { projectFolder } = await context.settings();
  if (textFlag(args, 'asset') !== undefined) {
    throw new RegistryError('usage', 'install --asset takes the name of an extension: install type/name --asset FILE.');
  }
  if (project === undefined) {
    throw new RegistryError(
      'config',
      `There is no ${PROJECT_FILE} in ${projectFolder} or above; name what to install: extension install type/name`,
    );
  }
  const { wanted } = project;
  if (isSet(args, 'frozen')) requireSame(project, lock);
  const dropped = notWanted(wanted, lock ?? new Map());
  for (const id of dropped) {
    context.note(`${id} is not wanted any more and leaves ${LOCK_FILE}; to remove it: extension remove ${id}`);
  }
  const wishes = await resolveAll(context, planAll(wanted, lock));
  const chosen = wishes.filter(({ locked }) => locked === undefined);
  const isChanged = lock === undefined || chosen.length > 0 || dropped.length > 0;
  const installations = await install(context, args, {
    wishes,
    ...(isChanged && { wanted: new Map(), dropped }),
  });
  return report(context, installations);
}

function requireSame({ wanted }: Project, lock: Lock | undefined): void {
  const differences = lock === undefined ? [`There is no ${LOCK_FILE}.`] : differencesOf(wanted, lock);
  if (differences.length === 0) return;
  throw new RegistryError(
    'refused',
    `${LOCK_FILE} is not what ${PROJECT_FILE} wants. ${differences.join(' ')} Run extension install without --frozen, and commit both.`,
  );
}

async function installNamed(context: CommandContext, args: ParsedArgs, { project, lock }: Files): Promise<number> {
  const settings = await context.settings();
  const registry = await context.registry();
  const planned = new Map<ExtensionId, Planned & { hasRange: boolean }>();
  for (const operand of args.operands) {
    const { name, range } = splitTarget(operand);
    if (range === '') throw new RegistryError('usage', `${operand} names no version after its @.`);
    const id = await registry.identify(name);
    if (planned.has(id)) throw new RegistryError('usage', `${id} is named twice; name it once.`);
    const before = project?.wanted.get(id);
    const asset = textFlag(args, 'asset');
    const wanted: Wanted = {
      ...before,
      range: range ?? before?.range ?? 'latest',
      ...(isSet(args, 'prereleases') && { prereleases: true }),
      ...(asset !== undefined && { asset }),
    };
    // Who names a range wants the best of it; who does not, what there is.
    const locked = range === undefined && before !== undefined ? lockedFor(wanted, lock?.get(id)) : undefined;
    planned.set(id, { id, wanted, locked, hasRange: range !== undefined || before !== undefined });
  }
  const resolved = await resolveAll(context, [...planned.values()]);
  const wishes = resolved.map((wish) =>
    planned.get(wish.id)?.hasRange === true
      ? wish
      : { ...wish, wanted: { ...wish.wanted, range: rangeFor(wish.choice.entry.version) } },
  );
  const wanted = new Map(wishes.map((wish) => [wish.id, wish.wanted]));
  // A file that cannot be changed is told before anything is.
  const text = (await readProjectText(settings.projectFolder)) ?? '';
  const isChanged = editProject(text, wanted) !== text || wishes.some(({ locked }) => locked === undefined);
  return report(context, await install(context, args, { wishes, ...(isChanged && { wanted }) }));
}

/** @throws the first failure, once all that was asked has been answered */
export async function resolveAll(context: CommandContext, planned: readonly Planned[]): Promise<InstallWish[]> {
  const [settings, registry] = await Promise.all([context.settings(), context.registry()]);
  const { signal } = context;
  const wishes = await inParallel(planned, { limit: RESOLVED_AT_ONCE, signal }, (each) =>
    resolveWanted(registry, each, settings),
  );
  for (const { choice } of wishes) for (const warning of choice.warnings) context.note(`warning: ${warning}`);
  return wishes;
}

export interface Change {
  wishes: readonly InstallWish[];
  /** What `extensions.toml` says from now on; left out where neither file is to be changed. */
  wanted?: ReadonlyMap<ExtensionId, Wanted>;
  /** What leaves the lock file. */
  dropped?: readonly ExtensionId[];
}

/** Installs, then changes the two files of the project, all of it or nothing. */
export async function install(context: CommandContext, args: ParsedArgs, change: Change): Promise<Installation[]> {
  const { root, projectFolder } = await context.settings();
  const { wishes, wanted, dropped = [] } = change;
  const save = async (installations: readonly Installation[]): Promise<void> => {
    const locked = installations.map((each) => [each.id, each.locked] as const);
    await saveProject(
      projectFolder,
      wanted ?? new Map(),
      new Map([...dropped.map((id) => [id, undefined] as const), ...locked]),
    );
  };
  const allowUnverified = isSet(args, 'allow-unverified');
  return installWishes(wishes, context, { root, allowUnverified, ...(wanted !== undefined && { save }) });
}

/** Says what has been installed, and what was there. */
export async function report(context: CommandContext, installations: readonly Installation[]): Promise<number> {
  if (context.json) {
    context.print({
      installed: installations.map(({ id, version, previous, unpacked, folder, files, locked }) => ({
        extension: id,
        version,
        previous: previous ?? null,
        changed: unpacked || previous !== version,
        folder,
        files,
        asset: locked.asset,
        size: locked.size,
        digest: locked.digest,
      })),
    });
    return EXIT.done;
  }
  const { root, projectFolder } = await context.settings();
  const changed = installations.filter(({ unpacked, previous, version }) => unpacked || previous !== version);
  for (const { id, version, previous, files, folder } of changed) {
    const was = previous === undefined || previous === version ? '' : ` (was ${previous})`;
    const place = relative(projectFolder, folder);
    const count = `${files} ${files === 1 ? 'file' : 'files'}`;
    context.say(`installed ${id} ${version}${was}: ${count} in ${place.startsWith('..') ? folder : place}`);
  }
  const same = installations.length - changed.length;
  if (changed.length === 0) context.say(`Nothing to do: ${same} installed in ${root}, as ${LOCK_FILE} has it.`);
  else if (same > 0) context.say(`${same} more ${same === 1 ? 'was' : 'were'} there already.`);
  return EXIT.done;
}
