import { compileWire } from '../../http/ajv.ts';

/*
 * The fields of Gitea's and Forgejo's API that we use (Gitea 1.20 to 1.27, modules/structs), checked on arrival.
 * Everything else in their answers grows with each version and is ignored.
 */

export interface WireRepository {
  id: number;
  name: string;
  full_name: string;
  description?: string | null;
  website?: string | null;
  html_url?: string | null;
  private?: boolean;
  fork?: boolean;
  template?: boolean;
  mirror?: boolean;
  archived?: boolean;
  topics?: string[] | null;
  licenses?: string[] | null;
  /** Releases that are neither drafts nor plain tags. */
  release_counter?: number;
  /** Moves with each push, and with most settings; not with a release or its files. */
  updated_at?: string | null;
}

export interface WireAsset {
  name: string;
  size: number;
  uuid: string;
  /** Forgejo: `attachment` or `external`, a link to anywhere. */
  type?: string;
}

export interface WireRelease {
  id: number;
  tag_name: string;
  body?: string | null;
  draft?: boolean;
  prerelease?: boolean;
  created_at?: string | null;
  published_at?: string | null;
  author?: { login?: string } | null;
  assets?: WireAsset[] | null;
}

const text = { type: 'string', nullable: true } as const;
const flag = { type: 'boolean' } as const;
const words = { type: 'array', items: { type: 'string' }, nullable: true } as const;

export const validateVersion = compileWire<{ version: string }>({
  type: 'object',
  required: ['version'],
  properties: { version: { type: 'string' } },
});

/** Both are its login; `username` is the older name of it and deprecated. */
export const validateOrganization = compileWire<{ name?: string; username?: string }>({
  type: 'object',
  properties: { name: { type: 'string', minLength: 1 }, username: { type: 'string', minLength: 1 } },
});

const repository = {
  type: 'object',
  required: ['id', 'name', 'full_name'],
  properties: {
    id: { type: 'integer' },
    // It becomes part of a path that is asked for with our token.
    name: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,200}$' },
    full_name: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,200}/[A-Za-z0-9._-]{1,200}$' },
    description: text,
    website: text,
    html_url: text,
    private: flag,
    fork: flag,
    template: flag,
    mirror: flag,
    archived: flag,
    topics: words,
    licenses: words,
    release_counter: { type: 'integer' },
    updated_at: text,
  },
} as const;

export const validateRepository = compileWire<WireRepository>(repository);
export const validateRepositories = compileWire<WireRepository[]>({ type: 'array', items: repository });

/** A page of releases; each is checked on its own, so that a bad one does not hide the others. */
export const validateReleasePage = compileWire<unknown[]>({ type: 'array', items: { type: 'object' } });

export const validateRelease = compileWire<WireRelease>({
  type: 'object',
  required: ['id', 'tag_name'],
  properties: {
    id: { type: 'integer' },
    tag_name: { type: 'string', minLength: 1 },
    body: text,
    draft: flag,
    prerelease: flag,
    created_at: text,
    published_at: text,
    author: { type: 'object', nullable: true, properties: { login: { type: 'string' } } },
    assets: {
      type: 'array',
      nullable: true,
      items: {
        type: 'object',
        required: ['name', 'size', 'uuid'],
        properties: {
          name: { type: 'string' },
          size: { type: 'integer', minimum: 0 },
          // With a hyphen, so that no word that every object knows (`constructor`) passes for one.
          uuid: { type: 'string', pattern: '^(?=.*-)[0-9A-Za-z-]{8,64}$' },
          type: { type: 'string' },
        },
      },
    },
  },
});
