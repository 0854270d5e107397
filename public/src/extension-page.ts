import type { ExtensionDocument, NotesEntry, Pointer, VersionEntry } from '../../indexer/model/documents.ts';
import { fill, find, h } from './dom.ts';
import { renderExtension, type ExtensionView } from './extension-view.ts';
import { parseIdentity, type Identity } from './identity.ts';
import { extensionAddress, listAddress } from './links.ts';
import { LoadError } from './load.ts';
import { notesSection } from './notes-section.ts';
import { causeOf, showSources, startShell } from './shell.ts';
import { startSuggestions } from './suggestions.ts';
import { loadDocument } from './site.ts';
import { emptyState, faultState } from './states.ts';

/*
 * `extension.html?id=type/name[@version]`.
 */

const identity = parseIdentity(location.search);
const main = find('#main');
let shown: ExtensionView | undefined;

const shell = startShell({
  shortcuts: [{ key: 'y', does: 'Pin the address to this version', act: pin }],
});

startSuggestions(shell);

async function load(wanted: Identity, pointer: Promise<Pointer>): Promise<void> {
  const path = `extensions/${wanted.type}/${wanted.name}`;
  try {
    const [extension, versions, notes, read] = await Promise.all([
      loadDocument<ExtensionDocument>(path),
      loadDocument<VersionEntry[]>(`${path}/versions`),
      loadDocument<NotesEntry[]>(`${path}/notes`),
      pointer,
    ]);
    showSources(
      {
        'This extension as JSON': path,
        Versions: `${path}/versions`,
        'Release notes': `${path}/notes`,
        [`New versions of type ${wanted.type} (Atom)`]: `feeds/by-type/${wanted.type}.xml`,
      },
      read,
    );
    const entry = versions.find(({ version }) => version === (wanted.version ?? extension.version));
    if (entry === undefined) return showUnknownVersion(wanted, versions);
    shown = { extension, versions, entry, notes, pointer: read };
    document.title = `${wanted.type}/${wanted.name} ${entry.version} · Extension registry`;
    fill(main, ...renderExtension(shown, notesSection(notes, entry.version)));
  } catch (fault) {
    const error = await causeOf(fault, pointer);
    if (isUnlisted(error)) showUnknown(wanted);
    else
      fill(
        main,
        faultState(error, () => void load(wanted, shell.readPointer())),
      );
  }
  main.removeAttribute('aria-busy');
}

/** Whether the registry is there and the extension is not. */
function isUnlisted(error: unknown): boolean {
  return (
    error instanceof LoadError && error.failure.fault === 'missing' && error.failure.path.startsWith('extensions/')
  );
}

function showUnknown({ type, name }: Identity): void {
  document.title = 'Not found · Extension registry';
  const similar = h('a', { class: 'button', href: listAddress({ text: name }) }, `Search for “${name}”`);
  fill(
    main,
    emptyState(
      { title: `There is no extension ${type}/${name}`, heading: 'h1' },
      h(
        'p',
        {},
        'It may have been renamed, or is not released yet. The ',
        h('a', { href: 'status.html' }, 'status'),
        ' tells what was found and not listed.',
      ),
      h('p', {}, similar),
    ),
  );
}

function showUnknownVersion({ type, name, version = '' }: Identity, versions: readonly VersionEntry[]): void {
  const id = `${type}/${name}`;
  document.title = `${id} · Extension registry`;
  const newest = versions
    .slice(0, 8)
    .map((each) => h('li', {}, h('a', { class: 'version', href: extensionAddress(id, each.version) }, each.version)));
  fill(
    main,
    emptyState(
      { title: `${id} has no version ${version}`, heading: 'h1' },
      h('p', {}, 'These it has:'),
      h('ul', { class: 'inline' }, ...newest),
      h('p', {}, h('a', { class: 'button', href: extensionAddress(id) }, 'The latest version')),
    ),
  );
  main.removeAttribute('aria-busy');
}

/** From whatever is the latest to this very version, so that the address means the same tomorrow. */
function pin(): void {
  if (shown === undefined) return;
  const { extension, entry } = shown;
  history.replaceState(null, '', extensionAddress(`${extension.type}/${extension.name}`, entry.version));
}

if (identity === undefined) {
  main.removeAttribute('aria-busy');
  fill(
    main,
    emptyState(
      { title: 'Which extension?', heading: 'h1' },
      h(
        'p',
        {},
        'The address names none. It ends in ',
        h('code', {}, '?id=type/name'),
        ', or in ',
        h('code', {}, '?id=type/name@version'),
        '.',
      ),
      h('p', {}, h('a', { class: 'button', href: 'index.html' }, 'The catalogue')),
    ),
  );
} else {
  void load(identity, shell.pointer());
}
