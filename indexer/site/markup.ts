/*
 * XML and HTML out of texts that strangers wrote. `markup` escapes all that is put into it unless it is markup already, so
 * nothing has to be remembered where a page is written; both languages understand the same five references.
 */

/** What needs no escaping any more; only `markup` makes it. */
export interface Markup {
  readonly markup: string;
}

export type Fragment = Markup | string | number | readonly Fragment[];

/**
 * What is no Char of XML 1.0 (section 2.2), lone surrogates among it; what XML and HTML both advise against, the C1 controls
 * and the noncharacters; and carriage returns, which no HTML can have.
 */
const NO_CHARACTER = /[^\t\n\u0020-\u007E\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]|\p{Noncharacter_Code_Point}/gu;
const SPECIAL = /[&<>"'\t\n]/g;
/** White space too: as itself, an attribute's would become a space. */
const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\t': '&#9;',
  '\n': '&#10;',
};
/** What most texts are, in which there is nothing to escape or to drop. */
const PLAIN = /^[\w ./:@+,;()=~!?#%-]*$/;

/** A template whose values are escaped, for the content of elements and for attributes in quotes. */
export function markup(parts: TemplateStringsArray, ...values: Fragment[]): Markup {
  let text = parts[0] ?? '';
  for (const [at, value] of values.entries()) text += textOf(value) + (parts[at + 1] ?? '');
  return { markup: text };
}

/** Text that reads back as `markupText` has it. */
export function escapeMarkup(text: string): string {
  if (PLAIN.test(text)) return text;
  return markupText(text).replaceAll(SPECIAL, (each) => REFERENCES[each] ?? each);
}

/** Text without the characters that no document may have. */
export function markupText(text: string): string {
  return text.replaceAll(NO_CHARACTER, '');
}

function textOf(value: Fragment): string {
  if (typeof value === 'string') return escapeMarkup(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map(textOf).join('');
}
