import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runProgram } from './run-program.ts';
import { provideTools } from './tools.ts';

export interface Credentials {
  username: string;
  password: string;
}

export interface OciFile {
  /** Becomes the layer's title. */
  name: string;
  bytes: Uint8Array | string;
  /** Without it oras takes `application/vnd.oci.image.layer.v1.tar`. */
  mediaType?: string;
}

export interface OrasPush {
  repository: string;
  /** Several tags of one manifest are joined by commas. */
  tag: string;
  files: readonly OciFile[];
  artifactType?: string;
  /** `linux/arm64`: what an index made of this manifest says of it. */
  platform?: string;
  annotations?: Readonly<Record<string, string>>;
}

export interface OrasAttach {
  repository: string;
  /** Tag or digest of what the files are about. */
  subject: string;
  artifactType: string;
  files: readonly OciFile[];
}

export interface CraneAppend {
  repository: string;
  tag: string;
  /** Bytes of a tar, gzipped or not; crane gives it no title. */
  layer: Uint8Array;
  platform?: string;
}

/** The real clients, at one registry, as one user. Repositories are paths without the host; digests are `sha256:<hex>`. */
export interface OciClients {
  orasPush: (push: OrasPush) => Promise<string>;
  orasAttach: (attach: OrasAttach) => Promise<string>;
  /** The files of a manifest by their titles. */
  orasPull: (repository: string, reference: string) => Promise<Map<string, Buffer>>;
  craneAppend: (append: CraneAppend) => Promise<string>;
  /** Makes an image index of manifests that are in the repository already. */
  craneIndex: (repository: string, tag: string, members: readonly string[]) => Promise<string>;
  craneTag: (repository: string, reference: string, newTag: string) => Promise<void>;
  craneDigest: (repository: string, reference: string) => Promise<string>;
  /** Deletes a tag, or a manifest when the reference is a digest. */
  craneDelete: (repository: string, reference: string) => Promise<void>;
  /** Removes the credentials and all files of these clients. */
  remove: () => Promise<void>;
}

// oras stamps the present second, which would give every run other digests.
const CREATED = { 'org.opencontainers.image.created': '2024-05-06T07:08:09Z' };

/** `registry` is `host:port` of a server on the loopback, spoken to without TLS. */
export async function createClients(registry: string, credentials?: Credentials): Promise<OciClients> {
  const { oras: orasProgram, crane: craneProgram } = await provideTools();
  const folder = await mkdtemp(join(tmpdir(), 'oci-clients-'));
  // Never the user's own credentials, and never a proxy in front of the loopback.
  const env = { PATH: process.env['PATH'], HOME: folder, DOCKER_CONFIG: join(folder, 'docker') };
  const crane = async (args: readonly string[]): Promise<string> =>
    (await runProgram(craneProgram, ['--insecure', ...args], { env })).trim();
  const oras = async (command: string, args: readonly string[], cwd = folder): Promise<string> =>
    (await runProgram(orasProgram, [command, '--plain-http', ...args], { env, cwd })).trim();
  const address = (repository: string, reference: string): string =>
    `${registry}/${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  const writeFiles = async (files: readonly OciFile[]): Promise<{ cwd: string; args: string[] }> => {
    const cwd = await mkdtemp(join(folder, 'files-'));
    for (const { name, bytes } of files) {
      await mkdir(dirname(join(cwd, name)), { recursive: true });
      await writeFile(join(cwd, name), bytes);
    }
    return { cwd, args: files.map(({ name, mediaType }) => (mediaType === undefined ? name : `${name}:${mediaType}`)) };
  };

  if (credentials !== undefined) {
    const login = ['login', '--plain-http', '--username', credentials.username, '--password-stdin', registry];
    await runProgram(orasProgram, login, { env, input: credentials.password });
  }
  return {
    orasPush: async ({ repository, tag, files, artifactType, platform, annotations = {} }) => {
      const { cwd, args } = await writeFiles(files);
      const options = [
        ...(artifactType === undefined ? [] : ['--artifact-type', artifactType]),
        ...(platform === undefined ? [] : ['--artifact-platform', platform]),
        ...annotationOptions({ ...CREATED, ...annotations }),
        ...PRINT_DIGEST,
      ];
      return oras('push', [...options, `${registry}/${repository}:${tag}`, ...args], cwd);
    },
    orasAttach: async ({ repository, subject, artifactType, files }) => {
      const { cwd, args } = await writeFiles(files);
      const options = ['--artifact-type', artifactType, ...annotationOptions(CREATED), ...PRINT_DIGEST];
      return oras('attach', [...options, address(repository, subject), ...args], cwd);
    },
    orasPull: async (repository, reference) => {
      const output = await mkdtemp(join(folder, 'pull-'));
      await oras('pull', ['--output', output, address(repository, reference)]);
      return readFiles(output);
    },
    craneAppend: async ({ repository, tag, layer, platform }) => {
      const { cwd } = await writeFiles([{ name: 'layer', bytes: layer }]);
      const target = address(repository, tag);
      await crane(['append', '--oci-empty-base', '--new_layer', join(cwd, 'layer'), '--new_tag', target]);
      if (platform !== undefined) await crane(['mutate', '--set-platform', platform, '--tag', target, target]);
      return crane(['digest', target]);
    },
    craneIndex: async (repository, tag, members) => {
      const manifests = members.flatMap((member) => ['--manifest', address(repository, member)]);
      await crane(['index', 'append', ...manifests, '--tag', address(repository, tag)]);
      return crane(['digest', address(repository, tag)]);
    },
    craneTag: async (repository, reference, newTag) => {
      await crane(['tag', address(repository, reference), newTag]);
    },
    craneDigest: (repository, reference) => crane(['digest', address(repository, reference)]),
    craneDelete: async (repository, reference) => {
      await crane(['delete', address(repository, reference)]);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const PRINT_DIGEST = ['--format', 'go-template={{.digest}}'];

function annotationOptions(annotations: Readonly<Record<string, string>>): string[] {
  return Object.entries(annotations).flatMap(([key, value]) => ['--annotation', `${key}=${value}`]);
}

async function readFiles(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), await readFile(path));
  }
  return files;
}
