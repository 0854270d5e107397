import { SaxesParser } from 'saxes';

/** An element as a strict parser with namespaces reads it. */
export interface XmlElement {
  name: string;
  namespace: string;
  attributes: Record<string, string>;
  children: (XmlElement | string)[];
}

/** @throws Error for what is no well-formed XML 1.0 with namespaces */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const root: XmlElement = { name: '', namespace: '', attributes: {}, children: [] };
  const open = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ local, uri, attributes }) => {
    const named = Object.entries(attributes).filter(([name]) => !name.startsWith('xmlns'));
    const element: XmlElement = {
      name: local,
      namespace: uri,
      attributes: Object.fromEntries(named.map(([name, { value }]) => [name, value])),
      children: [],
    };
    open.at(-1)!.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', (content) => void open.at(-1)!.children.push(content));
  parser.write(text).close();
  return elementsOf(root)[0]!;
}

export function elementsOf({ children }: XmlElement, name?: string): XmlElement[] {
  const elements = children.filter((each) => typeof each !== 'string');
  return name === undefined ? elements : elements.filter((each) => each.name === name);
}

export function textOf({ children }: XmlElement): string {
  return children.map((each) => (typeof each === 'string' ? each : textOf(each))).join('');
}

/** The text of the only child of this name. */
export function childText(element: XmlElement, name: string): string {
  const [child] = elementsOf(element, name);
  return child === undefined ? '' : textOf(child);
}
