import { RegistryError } from '../indexer/model/errors.ts';
import { openRegistry } from './registry/open-registry.ts';
import type { Registry, RequestEvent } from './registry/registry.ts';
import type { Settings } from './settings.ts';

export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  note: (text: string) => void;
  now: () => number;
  random: () => number;
}

const FORWARD_PROXY = /^(?:https?|all)_proxy$/i;

/** The registry that the settings name. @throws RegistryError `usage` where they name none */
export async function openFor(settings: Settings, { env, note, now, random }: Surroundings): Promise<Registry> {
  const { sites, proxy, credential, cacheFolder, offline, verbose } = settings;
  if (sites.length === 0) {
    throw new RegistryError(
      'usage',
      "Name the registry's site: --site URL, `site` in extensions.toml, or EXTENSION_REGISTRY_URL; it is the URL or folder of its v1.",
    );
  }
  // Seldom is there one, and what understands them takes a while to load.
  const { proxiesFromEnvironment } = Object.keys(env).some((name) => FORWARD_PROXY.test(name))
    ? await import('../indexer/http/forward-proxies.ts')
    : { proxiesFromEnvironment: undefined };
  return openRegistry({
    sites,
    ...(proxy !== undefined && { proxy }),
    ...(credential !== undefined && { credential }),
    cacheFolder,
    offline,
    now,
    random,
    ...(proxiesFromEnvironment && { network: { proxyFor: proxiesFromEnvironment(env) } }),
    ...(verbose && { onRequest: (event) => note(renderRequest(event)) }),
  });
}

function renderRequest({ method, url, status, durationMs, fromCache, error }: RequestEvent): string {
  const result = fromCache ? 'from the cache' : (error ?? String(status ?? 'no answer'));
  return `${method} ${url}: ${result} (${Math.round(durationMs)} ms)`;
}
