import { mediaTypeOf } from '../indexer/model/asset-name.ts';
import { hexOf } from '../indexer/model/digest.ts';
import type { AssetEntry } from '../indexer/model/documents.ts';
import { CACHE_CONTROL } from '../indexer/site/cache-control.ts';
import { decideRange, type ByteRange } from './byte-range.ts';
import { isMatchFailed, isNoneMatch, isRangeCurrent } from './entity-tag.ts';
import { ApiError } from './error-table.ts';

export interface DownloadRequest {
  method: string;
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifRange?: string | undefined;
  range?: string | undefined;
}

/** What is answered; only 200 and 206 to a GET need a backend. */
export interface DownloadPlan {
  status: 200 | 206 | 304;
  headers: Record<string, string>;
  /** Of a 206. */
  range?: ByteRange;
}

/**
 * Everything about a download but its bytes, from the index alone, in the order of RFC 9110, section 13.2.2.
 * @throws ApiError `precondition_failed`, `range_not_satisfiable`
 */
export function planDownload(request: DownloadRequest, asset: AssetEntry): DownloadPlan {
  const etag = asset.digest && `"${asset.digest}"`;
  if (isMatchFailed(request.ifMatch, etag)) {
    throw new ApiError(
      'precondition_failed',
      `${asset.name} is not what If-Match names; its ETag is ${etag ?? 'unknown'}.`,
    );
  }
  const headers = validators(etag);
  if (isNoneMatch(request.ifNoneMatch, etag)) return { status: 304, headers };
  const range = rangeOf(request, asset, etag);
  return range === undefined
    ? { status: 200, headers: { ...headers, ...describe(asset), 'content-length': String(asset.size) } }
    : {
        status: 206,
        range,
        headers: {
          ...headers,
          ...describe(asset),
          'content-length': String(range.last - range.first + 1),
          'content-range': `bytes ${range.first}-${range.last}/${asset.size}`,
        },
      };
}

/** Without a digest nothing says that the next answer will be of the same bytes: no ETag, no parts, no keeping. */
function validators(etag: string | undefined): Record<string, string> {
  if (etag === undefined) return { 'cache-control': CACHE_CONTROL.never };
  return { etag, 'cache-control': CACHE_CONTROL.forever };
}

function describe(asset: AssetEntry): Record<string, string> {
  return {
    // By our own table: a backend or an uploader must not choose how a browser takes the bytes.
    'content-type': mediaTypeOf(asset.name),
    'content-disposition': attachmentNamed(asset.name),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
    ...(asset.digest !== undefined && {
      'accept-ranges': 'bytes',
      // RFC 9530, section 3: of the whole, also beside a part of it.
      'repr-digest': `sha-256=:${Buffer.from(hexOf(asset.digest), 'hex').toString('base64')}:`,
    }),
  };
}

/** Range is defined for GET only (RFC 9110, section 14.2). */
function rangeOf(request: DownloadRequest, asset: AssetEntry, etag: string | undefined): ByteRange | undefined {
  if (request.method !== 'GET' || etag === undefined || !isRangeCurrent(request.ifRange, etag)) return undefined;
  const range = decideRange(request.range, asset.size);
  if (range === 'unsatisfiable') {
    throw new ApiError('range_not_satisfiable', `${asset.name} has ${asset.size} bytes; ask for a range within them.`, {
      headers: { 'content-range': `bytes */${asset.size}` },
    });
  }
  return range === 'whole' ? undefined : range;
}

/** RFC 6266 with RFC 8187's extended value, in which every name can be said. */
function attachmentNamed(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const plain = `attachment; filename="${ascii}"`;
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${encodeExtended(name)}`;
}

function encodeExtended(name: string): string {
  return encodeURIComponent(name).replaceAll(/['()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}
