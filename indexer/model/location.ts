import type { Digest } from './digest.ts';

/** A Gitea attachment: its uuid names its bytes for ever (a new upload gets a new uuid). */
export interface AttachmentLocation {
  source: string;
  attachment: string;
}

/** A layer in an OCI registry. */
export interface LayerLocation {
  source: string;
  repository: string;
  digest: Digest;
}

/** Where an asset's bytes are: a source's name and that source's own key. Never a URL, so no answer can send us elsewhere. */
export type Location = AttachmentLocation | LayerLocation;

/** One string for one place. */
export function locationKey(location: Location): string {
  return 'attachment' in location
    ? `${location.source} ${location.attachment}`
    : `${location.source} ${location.repository}@${location.digest}`;
}
