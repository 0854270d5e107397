import { RegistryError } from '../../indexer/model/errors.ts';
import { compareText, nameOf, type ExtensionId } from '../../indexer/model/extension.ts';
import type { Version } from '../../indexer/model/version.ts';
import { identifyIn, nearIds } from '../registry/identity.ts';
import type { Settings } from '../settings.ts';
import { listInstalled, listVersions } from './installed.ts';
import { readLock } from './lock-file.ts';
import { readProject } from './project-file.ts';
import type { Wanted } from './wanted.ts';

/** An extension that is in use, and what is wanted of it: what newer versions are compared with. */
export interface InUse {
  id: ExtensionId;
  version: Version;
  wanted: Wanted;
}

/**
 * What the project has locked, or has in use; without a project, what is in use in the install root, for the range that
 * it was installed for.
 * @param names `type/name` or bare names; all where there are none
 * @throws RegistryError `not_found`, `storage`, `config`
 */
export async function listInUse(settings: Settings, names: readonly string[] = []): Promise<InUse[]> {
  const project = await readProject(settings.projectFolder);
  const found = project === undefined ? await fromRoot(settings.root) : await fromProject(settings, project.wanted);
  if (names.length === 0) return found;
  const ids = found.map(({ id }) => id);
  const named = new Set(names.map((each) => identifyAmong(each, ids)));
  return found.filter(({ id }) => named.has(id));
}

/** @throws RegistryError `not_found` with what may have been meant */
export function identifyAmong(name: string, ids: readonly ExtensionId[]): ExtensionId {
  if (ids.length === 0) throw new RegistryError('not_found', 'Nothing is installed; extension install does that.');
  const isKnown = ids.some((id) => id === name || nameOf(id) === name);
  if (isKnown || nearIds(name, ids).length > 0) return identifyIn(name, ids);
  const shown = JSON.stringify(name.slice(0, 200));
  throw new RegistryError('not_found', `${shown} is not installed; extension installed lists what is.`);
}

async function fromProject(
  { root, projectFolder }: Settings,
  wanted: ReadonlyMap<ExtensionId, Wanted>,
): Promise<InUse[]> {
  const lock = await readLock(projectFolder);
  const installed = new Map((await listInstalled(root)).map((each) => [each.id, each.current]));
  return [...wanted]
    .flatMap(([id, each]) => {
      const version = lock?.get(id)?.version ?? installed.get(id);
      return version === undefined ? [] : [{ id, version, wanted: each }];
    })
    .sort((a, b) => compareText(a.id, b.id));
}

async function fromRoot(root: string): Promise<InUse[]> {
  return (await listVersions(root)).flatMap(({ id, version, isCurrent, record }) =>
    isCurrent && record !== undefined ? [{ id, version, wanted: { range: record.range } }] : [],
  );
}
