import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEPLOY } from './web-servers.ts';

export const UNITS = join(DEPLOY, 'systemd');

/** The values of a key of a unit, without those that systemd itself would put in. */
export async function valuesOf(unit: string, key: string): Promise<string[]> {
  const text = await readFile(join(UNITS, unit), 'utf8');
  return [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value);
}
