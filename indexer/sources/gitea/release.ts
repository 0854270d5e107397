import { mediaTypeOf } from '../../model/asset-name.ts';
import { messageOf } from '../../model/errors.ts';
import { extensionId, splitRepositoryName, type ExtensionId, type ExtensionTypes } from '../../model/extension.ts';
import type { Finding } from '../../model/problem.ts';
import type { About, SourceAsset } from '../../model/release.ts';
import { clipMarkdown, TEXT_LIMITS, utcTime, webAddress } from '../../model/text.ts';
import { parseVersion, type Version } from '../../model/version.ts';
import {
  finishRelease,
  firstAssets,
  keywords,
  line,
  note,
  usableAssets,
  type Draft,
  type ReleaseResult,
} from '../release-parts.ts';
import { validateRelease, type WireAsset, type WireRelease, type WireRepository } from './wire.ts';

/** A repository that holds an extension's releases. */
export interface ExtensionRepository {
  id: ExtensionId;
  wire: WireRepository;
}

/** The extension that a repository holds, undefined for one of another purpose, or why it cannot be listed. */
export function extensionOf(
  wire: Pick<WireRepository, 'name'>,
  types: ExtensionTypes,
): { id: ExtensionId } | { invalid: string } | undefined {
  const parts = splitRepositoryName(
    wire.name,
    [...types].map(([type, naming]) => [type, naming.gitea] as const),
  );
  if (parts === undefined) return undefined;
  try {
    return { id: extensionId(parts.type, parts.name) };
  } catch (error) {
    return { invalid: messageOf(error) };
  }
}

/** One release as it came. Drafts give nothing; what cannot be listed gives findings only. */
export function releaseFromWire(raw: unknown, repository: ExtensionRepository, source: string): ReleaseResult {
  if (!validateRelease(raw)) {
    const [first] = validateRelease.errors ?? [];
    const detail = `A release is of another shape: ${first?.instancePath ?? ''} ${first?.message ?? ''}.`;
    const { id, wire } = repository;
    return { findings: [{ code: 'read_failed', source, subject: wire.full_name, detail, extension: id }] };
  }
  if (raw.draft === true) return { findings: [] };
  let version: Version;
  try {
    version = parseVersion(raw.tag_name);
  } catch (error) {
    return { findings: [invalidTag(raw, repository, { source, detail: messageOf(error) })] };
  }
  const draft: Draft = { source, id: repository.id, version, repository: repository.wire.name, findings: [] };
  const published = utcTime(raw.published_at ?? raw.created_at);
  const notes = clipMarkdown(raw.body ?? '', TEXT_LIMITS.notesBytes);
  if (notes.truncated) note(draft, 'truncated_text', `The notes are cut to ${TEXT_LIMITS.notesBytes} bytes.`);
  return finishRelease(draft, {
    tag: raw.tag_name,
    key: `${repository.wire.full_name}#${raw.id}`,
    ...(published !== undefined && { published_at: published }),
    ...(raw.prerelease === true && { prerelease: true }),
    ...(notes.text !== '' && { notes: notes.text }),
    about: aboutFromWire(draft, repository.wire, raw.author?.login ?? ''),
    assets: usableAssets(draft, assetsFromWire(firstAssets(draft, raw.assets ?? []), source)),
  });
}

/** The repository and the release's id in it, from a release's key. */
export function parseKey(key: string): { fullName: string; id: string } {
  const cut = key.lastIndexOf('#');
  return { fullName: key.slice(0, cut), id: key.slice(cut + 1) };
}

function invalidTag(
  raw: WireRelease,
  repository: ExtensionRepository,
  about: { source: string; detail: string },
): Finding {
  const tag = JSON.stringify(raw.tag_name.slice(0, 100));
  return {
    code: 'invalid_tag',
    source: about.source,
    subject: `${repository.wire.full_name} ${tag}`,
    detail: about.detail,
    extension: repository.id,
  };
}

/** A repository -> the pages that it names, the same for each of its releases: 5 us of the 16 that a release takes. */
const pages = new WeakMap<WireRepository, { repository: string; homepage: string | undefined }>();

function pagesOf(wire: WireRepository): { repository: string; homepage: string | undefined } {
  const known = pages.get(wire) ?? {
    repository: webAddress(wire.html_url ?? undefined) ?? '',
    homepage: webAddress(wire.website ?? undefined),
  };
  pages.set(wire, known);
  return known;
}

function aboutFromWire(draft: Draft, wire: WireRepository, author: string): About {
  const { repository, homepage } = pagesOf(wire);
  const license = line(draft, 'license', (wire.licenses ?? []).join(' OR '));
  return {
    description: line(draft, 'description', wire.description ?? ''),
    author: line(draft, 'author', author),
    repository,
    tags: keywords(draft, wire.topics ?? []),
    ...(license !== '' && { license }),
    ...(homepage !== undefined && { homepage }),
    ...(wire.archived === true && { archived: true }),
  };
}

/** External assets are links to anywhere (Forgejo): never fetched, so never listed. */
function assetsFromWire(raw: readonly WireAsset[], source: string): SourceAsset[] {
  return raw
    .filter((each) => each.type !== 'external')
    .map((each) => ({
      name: each.name,
      size: each.size,
      media_type: mediaTypeOf(each.name),
      location: { source, attachment: each.uuid },
    }));
}
