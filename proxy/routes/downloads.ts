import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSafeAssetName } from '../../indexer/model/asset-name.ts';
import type { VersionEntry } from '../../indexer/model/documents.ts';
import { versionsPath } from '../../indexer/site/layout.ts';
import { CACHE_CONTROL } from '../../indexer/site/cache-control.ts';
import { covers } from '../byte-range.ts';
import { planDownload } from '../download-plan.ts';
import { ApiError } from '../error-table.ts';
import { findMutatedAt } from '../mutated.ts';
import { chooseAsset, resolveVersion } from '../resolve-version.ts';
import type { Services } from '../services.ts';
import type { Handler } from './documents.ts';
import { idOf, knownTypes, missingExtension, notFound, requireGeneration } from './missing.ts';

interface Params {
  type: string;
  name: string;
  version: string;
  asset?: string;
}

/** What a version or a range is written with; a segment of anything else is looked up nowhere. */
const VERSION_OR_RANGE = /^[0-9A-Za-z*^~<>=][0-9A-Za-z.+*^~<>=| -]{0,127}$/;

/** `/{version}` and `/{version}/{asset}`: everything is decided by the versions document; a backend gives bytes only. */
export function createDownloadRoute({ config, view, documents, sendAsset }: Services): Handler {
  return async (request, reply) => {
    const params = request.params as Params;
    const id = idOf(params);
    checkSegments(params);
    const generation = await requireGeneration(view);
    const document = await documents.read(generation, versionsPath(id));
    if (document === undefined) throw missingExtension(id, knownTypes(generation, config.types.keys()));
    const resolution = resolveVersion(id, document.json<VersionEntry[]>(), params.version);
    if ('redirect' in resolution) return redirect(reply, resolution.redirect, params.asset);
    const { entry } = resolution;
    const asset = chooseAsset(id, entry, params.asset);
    const plan = planDownload({ method: request.method, ...conditionsOf(request) }, asset);
    if (request.method === 'HEAD' || plan.status === 304) return reply.headers(plan.headers).code(plan.status).send();
    const { version } = entry;
    const mutatedAt = () => findMutatedAt({ documents, generation }, { id, version });
    // A range of everything is answered as one, and is checked as the whole that it is.
    const range = plan.range && covers(plan.range, asset.size) ? undefined : plan.range;
    await sendAsset(reply, { wanted: { id, version, asset, range, mutatedAt }, plan });
    return reply;
  };
}

/** A document's literal path below a version: it is well formed, and there is none. */
export const noDocumentOfVersion: Handler = async (request) => {
  const { type, name, version } = request.params as Params;
  throw notFound(`extensions/${type}/${name}/${version}`);
};

function checkSegments({ version, asset }: Params): void {
  if (!VERSION_OR_RANGE.test(version)) {
    throw new ApiError(
      'invalid_version',
      'The version has characters that none has; use 1.4.0, latest, ^1.2, 1.x or 1.',
    );
  }
  if (asset !== undefined && !isSafeAssetName(asset)) {
    throw new ApiError('invalid_request', "The asset's name has characters that none has; see the versions document.");
  }
}

/** Relative, so that it is right behind whatever prefix and host the client came by; never made of its Host. */
function redirect(reply: FastifyReply, version: string, asset: string | undefined): FastifyReply {
  const target = encodeURIComponent(version);
  const location = asset === undefined ? target : `../${target}/${encodeURIComponent(asset)}`;
  return reply.code(302).headers({ location, 'cache-control': CACHE_CONTROL.never }).send();
}

function conditionsOf({ headers }: FastifyRequest): {
  ifMatch: string | undefined;
  ifNoneMatch: string | undefined;
  ifRange: string | undefined;
  range: string | undefined;
} {
  return {
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifRange: joined(headers['if-range']),
    range: headers.range,
  };
}

function joined(field: string | string[] | undefined): string | undefined {
  return Array.isArray(field) ? field.join(', ') : field;
}
