// Results of earlier compiles on this machine's own disk: a repeated compile is answered without a word to the farm.
//
// Outputs of ordinary size lie in the entry itself: to make a file and its folder costs more than to write its bytes, and an entry is one
// file with one checksum over all of it. Large outputs are blobs of their own.
import { join } from 'node:path';
import { openActionCache, openDiskStore, type ActionCache, type DiskStore } from '@mosix/cas';
import { ok, type Digest, type Result, type Sha256 } from '@mosix/core';
import { decode, encode } from '@mosix/protocol';
import type { reapi } from '@mosix/protocol';

export interface StoredOutput {
  readonly path: string;
  readonly isExecutable: boolean;
  readonly bytes: Uint8Array;
}

export interface StoredResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly outputs: readonly StoredOutput[];
  readonly node: string;
}

export interface ResultCache {
  /** Only complete results: a missing blob makes it a miss. */
  find(action: Digest): Promise<StoredResult | undefined>;
  /** `contents` by output path. Never fails the job: what does not fit is not kept. */
  keep(action: Digest, result: reapi.ActionResult, contents: ReadonlyMap<string, Uint8Array>): Promise<void>;
  stats(): { readonly blobs: number; readonly sizeBytes: number; readonly sizeBytesMax: number };
  close(): Promise<void>;
}

/** Outputs of one entry that lie in it, in all. */
const INLINE_BYTES_MAX = 256 * 1024;
/** Of the cache's size; the rest is for large outputs. */
const ENTRY_SHARE = 0.5;

/** Codes: those of `openDiskStore`. */
export async function openResultCache(directory: string, sizeBytesMax: number, sha256: Sha256): Promise<Result<ResultCache>> {
  const blobs = await openDiskStore({ directory: join(directory, 'blobs'), sizeBytesMax: Math.floor(sizeBytesMax * (1 - ENTRY_SHARE)) });
  if (!blobs.ok) return blobs;
  const actions = await openActionCache({ directory: join(directory, 'actions'), sizeBytesMax: Math.floor(sizeBytesMax * ENTRY_SHARE) });
  if (!actions.ok) return actions;
  return ok(resultCache(blobs.value, actions.value, sha256));
}

function resultCache(blobs: DiskStore, actions: ActionCache, sha256: Sha256): ResultCache {
  return {
    async find(action) {
      const bytes = await actions.get(action.hash);
      if (bytes === undefined) return undefined;
      const result = decode('ActionResult', bytes);
      if (!result.ok) return undefined;
      const outputs: StoredOutput[] = [];
      for (const output of result.value.outputFiles) {
        if (output.digest !== null && output.contents.length === output.digest.sizeBytes) {
          outputs.push({ path: output.path, isExecutable: output.isExecutable, bytes: output.contents }); // the entry's checksum covers it
          continue;
        }
        const bytes = output.digest === null ? undefined : await blobs.read(output.digest);
        if (bytes === undefined || output.digest === null) return undefined;
        if (sha256(bytes) !== output.digest.hash) {
          // The disk has changed a bit under us: the entry is dropped, never used.
          await blobs.drop(output.digest);
          return undefined;
        }
        outputs.push({ path: output.path, isExecutable: output.isExecutable, bytes });
      }
      return { stdout: result.value.stdoutRaw, stderr: result.value.stderrRaw, outputs, node: result.value.executionMetadata?.worker ?? '' };
    },
    async keep(action, result, contents) {
      const outputFiles: reapi.OutputFileInput[] = [];
      let inlineBytes = 0;
      for (const output of result.outputFiles) {
        const bytes = contents.get(output.path);
        if (bytes === undefined || output.digest === null) return;
        const inline = inlineBytes + bytes.length <= INLINE_BYTES_MAX;
        if (inline) inlineBytes += bytes.length;
        else if (!(await blobs.write(output.digest, bytes)).ok) return;
        outputFiles.push({ ...output, contents: inline ? bytes : new Uint8Array(0) });
      }
      await actions.put(action.hash, encode('ActionResult', { ...result, outputFiles }));
    },
    stats() {
      const [large, entries] = [blobs.stats(), actions.stats()];
      return { blobs: large.blobs + entries.blobs, sizeBytes: large.sizeBytes + entries.sizeBytes, sizeBytesMax: large.sizeBytesMax + entries.sizeBytesMax };
    },
    async close() {
      await blobs.close();
      await actions.close();
    },
  };
}
