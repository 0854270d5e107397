import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CatalogueExtension } from '../../indexer/model/catalogue.ts';
import { emptyMemory } from '../../indexer/model/memory.ts';
import { FEED_ENTRIES, renderFeeds, type FeedOptions } from '../../indexer/site/feeds.ts';
import {
  FIRST_CRAWL,
  THIS_CRAWL,
  catalogueExtension,
  catalogueOf,
  catalogueVersion,
  memoryOf,
} from '../crawl/releases.ts';
import { atomFaults } from '../markup/atom-rules.ts';
import { childText, elementsOf, parseXml } from '../markup/xml.ts';
import { check } from '../security/fuzz/check.ts';

const ABOUT = catalogueVersion('1.0.0').about;

/** Path -> text. */
function feedsOf(extensions: CatalogueExtension[], options: Partial<FeedOptions> = {}): Map<string, string> {
  const seen = extensions.flatMap(({ id, versions }) =>
    versions.map(({ version, firstSeen }) => [`${id}@${version}`, { first_seen: firstSeen }] as const),
  );
  const memory = memoryOf({}, Object.fromEntries(seen));
  const files = renderFeeds(catalogueOf(extensions), memory, { types: ['provider', 'taskserv'], ...options });
  return new Map([...files].map(({ path, text }) => [path, text]));
}

const titlesOf = (text: string | undefined) =>
  elementsOf(parseXml(text ?? ''), 'entry').map((each) => childText(each, 'title'));

