// How lists of blobs are cut into calls, and how the calls are run.
import { limits, ok } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import type { RpcError } from '@mosix/protocol';

/** Bytes of a batch entry besides the data: digest, tags, lengths. */
export const ENTRY_OVERHEAD_BYTES = 100;

interface Batches<T> {
  readonly small: T[][];
  readonly large: T[];
}

/** Groups by size: several small ones a call, each large one alone. */
export function planBatches<T extends { readonly digest: Digest }>(items: readonly T[], bytesMax: number): Batches<T> {
  const small: T[][] = [];
  const large: T[] = [];
  let batch: T[] = [];
  let batchBytes = 0;
  for (const item of items) {
    const bytes = item.digest.sizeBytes + ENTRY_OVERHEAD_BYTES;
    if (bytes > bytesMax) {
      large.push(item);
      continue;
    }
    if (batch.length > 0 && (batchBytes + bytes > bytesMax || batch.length >= limits.batchBlobsMax)) {
      small.push(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(item);
    batchBytes += bytes;
  }
  if (batch.length > 0) small.push(batch);
  return { small, large };
}

/** Runs tasks, a few at once; stops to start new ones at the first failure and gives that. */
export async function runAll(tasks: readonly (() => Promise<Result<void, RpcError>>)[]): Promise<Result<void, RpcError>> {
  let next = 0;
  let failure: Result<void, RpcError> | undefined;
  const lane = async (): Promise<void> => {
    while (failure === undefined && next < tasks.length) {
      const task = tasks[next];
      next += 1;
      const result = await task?.();
      if (result !== undefined && !result.ok) failure ??= result;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.remoteBatchesAtOnceMax, tasks.length) }, lane));
  return failure ?? ok(undefined);
}
