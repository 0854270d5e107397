import { serveContent } from './byte-ranges.ts';
import type { ObjectStore } from './object-store.ts';
import { FLAVOURS, refuseOci, replyNoPage, type OciFlavour } from './oci-flavours.ts';
import { findTag } from './oci-lists.ts';
import { MEDIA_TYPES, digestOf, type StoredBytes, type StoredRepository } from './oci-store.ts';
import { jsonReply, redirectReply, type LoggedRequest, type Reply } from './replies.ts';

export interface ObjectCall {
  readonly flavour: OciFlavour;
  readonly request: LoggedRequest;
  readonly repository: StoredRepository | undefined;
  /** A tag or a digest, percent-decoded. */
  readonly reference: string;
  /** Where blobs are redirected to (307). */
  readonly store: ObjectStore | undefined;
}

const isDigest = (reference: string) => /^sha256:[0-9a-f]{64}$/.test(reference);
/** A tag may not have a colon. */
const isMalformedDigest = (reference: string) => reference.includes(':') && !isDigest(reference);

export function replyManifest({ flavour, request, repository, reference }: ObjectCall): Reply {
  const traits = FLAVOURS[flavour];
  if (isMalformedDigest(reference)) return refuseOci(flavour, traits.malformedManifestDigest);
  if (repository === undefined) return refuseOci(flavour, { status: 404, code: traits.unknownNameOfManifest });
  const digest = isDigest(reference) ? reference : findTag(flavour, repository, reference);
  const manifest = digest === undefined ? undefined : repository.manifests.get(digest);
  if (digest === undefined || manifest === undefined) {
    return refuseOci(flavour, { status: 404, code: 'MANIFEST_UNKNOWN' });
  }
  // Exactly the digest, quoted or bare; a weak or a listed one is not understood, and the 304 repeats nothing.
  const noneMatch = request.headers['if-none-match'];
  if (traits.manifestNotModified && (noneMatch === digest || noneMatch === `"${digest}"`)) return { status: 304 };
  const unaccepted = traits.isAcceptNeeded ? unacceptedMessage(request, manifest.mediaType) : undefined;
  if (unaccepted !== undefined) {
    return refuseOci(flavour, { status: 404, code: 'MANIFEST_UNKNOWN', message: unaccepted });
  }
  return {
    status: 200,
    headers: {
      'Content-Type': manifest.mediaType,
      'Docker-Content-Digest': digest,
      ...(traits.manifestEtag ? { ETag: `"${digest}"` } : {}),
    },
    body: manifest.bytes,
  };
}

/** An index is served whatever is accepted (seen), a single OCI manifest is not. */
function unacceptedMessage(request: LoggedRequest, mediaType: string): string | undefined {
  if (mediaType !== MEDIA_TYPES.manifest) return undefined;
  const accepted = (request.headers.accept ?? '').split(',').map((each) => each.split(';')[0]?.trim());
  if (accepted.includes(mediaType)) return undefined;
  return 'OCI manifest found, but accept header does not support OCI manifests';
}

export function replyBlob(call: ObjectCall): Reply {
  const { flavour, request, repository, reference, store } = call;
  const traits = FLAVOURS[flavour];
  if (!isDigest(reference)) return refuseOci(flavour, traits.malformedBlobDigest);
  const manifest = traits.servesManifestsAsBlobs ? repository?.manifests.get(reference) : undefined;
  const blob = repository?.blobs.get(reference) ?? manifest;
  if (blob === undefined) return refuseOci(flavour, { status: 404, code: 'BLOB_UNKNOWN' });
  const digest = { 'Docker-Content-Digest': reference };
  if (store) return redirectReply(307, store.sign(request.method, blob.bytes, 'application/octet-stream'), digest);
  const headers = { ...digest, ...blobType(call, blob) };
  switch (traits.blobRanges) {
    case 'go':
      return serveContent(request, {
        content: blob.bytes,
        etag: `"${reference}"`,
        headers: { ...headers, 'Cache-Control': 'max-age=31536000' },
      });
    case 'zot':
      return serveContent(request, { content: blob.bytes, headers, style: 'zot' });
    case 'crane':
      return serveCraneRange(request, blob.bytes, headers);
    case 'none':
      return { status: 200, headers: { ...headers, ETag: `"${reference}"` }, body: blob.bytes };
  }
}

function blobType({ flavour, request }: ObjectCall, blob: StoredBytes): { 'Content-Type'?: string } {
  switch (FLAVOURS[flavour].blobType) {
    case 'octet-stream':
      return { 'Content-Type': 'application/octet-stream' };
    case 'layer':
      return flavour === 'gitea' && request.method === 'HEAD' ? {} : { 'Content-Type': blob.mediaType };
    case 'none':
      return {};
  }
}

/** `crane registry serve` understands `bytes=a-b` inside the blob, and nothing else. */
function serveCraneRange(request: LoggedRequest, content: Uint8Array, headers: Record<string, string>): Reply {
  const header = request.headers.range;
  if (header === undefined || request.method === 'HEAD') return { status: 200, headers, body: content };
  const refuse = (message: string) => refuseOci('crane', { status: 416, code: 'BLOB_UNKNOWN', message });
  const [, first, last] = /^bytes=(\d+)-(\d+)/.exec(header) ?? [];
  if (first === undefined || last === undefined) return refuse("We don't understand your Range");
  const [start, end] = [Number(first), Number(last)];
  if (end + 1 > content.length) return refuse(`range end ${end + 1} > ${content.length} size`);
  return {
    status: 206,
    headers: { ...headers, 'Content-Range': `bytes ${start}-${end}/${content.length}` },
    body: content.subarray(start, end + 1),
  };
}

export function replyReferrers({ flavour, request, repository, reference }: ObjectCall): Reply {
  if (flavour === 'crane') return refuseOci(flavour, { status: 404, code: 'METHOD_UNKNOWN' });
  if (flavour !== 'zot') return replyNoPage();
  if (repository === undefined) return { status: 404, body: Buffer.alloc(0) };
  const artifactType = request.query.get('artifactType');
  const manifests = [...repository.manifests.values()]
    .map((stored) => describeReferrer(stored, reference))
    .filter((each) => each !== undefined)
    .filter((each) => artifactType === null || each.artifactType === artifactType);
  const filters = artifactType === null ? undefined : { 'OCI-Filters-Applied': 'artifactType' };
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
  return jsonReply(200, index, { 'Content-Type': MEDIA_TYPES.index, ...filters });
}

function describeReferrer({ bytes, mediaType }: StoredBytes, subject: string) {
  if (mediaType !== MEDIA_TYPES.manifest) return undefined;
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as {
    subject?: { digest: string };
    artifactType?: string;
  };
  if (manifest.subject?.digest !== subject) return undefined;
  return { mediaType, digest: digestOf(bytes), size: bytes.length, artifactType: manifest.artifactType };
}
