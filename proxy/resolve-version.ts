import type { AssetEntry, VersionEntry } from '../indexer/model/documents.ts';
import type { ExtensionId } from '../indexer/model/extension.ts';
import {
  highestOf,
  isVersion,
  newestWithin,
  parseRange,
  parseVersion,
  type Version,
} from '../indexer/model/version.ts';
import { ApiError } from './error-table.ts';

/** The entry of exactly this version, or the version that the client is sent on to. */
export type Resolution = { entry: VersionEntry } | { redirect: Version };

/** Names in a message; an index of platforms can have many. */
const MAX_NAMES = 20;

/**
 * What a version in a path means: itself, build included, also when it is yanked; `v1.0.0` its version; `latest` and
 * ranges the highest that is not yanked.
 * @throws ApiError `not_found`, RegistryError `invalid_version`
 */
export function resolveVersion(id: ExtensionId, entries: readonly VersionEntry[], text: string): Resolution {
  const entry = entries.find(({ version }) => version === text);
  if (entry !== undefined) return { entry };
  const version = isVersion(text) ? exactly(entries, parseVersion(text)) : resolved(entries, text);
  if (version !== undefined) return { redirect: version };
  throw new ApiError(
    'not_found',
    `${id} has no version ${JSON.stringify(text)} that may be chosen; see ${id}/versions for those that there are.`,
  );
}

/** @throws ApiError `not_found` that names the assets there are */
export function chooseAsset(id: ExtensionId, { version, assets }: VersionEntry, name: string | undefined): AssetEntry {
  const found = assets.find((each) => (name === undefined ? each.primary === true : each.name === name));
  if (found !== undefined) return found;
  const names = assets.slice(0, MAX_NAMES).map((each) => each.name);
  const more = assets.length > MAX_NAMES ? ` and ${assets.length - MAX_NAMES} more` : '';
  const missing = name === undefined ? 'no primary asset' : `no asset ${JSON.stringify(name)}`;
  throw new ApiError(
    'not_found',
    `${id} ${version} has ${missing}; name one of its assets: ${names.join(', ')}${more}.`,
  );
}

function exactly(entries: readonly VersionEntry[], version: Version): Version | undefined {
  return entries.find((each) => each.version === version)?.version;
}

function resolved(entries: readonly VersionEntry[], text: string): Version | undefined {
  const versions = entries.filter(({ yanked }) => yanked === undefined).map(({ version }) => version);
  return text === 'latest' ? highestOf(versions) : newestWithin(versions, parseRange(text));
}
