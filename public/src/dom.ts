/*
 * The only way in which anything gets onto a page. Texts become text nodes and values become attributes; nothing is ever
 * parsed as HTML, so what a publisher wrote stays text.
 */

type Value = string | number | boolean | undefined;
export type Child = Node | string | number | false | undefined;
/** Attributes by their names, and `on<event>` functions. `true` is an empty attribute; `false` and undefined are none. */
export type Properties<E extends Element> = Record<
  `on${string}`,
  ((event: Event & { currentTarget: E }) => void) | undefined
> &
  Record<string, Value | ((event: never) => void)>;

/** What an address may begin with; all else (`javascript:`, `data:`) is never made a link. */
const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:']);
const ADDRESSES: ReadonlySet<string> = new Set(['href', 'action']);
/** Attributes that would be code or style; none of the page's own needs them. */
const REFUSED = /^(?:on|style$|srcdoc$|src$)/i;
const SVG = 'http://www.w3.org/2000/svg';

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), properties, children);
}

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  properties: Record<string, Value> = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

function filled<E extends Element>(
  element: E,
  properties: Readonly<Record<string, Value | ((event: never) => void)>>,
  children: readonly Child[],
): E {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (isAllowed(name, value)) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...nodesOf(children));
  return element;
}

function isAllowed(name: string, value: Value): boolean {
  if (value === undefined || value === false || REFUSED.test(name)) return false;
  return !ADDRESSES.has(name) || isWebAddress(String(value));
}

function nodesOf(children: readonly Child[]): (Node | string)[] {
  return children.flatMap((child) =>
    child === undefined || child === false ? [] : [typeof child === 'number' ? String(child) : child],
  );
}

/** Whether a link may lead there: a path of this site, or a page of another over HTTP. */
export function isWebAddress(address: string): boolean {
  const url = URL.parse(address, document.baseURI);
  return url !== null && PROTOCOLS.has(url.protocol);
}

/** Puts these in the place of whatever is in the element. */
export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...nodesOf(children));
}

/**
 * Renders anew. What had the focus gets it again by its id; where that is gone, `instead` does, or the main part: who uses
 * keys goes on there and not from the top of the page.
 */
export function keepFocus(render: () => void, instead?: () => HTMLElement | undefined): void {
  const before = document.activeElement;
  render();
  if (before === null || before.isConnected || document.activeElement !== document.body) return;
  const same = before.id === '' ? null : document.getElementById(before.id);
  (same ?? instead?.() ?? find('#main')).focus({ preventScroll: true });
}

/** What the page's own HTML has. @throws Error where it has not: a fault of ours */
export function find<E extends Element = HTMLElement>(selector: string, within: ParentNode = document): E {
  const found = within.querySelector<E>(selector);
  if (found === null) throw new Error(`The page has no ${selector}.`);
  return found;
}

/** Text of a publisher: its direction is its own and does not spill over. */
export function foreign(text: string, properties: Properties<HTMLElement> = {}): HTMLElement {
  return h('bdi', properties, text);
}

/** A link where the address is one, else its text: a publisher wrote it. */
export function foreignLink(address: string, text: string = address): HTMLElement {
  if (!/^https?:\/\//i.test(address) || !isWebAddress(address)) return foreign(text);
  return h('a', { href: address, rel: 'noopener noreferrer nofollow', dir: 'auto' }, text);
}
