import { RegistryError } from '../../indexer/model/errors.ts';
import type { ExtensionId } from '../../indexer/model/extension.ts';
import { extensionPath } from '../../indexer/site/layout.ts';
import { parseBase } from './connections.ts';

/*
 * Where downloads come from. PURE. A site names each download by the path that its proxy has for it, or by that of the
 * proxy which its publisher knew; which proxy is asked is decided here, and the path is put below that one.
 */

const API = 'api/v1/';

export interface ProxySources {
  /** From the caller. */
  proxy?: string | undefined;
  /** From the pointer. */
  downloads?: string | undefined;
  /** The site's `v1`, where it is read from a server. */
  site?: URL | undefined;
}

/** The base that `api/v1/` is below; undefined where nobody names a proxy. @throws RegistryError `config` */
export function proxyBaseOf({ proxy, downloads, site }: ProxySources): URL | undefined {
  const text = proxy ?? downloads ?? site?.href;
  if (text === undefined) return undefined;
  const base = parseBase(text, proxy === undefined ? "The site's proxy" : 'The proxy');
  if (base.pathname.endsWith(`/${API}`)) base.pathname = base.pathname.slice(0, -API.length);
  // A site that lies elsewhere on its server says nothing of where the proxy is but the origin.
  else if (proxy === undefined && downloads === undefined) base.pathname = '/';
  return base;
}

/** @throws RegistryError `invalid_site` for a URL that is not about this extension */
export function downloadUrlOf(base: URL, downloadUrl: string, id: ExtensionId): URL {
  const path = URL.parse(downloadUrl, base)?.pathname ?? '';
  const below = `${API}${extensionPath(id)}/`;
  const at = path.indexOf(`/${below}`);
  const url = at < 0 ? null : URL.parse(path.slice(at + 1), base);
  if (url?.href.startsWith(`${base.href}${below}`)) return url;
  throw new RegistryError(
    'invalid_site',
    `The site's download URL of ${id} is not one of that extension; tell who runs the registry.`,
  );
}
