import { isIP } from 'node:net';
import { isNameSegment } from '../model/extension.ts';
import { isObjectPlace, parseObjectPlace } from '../model/object-store.ts';
import { isUrl, parseBase, parseHttpUrl, parseOrigin, parseRegistry, parseWebhook } from './address.ts';
import { isRegion } from './object-store.ts';

/** OCI distribution specification, "Pulling manifests": `<name>`. */
const OCI_NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const MAX_OCI_NAME = 255;

/** What a string of the configuration must be, beyond being a string: the `format`s of the schema. */
export const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  'listen-host': (text) => isIP(text) !== 0 || /^(?!-)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/.test(text),
  'name-segment': isNameSegment,
  'owned-names': (text) => text.length <= 200 && /^[a-z0-9._*-]+\/[a-z0-9._*-]+$/.test(text),
  'gitea-ending': (text) => /^[A-Za-z0-9._-]{1,100}$/.test(text),
  'oci-ending': (text) => /^[a-z0-9._-]{0,99}[a-z0-9]$/.test(text),
  organization: (text) => /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/.test(text),
  'oci-name': isOciName,
  'oci-namespace': (text) => text === '' || isOciName(trimSlashes(text)),
  // RFC 7617, section 2: a colon ends the user-id.
  'user-id': (text) => /^[^:\p{Cc}]{1,200}$/u.test(text),
  'annotation-key': (text) => /^[\x21-\x7e]{1,255}$/.test(text),
  'base-url': accepts(parseBase),
  'webhook-url': accepts(parseWebhook),
  registry: accepts(parseRegistry),
  origin: accepts(parseOrigin),
  'cors-origin': (text) => text === '*' || accepts(parseOrigin)(text),
  path: isPath,
  place: isPlace,
  'site-place': (text) => isPlace(text) && !/^file:/i.test(text),
  'bucket-place': accepts(parseObjectPlace),
  region: isRegion,
};

/** Formats of keys that may come to hold a secret: a user in a URL, a token in the place of its file's path. */
export const PRIVATE_FORMATS: ReadonlySet<string> = new Set([
  'base-url',
  'webhook-url',
  'registry',
  'origin',
  'cors-origin',
  'path',
  'place',
  'site-place',
  'bucket-place',
  'user-id',
]);

export function trimSlashes(text: string): string {
  return text.replaceAll(/^\/+|\/+$/g, '');
}

function isOciName(text: string): boolean {
  return text.length <= MAX_OCI_NAME && OCI_NAME.test(text);
}

function isPath(text: string): boolean {
  return /^\P{Cc}+$/u.test(text);
}

function isPlace(text: string): boolean {
  if (isObjectPlace(text)) return accepts(parseObjectPlace)(text);
  return /^https?:/i.test(text) ? accepts(parseHttpUrl)(text) : isPath(text) && isReadable(text);
}

function isReadable(place: string): boolean {
  return !isUrl(place) || URL.canParse(place);
}

function accepts(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch {
      return false;
    }
  };
}
