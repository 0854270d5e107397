import { compileWire } from '../../http/ajv.ts';

/*
 * The bodies of the OCI distribution specification 1.1 and image specification 1.1, and Docker's older twins of them,
 * as far as we use them, checked on arrival.
 */

export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** Without it distribution answers 404 for an OCI manifest, which looks like a deletion. */
export const ACCEPT = Object.values(MEDIA_TYPES).join(', ');

/** distribution-spec, "Pulling manifests": the grammar of names and tags. */
export const REPOSITORY_NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
export const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

export interface WireDescriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string> | null;
  platform?: { os?: string; architecture?: string; variant?: string } | null;
}

export interface WireManifest {
  annotations?: Record<string, string> | null;
  /** An image manifest's. */
  layers?: WireDescriptor[] | null;
  /** An image index's. */
  manifests?: WireDescriptor[] | null;
}

const annotations = { type: 'object', nullable: true, additionalProperties: { type: 'string' } } as const;

const descriptor = {
  type: 'object',
  required: ['mediaType', 'digest', 'size'],
  properties: {
    mediaType: { type: 'string' },
    digest: { type: 'string' },
    size: { type: 'integer', minimum: 0 },
    annotations,
    platform: {
      type: 'object',
      nullable: true,
      properties: { os: { type: 'string' }, architecture: { type: 'string' }, variant: { type: 'string' } },
    },
  },
} as const;

const strings = { type: 'array', nullable: true, items: { type: 'string' } } as const;

/** `repositories` and `tags` may be null where there are none (distribution 2.8 and 3.1). */
export const validateCatalog = compileWire<{ repositories?: string[] | null }>({
  type: 'object',
  properties: { repositories: strings },
});

export const validateTags = compileWire<{ tags?: string[] | null }>({
  type: 'object',
  properties: { tags: strings },
});

export const validateManifest = compileWire<WireManifest>({
  type: 'object',
  properties: {
    annotations,
    layers: { type: 'array', nullable: true, maxItems: 1_000, items: descriptor },
    manifests: { type: 'array', nullable: true, maxItems: 200, items: descriptor },
  },
});

/** distribution, "Token Authentication Specification": either name of the token, `expires_in` optional. */
export const validateToken = compileWire<{ token?: string; access_token?: string; expires_in?: number }>({
  type: 'object',
  properties: {
    token: { type: 'string', minLength: 1 },
    access_token: { type: 'string', minLength: 1 },
    expires_in: { type: 'number' },
  },
});
