import { createHash } from 'node:crypto';

export type Visibility = 'public' | 'limited' | 'private';

export interface Organization {
  readonly id: number;
  readonly name: string;
  visibility: Visibility;
}

export interface Asset {
  readonly id: number;
  readonly uuid: string;
  name: string;
  readonly content: Uint8Array;
  readonly createdAt: string;
  /** Every GET, HEAD, 304 and 416 of a download route counts, as in the real one. */
  downloadCount: number;
}

export interface Release {
  readonly id: number;
  tag: string;
  title: string;
  body: string;
  draft: boolean;
  prerelease: boolean;
  createdAt: string;
  author: string;
  assets: Asset[];
}

export interface Repository {
  readonly id: number;
  owner: string;
  name: string;
  description: string;
  topics: string[];
  website: string;
  licenses: string[];
  private: boolean;
  fork: boolean;
  template: boolean;
  mirror: boolean;
  archived: boolean;
  empty: boolean;
  createdAt: string;
  updatedAt: string;
  releases: Release[];
}

export interface OrganizationSpec {
  readonly name: string;
  readonly visibility?: Visibility;
}

export type RepositorySpec = Pick<Repository, 'name'> & Partial<Omit<Repository, 'id' | 'owner' | 'name' | 'releases'>>;

export interface AssetSpec {
  readonly name: string;
  readonly content: Uint8Array | string;
  readonly uuid?: string;
}

export interface ReleaseSpec extends Partial<Omit<Release, 'id' | 'tag' | 'assets'>> {
  readonly tag: string;
  readonly assets?: readonly AssetSpec[];
  /** A release on an older tag has the id of the tag's row (and, by `createdAt`, its date), so it appears deep in the list. */
  readonly id?: number;
}

/** The building side of the fake: every method acts at once, and returns the live record. */
export interface GiteaWorld {
  addOrganization(spec: OrganizationSpec): Organization;
  addRepository(organization: string, spec: RepositorySpec): Repository;
  addRelease(organization: string, repository: string, spec: ReleaseSpec): Release;
  addAsset(organization: string, repository: string, asset: AssetSpec & { readonly tag: string }): Asset;
  /** Uploads other bytes under the same name: a new id and a new uuid; the release itself does not change. */
  replaceAsset(organization: string, repository: string, asset: AssetSpec & { readonly tag: string }): Asset;
  removeAsset(organization: string, repository: string, asset: { readonly tag: string; readonly name: string }): void;
  removeRelease(organization: string, repository: string, tag: string): void;
  removeRepository(organization: string, repository: string): void;
  /** The old name answers 301 until a new repository takes it. */
  renameRepository(organization: string, repository: string, name: string): Repository;
  /** Moves it to another organization; the old place answers 301. */
  transfer(organization: string, repository: string, to: string): Repository;
}

/** The answering side. Names are looked up without regard to case. */
export interface GiteaState {
  readonly organizations: Organization[];
  readonly repositories: Repository[];
  findOrganization(name: string): Organization | undefined;
  findRepository(owner: string, name: string): Repository | undefined;
  findMoved(owner: string, name: string): Repository | undefined;
  findAsset(uuid: string): { repository: Repository; release: Release; asset: Asset } | undefined;
}

const FIRST_MINUTE = Date.UTC(2026, 0, 1);

/** Ids, uuids and times come from counters, so that the same calls make the same world. */
function createCounters() {
  const counts = new Map<string, number>();
  const next = (what: string) => {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    return count;
  };
  return {
    nextId: next,
    nextTime: () => `${new Date(FIRST_MINUTE + next('minute') * 60_000).toISOString().slice(0, 19)}Z`,
  };
}

