import { RegistryError } from '../../indexer/model/errors.ts';
import { isNameSegment, nameOf, type ExtensionId } from '../../indexer/model/extension.ts';

/** Which extensions a machine takes at all. */
export interface Admission {
  /** Names or `type/name`; undefined for all. */
  allowed?: readonly string[];
  /** Names or `type/name`; goes before what is allowed. */
  blocked: readonly string[];
}

const ALLOWED = 'PROVISIONING_ALLOWED_EXTENSIONS';
const BLOCKED = 'PROVISIONING_BLOCKED_EXTENSIONS';

/**
 * The lists of an environment: names or `type/name` with commas between them; an empty one is none.
 * @throws RegistryError `config`: an entry that is misspelt would let through what it should keep out
 */
export function parseAdmission(env: Readonly<Record<string, string | undefined>>): Admission {
  const allowed = parseList(ALLOWED, env[ALLOWED]);
  return { ...(allowed.length > 0 && { allowed }), blocked: parseList(BLOCKED, env[BLOCKED]) };
}

/** @throws RegistryError `refused` that names the list */
export function requireAdmitted(id: ExtensionId, { allowed, blocked }: Admission): void {
  const isNamed = (list: readonly string[]): boolean => list.includes(id) || list.includes(nameOf(id));
  if (isNamed(blocked)) {
    throw new RegistryError('refused', `${id} is blocked by ${BLOCKED}; take it off that list to install it.`);
  }
  if (allowed !== undefined && !isNamed(allowed)) {
    throw new RegistryError('refused', `${id} is not in ${ALLOWED}; add it to that list to install it.`);
  }
}

function parseList(variable: string, text = ''): string[] {
  const entries = text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
  for (const entry of entries) {
    const parts = entry.split('/');
    if (parts.length > 2 || !parts.every(isNameSegment)) {
      throw new RegistryError(
        'config',
        `${variable} names ${JSON.stringify(entry.slice(0, 200))}, which no extension is called; write name or type/name.`,
      );
    }
  }
  return entries;
}
