import { describe, expect, test } from 'vitest';
import { settleSource } from '../../indexer/crawl/settle-source.ts';
import { digestOf } from '../../indexer/model/digest.ts';
import { attachmentOf, memoryOf, releaseOf, sourceMemory } from './releases.ts';

const AWS = 'provider/aws@1.0.0';
const recordOf = (content: string, name = 'plugin.tar.gz') => ({
  checksum: digestOf(content),
  digests: { [name]: digestOf(content) },
});

describe('settleSource', () => {
  test('takes a version that was never seen as it is', () => {
    const release = releaseOf(AWS, [attachmentOf('old')]);
    const settled = settleSource('gitea', sourceMemory([release]), memoryOf({}));
    expect(settled).toEqual(sourceMemory([release]));
  });

  test('sorts releases by extension, then version', () => {
    const subjects = ['taskserv/a@1.0.0', 'provider/b@1.10.0', 'provider/b@1.9.0', 'provider/a@2.0.0'];
    const given = sourceMemory(subjects.map((each) => releaseOf(each, [attachmentOf('x')])));
    const { releases } = settleSource('gitea', given, memoryOf({}));
    expect(releases.map((each) => `${each.id}@${each.version}`)).toEqual([
      'provider/a@2.0.0',
      'provider/b@1.9.0',
      'provider/b@1.10.0',
      'taskserv/a@1.0.0',
    ]);
  });

  test('keeps the record and location from before where the bytes have changed, and says so', () => {
    const old = releaseOf(AWS, [attachmentOf('old')], { notes: 'before' });
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('new')], { notes: 'after' })]);
    const settled = settleSource('gitea', given, memoryOf({ gitea: [old] }, { [AWS]: recordOf('old') }));
    expect(settled.releases).toEqual([old]);
    expect(settled.findings).toEqual([
      {
        code: 'mutated',
        source: 'gitea',
        subject: AWS,
        detail: `The asset plugin.tar.gz is now ${digestOf('new')}; when the version was first seen it was ${digestOf('old')}, which stands.`,
      },
    ]);
  });

  test('takes what is not about bytes from the newest listing', () => {
    const old = releaseOf(AWS, [attachmentOf('old')], { notes: 'before' });
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('old', { uuid: 'moved' })], { notes: 'after' })]);
    const settled = settleSource('gitea', given, memoryOf({ gitea: [old] }, { [AWS]: recordOf('old') }));
    expect(settled).toEqual(given);
  });

  test('says nothing of bytes that are not read yet, and keeps the record from before', () => {
    const old = releaseOf(AWS, [attachmentOf('old')]);
    const given = sourceMemory([releaseOf(AWS, [attachmentOf(undefined)])]);
    const settled = settleSource('gitea', given, memoryOf({ gitea: [old] }, { [AWS]: recordOf('old') }));
    expect(settled).toEqual(sourceMemory([old]));
  });

  test('takes another length for other bytes where the first were never read', () => {
    const old = releaseOf(AWS, [{ ...attachmentOf(undefined, { uuid: 'first' }), size: 10 }]);
    const before = memoryOf({ gitea: [old] }, { [AWS]: {} });
    const other = { ...attachmentOf(undefined, { uuid: 'second' }), size: 12 };
    const unread = settleSource('gitea', sourceMemory([releaseOf(AWS, [other])]), before);
    expect(unread.releases).toEqual([old]);
    expect(unread.findings).toMatchObject([
      {
        code: 'mutated',
        detail:
          'The asset plugin.tar.gz is now 12 bytes long; when the version was first seen it was 10 bytes long, which stands.',
      },
    ]);
    const read = settleSource('gitea', sourceMemory([releaseOf(AWS, [attachmentOf('twelve bytes')])]), before);
    expect(read.releases).toEqual([old]);
    expect(read.findings[0]?.detail).toContain(`is now ${digestOf('twelve bytes')}; when`);
  });

  test('takes another upload of the same length for other bytes where the first were never read', () => {
    const old = releaseOf(AWS, [attachmentOf(undefined, { uuid: 'first' })]);
    const before = memoryOf({ gitea: [old] }, { [AWS]: {} });
    const unread = sourceMemory([releaseOf(AWS, [attachmentOf(undefined, { uuid: 'second' })])]);
    const read = sourceMemory([releaseOf(AWS, [attachmentOf('x', { uuid: 'second' })])]);
    for (const [given, now] of [
      [unread, 'the attachment second'],
      [read, digestOf('x')],
    ] as const) {
      const settled = settleSource('gitea', given, before);
      expect(settled.releases).toEqual([old]);
      expect(settled.findings).toMatchObject([
        {
          code: 'mutated',
          detail: `The asset plugin.tar.gz is now ${now}; when the version was first seen it was the attachment first, which stands.`,
        },
      ]);
    }
  });

  test('takes the same bytes in a new upload for no change, and follows them to their new location', () => {
    const before = memoryOf({ gitea: [releaseOf(AWS, [attachmentOf('old')])] }, { [AWS]: recordOf('old') });
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('old', { uuid: 'second' })])]);
    expect(settleSource('gitea', given, before)).toEqual(given);
  });

  test('knows a primary asset that nobody has read by its upload', () => {
    const first = attachmentOf(undefined, { uuid: 'first' });
    const old = releaseOf(AWS, [first]);
    const before = memoryOf({ gitea: [old] }, { [AWS]: {} });
    const settled = (...assets: Parameters<typeof releaseOf>[1]) =>
      settleSource('gitea', sourceMemory([releaseOf(AWS, assets)]), before);
    const { primary: _primary, ...demoted } = { ...first, name: 'renamed.tar.gz' };
    const [kept] = settled(demoted, attachmentOf('added', { name: 'aws_prov.tar.gz' })).releases;
    expect(kept?.assets.map(({ name, primary }) => [name, primary])).toEqual([
      ['renamed.tar.gz', true],
      ['aws_prov.tar.gz', undefined],
    ]);
    const gone = settled(attachmentOf('added', { name: 'aws_prov.tar.gz' }));
    expect(gone.releases).toEqual([old]);
    expect(gone.findings[0]?.detail).toContain('The asset plugin.tar.gz is now gone; when');
  });

  test('believes the record of another source about bytes that it has not read itself', () => {
    const old = releaseOf(AWS, [{ ...attachmentOf(undefined), size: 10 }]);
    const before = memoryOf({ gitea: [old] }, { [AWS]: recordOf('right') });
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('right')])]);
    expect(settleSource('gitea', given, before)).toEqual(given);
  });

  test('sees through a change of the primary asset’s name', () => {
    const old = releaseOf(AWS, [attachmentOf('old')]);
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('new', { name: 'aws_prov.tar.gz' })])]);
    const settled = settleSource('gitea', given, memoryOf({ gitea: [old] }, { [AWS]: recordOf('old') }));
    expect(settled.releases).toEqual([old]);
    expect(settled.findings.map((each) => each.code)).toEqual(['mutated']);
  });

  test('keeps the first primary asset where a later upload would stand out more', () => {
    const before = memoryOf({ gitea: [releaseOf(AWS, [attachmentOf('old')])] }, { [AWS]: recordOf('old') });
    const given = sourceMemory([
      releaseOf(AWS, [attachmentOf('old', { primary: false }), attachmentOf('added', { name: 'aws_prov.tar.gz' })]),
    ]);
    const [release] = settleSource('gitea', given, before).releases;
    expect(release?.assets.map(({ name, primary }) => [name, primary])).toEqual([
      ['plugin.tar.gz', true],
      ['aws_prov.tar.gz', undefined],
    ]);
  });

  test('keeps the record from before where the primary asset is gone, and says that rather than that none stands out', () => {
    const readme = attachmentOf('readme', { name: 'README.md', primary: false });
    const old = releaseOf(AWS, [attachmentOf('old'), readme]);
    const other = releaseOf('provider/gcp@1.0.0', [readme]);
    const findings = [AWS, 'provider/gcp@1.0.0'].map((subject) => ({
      code: 'no_primary_asset' as const,
      source: 'gitea',
      subject,
      detail: 'None of its assets stands out: README.md.',
    }));
    const given = sourceMemory([releaseOf(AWS, [readme]), other], { findings });
    const settled = settleSource('gitea', given, memoryOf({ gitea: [old] }, { [AWS]: recordOf('old') }));
    expect(settled.releases).toEqual([old, other]);
    expect(settled.findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
      'mutated provider/aws@1.0.0',
      'no_primary_asset provider/gcp@1.0.0',
    ]);
    expect(settled.findings[0]?.detail).toBe(
      `The asset plugin.tar.gz is now gone; when the version was first seen it was ${digestOf('old')}, which stands.`,
    );
  });

  test('knows no record to keep for a version that came back with other bytes', () => {
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('new')])]);
    const settled = settleSource('gitea', given, memoryOf({ gitea: [] }, { [AWS]: recordOf('old') }));
    expect(settled).toEqual(given);
  });

  test('leaves it to merging where the bytes from before were not the first seen ones either', () => {
    const before = memoryOf({ oci: [releaseOf(AWS, [attachmentOf('mine')])] }, { [AWS]: recordOf('of gitea') });
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('mine, changed')])]);
    expect(settleSource('oci', given, before)).toEqual(given);
  });

  test('takes a source named as a property of every object for what it is', () => {
    const given = sourceMemory([releaseOf(AWS, [attachmentOf('old')])]);
    expect(settleSource('constructor', given, memoryOf({}))).toEqual(given);
  });
});
