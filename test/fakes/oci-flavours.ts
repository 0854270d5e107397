import { jsonReply, textReply, type Reply, type ReplyHeaders } from './replies.ts';

export type OciFlavour = 'distribution' | 'gitea' | 'zot' | 'crane';

/**
 * How the four servers differ (distribution 3.1.1, Gitea 1.26.4, zot 2.1.20, crane 0.22.1); what is not here differs
 * by a function of its own.
 */
export interface FlavourTraits {
  /** A manifest asked for without the OCI types in Accept is "not found". */
  readonly isAcceptNeeded: boolean;
  readonly manifestEtag: boolean;
  readonly manifestNotModified: boolean;
  readonly blobType: 'octet-stream' | 'layer' | 'none';
  readonly blobRanges: 'go' | 'zot' | 'crane' | 'none';
  /** A manifest's digest under /blobs/. */
  readonly servesManifestsAsBlobs: boolean;
  readonly malformedManifestDigest: { readonly status: number; readonly code: OciErrorCode };
  readonly malformedBlobDigest: { readonly status: number; readonly code: OciErrorCode };
  /** The code for a manifest in a repository that is not there. */
  readonly unknownNameOfManifest: 'MANIFEST_UNKNOWN' | 'NAME_UNKNOWN';
  readonly foldsTags: boolean;
  readonly versionBody: 'object' | 'empty';
}

export const FLAVOURS: Readonly<Record<OciFlavour, FlavourTraits>> = {
  distribution: {
    isAcceptNeeded: true,
    manifestEtag: true,
    manifestNotModified: true,
    blobType: 'octet-stream',
    blobRanges: 'go',
    servesManifestsAsBlobs: false,
    malformedManifestDigest: { status: 500, code: 'UNKNOWN' },
    malformedBlobDigest: { status: 400, code: 'DIGEST_INVALID' },
    unknownNameOfManifest: 'MANIFEST_UNKNOWN',
    foldsTags: false,
    versionBody: 'object',
  },
  gitea: {
    isAcceptNeeded: false,
    manifestEtag: true,
    manifestNotModified: false,
    blobType: 'layer',
    blobRanges: 'none',
    servesManifestsAsBlobs: true,
    malformedManifestDigest: { status: 404, code: 'MANIFEST_UNKNOWN' },
    malformedBlobDigest: { status: 404, code: 'BLOB_UNKNOWN' },
    unknownNameOfManifest: 'MANIFEST_UNKNOWN',
    foldsTags: true,
    versionBody: 'empty',
  },
  zot: {
    isAcceptNeeded: false,
    manifestEtag: false,
    manifestNotModified: false,
    blobType: 'layer',
    blobRanges: 'zot',
    servesManifestsAsBlobs: true,
    malformedManifestDigest: { status: 404, code: 'MANIFEST_UNKNOWN' },
    malformedBlobDigest: { status: 404, code: 'BLOB_UNKNOWN' },
    unknownNameOfManifest: 'NAME_UNKNOWN',
    foldsTags: false,
    versionBody: 'empty',
  },
  crane: {
    isAcceptNeeded: false,
    manifestEtag: false,
    manifestNotModified: false,
    blobType: 'none',
    blobRanges: 'crane',
    servesManifestsAsBlobs: false,
    malformedManifestDigest: { status: 404, code: 'MANIFEST_UNKNOWN' },
    malformedBlobDigest: { status: 400, code: 'NAME_INVALID' },
    unknownNameOfManifest: 'NAME_UNKNOWN',
    foldsTags: false,
    versionBody: 'empty',
  },
};

export type OciErrorCode =
  | 'BLOB_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'METHOD_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'UNAUTHORIZED'
  | 'UNKNOWN';

const MESSAGES: Readonly<Record<OciErrorCode, string>> = {
  BLOB_UNKNOWN: 'blob unknown to registry',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  MANIFEST_UNKNOWN: 'manifest unknown',
  METHOD_UNKNOWN: "We don't understand your method + url",
  NAME_INVALID: 'invalid digest',
  NAME_UNKNOWN: 'repository name not known to registry',
  PAGINATION_NUMBER_INVALID: 'invalid number of results requested',
  UNAUTHORIZED: 'authentication required',
  UNKNOWN: 'unknown error',
};

export interface OciRefusal {
  readonly status: number;
  readonly code: OciErrorCode;
  readonly message?: string;
  readonly headers?: ReplyHeaders;
}

/** Gitea leaves the message empty; zot's 401 is a bare object; crane writes JSON and calls it plain text. */
export function refuseOci(flavour: OciFlavour, { status, code, message, headers = {} }: OciRefusal): Reply {
  const error = { code, message: flavour === 'gitea' ? '' : (message ?? MESSAGES[code]) };
  if (flavour === 'zot' && status === 401) return jsonReply(401, error, headers);
  return ociJson(flavour, { status, value: { errors: [error] }, headers });
}

export interface OciJson {
  readonly status?: number;
  readonly value: unknown;
  readonly headers?: ReplyHeaders;
}

export function ociJson(flavour: OciFlavour, { status = 200, value, headers = {} }: OciJson): Reply {
  const typed = flavour === 'crane' ? { 'Content-Type': 'text/plain; charset=utf-8' } : {};
  return jsonReply(status, value, { ...typed, ...headers });
}

export function replyNoPage(): Reply {
  return textReply(404, '404 page not found\n');
}
