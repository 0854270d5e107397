/**
 * The target of `rel="next"` in a Link field (RFC 8288, section 3), or undefined without one.
 * The target is text of the other side's: resolve it with `onBase` before use.
 */
export function parseNextLink(field: string | string[] | undefined): string | undefined {
  const text = Array.isArray(field) ? field.join(', ') : (field ?? '');
  for (const match of text.matchAll(/<([^<>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]*))?)*)/g)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]*))/i.exec(match[2] ?? '');
    const relations = (relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/);
    if (relations.includes('next')) return match[1];
  }
  return undefined;
}

/**
 * A link's path and query on the configured base: Gitea writes its links on ROOT_URL, which need not be the host that
 * we were told to ask, and no answer may send us to another.
 * @returns undefined for text that is no URL
 */
export function onBase(base: URL, link: string): URL | undefined {
  const parsed = URL.parse(link, base);
  return parsed === null ? undefined : new URL(parsed.pathname + parsed.search, base.origin);
}