function uuidOf(id: number): string {
  const hex = createHash('sha256').update(`attachment ${id}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
const keyOf = (owner: string, name: string) => `${owner}/${name}`.toLowerCase();

export function createGiteaWorld(): { readonly world: GiteaWorld; readonly state: GiteaState } {
  const moved = new Map<string, Repository>();
  const state: GiteaState = {
    organizations: [],
    repositories: [],
    findOrganization: (name) => state.organizations.find((each) => isSame(each.name, name)),
    findRepository: (owner, name) =>
      state.repositories.find((each) => isSame(each.owner, owner) && isSame(each.name, name)),
    findMoved: (owner, name) => moved.get(keyOf(owner, name)),
    findAsset: createAssetFinder(() => state.repositories),
  };
  return { state, world: createBuilder(state, moved) };
}

/** Looks first where it found it before: a crawl of 10,000 extensions asks for tens of thousands, each by its uuid. */
function createAssetFinder(repositories: () => readonly Repository[]): GiteaState['findAsset'] {
  type Found = NonNullable<ReturnType<GiteaState['findAsset']>>;
  const seen = new Map<string, Found>();
  const isThere = ({ repository, release, asset }: Found): boolean =>
    release.assets.includes(asset) && repository.releases.includes(release) && repositories().includes(repository);
  return (uuid) => {
    const found = seen.get(uuid);
    if (found !== undefined && isThere(found)) return found;
    seen.clear();
    for (const repository of repositories()) {
      for (const release of repository.releases) {
        for (const asset of release.assets) seen.set(asset.uuid, { repository, release, asset });
      }
    }
    return seen.get(uuid);
  };
}

function createBuilder(state: GiteaState, moved: Map<string, Repository>): GiteaWorld {
  const { nextId, nextTime } = createCounters();

  function repositoryOf(owner: string, name: string): Repository {
    return found(state.findRepository(owner, name), `repository ${owner}/${name}`);
  }

  function releaseOf(owner: string, name: string, tag: string): Release {
    const release = repositoryOf(owner, name).releases.find((each) => each.tag === tag);
    return found(release, `release ${tag} in ${owner}/${name}`);
  }

  function makeAsset({ name, content, uuid }: AssetSpec): Asset {
    const id = nextId('attachment');
    return {
      id,
      uuid: uuid ?? uuidOf(id),
      name,
      content: typeof content === 'string' ? Buffer.from(content) : content,
      createdAt: nextTime(),
      downloadCount: 0,
    };
  }

  function move(repository: Repository, change: Partial<Pick<Repository, 'owner' | 'name'>>): Repository {
    moved.set(keyOf(repository.owner, repository.name), repository);
    return Object.assign(repository, change);
  }

  const addAsset: GiteaWorld['addAsset'] = (organization, repository, { tag, ...spec }) => {
    const asset = makeAsset(spec);
    releaseOf(organization, repository, tag).assets.push(asset);
    return asset;
  };

  const removeAsset: GiteaWorld['removeAsset'] = (organization, repository, { tag, name }) => {
    const { assets } = releaseOf(organization, repository, tag);
    const asset = assets.find((each) => each.name === name);
    removeFrom(assets, found(asset, `asset ${name} of ${tag}`));
  };

  return {
    addOrganization({ name, visibility = 'public' }) {
      const organization = { id: nextId('user'), name, visibility };
      state.organizations.push(organization);
      return organization;
    },
    addRepository(organization, spec) {
      const { name: owner } = found(state.findOrganization(organization), `organization ${organization}`);
      const repository = { ...blankRepository(nextTime()), ...spec, id: nextId('repository'), owner, releases: [] };
      moved.delete(keyOf(owner, spec.name));
      state.repositories.push(repository);
      return repository;
    },
    addRelease(organization, repository, { assets = [], ...spec }) {
      const { releases } = repositoryOf(organization, repository);
      const id = nextId('release');
      const blank = {
        title: '',
        body: '',
        draft: false,
        prerelease: false,
        createdAt: nextTime(),
        author: 'ci-bot',
      };
      const release = { ...blank, id, ...spec, assets: assets.map(makeAsset) };
      releases.push(release);
      return release;
    },
    addAsset,
    replaceAsset(organization, repository, spec) {
      removeAsset(organization, repository, spec);
      return addAsset(organization, repository, spec);
    },
    removeAsset,
    removeRelease(organization, repository, tag) {
      removeFrom(repositoryOf(organization, repository).releases, releaseOf(organization, repository, tag));
    },
    removeRepository(organization, repository) {
      removeFrom(state.repositories, repositoryOf(organization, repository));
    },
    renameRepository: (organization, repository, name) => move(repositoryOf(organization, repository), { name }),
    transfer: (organization, repository, to) => move(repositoryOf(organization, repository), { owner: to }),
  };
}

function blankRepository(time: string): Omit<Repository, 'id' | 'owner' | 'name' | 'releases'> {
  return {
    description: '',
    topics: [],
    website: '',
    licenses: [],
    private: false,
    fork: false,
    template: false,
    mirror: false,
    archived: false,
    empty: false,
    createdAt: time,
    updatedAt: time,
  };
}

function found<T>(record: T | undefined, subject: string): T {
  if (record === undefined) throw new Error(`The fake Gitea has no ${subject}: add it first.`);
  return record;
}

function removeFrom<T>(records: T[], record: T): void {
  records.splice(records.indexOf(record), 1);
}
