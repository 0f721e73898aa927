// Reading files of a store: whole or in part, by what is cheapest for their size, and never more than the index promises.
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { limits } from '@mosix/core';
import { SYNC_BYTES_MAX } from './files.js';
import { sha256 } from './hash.js';

/** The file's bytes; undefined when it is gone or has not exactly `sizeBytes`. */
export function readWholeSync(path: string, sizeBytes: number): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.allocUnsafeSlow(sizeBytes + 1); // one more, to see whether the file is longer
    let done = 0;
    while (done <= sizeBytes) {
      const count = readSync(descriptor, bytes, done, bytes.length - done, done);
      if (count === 0) break;
      done += count;
    }
    return done === sizeBytes ? bytes.subarray(0, sizeBytes) : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

/** Like `readWholeSync`, off the event loop, for large files. */
export async function readWhole(path: string, sizeBytes: number): Promise<Buffer | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const bytes = await handle.readFile();
      return bytes.length === sizeBytes ? bytes : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

/** Opens at the first step. An eviction after that does not disturb it; a file that is gone or too short throws. */
export async function* streamFile(path: string, sizeBytes: number, offset: number, limit: number): AsyncGenerator<Buffer> {
  const end = Math.min(sizeBytes, offset + limit);
  let at = offset;
  if (at >= end) return;
  for await (const chunk of createReadStream(path, { start: at, end: end - 1, highWaterMark: limits.byteStreamChunkBytes })) {
    at += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
  if (at !== end) throw new Error(`${path} ends after ${at} of ${sizeBytes} bytes`);
}

/** SHA-256 of the file; undefined when it cannot be read. */
export async function hashFile(path: string): Promise<string | undefined> {
  try {
    if (statSync(path).size <= SYNC_BYTES_MAX) return sha256(readFileSync(path));
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: limits.byteStreamChunkBytes })) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
