import { digestOf } from '../../indexer/model/digest.ts';
import type { World } from './world.ts';

/** The digest without its algorithm, as sidecars write it. */
export const sha256Of = (content: string): string => digestOf(content).slice('sha256:'.length);
export const computed = (content: string): string => `computed ${digestOf(content)}`;
export const claimed = (content: string): string => `sidecar ${digestOf(content)}`;

/** Version -> origin and digest of its primary asset; undefined while it has none. */
export async function digestsIn(world: World, id = 'provider/aws'): Promise<Record<string, string | undefined>> {
  const entries = (await world.versions(id)).map(({ version, assets }) => {
    const primary = assets.find((each) => each.primary);
    return [version, primary?.digest && `${primary.digest_origin} ${primary.digest}`] as const;
  });
  return Object.fromEntries(entries);
}