describe('renderFeeds', () => {
  test('tells of each version in the words of Atom', () => {
    const redis = catalogueVersion('7.2.0+build.5', {
      firstSeen: THIS_CRAWL,
      about: { ...ABOUT, description: 'Fast & <b>small</b>', author: "O'Neil" },
      deprecated: { message: 'No longer developed.', replacement: 'taskserv/valkey' },
      sources: ['gitea', 'oci'],
    });
    const feeds = feedsOf([
      catalogueExtension('provider/aws', ['1.0.0']),
      catalogueExtension('taskserv/redis', [redis]),
    ]);
    expect(feeds.get('feeds/index.xml')).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="utf-8"?>
      <feed xmlns="http://www.w3.org/2005/Atom">
      <id>urn:uuid:d42ec6ea-bfab-8fb1-8872-521292b74663</id>
      <title>Extension registry: new versions</title>
      <updated>2026-06-01T12:00:00Z</updated>
      <author><name>Extension registry</name></author>
      <link rel="self" type="application/atom+xml" href="../feeds/index.xml"/>
      <link rel="alternate" type="text/html" href="../../../index.html"/>
      <entry>
      <id>urn:uuid:64b23aea-ca0c-8540-865d-df781f2a7d20</id>
      <title>taskserv/redis 7.2.0+build.5 (deprecated)</title>
      <updated>2026-06-01T12:00:00Z</updated>
      <author><name>O&#39;Neil</name></author>
      <category term="taskserv"/>
      <link rel="alternate" type="text/html" href="../../../extension.html?id=taskserv/redis@7.2.0%2Bbuild.5"/>
      <link rel="related" type="text/html" href="https://git.example.org/x"/>
      <summary>Deprecated (use taskserv/valkey instead): No longer developed.&#10;Fast &amp; &lt;b&gt;small&lt;/b&gt;&#10;Published 2026-05-01 at gitea, oci.</summary>
      </entry>
      <entry>
      <id>urn:uuid:05ebbd3d-fef5-8187-99d9-4eeeed0811ea</id>
      <title>provider/aws 1.0.0</title>
      <updated>2026-05-01T00:00:00Z</updated>
      <category term="provider"/>
      <link rel="alternate" type="text/html" href="../../../extension.html?id=provider/aws@1.0.0"/>
      <link rel="related" type="text/html" href="https://git.example.org/x"/>
      <summary>Published 2026-05-01 at gitea.</summary>
      </entry>
      </feed>
      "
    `);
    expect([...feeds.keys()]).toEqual(['feeds/index.xml', 'feeds/by-type/provider.xml', 'feeds/by-type/taskserv.xml']);
    expect(titlesOf(feeds.get('feeds/by-type/provider.xml'))).toEqual(['provider/aws 1.0.0']);
    expect([...feeds.values()].flatMap(atomFaults)).toEqual([]);
  });

  test('has the same ids and times when the address becomes known, and whole links then', () => {
    const extensions = [catalogueExtension('provider/aws', ['1.0.0'])];
    const [before, after] = [{}, { publicUrl: 'https://registry.example.org/base' }].map(
      (options) => feedsOf(extensions, options).get('feeds/index.xml') ?? '',
    );
    const known = (text: string) => text.match(/<(?:id|updated)>.*/g);
    expect(known(after!)).toEqual(known(before!));
    const linksIn = (text: string) => [...text.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(linksIn(before!)).toEqual([
      '../feeds/index.xml',
      '../../../index.html',
      '../../../extension.html?id=provider/aws@1.0.0',
      'https://git.example.org/x',
    ]);
    expect(linksIn(after!)).toEqual([
      'https://registry.example.org/base/api/v1/feeds/index.xml',
      'https://registry.example.org/base/index.html',
      'https://registry.example.org/base/extension.html?id=provider/aws@1.0.0',
      'https://git.example.org/x',
    ]);
    expect(atomFaults(after!)).toEqual([]);
  });

  // RFC 4287, section 4.2.7.1, takes a reference, and RFC 3986, section 5.1.3, its base from where the feed was read.
  test.each(['https://registry.example.org/', 'https://pages.example.org/a/b/', 'http://127.0.0.1:8082/'])(
    'leads to itself and to its pages wherever it is, though it knows no address: %s',
    (root) => {
      const feeds = feedsOf([catalogueExtension('provider/aws', ['1.0.0'])]);
      expect([...feeds.keys()]).toEqual([
        'feeds/index.xml',
        'feeds/by-type/provider.xml',
        'feeds/by-type/taskserv.xml',
      ]);
      for (const [path, text] of feeds) {
        const place = new URL(`api/v1/${path}`, root);
        const linked = (rel: string): string =>
          new URL(new RegExp(`rel="${rel}".* href="([^"]*)"`).exec(text)?.[1] ?? 'none', place).href;
        expect(linked('self')).toBe(place.href);
        expect(linked('alternate')).toBe(`${root}index.html`);
      }
    },
  );

  test('puts what was seen last first, of one crawl what was published last, then by name', () => {
    const seen = (version: string, firstSeen: string, publishedAt = FIRST_CRAWL) =>
      catalogueVersion(version, { firstSeen, publishedAt });
    const feeds = feedsOf([
      catalogueExtension('provider/aws', [seen('1.1.0', FIRST_CRAWL), seen('1.0.0', THIS_CRAWL)]),
      catalogueExtension('taskserv/redis', [seen('7.2.0', FIRST_CRAWL, THIS_CRAWL), seen('7.1.0', FIRST_CRAWL)]),
    ]);
    expect(titlesOf(feeds.get('feeds/index.xml'))).toEqual([
      'provider/aws 1.0.0',
      'taskserv/redis 7.2.0',
      'provider/aws 1.1.0',
      'taskserv/redis 7.1.0',
    ]);
  });

  test('announces nothing that is withdrawn, and marks prereleases and what is deprecated', () => {
    const feeds = feedsOf([
      catalogueExtension('provider/aws', [
        catalogueVersion('2.0.0-rc.1'),
        catalogueVersion('1.1.0', { yanked: 'Deletes volumes.' }),
        catalogueVersion('1.0.0', { deprecated: { message: 'Old.' } }),
      ]),
    ]);
    expect(titlesOf(feeds.get('feeds/index.xml'))).toEqual([
      'provider/aws 2.0.0-rc.1 (prerelease)',
      'provider/aws 1.0.0 (deprecated)',
    ]);
  });

  test(`has the newest ${FEED_ENTRIES}, whatever came before them`, () => {
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString().replace('.000', '');
    const extensions = Array.from({ length: 30 }, (_, number) =>
      catalogueExtension(
        `provider/p${String(number).padStart(2, '0')}`,
        // 3,000 versions, the newest of them spread over all extensions.
        Array.from({ length: 100 }, (_each, version) =>
          catalogueVersion(`1.${version}.0`, { firstSeen: at((number * 7_919 + version * 104_729) % 3_001) }),
        ),
      ),
    );
    const minutes = extensions
      .flatMap((each) => each.versions.map(({ firstSeen }) => firstSeen))
      .toSorted()
      .toReversed();
    const feeds = feedsOf(extensions);
    for (const path of ['feeds/index.xml', 'feeds/by-type/provider.xml']) {
      const entries = elementsOf(parseXml(feeds.get(path) ?? ''), 'entry');
      expect(entries.map((each) => childText(each, 'updated'))).toEqual(minutes.slice(0, FEED_ENTRIES));
      expect(atomFaults(feeds.get(path) ?? '')).toEqual([]);
    }
  });

  test('of a type without a version is as old as the registry', () => {
    const feed = feedsOf([catalogueExtension('provider/aws', ['1.0.0'])]).get('feeds/by-type/taskserv.xml') ?? '';
    expect(childText(parseXml(feed), 'updated')).toBe(FIRST_CRAWL);
    expect(atomFaults(feed)).toEqual([]);
  });

  test('has none while the registry has never listed a version', () => {
    expect([...renderFeeds(catalogueOf([]), emptyMemory(), { types: ['provider'] })]).toEqual([]);
  });

  test('is valid whatever the upstreams say', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    await check(
      300,
      fc.property(fc.tuple(text, text, text, text), ([description, author, repository, message]) => {
        const hostile = catalogueVersion('1.0.0', {
          about: { description, author, repository, tags: [] },
          deprecated: { message },
        });
        const feeds = feedsOf([catalogueExtension('provider/aws', [hostile])]);
        expect([...feeds.values()].flatMap(atomFaults)).toEqual([]);
      }),
    );
  });

  test.each(['javascript:alert(1)', 'https://user:pass@git.example.org/', 'x', ''])('links to no %j', (repository) => {
    const version = catalogueVersion('1.0.0', { about: { ...ABOUT, repository } });
    expect(feedsOf([catalogueExtension('provider/aws', [version])]).get('feeds/index.xml')).not.toContain('related');
  });
});

