import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { RegistryError } from '../model/errors.ts';
import { networkError } from './network-error.ts';

/**
 * A whole body, counted byte by byte whatever its Content-Length says.
 * @throws RegistryError `too_large` past `maxBytes`; the connection is closed then
 */
export async function readBody(body: Readable, maxBytes: number, subject: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) {
        throw new RegistryError('too_large', `${subject} answers more than the ${maxBytes} bytes that are read of it.`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw networkError(error, subject);
  } finally {
    body.destroy();
  }
  return Buffer.concat(chunks);
}

/**
 * What a whole body stands for: itself, or what it decompresses to.
 * @throws RegistryError `too_large` for more than `maxBytes` of that, `bad_answer` for what is no gzip
 */
export async function decodeBody(
  body: Buffer,
  encoding: string | string[] | undefined,
  { maxBytes, subject }: { maxBytes: number; subject: string },
): Promise<Buffer> {
  if (body.length === 0 || [encoding].flat().join().toLowerCase() !== 'gzip') return body;
  try {
    return await decompress(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RegistryError('too_large', `${subject} decompresses to more than the ${maxBytes} bytes that are read.`);
    }
    throw new RegistryError('bad_answer', `${subject} is no proper gzip; see what is in front of it.`, { cause });
  }
}

const decompress = promisify(gunzip);

/** A JSON text and its shape, checked. @throws RegistryError `bad_answer` */
export function parseJson<T>(bytes: Buffer, validate: Validate<T>, subject: string): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new RegistryError('bad_answer', `${subject} does not answer JSON; see that the URL is the right one.`, {
      cause,
    });
  }
  if (validate(value)) return value;
  const [first] = validate.errors ?? [];
  throw new RegistryError(
    'bad_answer',
    `${subject} answers JSON of another shape (${first?.instancePath ?? ''} ${first?.message ?? ''}); see that its version is supported.`,
  );
}

/** What `ajv.compile<T>` gives, as far as it is used here. */
export interface Validate<T> {
  (value: unknown): value is T;
  errors?: { instancePath: string; message?: string }[] | null;
}
