import { mediaTypeOf } from '../../indexer/model/asset-name.ts';
import type { AssetEntry } from '../../indexer/model/documents.ts';
import { messageOf, RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import type { LockedExtension } from '../project/lock-file.ts';
import type { Planned } from '../project/plan.ts';
import type { Wanted } from '../project/wanted.ts';
import { requireAdmitted } from '../registry/admission.ts';
import type { Choice, Registry } from '../registry/registry.ts';
import { isSilence } from '../registry/silence.ts';
import type { Settings } from '../settings.ts';
import { printable } from './entry-path.ts';

/** One extension that is to be installed, and the version of it that was chosen. */
export interface InstallWish {
  id: ExtensionId;
  wanted: Wanted;
  choice: Choice;
  asset: AssetEntry;
  /** Its bytes must be those, where the lock file names them. */
  locked?: LockedExtension;
}

const MAX_NAMED = 10;

/**
 * What is wanted as a choice: what was locked, where it is given, else the best that the site has now.
 * @throws RegistryError as `Registry.resolve`; `refused` for what this machine does not admit; `digest_mismatch` where
 * the site has other bytes than were locked
 */
export async function resolveWanted(
  registry: Registry,
  { id, wanted, locked }: Planned,
  settings: Settings,
): Promise<InstallWish> {
  requireAdmitted(id, settings);
  const { range, prereleases = false } = wanted;
  const wish = { id, range, prereleases, minAgeMs: settings.minAgeMs };
  const choice =
    locked === undefined
      ? await registry.resolve(wish)
      : await registry.resolve({ ...wish, locked: { version: locked.version } }).catch((error: unknown) => {
          if (!isSilence(error)) throw error;
          return choiceOf(locked, messageOf(error));
        });
  const asset = assetOf(choice, { ...wanted, ...(locked && { asset: locked.asset }) });
  if (locked !== undefined && asset.digest !== undefined && asset.digest !== locked.digest) {
    throw new RegistryError(
      'digest_mismatch',
      `${id} ${locked.version} was locked with ${locked.digest}, and the site names ${asset.digest} for ${asset.name}: somebody replaced a published version. Ask its publisher before you trust either.`,
    );
  }
  return { id, wanted, choice, asset, ...(locked && { locked }) };
}

/** A site that does not answer is no reason not to install what is locked, and perhaps in the download cache. */
function choiceOf({ id, version, asset, size, digest, site, generation }: LockedExtension, why: string): Choice {
  const path = [...id.split('/'), version, asset].map(encodeURIComponent).join('/');
  const entry: AssetEntry = {
    name: asset,
    size,
    digest,
    media_type: mediaTypeOf(asset),
    primary: true,
    download_url: `/api/v1/extensions/${path}`,
    locations: [],
  };
  return {
    id,
    entry: { version, published_at: '', first_seen: '', sources: [], assets: [entry] },
    warnings: [`${id} ${version} is taken as it was locked, since the site does not answer: ${why}`],
    site,
    generation,
  };
}

/** @throws RegistryError `not_found` that names the assets there are */
function assetOf({ id, entry }: Choice, { range, asset: name }: Wanted): AssetEntry {
  const found = entry.assets.find((each) => (name === undefined ? each.primary === true : each.name === name));
  if (found !== undefined) return found;
  const names = entry.assets.slice(0, MAX_NAMED).map((each) => printable(each.name));
  const missing = name === undefined ? 'no primary asset' : `no asset ${printable(name)}`;
  throw new RegistryError(
    'not_found',
    `${id} ${entry.version} has ${missing}, but ${names.join(', ')}; choose one: extension install ${id}${range === 'latest' ? '' : `@${range}`} --asset ${names[0] ?? 'NAME'}`,
  );
}
