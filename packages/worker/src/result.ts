// From what a job left to the ActionResult that the coordinator gets: everything is put into its store first, then the small parts
// travel inside the message too.
import { setTimeout as sleep } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestKey, err, fault, limits, ok } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import type { BlobToWrite, RemoteStore } from '@mosix/cas';
import type { reapi, wellknown } from '@mosix/protocol';
import { blobChunks } from './sandbox/harvest.js';
import type { Harvest, OutputBlob } from './sandbox/harvest.js';
import { readPlainFile } from './sandbox/record.js';

export interface Stdio {
  readonly raw: Buffer;
  /** Set when it is too long to travel raw. */
  readonly blob: OutputBlob | undefined;
}

/** Code `output-too-big`. The job must be dead. */
export function readStdio(io: string, name: 'stdout' | 'stderr'): Result<Stdio> {
  const bytes = readPlainFile(join(io, name), limits.stdioBytesMax);
  if (bytes === undefined) return err(fault('output-too-big', `${name} is missing or larger than ${limits.stdioBytesMax} bytes`));
  if (bytes.length <= limits.stdioInlineBytesMax) return ok({ raw: bytes, blob: undefined });
  return ok({ raw: Buffer.alloc(0), blob: { digest: { hash: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }, bytes } });
}

const asUpload = (blob: OutputBlob): BlobToWrite => ({
  digest: blob.digest,
  bytes: 'bytes' in blob ? blob.bytes : () => readFile(blob.file).catch(() => undefined),
});

/** Writes a large file as a stream; it may be larger than memory is worth. */
async function uploadLarge(remote: RemoteStore, blob: OutputBlob): Promise<Result<void>> {
  const writer = await remote.openWrite(blob.digest);
  try {
    for await (const chunk of blobChunks(blob)) {
      const appended = await writer.append(chunk);
      if (!appended.ok) return appended;
    }
    return await writer.commit();
  } catch (cause) {
    return err(fault('upload', `an output cannot be read again: ${(cause as Error).message}`, { cause }));
  } finally {
    await writer.abort();
  }
}

/** Tries again while the coordinator is away, for limits.uploadMsMax. Codes: `upload`, `cancelled`. */
export async function uploadAll(remote: RemoteStore, blobs: readonly OutputBlob[], signal: AbortSignal): Promise<Result<void>> {
  const deadline = performance.now() + limits.uploadMsMax;
  for (let pause: number = limits.reconnectMsFirst; ; pause = Math.min(pause * 2, limits.reconnectMsMax)) {
    const done = await uploadOnce(remote, blobs, signal);
    if (done.ok) return done;
    if (signal.aborted) return err(fault('cancelled', 'cancelled while its outputs were uploaded'));
    const passing = ['unavailable', 'deadline-exceeded', 'cancelled', 'internal', 'unknown'].includes(done.error.code);
    if (!passing || performance.now() + pause > deadline) {
      return err(fault('upload', `the outputs cannot be stored: ${done.error.message}`, { cause: done.error }));
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function uploadOnce(remote: RemoteStore, blobs: readonly OutputBlob[], signal: AbortSignal): Promise<Result<void>> {
  const small = blobs.filter((blob) => 'bytes' in blob);
  if (small.length > 0) {
    const written = await remote.writeMany(small.map(asUpload), { signal });
    if (!written.ok) return written;
  }
  const large = blobs.filter((blob) => !('bytes' in blob));
  if (large.length === 0) return ok(undefined);
  const missing = await remote.missing(large.map(({ digest }) => digest), { signal });
  if (!missing.ok) return missing;
  const wanted = new Set(missing.value.map(digestKey));
  for (const blob of large) {
    if (!wanted.has(digestKey(blob.digest))) continue;
    const written = await uploadLarge(remote, blob);
    if (!written.ok) return written;
  }
  return ok(undefined);
}

/** Milliseconds since 1970 at each step of a job. */
export interface Times {
  readonly start: number;
  readonly fetched: number;
  readonly executionStart: number;
  readonly executionEnd: number;
  readonly uploadStart: number;
  readonly end: number;
}

const timestamp = (ms: number): wellknown.TimestampInput => ({ seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) });

const metadata = (worker: string, times: Times): reapi.ExecutedActionMetadataInput => ({
  worker,
  workerStartTimestamp: timestamp(times.start),
  workerCompletedTimestamp: timestamp(times.end),
  inputFetchStartTimestamp: timestamp(times.start),
  inputFetchCompletedTimestamp: timestamp(times.fetched),
  executionStartTimestamp: timestamp(times.executionStart),
  executionCompletedTimestamp: timestamp(times.executionEnd),
  outputUploadStartTimestamp: timestamp(times.uploadStart),
  outputUploadCompletedTimestamp: timestamp(times.end),
});

/** Exit status as a shell would give it: 128 + signal for a death by signal. */
export const exitCodeOf = (exit: { readonly kind: 'exit' | 'signal'; readonly value: number }): number =>
  exit.kind === 'signal' ? 128 + exit.value : exit.value;

export function actionResult(
  harvested: Harvest,
  stdio: { readonly stdout: Stdio; readonly stderr: Stdio },
  exitCode: number,
  worker: string,
  times: Times,
): reapi.ActionResultInput {
  const inline = harvested.sizeBytes + stdio.stdout.raw.length + stdio.stderr.raw.length <= limits.inlineBytesMax;
  const contents = (digest: Digest): { contents?: Buffer } => {
    const blob = harvested.blobs.get(digestKey(digest));
    return inline && blob !== undefined && 'bytes' in blob ? { contents: blob.bytes } : {};
  };
  return {
    outputFiles: harvested.files.map((file) => ({ ...file, ...contents(file.digest) })),
    outputDirectories: harvested.directories,
    outputSymlinks: harvested.symlinks,
    exitCode,
    stdoutRaw: stdio.stdout.raw,
    stderrRaw: stdio.stderr.raw,
    ...(stdio.stdout.blob === undefined ? {} : { stdoutDigest: stdio.stdout.blob.digest }),
    ...(stdio.stderr.blob === undefined ? {} : { stderrDigest: stdio.stderr.blob.digest }),
    executionMetadata: metadata(worker, times),
  };
}
