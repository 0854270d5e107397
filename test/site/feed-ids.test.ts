import { describe, expect, test } from 'vitest';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import { emptyMemory } from '../../indexer/model/memory.ts';
import { parseVersion } from '../../indexer/model/version.ts';
import { bornAt, entryId, feedId, nameUuid } from '../../indexer/site/feed-ids.ts';
import { memoryOf } from '../crawl/releases.ts';

const id = parseExtensionId('taskserv/redis');
const version = parseVersion('7.2.0');
const firstSeen = '2026-06-01T12:00:00Z';

describe('nameUuid', () => {
  test('makes what RFC 9562 shows in appendix B.2', () => {
    expect(nameUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '5c146b14-3c52-8afd-938a-375d0df1fbf6',
    );
  });
});

describe('entryId', () => {
  test('is the same for ever: a change of it is news of every version to every reader', () => {
    expect(entryId(id, { version, firstSeen })).toBe('urn:uuid:32883a81-a19b-8429-90c4-6bd689542fd1');
  });

  test('is of this version at this registry only', () => {
    const ids = [
      entryId(id, { version, firstSeen }),
      entryId(parseExtensionId('provider/redis'), { version, firstSeen }),
      entryId(id, { version: parseVersion('7.2.0+build.1'), firstSeen }),
      entryId(id, { version, firstSeen: '2026-06-01T12:00:01Z' }),
      feedId(firstSeen, 'feeds/index.xml'),
      feedId(firstSeen, 'feeds/by-type/taskserv.xml'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('feedId', () => {
  test('is the same for ever', () => {
    expect(feedId(firstSeen, 'feeds/index.xml')).toBe('urn:uuid:9af3bdf5-c57a-8fc9-8f6b-6dd9cabe4286');
  });
});

describe('bornAt', () => {
  test('is when the first version was seen, also one that is gone', () => {
    const memory = memoryOf(
      {},
      {
        'taskserv/redis@7.2.0': { first_seen: firstSeen },
        'provider/old@1.0.0': { first_seen: '2025-01-01T00:00:00Z', gone: firstSeen },
      },
    );
    expect(bornAt(memory)).toBe('2025-01-01T00:00:00Z');
  });

  test('is unknown of a registry that has listed nothing', () => {
    expect(bornAt(emptyMemory())).toBeUndefined();
  });
});
