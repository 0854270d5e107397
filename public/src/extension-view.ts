import type { ExtensionDocument, NotesEntry, Pointer, VersionEntry } from '../../indexer/model/documents.ts';
import { commandsFor, downloadAddress, type Command } from './commands.ts';
import { copyButton } from './copy-button.ts';
import { foreign, foreignLink, h, type Child } from './dom.ts';
import { ALERT, icon } from './icons.ts';
import { extensionAddress, listAddress } from './links.ts';
import { renderProblem, problemTitle } from './problems.ts';
import { renderChart } from './release-chart.ts';
import { API } from './site.ts';
import { formatSize } from './sizes.ts';
import { timeElement } from './times.ts';
import { digestElement, marksOfVersion, renderFiles, renderVersions } from './versions-view.ts';

/*
 * One version of one extension, and what there is beside it.
 */

export interface ExtensionView {
  extension: ExtensionDocument;
  versions: readonly VersionEntry[];
  /** The one that the page is about. */
  entry: VersionEntry;
  notes: readonly NotesEntry[];
  pointer: Pointer;
}

export function renderExtension(view: ExtensionView, notes: HTMLElement): Child[] {
  const { extension, versions, entry, pointer } = view;
  const id = `${extension.type}/${extension.name}`;
  const mutated = mutatedVersions(extension);
  const commands = commandsOf(view);
  return [
    renderHead(view, mutated),
    h(
      'div',
      { class: 'columns' },
      h(
        'div',
        { class: 'body' },
        section(
          'Install',
          ...(commands.length > 0 ? commands.map(renderCommand) : [h('p', { class: 'soft' }, nothingToInstall(entry))]),
        ),
        notes,
        section('Versions', renderVersions(versions, { id, shown: entry.version, latest: extension.version, mutated })),
        entry.assets.length > 0 && section(`Files of ${entry.version}`, renderFiles(entry.assets, pointer)),
        renderProblems(extension),
      ),
      h(
        'aside',
        { class: 'facts', 'aria-label': 'Facts' },
        renderFacts(view),
        renderChart(versions, entry.version, Date.now()),
      ),
    ),
  ];
}

/** A problem's subject is `type/name@version` where it is about one. */
function mutatedVersions({ problems = [] }: ExtensionDocument): Set<string> {
  return new Set(
    problems.filter(({ code }) => code === 'mutated').flatMap(({ subject }) => subject.split('@').slice(1)),
  );
}

function renderHead({ extension, entry }: ExtensionView, mutated: ReadonlySet<string>): HTMLElement {
  const { type, name, description, archived } = extension;
  return h(
    'div',
    { class: 'lead' },
    h(
      'p',
      { class: 'crumbs' },
      h('a', { href: 'index.html' }, 'Catalogue'),
      ' / ',
      h('a', { href: listAddress({ type: [type] }) }, type),
    ),
    h(
      'div',
      { class: 'title' },
      h('h1', {}, h('span', { class: 'type' }, `${type}/`), name),
      h('span', { class: 'version' }, entry.version),
      ...marksOfVersion(entry, mutated),
      archived && h('span', { class: 'mark warn' }, 'archived'),
    ),
    description !== '' && h('p', { class: 'description', dir: 'auto' }, description),
    ...warningsOf(extension, entry, mutated),
  );
}

function warningsOf(extension: ExtensionDocument, entry: VersionEntry, mutated: ReadonlySet<string>): HTMLElement[] {
  const id = `${extension.type}/${extension.name}`;
  const { version, yanked, deprecated } = entry;
  const latest = h('a', { href: extensionAddress(id) }, extension.version);
  const found: HTMLElement[] = [];
  if (version !== extension.version) found.push(warning('', 'This is not the latest version: see ', latest, '.'));
  else if (extension.latest_prerelease !== undefined) {
    const ahead = h('a', { href: extensionAddress(id, extension.latest_prerelease) }, extension.latest_prerelease);
    found.push(warning('', 'There is a newer prerelease: ', ahead, '.'));
  }
  if (yanked) found.push(warning('bad', 'Yanked: ', foreign(yanked.reason)));
  if (deprecated)
    found.push(warning('warn', 'Deprecated: ', foreign(deprecated.message), ...replacementOf(deprecated.replacement)));
  if (mutated.has(version)) {
    found.push(
      warning(
        'bad',
        'A source has other bytes under this version now. The registry stands by those that it saw first.',
      ),
    );
  }
  return found;
}

