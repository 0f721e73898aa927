// The large part of an input tree: files that many jobs share, which is the toolchain. Where a node holds them already, a job begins
// sooner. Kept as sums, so that the sum of a tree is that of its directories, each of which is looked at once.
import type { Digest } from '@mosix/core';

/** Files from this size on count. */
const LARGE_BYTES = 1024 * 1024;

export interface Bulk {
  /** Sums of parts of the files' hashes; equal for equal sets of files. */
  readonly low: number;
  readonly high: number;
  readonly sizeBytes: number;
}

export const NO_BULK: Bulk = { low: 0, high: 0, sizeBytes: 0 };

const MODULUS = 2 ** 48;
const DIGITS = 12;

const part = (digest: Digest, at: number): number => Number.parseInt(digest.hash.slice(at, at + DIGITS), 16);

export const addBulk = (a: Bulk, b: Bulk): Bulk =>
  b.sizeBytes === 0 ? a : a.sizeBytes === 0 ? b : { low: (a.low + b.low) % MODULUS, high: (a.high + b.high) % MODULUS, sizeBytes: a.sizeBytes + b.sizeBytes };

export function bulkOf(files: readonly Digest[]): Bulk {
  let bulk = NO_BULK;
  for (const file of files) if (file.sizeBytes >= LARGE_BYTES) bulk = addBulk(bulk, { low: part(file, 0), high: part(file, DIGITS), sizeBytes: file.sizeBytes });
  return bulk;
}

/** Without one file of it: a large source belongs to its job alone. */
export function withoutFile(bulk: Bulk, file: Digest): Bulk {
  const own = bulkOf([file]);
  return own.sizeBytes === 0 ? bulk : { low: (bulk.low - own.low + MODULUS) % MODULUS, high: (bulk.high - own.high + MODULUS) % MODULUS, sizeBytes: bulk.sizeBytes - own.sizeBytes };
}

/** Its name; '' when there is none. */
export const bulkKey = (bulk: Bulk): string => (bulk.sizeBytes === 0 ? '' : `${bulk.low.toString(36)}-${bulk.high.toString(36)}-${bulk.sizeBytes.toString(36)}`);
