// Helpers of this package's tests: folders that go away, blobs from a seed, results that must be good.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { Digest, Result } from '@mosix/core';
import { digestOf } from '../hash.js';

const cleanUps: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** Runs after the test, last one first. */
export const later = (cleanUp: () => void | Promise<void>): void => void cleanUps.push(cleanUp);

export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mosix-cas-'));
  later(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function must<T>(result: Result<T, { code: string; message: string }>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

/** A blob of `sizeBytes`, different for every `seed`. */
export function blob(seed: number, sizeBytes: number): { digest: Digest; bytes: Buffer } {
  const bytes = Buffer.alloc(sizeBytes, `${seed}:`);
  return { digest: digestOf(bytes), bytes };
}
