import { digestOf } from '../../indexer/model/digest.ts';
import type * as documents from '../../indexer/model/documents.ts';
import { parseExtensionId } from '../../indexer/model/extension.ts';
import type { LooksDocument } from '../../indexer/model/looks.ts';
import type { Memory } from '../../indexer/model/memory.ts';
import type { Problem } from '../../indexer/model/problem.ts';
import { parseVersion } from '../../indexer/model/version.ts';
import { caches, error, fullCaches, fullError, fullHealth, health } from './answer-examples.ts';
import type { Full, Minimal } from './example-types.ts';
import { SEARCH_EXAMPLES } from './search-examples.ts';

export interface Example {
  minimal: unknown;
  full: unknown;
}

const at = '2026-01-02T03:04:05Z';
const version = parseVersion('1.4.0');
const prerelease = parseVersion('2.0.0-rc.1+build.5');
const digest = digestOf('bytes');
const id = parseExtensionId('taskserv/kubernetes');
const page = 'https://git.example.org/extensions/kubernetes_taskserv';
const download = '/api/v1/extensions/taskserv/kubernetes/1.4.0';
const hex = digest.slice('sha256:'.length);
const reference = { path: `by-hash/sha256/${hex.slice(0, 2)}/${hex}.json`, digest, size: 120 };
const attachment = { source: 'gitea', attachment: '0b6a4d2e-7c1f-4a57-9d55-3f4a1f1c2b3d' };
const layer = { source: 'oci', repository: 'extensions/kubernetes-taskserv', digest };
const deprecated = { message: 'No longer developed.', replacement: 'taskserv/k3s' };

const problem = {
  code: 'no_asset',
  source: 'gitea',
  subject: 'taskserv/kubernetes@1.3.0',
  detail: 'The release has no file.',
  remedy: 'Attach at least one file to the release, or delete it.',
  first_seen: at,
} satisfies Minimal<Problem>;
const fullProblem = { ...problem, extension: id } satisfies Full<Problem>;
const { remedy: _remedy, first_seen: _firstSeen, ...finding } = problem;

const item = {
  name: 'kubernetes',
  type: 'taskserv',
  version,
  description: '',
  author: '',
  repository: '',
  source: 'gitea',
  published_at: at,
} satisfies Minimal<documents.Item>;
const fullItem = {
  ...item,
  description: 'Kubernetes control plane and worker nodes',
  author: 'platform-team',
  repository: page,
  download_url: `https://registry.example.org${download}`,
  checksum: digest,
  size: 5,
  tags: ['k8s'],
  sources: ['gitea', 'oci'],
  prerelease: true,
  yanked: true,
  deprecated,
  license: 'Apache-2.0',
  homepage: 'https://example.org/kubernetes',
  version_count: 2,
  first_seen: at,
  problems: [fullProblem],
} satisfies Full<documents.Item>;

const asset = {
  name: 'kubernetes.tar.gz',
  size: 5,
  media_type: 'application/gzip',
  download_url: `${download}/kubernetes.tar.gz`,
  locations: [attachment, layer],
} satisfies Minimal<documents.AssetEntry>;
const fullAsset = {
  ...asset,
  digest,
  digest_origin: 'computed',
  platform: 'linux/amd64',
  primary: true,
} satisfies Full<documents.AssetEntry>;

const entry = {
  version,
  published_at: at,
  first_seen: at,
  sources: ['gitea'],
  assets: [asset],
} satisfies Minimal<documents.VersionEntry>;
const fullEntry = {
  ...entry,
  size: 5,
  checksum: digest,
  download_url: download,
  prerelease: true,
  yanked: { reason: 'Deletes volumes.' },
  deprecated,
  assets: [fullAsset],
} satisfies Full<documents.VersionEntry>;

const extension = { ...item, assets: [asset], versions: [version] } satisfies Minimal<documents.ExtensionDocument>;
const fullExtension = {
  ...fullItem,
  title: 'Kubernetes',
  archived: true,
  latest_prerelease: prerelease,
  assets: [fullAsset],
  versions: [prerelease, version],
} satisfies Full<documents.ExtensionDocument>;

const notes = [{ version, published_at: at, notes: '' }] satisfies Minimal<documents.NotesEntry[]>;

const source = { name: 'gitea', kind: 'gitea' } satisfies Minimal<documents.PointerSource>;
const fullSource = { ...source, last_success: at, carried_since: at } satisfies Full<documents.PointerSource>;

const pointer = {
  schema: 1,
  generation: 1,
  created: at,
  checked_at: at,
  manifest: reference,
  counts: { extensions: 1, versions: 2, by_type: { taskserv: 1 } },
  search: reference,
  sources: [source],
} satisfies Minimal<documents.Pointer>;
const fullPointer = {
  ...pointer,
  downloads: 'https://registry.example.org/',
  sources: [fullSource],
  held: { since: at, generation: 1 },
} satisfies Full<documents.Pointer>;

const manifest = {
  schema: 1,
  documents: { 'extensions/taskserv/kubernetes': { digest, size: 120 } },
} satisfies documents.Manifest;

