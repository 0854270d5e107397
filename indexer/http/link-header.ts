const LINK = /<([^<>]*)>((?:\s*;\s*[^\s=;,"]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/g;
const PARAMETER = /;\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?/g;

/**
 * The target of `rel="next"` in a Link field (RFC 8288, section 3), or undefined without one.
 * The target is text of the other side's: resolve it with `onBase` before use.
 */
export function parseNextLink(field: string | string[] | undefined): string | undefined {
  const text = Array.isArray(field) ? field.join(', ') : (field ?? '');
  for (const [, target, parameters = ''] of text.matchAll(LINK)) {
    // Only the first `rel` counts (section 3.3); parameters are read one by one, for a title may hold anything.
    const relation = [...parameters.matchAll(PARAMETER)].find(([, name]) => name?.toLowerCase() === 'rel');
    const relations = (relation?.[2] ?? relation?.[3] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return target;
  }
  return undefined;
}

/**
 * A link's path and query on the configured base: Gitea writes its links on ROOT_URL, which need not be the host that
 * we were told to ask, and no answer may send us to another.
 * @param asked what the answer with the link was asked for; a relative link starts from there
 * @returns undefined for text that is no URL
 */
export function onBase(asked: URL, link: string): URL | undefined {
  const parsed = URL.parse(link, asked);
  if (parsed === null) return undefined;
  const url = new URL(asked.origin);
  // Set, not parsed once more: a path that begins with two slashes would then name another host.
  url.pathname = parsed.pathname;
  url.search = parsed.search;
  return url;
}
