import { childText, elementsOf, parseXml, textOf, type XmlElement } from './xml.ts';

/*
 * What RFC 4287 demands and what the W3C's feed validator reports beyond it, of the parts of Atom that we use. The validator
 * itself is not to be had as a package.
 */

const ATOM = 'http://www.w3.org/2005/Atom';
/** Element -> what may be in it, and how often: exactly once, at most once, at least once, any number. */
const FEED = { id: '1', title: '1', updated: '1', author: '1', link: '+', entry: '*' } as const;
const ENTRY = { id: '1', title: '1', updated: '1', author: '?', category: '+', link: '+', summary: '1' } as const;
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  link: ['rel', 'type', 'href'],
  category: ['term'],
};
const OFTEN: Readonly<Record<string, (count: number) => boolean>> = {
  '1': (count) => count === 1,
  '?': (count) => count <= 1,
  '+': (count) => count >= 1,
  '*': () => true,
};
/** RFC 4122, section 3: lower case, which is the canonical form of an id (RFC 4287, section 4.2.6.1). */
const UUID = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const MEDIA_TYPE = /^[a-z]+\/[a-z+]+$/;
const RELATIONS = ['alternate', 'related', 'self'];

/** One sentence for each rule that a feed breaks. */
export function atomFaults(text: string): string[] {
  if (!text.startsWith('<?xml version="1.0" encoding="utf-8"?>\n')) return ['The feed says no encoding.'];
  let feed: XmlElement;
  try {
    feed = parseXml(text);
  } catch (error) {
    return [`The feed is no XML: ${String(error)}.`];
  }
  if (feed.name !== 'feed') return [`The root is ${feed.name}.`];
  const entries = elementsOf(feed, 'entry');
  const ids = entries.map((each) => childText(each, 'id'));
  const names = elementsOf(feed).map((each) => each.name);
  const newest = entries
    .map((each) => childText(each, 'updated'))
    .toSorted()
    .at(-1);
  return [
    ...everyElement(feed).flatMap(faultsOfElement),
    ...faultsOfChildren(feed, FEED),
    ...entries.flatMap((each) => faultsOfChildren(each, ENTRY)),
    ...(new Set(ids).size === ids.length ? [] : ['Two entries have one id.']),
    ...(names.slice(names.indexOf('entry')).some((each) => each !== 'entry') && entries.length > 0
      ? ['There is metadata after an entry.']
      : []),
    ...(newest !== undefined && newest !== childText(feed, 'updated')
      ? ['The feed is not as new as its entries.']
      : []),
    ...[feed, ...entries].flatMap(faultsOfLinks),
    ...(linksOf(feed, 'self').length === 1 ? [] : ['The feed does not name itself once.']),
    ...entries.filter((each) => linksOf(each, 'alternate').length !== 1).map(() => 'An entry has no one alternate.'),
  ];
}

function everyElement(element: XmlElement): XmlElement[] {
  return [element, ...elementsOf(element).flatMap(everyElement)];
}

function faultsOfElement(element: XmlElement): string[] {
  const { name, namespace, attributes } = element;
  const text = textOf(element);
  const known = ATTRIBUTES[name] ?? [];
  const isText = ['id', 'title', 'updated', 'name', 'summary'].includes(name);
  return [
    ...(namespace === ATOM ? [] : [`${name} is not in the namespace of Atom.`]),
    ...Object.keys(attributes)
      .filter((each) => !known.includes(each))
      .map((each) => `${name} has an attribute ${each}.`),
    ...(isText && text.trim() === '' ? [`${name} is blank.`] : []),
    ...(isText && elementsOf(element).length > 0 ? [`${name} has elements in it.`] : []),
    ...(name === 'id' && !UUID.test(text) ? [`The id ${text} is no canonical URN of a UUID.`] : []),
    ...(name === 'updated' && (!DATE.test(text) || Number.isNaN(Date.parse(text))) ? [`${text} is no date.`] : []),
    ...(name === 'author' && elementsOf(element, 'name').length !== 1 ? ['An author has no one name.'] : []),
    ...(name === 'category' && (attributes['term'] ?? '') === '' ? ['A category has no term.'] : []),
    ...(['link', 'category'].includes(name) && element.children.length > 0 ? [`${name} is not empty.`] : []),
  ];
}

function faultsOfChildren(parent: XmlElement, allowed: Readonly<Record<string, string>>): string[] {
  const counts = new Map(Object.keys(allowed).map((name) => [name, elementsOf(parent, name).length]));
  return [
    ...elementsOf(parent)
      .filter((each) => !(each.name in allowed))
      .map((each) => `${parent.name} has an element ${each.name}.`),
    ...[...counts]
      .filter(([name, count]) => OFTEN[allowed[name] ?? '']?.(count) !== true)
      .map(([name, count]) => `${parent.name} has ${count} of ${name}.`),
  ];
}

function linksOf(parent: XmlElement, rel: string): XmlElement[] {
  return elementsOf(parent, 'link').filter((each) => each.attributes['rel'] === rel);
}

function faultsOfLinks(parent: XmlElement): string[] {
  return elementsOf(parent, 'link').flatMap(({ attributes: { rel = '', type = '', href = '' } }) => [
    ...(RELATIONS.includes(rel) ? [] : [`A link has the relation ${rel}.`]),
    ...(MEDIA_TYPE.test(type) ? [] : [`A link has the type ${type}.`]),
    ...(isReference(href) ? [] : [`${href} is no address that a feed may refer to.`]),
  ]);
}

/** Relative, or http and https, of the characters of RFC 3986 only. */
export function isReference(href: string): boolean {
  const url = URL.parse(href, 'https://base.invalid/a/b/c/d/e');
  return /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/.test(href) && url !== null && /^https?:$/.test(url.protocol);
}
