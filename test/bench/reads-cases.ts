import type { PublishedSite } from './published-site.ts';

/** One kind of cached read. */
export interface ReadCase {
  name: string;
  /** Documents, asked for in this order, again and again. */
  paths: readonly string[];
  acceptEncoding?: 'gzip' | 'br';
  /** Also measured with a proxy that logs each request. */
  logged?: true;
  /** Asked for with the entity tag that the server gave. */
  notModified?: true;
  /** Hoped for, of nginx's requests a second. */
  aim: number;
}

/** The extension's document that is nearest to 2 KB, a page of the list of about 60 KB, and all extensions' documents. */
export async function readCases({ ids, read }: PublishedSite): Promise<ReadCase[]> {
  const small = `extensions/${await nearest(ids.slice(0, 500), 2_048, async (id) => (await read(`extensions/${id}`)).length)}`;
  const page = 'pages/1';
  const [smallBytes, pageBytes] = [(await read(small)).length, (await read(page)).length];
  const [kb2, kb60] = [`${kilobytes(smallBytes)} KB`, `${kilobytes(pageBytes)} KB`];
  const all = shuffled(ids.map((id) => `extensions/${id}`));
  return [
    { name: `${kb2}, plain`, paths: [small], aim: 0.65, logged: true },
    { name: `${kb2}, gzip`, paths: [small], acceptEncoding: 'gzip', aim: 0.65 },
    { name: `${kb2}, br`, paths: [small], acceptEncoding: 'br', aim: 0.65 },
    { name: `${kb60}, plain`, paths: [page], aim: 0.9 },
    { name: `${kb60}, gzip`, paths: [page], acceptEncoding: 'gzip', aim: 0.9 },
    { name: `${kb60}, br`, paths: [page], acceptEncoding: 'br', aim: 0.9 },
    { name: '304', paths: [small], notModified: true, aim: 0.6 },
    { name: `${ids.length} documents of ${kb2} at random, gzip`, paths: all, acceptEncoding: 'gzip', aim: 0.65 },
  ];
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1_000);
}

async function nearest(
  items: readonly string[],
  wanted: number,
  sizeOf: (item: string) => Promise<number>,
): Promise<string> {
  const sizes = await Promise.all(items.map(sizeOf));
  const distances = sizes.map((each) => Math.abs(each - wanted));
  return items[distances.indexOf(Math.min(...distances))] ?? '';
}

/** In an order that is the same in each run and no order for a cache (Fisher and Yates, with MINSTD). */
export function shuffled<T>(items: readonly T[]): T[] {
  const result = [...items];
  let state = 1;
  for (let last = result.length - 1; last > 0; last -= 1) {
    state = (state * 48_271) % 2_147_483_647;
    const other = state % (last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
