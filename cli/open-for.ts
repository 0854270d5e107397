import type { ProxyFor } from '../indexer/http/forward-proxies.ts';
import { RegistryError } from '../indexer/model/errors.ts';
import { openRegistry } from './registry/open-registry.ts';
import type { Registry, RequestEvent } from './registry/registry.ts';
import type { Settings } from './settings.ts';

export interface Surroundings {
  /** Undefined where the environment names no forward proxy. */
  proxyFor: ProxyFor | undefined;
  note: (text: string) => void;
  now: () => number;
  random: () => number;
}

const FORWARD_PROXY = /^(?:https?|all)_proxy$/i;

/** The forward proxies that the environment names; undefined where it names none. @throws RegistryError `config` */
export async function forwardProxiesOf(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ProxyFor | undefined> {
  // Seldom is there one, and what understands them takes a while to load.
  if (!Object.entries(env).some(([name, value]) => FORWARD_PROXY.test(name) && value?.trim())) return undefined;
  const { proxiesFromEnvironment } = await import('../indexer/http/forward-proxies.ts');
  return proxiesFromEnvironment(env);
}

/** The registry that the settings name. @throws RegistryError `usage` where they name none */
export function openFor(settings: Settings, { proxyFor, note, now, random }: Surroundings): Registry {
  const { sites, proxy, credential, cacheFolder, offline, verbose } = settings;
  if (sites.length === 0) {
    throw new RegistryError(
      'usage',
      "Name the registry's site: --site URL, `site` in extensions.toml, or EXTENSION_REGISTRY_URL; it is the URL or folder of its v1.",
    );
  }
  return openRegistry({
    sites,
    ...(proxy !== undefined && { proxy }),
    ...(credential !== undefined && { credential }),
    cacheFolder,
    offline,
    now,
    random,
    ...(proxyFor && { network: { proxyFor } }),
    ...(verbose && { onRequest: (event) => note(renderRequest(event)) }),
  });
}

function renderRequest({ method, url, status, durationMs, fromCache, error }: RequestEvent): string {
  const result = fromCache ? 'from the cache' : (error ?? String(status ?? 'read'));
  return `${method} ${url}: ${result} (${Math.round(durationMs)} ms)`;
}
