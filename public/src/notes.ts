import type { MarkedToken, Token, Tokens } from 'marked';
import { foreignLink, h, type Child } from './dom.ts';

/*
 * Markdown's tokens as nodes. What a publisher wrote as HTML stays text, an image becomes a link to it, and a link leads
 * to a page or is text.
 */

/** Deeper is text: nobody reads it, and a hostile one is as deep as it is long. */
const MAX_DEPTH = 12;
/** The page's own headings are two levels above. */
const HEADINGS = ['h3', 'h4', 'h5', 'h6'] as const;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

export function renderNotes(tokens: readonly Token[], depth = 0): Child[] {
  if (depth > MAX_DEPTH) return tokens.map(({ raw }) => raw);
  return tokens.map((token) => renderToken(token as MarkedToken, depth + 1));
}

function renderToken(token: MarkedToken, depth: number): Child {
  const inside = (): Child[] =>
    'tokens' in token && token.tokens ? renderNotes(token.tokens, depth) : [decoded(textOf(token))];
  switch (token.type) {
    case 'heading':
      return h(HEADINGS[Math.min(token.depth, HEADINGS.length) - 1] ?? 'h6', {}, ...inside());
    case 'paragraph':
      return h('p', { dir: 'auto' }, ...inside());
    case 'blockquote':
      return h('blockquote', {}, ...inside());
    case 'strong':
      return h('strong', {}, ...inside());
    case 'em':
      return h('em', {}, ...inside());
    case 'del':
      return h('del', {}, ...inside());
    case 'code':
      return h('pre', { tabindex: 0 }, h('code', {}, token.text));
    case 'codespan':
      return h('code', {}, token.text);
    case 'link':
      return linkOf(token, inside());
    case 'image':
      return foreignLink(decoded(token.href), `Image: ${decoded(token.text === '' ? token.href : token.text)}`);
    case 'list':
      return listOf(token, depth);
    case 'table':
      return tableOf(token, depth);
    case 'hr':
      return h('hr');
    case 'br':
      return h('br');
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'space':
    case 'def':
      return undefined;
    case 'html':
      return htmlOf(token.raw);
    case 'text':
    case 'escape':
    case 'list_item':
      return h('span', {}, ...inside());
    default:
      return (token satisfies never as Token).raw;
  }
}

function textOf(token: MarkedToken): string {
  return 'text' in token ? token.text : token.raw;
}

function linkOf({ href }: Tokens.Link, children: readonly Child[]): Child {
  const link = foreignLink(decoded(href));
  link.replaceChildren();
  link.append(
    ...children
      .filter((each) => each !== undefined && each !== false)
      .map((each) => (typeof each === 'number' ? String(each) : each)),
  );
  // A badge that leads somewhere is an image in a link, and no link is in another.
  for (const inner of link.querySelectorAll('a')) inner.replaceWith(...inner.childNodes);
  return link;
}

function listOf({ ordered, start, items }: Tokens.List, depth: number): Child {
  const lines = items.map(({ tokens }) => h('li', { dir: 'auto' }, ...renderNotes(tokens, depth)));
  return ordered
    ? h('ol', { start: start === '' || start === 1 ? undefined : start }, ...lines)
    : h('ul', {}, ...lines);
}

function tableOf({ header, rows }: Tokens.Table, depth: number): Child {
  const cells = (tag: 'th' | 'td', line: readonly Tokens.TableCell[]): Child =>
    h('tr', {}, ...line.map((cell) => h(tag, {}, ...renderNotes(cell.tokens, depth))));
  const body = rows.map((row) => cells('td', row));
  const table = h('table', {}, h('thead', {}, cells('th', header)), h('tbody', {}, ...body));
  return h('div', { class: 'scroller', tabindex: 0, role: 'group', 'aria-label': 'Table' }, table);
}

/** Comments are for those who edit, a break is one; any other tag is shown as it was written. */
function htmlOf(raw: string): Child {
  if (/^\s*<!--[\s\S]*-->\s*$/.test(raw)) return undefined;
  if (/^<br\s*\/?>$/i.test(raw.trim())) return h('br');
  return raw;
}

/** The entities that Markdown leaves as they are; unknown ones stay text. */
function decoded(text: string): string {
  return text.replaceAll(/&(#\d{1,7}|#x[\da-f]{1,6}|\w{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return Object.hasOwn(ENTITIES, name) ? (ENTITIES[name] ?? whole) : whole;
    const point = Number(`0${name.slice(1)}`);
    return point > 31 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
