import { single, type HttpResponse } from '../http/exchange.ts';
import { RegistryError } from '../model/errors.ts';
import type { OpenedAsset, OpenOptions } from './source.ts';

type ByteRange = NonNullable<OpenOptions['range']>;

/** RFC 9110, section 14.2: single ranges only, which is all that Gitea understands. */
export function rangeHeaders(range: ByteRange | undefined): Record<string, string> {
  return range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` };
}

/** A part or, where no range was asked for or the backend knows none, the whole. */
export function assetStatuses(range: ByteRange | undefined): readonly number[] {
  return range === undefined ? [200] : [200, 206];
}

/**
 * An asset's bytes from what a backend answered.
 * @throws RegistryError `bad_answer` for another part than the one asked for: nothing after us could tell
 */
export function openedAsset(response: HttpResponse, options: OpenOptions, subject: string): OpenedAsset {
  const { status, headers, body } = response;
  const partial = status === 206;
  const { range } = options;
  const given = single(headers['content-range']) ?? '';
  if (partial && !given.startsWith(`bytes ${range?.first}-${range?.last}/`)) {
    body.destroy();
    throw new RegistryError(
      'bad_answer',
      `${subject} answers another part than the one asked for; see what is in front of it.`,
    );
  }
  const length = single(headers['content-length']);
  return { partial, body, ...(length !== undefined && { size: Number(length) }) };
}
