import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { parseVersion, type Version } from '../../indexer/model/version.ts';
import type { RunCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { removeVersion } from '../install/place-version.ts';
import { changeRoot } from '../install/root-lock.ts';
import { identifyAmong } from '../project/baseline.ts';
import { editProject } from '../project/edit-project.ts';
import { listInstalled, type InstalledExtension } from '../project/installed.ts';
import { LOCK_FILE, readLock } from '../project/lock-file.ts';
import { readProject, readProjectText } from '../project/project-file.ts';
import { saveProject } from '../project/save-project.ts';
import type { Settings } from '../settings.ts';
import { splitTarget } from '../target.ts';

/** One extension, or one version of it. */
interface Removal {
  id: ExtensionId;
  version?: Version;
  /** What is there of it. */
  installed: InstalledExtension | undefined;
}

export const run: RunCommand = async (context, { operands }) => {
  const settings = await context.settings();
  const { root, projectFolder } = settings;
  const { removals, listed } = await planRemovals(settings, operands);
  const whole = removals.filter(({ version }) => version === undefined).map(({ id }) => id);
  // Of the two files only what is in them is taken out; where there is neither, none is made.
  const dropped = new Map(whole.filter((id) => listed.has(id)).map((id) => [id, undefined]));
  editProject((await readProjectText(projectFolder)) ?? '', dropped);
  await changeRoot({ root, now: context.now, signal: context.signal, note: context.note }, async (change) => {
    // First the files: what they want no more, a run that was killed here leaves installed, and nothing else.
    if (dropped.size > 0) await saveProject(projectFolder, dropped, dropped);
    for (const { id, version, installed } of removals) {
      if (installed !== undefined) await removeVersion(root, { id, ...(version && { version }) }, change);
    }
  });
  const lock = await readLock(projectFolder);
  const gone = removals.map(({ id, version, installed }) => ({
    id,
    versions: version === undefined ? (installed?.versions ?? []) : [version],
  }));
  if (context.json) context.print({ removed: gone.map(({ id, versions }) => ({ extension: id, versions })) });
  for (const { id, versions } of gone) {
    if (!context.json) context.say(`removed ${[id, ...versions].join(' ')}`);
    const locked = lock?.get(id)?.version;
    if (locked !== undefined && versions.includes(locked)) {
      context.note(`${LOCK_FILE} still has ${id} ${locked}: extension install brings it back.`);
    }
  }
  return EXIT.done;
};

/** @throws RegistryError `not_found` for what is neither installed nor wanted */
async function planRemovals(
  { root, projectFolder }: Settings,
  operands: readonly string[],
): Promise<{ removals: Removal[]; listed: ReadonlySet<ExtensionId> }> {
  const installed = new Map((await listInstalled(root)).map((each) => [each.id, each]));
  const listed = new Set([
    ...((await readProject(projectFolder))?.wanted.keys() ?? []),
    ...((await readLock(projectFolder))?.keys() ?? []),
  ]);
  const known = [...new Set([...installed.keys(), ...listed])];
  const removals = operands.map((operand): Removal => {
    const { name, range } = splitTarget(operand);
    const id = identifyAmong(name, known);
    const found = installed.get(id);
    if (range === undefined) return { id, installed: found };
    const version = parseVersion(range);
    if (found?.versions.includes(version) === true) return { id, version, installed: found };
    const there = found === undefined ? 'nothing of it is' : `${found.versions.join(', ')} is`;
    throw new RegistryError('not_found', `${id} ${version} is not installed in ${root}; ${there}.`);
  });
  return { removals, listed };
}