describe('the rules of Atom', () => {
  const right = feedsOf([catalogueExtension('provider/aws', ['1.1.0', '1.0.0'])]).get('feeds/index.xml') ?? '';
  const id = /<id>[^<]*<\/id>\n/;
  test.each([
    ['a missing id', right.replace(id, ''), 'feed has 0 of id.'],
    ['an id twice', right.replace(/(<entry>\n)<id>[^<]*/g, '$1<id>urn:uuid:0'), 'Two entries have one id.'],
    ['an id that is no canonical URN', right.replace('urn:uuid:', 'URN:UUID:'), 'is no canonical URN of a UUID.'],
    ['a blank title', right.replace(/<title>[^<]*/, '<title>'), 'title is blank.'],
    ['a date of no day', right.replace(/<updated>[^<]*/, '<updated>2026-13-01T00:00:00Z'), 'is no date.'],
    ['a feed older than its entries', right.replace(/<updated>[^<]*/, '<updated>2001-01-01T00:00:00Z'), 'not as new'],
    ['no author', right.replace(/<author>.*<\/author>\n/, ''), 'feed has 0 of author.'],
    ['no link to itself', right.replace('rel="self"', 'rel="related"'), 'The feed does not name itself once.'],
    ['a link that is a script', right.replace('../../../index.html', 'javascript:0'), 'is no address'],
    ['an entry without an alternate', right.replace(/rel="alternate"(.*\?)/, 'rel="related"$1'), 'no one alternate'],
    ['metadata after an entry', right.replace('</feed>', '<title>x</title></feed>'), 'metadata after an entry'],
    ['an element of no standard', right.replace('<entry>', '<entry><b/>'), 'entry has an element b.'],
    ['another namespace', right.replace('2005/Atom', '2005/atom'), 'is not in the namespace of Atom.'],
    ['markup that does not end', right.replace('</feed>', ''), 'The feed is no XML'],
    ['a control character', right.replace('<title>', '<title>\u0001'), 'The feed is no XML'],
    ['no encoding', right.replace(' encoding="utf-8"', ''), 'The feed says no encoding.'],
  ])('find %s', (_what, text, fault) => {
    expect(atomFaults(text).join('\n')).toContain(fault);
  });
});
