import { createTagPusher } from './push-tag.ts';
import type { PushTag } from './push-tag.ts';

export interface GiteaRepository {
  id: number;
  name: string;
  full_name: string;
  updated_at: string;
  release_counter: number;
}

export interface GiteaRelease {
  id: number;
  tag_name: string;
  draft: boolean;
  prerelease: boolean;
  created_at: string;
  published_at: string;
  assets: GiteaAsset[];
}

export interface GiteaAsset {
  id: number;
  uuid: string;
  name: string;
  size: number;
  browser_download_url: string;
}

export type Visibility = 'public' | 'limited' | 'private';

export interface NewRepository {
  name: string;
  description?: string;
  private?: boolean;
  /** A first commit, without which no release is possible; true unless told. */
  autoInit?: boolean;
}

export interface NewRelease {
  tag: string;
  name?: string;
  body?: string;
  draft?: boolean;
  prerelease?: boolean;
}

/** What PATCH of a repository takes, as far as tests use it. */
export interface RepositoryChanges {
  name?: string;
  description?: string;
  private?: boolean;
  archived?: boolean;
  /** Whether it has a page of releases at all. */
  has_releases?: boolean;
}

/** Changes a Gitea's world through its API, as its administrator. A repository is named `owner/name`. */
export interface GiteaSeed {
  createOrganization: (name: string, visibility?: Visibility) => Promise<void>;
  showOrganization: (name: string, visibility: Visibility) => Promise<void>;
  createRepository: (organization: string, repository: NewRepository) => Promise<GiteaRepository>;
  editRepository: (repository: string, changes: RepositoryChanges) => Promise<GiteaRepository>;
  renameRepository: (repository: string, name: string) => Promise<GiteaRepository>;
  transferRepository: (repository: string, organization: string) => Promise<GiteaRepository>;
  deleteRepository: (repository: string) => Promise<void>;
  setTopics: (repository: string, topics: readonly string[]) => Promise<void>;
  listReleases: (repository: string) => Promise<GiteaRelease[]>;
  createRelease: (repository: string, release: NewRelease) => Promise<GiteaRelease>;
  editRelease: (repository: string, releaseId: number, changes: Partial<NewRelease>) => Promise<GiteaRelease>;
  deleteRelease: (repository: string, releaseId: number) => Promise<void>;
  uploadAsset: (repository: string, releaseId: number, asset: NewAsset) => Promise<GiteaAsset>;
  listAssets: (repository: string, releaseId: number) => Promise<GiteaAsset[]>;
  deleteAsset: (repository: string, releaseId: number, assetId: number) => Promise<void>;
  /** A team that reads the code, releases and packages of all the organization's repositories; gives its id. */
  createTeam: (organization: string, name: string) => Promise<number>;
  addMember: (teamId: number, username: string) => Promise<void>;
  removeMember: (teamId: number, username: string) => Promise<void>;
  /** `git push` of a tag, as CI does before it makes the release; returns when Gitea has noticed the tag. */
  pushTag: (tag: PushTag) => Promise<void>;
  /** `git push --delete` of a tag; returns when Gitea has noticed. */
  deleteTag: (repository: string, tag: string) => Promise<void>;
}

export interface NewAsset {
  name: string;
  bytes: Uint8Array | string;
}

export interface SeedOptions {
  url: string;
  token: string;
  /** Resolves when the work that Gitea does behind a reply is done. */
  settle: () => Promise<void>;
}

const READ_TEAM = {
  permission: 'read',
  includes_all_repositories: true,
  units_map: { 'repo.code': 'read', 'repo.releases': 'read', 'repo.packages': 'read' },
};

export function createGiteaSeed({ url, token, settle }: SeedOptions): GiteaSeed {
  const send = createSender(url, `token ${token}`);
  const git = createTagPusher(url, token);
  const editRepository = (repository: string, changes: RepositoryChanges): Promise<GiteaRepository> =>
    send<GiteaRepository>('PATCH', `/repos/${repository}`, changes);
  return {
    createOrganization: async (name, visibility = 'public') => {
      await send('POST', '/orgs', { username: name, visibility });
    },
    showOrganization: async (name, visibility) => {
      await send('PATCH', `/orgs/${name}`, { visibility });
    },
    createRepository: (organization, { autoInit = true, ...rest }) =>
      send<GiteaRepository>('POST', `/orgs/${organization}/repos`, { ...rest, auto_init: autoInit }),
    editRepository,
    renameRepository: (repository, name) => editRepository(repository, { name }),
    transferRepository: (repository, organization) =>
      send<GiteaRepository>('POST', `/repos/${repository}/transfer`, { new_owner: organization }),
    deleteRepository: async (repository) => {
      await send('DELETE', `/repos/${repository}`);
    },
    setTopics: async (repository, topics) => {
      await send('PUT', `/repos/${repository}/topics`, { topics });
    },
    listReleases: (repository) => send<GiteaRelease[]>('GET', `/repos/${repository}/releases`),
    createRelease: (repository, release) =>
      send<GiteaRelease>('POST', `/repos/${repository}/releases`, releaseToWire(release)),
    editRelease: (repository, releaseId, changes) =>
      send<GiteaRelease>('PATCH', `/repos/${repository}/releases/${releaseId}`, releaseToWire(changes)),
    deleteRelease: async (repository, releaseId) => {
      await send('DELETE', `/repos/${repository}/releases/${releaseId}`);
    },
    uploadAsset: (repository, releaseId, { name, bytes }) => {
      const path = `/repos/${repository}/releases/${releaseId}/assets?name=${encodeURIComponent(name)}`;
      return send<GiteaAsset>('POST', path, new Blob([Buffer.from(bytes)]));
    },
    listAssets: (repository, releaseId) =>
      send<GiteaAsset[]>('GET', `/repos/${repository}/releases/${releaseId}/assets`),
    deleteAsset: async (repository, releaseId, assetId) => {
      await send('DELETE', `/repos/${repository}/releases/${releaseId}/assets/${assetId}`);
    },
    createTeam: async (organization, name) =>
      (await send<{ id: number }>('POST', `/orgs/${organization}/teams`, { name, ...READ_TEAM })).id,
    addMember: async (teamId, username) => {
      await send('PUT', `/teams/${teamId}/members/${username}`);
    },
    removeMember: async (teamId, username) => {
      await send('DELETE', `/teams/${teamId}/members/${username}`);
    },
    pushTag: async (tag) => {
      await git.push(tag);
      await settle();
    },
    deleteTag: async (repository, tag) => {
      await git.remove(repository, tag);
      await settle();
    },
  };
}

function releaseToWire({ tag, ...rest }: Partial<NewRelease>): object {
  return tag === undefined ? rest : { ...rest, tag_name: tag };
}

/** Sends JSON, or a Blob's bytes as they are, and gives the reply's JSON. */
export function createSender(url: string, authorization: string) {
  return async <Reply = void>(method: string, path: string, body?: object): Promise<Reply> => {
    const isBytes = body instanceof Blob;
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization,
        'content-type': isBytes ? 'application/octet-stream' : 'application/json',
      },
      ...(body === undefined ? {} : { body: isBytes ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Gitea answered ${response.status} to ${method} ${path}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as Reply;
  };
}