const status = {
  schema: 1,
  generation: 1,
  checked_at: at,
  sources: [{ ...source, extensions: 0, releases: 0, problems: 0 }],
  problems: { total: 1, by_code: { no_asset: 1 }, first: [problem] },
} satisfies Minimal<documents.StatusDocument>;
const fullStatus = {
  ...status,
  sources: [
    {
      ...fullSource,
      error: { code: 'source_failed', message: 'The organization is a 404; see the token’s access.' },
      extensions: 1,
      releases: 2,
      problems: 1,
      oldest_look: at,
    },
  ],
  problems: { total: 1, by_code: { no_asset: 1 }, first: [fullProblem] },
} satisfies Full<documents.StatusDocument>;

const crawl = {
  schema: 1,
  started_at: at,
  finished_at: at,
  sources: [{ name: 'gitea', requests: 9, retries: 1, assets_read: 2, bytes_read: 10, duration_ms: 12.5 }],
} satisfies documents.CrawlDocument;

const look = { looked: at };
const looks = {
  schema: 1,
  at,
  memory: digest,
  sources: { gitea: { settings: digest, repositories: { '9a1c5e3b7d2f4a60': look } } },
} satisfies LooksDocument;
const fullLooks = {
  ...looks,
  sources: {
    gitea: { settings: digest, repositories: { '9a1c5e3b7d2f4a60': { ...look, seen: 'f00d', changed: at } } },
  },
} satisfies Full<LooksDocument>;

const kept = { generation: 2, created: at, manifest: reference };
const generations = { schema: 1, generations: [kept] } satisfies documents.GenerationsDocument;

const about = { description: '', author: '', repository: '', tags: [] };
const memory = {
  schema: 1,
  sources: {
    gitea: {
      releases: [
        {
          id,
          version,
          tag: 'v1.4.0',
          key: 'extensions/kubernetes_taskserv#7',
          about,
          assets: [{ name: 'kubernetes.tar.gz', size: 5, media_type: 'application/gzip', location: attachment }],
        },
      ],
      findings: [finding],
      attachments: { [attachment.attachment]: { digest } },
    },
  },
  versions: { [id]: { [version]: { first_seen: at, digests: { 'kubernetes.tar.gz': digest } } } },
  problems: { 'no_asset gitea taskserv/kubernetes@1.3.0': at },
} satisfies Minimal<Memory>;
const fullMemory = {
  ...memory,
  sources: {
    oci: {
      releases: [
        {
          id,
          version: prerelease,
          tag: '2.0.0-rc.1_build.5',
          key: 'extensions/kubernetes-taskserv@2.0.0-rc.1_build.5',
          published_at: at,
          prerelease: true,
          notes: '# Changes',
          about: {
            ...about,
            tags: ['k8s'],
            license: 'MIT',
            homepage: 'https://example.org/',
            title: 'Kubernetes',
            archived: true,
          },
          assets: [
            {
              name: 'kubernetes.tar.gz',
              size: 5,
              media_type: 'application/gzip',
              platform: 'linux/arm64/v8',
              primary: true,
              location: layer,
              digest,
              digest_origin: 'registry',
            },
          ],
        },
      ],
      findings: [{ ...finding, extension: id }],
      attachments: { [attachment.attachment]: { digest, claims: { 'kubernetes.tar.gz': digest } } },
    },
  },
  versions: { [id]: { [version]: { first_seen: at, checksum: digest, digests: {}, gone: at } } },
  owns: { oci: ['taskserv/*'] },
  rows: [id],
} satisfies Full<Memory>;

const badge = {
  schemaVersion: 1,
  label: 'kubernetes',
  message: '1.4.0 deprecated',
  color: 'yellow',
} satisfies documents.Badge;

/** Document type, as its schema file is named -> examples. */
export const EXAMPLES = {
  asset: { minimal: asset, full: fullAsset },
  badge: { minimal: badge, full: badge },
  'cache-stats': { minimal: caches, full: fullCaches },
  crawl: { minimal: crawl, full: crawl },
  looks: { minimal: looks, full: fullLooks },
  error: { minimal: error, full: fullError },
  extension: { minimal: extension, full: fullExtension },
  generations: { minimal: generations, full: generations },
  health: { minimal: health, full: fullHealth },
  item: { minimal: item, full: fullItem },
  list: { minimal: [item], full: [fullItem] },
  manifest: { minimal: manifest, full: manifest },
  memory: { minimal: memory, full: fullMemory },
  notes: { minimal: notes, full: notes },
  pointer: { minimal: pointer, full: fullPointer },
  problem: { minimal: problem, full: fullProblem },
  ...SEARCH_EXAMPLES,
  'search-results': { minimal: [{ ...item, score: 0 }], full: [{ ...fullItem, score: 60.5 }] },
  status: { minimal: status, full: fullStatus },
  'version-entry': { minimal: entry, full: fullEntry },
  versions: { minimal: [entry], full: [fullEntry] },
} satisfies Record<string, Example>;
