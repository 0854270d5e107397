/*
 * Which extension an address means: `id=type/name`, or `id=type/name@version`. PURE.
 */

export interface Identity {
  type: string;
  name: string;
  /** Undefined: the one that the registry shows. */
  version?: string;
}

/** As the indexer accepts names: what is not one is not looked up. */
const SEGMENT = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/;
const VERSION = /^[0-9A-Za-z.+-]{1,256}$/;
const MAX_SEGMENT = 100;

export function parseIdentity(search: string): Identity | undefined {
  const text = new URLSearchParams(search).get('id') ?? '';
  const [id = '', version, ...none] = text.split('@');
  const [type = '', name = '', ...deeper] = id.split('/');
  if (none.length > 0 || deeper.length > 0 || ![type, name].every(isSegment)) return undefined;
  if (version === undefined || version === '') return { type, name };
  // `+` in the query of an address is a space to whoever reads it as a form.
  const exact = version.replaceAll(' ', '+');
  return VERSION.test(exact) ? { type, name, version: exact } : undefined;
}

function isSegment(text: string): boolean {
  return text.length <= MAX_SEGMENT && SEGMENT.test(text);
}
