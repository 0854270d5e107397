import { parse, type DefaultTreeAdapterTypes } from 'parse5';
import { isReference } from './atom-rules.ts';

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

/** What the plain pages are made of: nothing else is there, so nothing else has to be looked at. */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  html: ['lang'],
  head: [],
  meta: ['charset', 'http-equiv', 'content', 'name', 'property'],
  title: [],
  link: ['rel', 'href', 'type', 'title'],
  body: [],
  header: [],
  nav: ['aria-label'],
  main: [],
  h1: [],
  h2: [],
  small: [],
  section: [],
  article: ['id'],
  p: ['dir'],
  ul: [],
  li: [],
  a: ['href', 'rel'],
  strong: [],
  time: ['datetime'],
  bdi: [],
  pre: [],
  code: [],
};

export interface HtmlPage {
  elements: Element[];
  /** Of the parser: https://html.spec.whatwg.org/multipage/parsing.html#parse-errors */
  errors: string[];
}

export function parseHtml(text: string): HtmlPage {
  const errors: string[] = [];
  const document = parse(text, {
    sourceCodeLocationInfo: true,
    onParseError: ({ code, startLine }) => void errors.push(`${code} in line ${startLine}`),
  });
  return { elements: elementsBelow(document), errors };
}

function elementsBelow(node: Node): Element[] {
  const children = 'childNodes' in node ? node.childNodes : [];
  return children.flatMap((each) => ['tagName' in each ? each : [], elementsBelow(each)].flat());
}

export function attributeOf({ attrs }: Element, name: string): string | undefined {
  return attrs.find((each) => each.name === name)?.value;
}

export function contentOf(node: Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(contentOf).join('') : '';
}

/** The elements of this name. */
export function elementsOf({ elements }: HtmlPage, name: string): Element[] {
  return elements.filter((each) => each.tagName === name);
}

/** Elements that have no end (HTML standard, "void elements"). */
const VOID = new Set(['meta', 'link']);

/** A parser ends an element where it must; where it was left open, something has been cut. */
function isLeftOpen({ tagName, sourceCodeLocation }: Element): boolean {
  return !VOID.has(tagName) && sourceCodeLocation?.endTag === undefined;
}

/** One sentence for each rule that a plain page breaks. */
export function htmlFaults(text: string): string[] {
  const page = parseHtml(text);
  const ids = page.elements.flatMap((each) => attributeOf(each, 'id') ?? []);
  const hrefs = page.elements.flatMap((each) => attributeOf(each, 'href') ?? []);
  const once = ['title', 'h1', 'main'].filter((name) => elementsOf(page, name).length !== 1);
  return [
    ...page.errors,
    ...page.elements.filter(isLeftOpen).map(({ tagName }) => `${tagName} is left open.`),
    ...page.elements.flatMap(({ tagName, attrs }) => {
      const known = ELEMENTS[tagName];
      if (known === undefined) return [`There is an element ${tagName}.`];
      return attrs
        .filter(({ name }) => !known.includes(name))
        .map(({ name }) => `${tagName} has an attribute ${name}.`);
    }),
    ...hrefs.filter((each) => !isReference(each)).map((each) => `${each} is no address that a page may refer to.`),
    ...(new Set(ids).size === ids.length ? [] : ['Two elements have one id.']),
    ...once.map((name) => `There is not one ${name}.`),
    ...(page.elements[0] !== undefined && attributeOf(page.elements[0], 'lang') === 'en'
      ? []
      : ['No language is told.']),
  ];
}
