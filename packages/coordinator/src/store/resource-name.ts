// Names of blobs in ByteStream: `{instance}/blobs/{hash}/{size}` and `{instance}/uploads/{uuid}/blobs/{hash}/{size}`.
// Instance names may hold slashes and nothing follows from their length, so names are read from the keyword on.
import { isHash, type Digest } from '@mosix/core';

export type ResourceName = { readonly kind: 'blob'; readonly digest: Digest } | { readonly kind: 'compressed' } | { readonly kind: 'invalid' };

/** Optional segments after the size (file names, metadata) are allowed on uploads and ignored. */
export function parseReadName(name: string): ResourceName {
  const parts = name.split('/');
  const at = parts.findIndex((part, index) => (part === 'blobs' || part === 'compressed-blobs') && blobAt(parts, index) !== undefined);
  return at < 0 || at + (blobAt(parts, at)?.length ?? 0) !== parts.length ? { kind: 'invalid' } : nameAt(parts, at);
}

export function parseWriteName(name: string): ResourceName {
  const parts = name.split('/');
  const at = parts.findIndex((part, index) => part === 'uploads' && blobAt(parts, index + 2) !== undefined);
  return at < 0 ? { kind: 'invalid' } : nameAt(parts, at + 2);
}

/** The blob that `parts` names from `index` on, and how many segments that takes. */
function blobAt(parts: readonly string[], index: number): { digest: Digest; compressed: boolean; length: number } | undefined {
  const compressed = parts[index] === 'compressed-blobs';
  if (!compressed && parts[index] !== 'blobs') return undefined;
  const from = index + (compressed ? 2 : 1);
  const hash = parts[from] ?? '';
  const size = parts[from + 1] ?? '';
  if (!isHash(hash) || !/^\d{1,15}$/.test(size)) return undefined;
  return { digest: { hash, sizeBytes: Number(size) }, compressed, length: from + 2 - index };
}

function nameAt(parts: readonly string[], index: number): ResourceName {
  const blob = blobAt(parts, index);
  if (blob === undefined) return { kind: 'invalid' };
  return blob.compressed ? { kind: 'compressed' } : { kind: 'blob', digest: blob.digest };
}
