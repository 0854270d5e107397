import type { Asset, Organization, Release, Repository } from './gitea-world.ts';

/** Go's zero time, which Gitea writes for "never". */
const NEVER = '0001-01-01T00:00:00Z';

/** A path segment as Go's url.PathEscape writes it: `+` stays raw, `/` becomes %2F. */
function escapeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll(/%(2B|3A|40|26|3D|24)/g, (escaped) => decodeURIComponent(escaped));
}

function userToWire(login: string, rootUrl: string) {
  return {
    id: 1,
    login,
    login_name: '',
    source_id: 0,
    full_name: '',
    email: `${login}@noreply.example.test`,
    avatar_url: `${rootUrl}avatars/${login}`,
    html_url: `${rootUrl}${login}`,
    language: '',
    is_admin: false,
    last_login: NEVER,
    created: '2025-01-01T00:00:00Z',
    restricted: false,
    active: false,
    prohibit_login: false,
    location: '',
    website: '',
    description: '',
    visibility: 'public',
    followers_count: 0,
    following_count: 0,
    starred_repos_count: 0,
    username: login,
  };
}

export function organizationToWire({ id, name, visibility }: Organization, rootUrl: string) {
  return {
    id,
    name,
    full_name: '',
    email: '',
    avatar_url: `${rootUrl}avatars/${name}`,
    description: '',
    website: '',
    location: '',
    visibility,
    repo_admin_change_team_access: false,
    username: name,
  };
}

/** What depends on who asks, and where: the API's links are on ROOT_URL, but a repository's page is on the host that was called. */
export interface WireView {
  readonly rootUrl: string;
  readonly calledUrl: string;
  readonly canWrite: boolean;
  /** In an organization that is not public, a repository that is not private is `internal`. */
  readonly isInternal: boolean;
}

export function repositoryToWire(repository: Repository, { rootUrl, calledUrl, canWrite, isInternal }: WireView) {
  const { owner, name, releases, archived, mirror } = repository;
  const fullName = `${owner}/${name}`;
  return {
    id: repository.id,
    owner: userToWire(owner, rootUrl),
    name,
    full_name: fullName,
    description: repository.description,
    empty: repository.empty,
    private: repository.private,
    fork: repository.fork,
    template: repository.template,
    mirror,
    size: 24,
    language: '',
    languages_url: `${rootUrl}api/v1/repos/${fullName}/languages`,
    html_url: `${calledUrl}${fullName}`,
    url: `${rootUrl}api/v1/repos/${fullName}`,
    link: '',
    ssh_url: `git@git.example.test:${fullName}.git`,
    clone_url: `${calledUrl}${fullName}.git`,
    original_url: '',
    website: repository.website,
    stars_count: 0,
    forks_count: 0,
    watchers_count: 1,
    branch_count: repository.empty ? 0 : 1,
    open_issues_count: 0,
    open_pr_counter: 0,
    release_counter: releases.filter((each) => !each.draft).length,
    default_branch: 'main',
    archived,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    archived_at: archived ? repository.updatedAt : '1970-01-01T00:00:00Z',
    permissions: { admin: canWrite, push: canWrite, pull: true },
    has_code: true,
    has_issues: true,
    has_releases: true,
    has_packages: true,
    internal: isInternal,
    mirror_interval: mirror ? '8h0m0s' : '',
    object_format_name: 'sha1',
    mirror_updated: mirror ? repository.updatedAt : NEVER,
    topics: repository.topics,
    licenses: repository.licenses,
  };
}

export function releaseToWire(release: Release, repository: Repository, rootUrl: string) {
  const fullName = `${repository.owner}/${repository.name}`;
  const tag = escapeSegment(release.tag);
  const slashed = tag.replaceAll('%2F', '/');
  const apiUrl = `${rootUrl}api/v1/repos/${fullName}/releases/${release.id}`;
  return {
    id: release.id,
    tag_name: release.tag,
    target_commitish: 'main',
    name: release.title,
    body: release.body,
    url: apiUrl,
    html_url: `${rootUrl}${fullName}/releases/tag/${slashed}`,
    tarball_url: `${rootUrl}${fullName}/archive/${slashed}.tar.gz`,
    zipball_url: `${rootUrl}${fullName}/archive/${slashed}.zip`,
    upload_url: `${apiUrl}/assets`,
    draft: release.draft,
    prerelease: release.prerelease,
    created_at: release.createdAt,
    published_at: release.createdAt,
    author: userToWire(release.author, rootUrl),
    assets: assetsToWire(release, `${rootUrl}${fullName}/releases/download/${tag}/`, rootUrl),
  };
}

/** Sorted by name, and by bytes, as SQLite does; no digest and no type, because Gitea knows none. */
function assetsToWire({ assets }: Release, downloads: string, rootUrl: string) {
  const isUnique = new Set(assets.map((each) => each.name)).size === assets.length;
  const urlOf = ({ name, uuid }: Asset) =>
    isUnique ? `${downloads}${escapeSegment(name)}` : `${rootUrl}attachments/${uuid}`;
  return assets
    .toSorted((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)))
    .map((asset) => ({
      id: asset.id,
      name: asset.name,
      size: asset.content.length,
      download_count: asset.downloadCount,
      created_at: asset.createdAt,
      uuid: asset.uuid,
      browser_download_url: urlOf(asset),
    }));
}
