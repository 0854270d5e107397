/*
 * One configured source as the configuration gives it and a source takes it: checked, with every default filled in.
 */

interface CommonSource {
  /** Unique; how the index, the problems and the logs name this source. */
  name: string;
  /** Higher is preferred; equal ones in the order of the configuration. */
  priority: number;
  /** Patterns of `type/name` (`*` within a segment) that no other source may add to. */
  owns: string[];
  timeoutMs: number;
  verifyTls: boolean;
  /** PEM: the only certificates that its server is trusted by, instead of the system's. */
  ca?: string;
  /** From the token file; undefined for anonymous access. Never printed. */
  secret?: string;
}

export interface GiteaSource extends CommonSource {
  kind: 'gitea';
  /** Ends in `/`. */
  base: URL;
  organization: string;
  includePrivate: boolean;
  includeForks: boolean;
}

export interface OciSource extends CommonSource {
  kind: 'oci';
  /** Ends in `/`. */
  base: URL;
  /** Without slashes at its ends; empty for the whole registry. */
  namespace: string;
  /** Repositories to read instead of the catalog; below the namespace where there is one. */
  repositories?: string[];
  /** With it the secret is its password, without it a bearer token. */
  username?: string;
  /** The origin of a token service elsewhere that may be given the password. */
  tokenService?: string;
  /** The annotation whose comma-separated words are the extension's tags. */
  keywordsAnnotation?: string;
}

export type SourceConfig = GiteaSource | OciSource;
