/** The keys of `[gitea]`, as the schema has checked them. */
interface GiteaKeys {
  url: string;
  organization: string;
  token_path?: string;
  timeout_seconds?: number;
  verify_ssl?: boolean;
  ca_path?: string;
  include_private?: boolean;
  include_forks?: boolean;
}

/** The keys of `[oci]`. */
interface OciKeys {
  registry: string;
  namespace?: string;
  auth_token_path?: string;
  timeout_seconds?: number;
  verify_ssl?: boolean;
  ca_path?: string;
  repositories?: string[];
  username?: string;
  token_service?: string;
  keywords_annotation?: string;
}

interface SourceKeys {
  name: string;
  priority?: number;
  owns?: string[];
}

export type GiteaTable = { kind: 'gitea' } & SourceKeys & GiteaKeys;
export type OciTable = { kind: 'oci' } & SourceKeys & OciKeys;
/** One `[[source]]`. */
export type SourceTable = GiteaTable | OciTable;

/** A whole configuration file, before defaults. */
export interface ConfigFile {
  server?: {
    host?: string;
    port?: number;
    workers?: number;
    enable_cors?: boolean;
    enable_compression?: boolean;
    cors_origins?: string[];
  };
  gitea?: GiteaKeys;
  oci?: OciKeys;
  source?: SourceTable[];
  cache?: {
    capacity?: number;
    ttl_seconds?: number;
    enable_metadata_cache?: boolean;
    enable_list_cache?: boolean;
  };
  types?: Record<string, { gitea?: string; oci?: string }>;
  site?: {
    path?: string;
    public_url?: string;
    keep_generations?: number;
    badges?: boolean;
  };
  publish?: {
    to?: string;
    twins?: boolean;
    compress?: boolean;
  };
  s3?: {
    endpoint?: string;
    region?: string;
    path_style?: boolean;
    access_key_id_path?: string;
    secret_access_key_path?: string;
    session_token_path?: string;
    timeout_seconds?: number;
    ca_path?: string;
  };
  notify?: {
    webhook?: string;
    secret_path?: string;
    timeout_seconds?: number;
  };
  policy?: {
    file?: string;
  };
  indexer?: {
    concurrency?: number;
    interval_seconds?: number;
    digests?: 'all' | 'latest' | 'sidecar';
    digest_budget_bytes?: number;
    deadline_seconds?: number;
    recent_seconds?: number;
    look_again_seconds?: number;
    max_heap_mb?: number;
    max_loss_percent?: number;
    max_age_seconds?: number;
    previous?: string;
  };
}

/** A value of which parts may have been taken out, because the schema refused them. */
export type Loose<T> = T extends (infer E)[]
  ? (Loose<E> | undefined)[]
  : T extends object
    ? { [K in keyof T]?: Loose<T[K]> | undefined }
    : T;
