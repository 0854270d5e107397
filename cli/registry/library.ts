/*
 * What a program gets that imports "extension-registry": everything else of the package is its own matter.
 */

export { openRegistry } from './open-registry.ts';
export type * from './registry.ts';
export { parseAdmission, requireAdmitted, type Admission } from './admission.ts';
export { RegistryError, codeOf, type ErrorCode } from '../../indexer/model/errors.ts';
export { parseExtensionId, type ExtensionId } from '../../indexer/model/extension.ts';
export type { Digest } from '../../indexer/model/digest.ts';
export type { Version } from '../../indexer/model/version.ts';
export type { AssetEntry, ExtensionDocument, Item, VersionEntry } from '../../indexer/model/documents.ts';
