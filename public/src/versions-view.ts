import type { AssetEntry, Pointer, VersionEntry } from '../../indexer/model/documents.ts';
import { downloadAddress } from './commands.ts';
import { copyButton } from './copy-button.ts';
import { fill, foreign, h, type Child } from './dom.ts';
import { extensionAddress } from './links.ts';
import { mark } from './rows.ts';
import { API } from './site.ts';
import { formatSize } from './sizes.ts';
import { renderTable } from './tables.ts';
import { timeElement } from './times.ts';

/*
 * The versions of an extension, and the files of one version.
 */

/** Versions that are shown before somebody asks for all. */
const FEW = 15;

export interface VersionsOptions {
  id: string;
  /** The version that the page is about. */
  shown: string;
  /** The one that the registry shows where nobody asks for another. */
  latest: string;
  /** Versions whose files were replaced at a source. */
  mutated: ReadonlySet<string>;
}

export function renderVersions(versions: readonly VersionEntry[], options: VersionsOptions): HTMLElement {
  const place = h('div');
  const show = (entries: readonly VersionEntry[]): void => {
    const columns = [
      { title: 'Version' },
      { title: 'Published' },
      { title: 'Size', kind: 'number' as const },
      { title: 'Digest' },
      { title: 'Sources', kind: 'minor' as const },
    ];
    const table = renderTable(
      'Versions',
      columns,
      entries.map((entry) => cellsOf(entry, options)),
    );
    const rest = versions.length - entries.length;
    const all = h('button', { type: 'button', class: 'button', onclick: showAll }, `Show all ${versions.length}`);
    fill(place, table, rest > 0 && h('p', { class: 'more' }, all));
  };
  const showAll = (): void => {
    show(versions);
    // Its button is gone; who pressed it goes on where the new ones begin.
    place.querySelectorAll<HTMLElement>('a.version')[FEW]?.focus();
  };
  show(versions.slice(0, FEW));
  return place;
}

function cellsOf(entry: VersionEntry, { id, shown, latest, mutated }: VersionsOptions): Child[] {
  const { version, published_at: published, size, checksum, sources } = entry;
  const current = version === shown ? 'page' : undefined;
  const link = h('a', { href: extensionAddress(id, version), 'aria-current': current, class: 'version' }, version);
  return [
    h(
      'span',
      { class: 'version-cell' },
      link,
      version === latest && mark('latest', 'good'),
      ...marksOfVersion(entry, mutated),
    ),
    timeElement(published),
    size === undefined ? undefined : formatSize(size),
    checksum === undefined ? h('span', { class: 'soft' }, 'none') : digestElement(checksum, `the digest of ${version}`),
    foreign(sources.join(', ')),
  ];
}

export function marksOfVersion(
  { version, prerelease, yanked, deprecated }: VersionEntry,
  mutated: ReadonlySet<string>,
): Child[] {
  return [
    prerelease && mark('prerelease'),
    yanked && mark('yanked', 'bad', yanked.reason),
    deprecated && mark('deprecated', 'warn', deprecated.message),
    mutated.has(version) && mark('mutated', 'bad', 'A source has other bytes under this version now'),
  ];
}

/** Its beginning, and all of it to copy. */
export function digestElement(digest: string, label: string): HTMLElement {
  return h(
    'span',
    { class: 'digest' },
    h('code', { title: digest }, digest.slice(0, 'sha256:'.length + 12)),
    copyButton(digest, label),
  );
}

export function renderFiles(assets: readonly AssetEntry[], pointer: Pick<Pointer, 'downloads'>): HTMLElement {
  const hasPlatforms = assets.some(({ platform }) => platform !== undefined);
  const columns = [
    { title: 'File' },
    ...(hasPlatforms ? [{ title: 'Platform' }] : []),
    { title: 'Size', kind: 'number' as const },
    { title: 'Digest' },
  ];
  const cells = ({ name, platform = '', size, digest, primary, download_url: url }: AssetEntry): Child[] => {
    const link = h(
      'a',
      { href: downloadAddress(url, pointer, API).href, class: 'file', download: true },
      foreign(name),
    );
    return [
      h('span', { class: 'version-cell' }, link, primary && mark('primary')),
      ...(hasPlatforms ? [foreign(platform)] : []),
      formatSize(size),
      digest === undefined ? h('span', { class: 'soft' }, 'none yet') : digestElement(digest, `the digest of ${name}`),
    ];
  };
  return renderTable('Files', columns, assets.map(cells));
}
