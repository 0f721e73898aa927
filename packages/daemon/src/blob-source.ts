// Where the bytes of a large blob come from while it is sent: its file, piece by piece, or memory.
import { closeSync, openSync, readSync } from 'node:fs';
import type { Blob } from './farm.js';

/** The bytes of a large blob in pieces; `undefined` when its file is gone. */
export function openSource(blob: Blob): { read(into: Buffer): number; close(): void } | undefined {
  if (blob.file !== undefined) {
    try {
      const file = openSync(blob.file, 'r');
      return { read: (into) => readSync(file, into), close: () => closeSync(file) };
    } catch {
      return undefined;
    }
  }
  const bytes = blob.load();
  if (bytes === undefined) return undefined;
  let at = 0;
  const read = (into: Buffer): number => {
    const piece = bytes.subarray(at, at + into.length);
    into.set(piece);
    at += piece.length;
    return piece.length;
  };
  return { read, close: () => undefined };
}

export const bytesOf = (blobs: readonly Blob[]): number => blobs.reduce((sum, { digest }) => sum + digest.sizeBytes, 0);
