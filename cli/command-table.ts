/** A flag of one command, or of all. */
export interface Flag {
  name: string;
  short?: string;
  /** What stands for its value in help; without it the flag takes none. */
  value?: string;
  multiple?: true;
  summary: string;
  /** What completions offer for the value. */
  values?: readonly string[] | 'types' | 'sources' | 'files' | 'folders';
}

export interface Operand {
  name: string;
  required?: true;
  multiple?: true;
  /** What completions offer. */
  values?: readonly string[] | 'extensions' | 'installed';
}

export interface Command {
  name: string;
  operands: readonly Operand[];
  flags: readonly Flag[];
  /** One line, for the list of all commands. */
  summary: string;
  /** What else its own help says. */
  details?: string;
  examples: readonly string[];
}

/** Flags of every command. */
export const COMMON_FLAGS: readonly Flag[] = [
  {
    name: 'site',
    value: 'URL|FOLDER',
    multiple: true,
    summary: "the site's v1; given again, mirrors of the same site",
  },
  { name: 'proxy', value: 'URL', summary: 'where downloads come from; by default what the site says' },
  { name: 'token-file', value: 'FILE', values: 'files', summary: "a bearer token for the proxy's origin" },
  { name: 'offline', summary: 'ask no network; answer from what is kept' },
  { name: 'json', summary: 'print one JSON value' },
  { name: 'verbose', short: 'v', summary: 'show each request' },
  { name: 'help', short: 'h', summary: 'show this' },
];

const TYPE: Flag = { name: 'type', value: 'TYPE', values: 'types', summary: 'only extensions of this type' };
const ROOT: Flag = {
  name: 'root',
  value: 'FOLDER',
  values: 'folders',
  summary: 'the install root; by default $PROVISIONING_EXTENSIONS_PATH, else .provisioning/extensions',
};
const ASSET: Flag = { name: 'asset', value: 'NAME', summary: 'this file of the version; by default the primary one' };
const PRERELEASES: Flag = { name: 'prereleases', summary: 'also choose prereleases' };
const MIN_AGE: Flag = {
  name: 'min-age',
  value: 'AGE',
  summary: 'only versions that have been listed for so long, such as 3d or 12h',
};
const UNVERIFIED: Flag = { name: 'allow-unverified', summary: 'also take an asset that has no digest' };
const EXTENSION: Operand = { name: 'type/name', required: true, values: 'extensions' };
const VERSIONED: Operand = { name: 'type/name[@version]', required: true, values: 'extensions' };
const RANGED: Operand = { name: 'type/name[@range]', required: true, values: 'extensions' };

export const COMMANDS: readonly Command[] = [
  {
    name: 'list',
    operands: [],
    flags: [
      TYPE,
      { name: 'source', value: 'SOURCE', values: 'sources', summary: 'only extensions of this source' },
      { name: 'tag', value: 'TAG', summary: 'only extensions with this tag' },
      { name: 'all-versions', summary: 'one line for each version' },
    ],
    summary: 'list the extensions',
    examples: ['extension list', 'extension list --type provider --json'],
  },
  {
    name: 'search',
    operands: [{ name: 'words', required: true, multiple: true }],
    flags: [TYPE, { name: 'limit', value: 'N', summary: 'at most so many; 20 by default' }],
    summary: 'find extensions by words, best first',
    examples: ['extension search redis cache'],
  },
  {
    name: 'show',
    operands: [VERSIONED],
    flags: [],
    summary: 'show what one wants to know before installing',
    examples: ['extension show provider/aws', 'extension show provider/aws@1.4.0'],
  },
  {
    name: 'versions',
    operands: [EXTENSION],
    flags: [],
    summary: 'list the versions of an extension, newest first',
    examples: ['extension versions taskserv/kubernetes'],
  },
  {
    name: 'download',
    operands: [RANGED],
    flags: [
      ASSET,
      { name: 'output', short: 'o', value: 'FILE', values: 'files', summary: 'where to; - for standard output' },
      PRERELEASES,
      MIN_AGE,
      UNVERIFIED,
    ],
    summary: 'download and verify an asset',
    details: 'An interrupted download is resumed by the next one.',
    examples: ['extension download taskserv/kubernetes@^1.2', 'extension download provider/aws -o - | tar tz'],
  },
  {
    name: 'install',
    operands: [{ name: 'type/name[@range]', multiple: true, values: 'extensions' }],
    flags: [
      ROOT,
      { name: 'frozen', summary: 'install exactly what extensions.lock says; fail where it does not fit' },
      ASSET,
      PRERELEASES,
      MIN_AGE,
      UNVERIFIED,
    ],
    summary: 'install extensions, or all that extensions.toml and extensions.lock name',
    details:
      'Each is resolved, downloaded, checked against its digest, unpacked to <root>/<type>/<name>/<version>/ and made ' +
      'current, and recorded in extensions.toml and extensions.lock.',
    examples: [
      'extension install provider/aws taskserv/kubernetes@^1.2',
      'extension install taskserv/kubernetes --asset kubernetes-arm64.tar.gz',
      'extension install --frozen',
    ],
  },
  {
    name: 'upgrade',
    operands: [{ name: 'type/name', multiple: true, values: 'installed' }],
    flags: [
      ROOT,
      { name: 'dry-run', summary: 'show what would be done' },
      { name: 'major', summary: 'also past the recorded range' },
      PRERELEASES,
      MIN_AGE,
      UNVERIFIED,
    ],
    summary: 'install newer versions',
    examples: ['extension upgrade --dry-run', 'extension upgrade provider/aws --major'],
  },
  {
    name: 'outdated',
    operands: [],
    flags: [ROOT, { name: 'exit-code', summary: 'exit with 7 where something is outdated' }],
    summary: 'list what has newer versions',
    examples: ['extension outdated'],
  },
  {
    name: 'remove',
    operands: [{ name: 'type/name[@version]', required: true, multiple: true, values: 'installed' }],
    flags: [ROOT],
    summary: 'remove what is installed',
    examples: ['extension remove provider/aws'],
  },
  {
    name: 'installed',
    operands: [],
    flags: [ROOT],
    summary: 'list what is installed',
    examples: ['extension installed'],
  },
  {
    name: 'verify',
    operands: [{ name: 'type/name', multiple: true, values: 'installed' }],
    flags: [ROOT],
    summary: 'check every installed file against what was recorded, and that against the site',
    examples: ['extension verify'],
  },
  {
    name: 'info',
    operands: [],
    flags: [ROOT],
    summary: 'show which site, proxy, cache and install root are used',
    examples: ['extension info'],
  },
  {
    name: 'doctor',
    operands: [],
    flags: [ROOT],
    summary: 'find what is wrong, and say what to do',
    examples: ['extension doctor'],
  },
  {
    name: 'cache',
    operands: [{ name: 'list|clean', values: ['list', 'clean'] }],
    flags: [{ name: 'older-than', value: 'AGE', summary: 'clean only what was not used for so long, such as 30d' }],
    summary: 'list or clean the download cache',
    examples: ['extension cache list', 'extension cache clean --older-than 30d'],
  },
  {
    name: 'completion',
    operands: [{ name: 'bash|zsh|fish', required: true, values: ['bash', 'zsh', 'fish'] }],
    flags: [],
    summary: 'print the completions of a shell',
    examples: ['source <(extension completion bash)'],
  },
];

export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((each) => each.name === name);
}