function replacementOf(replacement: string | undefined): Child[] {
  return replacement === undefined
    ? []
    : [' Use ', h('a', { href: extensionAddress(replacement) }, replacement), ' instead.'];
}

function warning(tone: 'bad' | 'warn' | '', ...children: readonly Child[]): HTMLElement {
  return h('p', { class: `warning ${tone}` }, icon(ALERT), h('span', {}, ...children));
}

export function section(title: string, ...children: readonly Child[]): HTMLElement {
  return h('section', {}, h('h2', {}, title), ...children);
}

function commandsOf({ extension, entry, pointer }: ExtensionView): Command[] {
  const primary =
    entry.assets.find((each) => each.primary) ?? entry.assets.find((each) => each.download_url === entry.download_url);
  if (entry.download_url === undefined || primary === undefined) return [];
  const download = {
    id: `${extension.type}/${extension.name}`,
    version: entry.version,
    url: downloadAddress(entry.download_url, pointer, API),
    file: primary.name,
    ...(primary.digest !== undefined && { digest: primary.digest }),
  };
  return commandsFor(download, API);
}

function nothingToInstall({ assets }: VersionEntry): string {
  return assets.length === 0
    ? 'This version has no file.'
    : 'None of the files of this version stands out as the one to install: choose one below, or name it with --asset.';
}

/** Those for a terminal are there at once; a program is longer, and folded. */
function renderCommand({ title, text, folded }: Command): HTMLElement {
  const button = copyButton(text, `the command: ${title}`);
  const code = h('pre', { tabindex: 0 }, h('code', {}, text));
  if (folded) return h('details', { class: 'command' }, h('summary', {}, title), button, code);
  return h('figure', { class: 'command' }, h('figcaption', {}, h('h3', {}, title), button), code);
}

function renderFacts({ extension, entry }: ExtensionView): HTMLElement {
  const { author, license, homepage, repository, tags = [] } = extension;
  const facts: [string, Child][] = [
    ['Published', timeElement(entry.published_at)],
    ['Seen here first', timeElement(entry.first_seen)],
    ['Size', entry.size !== undefined && formatSize(entry.size)],
    ['Digest', entry.checksum !== undefined && digestElement(entry.checksum, 'the digest')],
    ['Author', author !== '' && foreign(author)],
    ['Licence', license !== undefined && foreign(license)],
    ['Sources', foreign(entry.sources.join(', '))],
    ['Repository', repository !== '' && foreignLink(repository, shortened(repository))],
    ['Homepage', homepage !== undefined && foreignLink(homepage, shortened(homepage))],
    ['Tags', tags.length > 0 && h('span', { class: 'tags' }, ...tags.map(tagLink))],
  ];
  const lines = facts.filter(([, value]) => value !== false && value !== undefined);
  return h('dl', {}, ...lines.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

function tagLink(tag: string): HTMLElement {
  return h('a', { class: 'tag', href: listAddress({ tag: [tag] }) }, foreign(tag));
}

function shortened(address: string): string {
  return address.replace(/^https?:\/\//i, '').replace(/\/$/, '');
}

function renderProblems({ problems = [] }: ExtensionDocument): HTMLElement | undefined {
  if (problems.length === 0) return undefined;
  const byCode = Map.groupBy(problems, ({ code }) => code);
  const groups = [...byCode].map(([code, all]) =>
    h(
      'div',
      { class: 'problem-group' },
      h('h3', {}, problemTitle(code)),
      h('p', { class: 'remedy' }, foreign(all[0]?.remedy ?? '')),
      h('ul', {}, ...all.map(renderProblem)),
    ),
  );
  return section('Problems', ...groups);
}
