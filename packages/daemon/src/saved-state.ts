// What the daemon learnt, kept on disk between its lives. Written as a whole under a temporary name with a checksum in front: a file
// that is cut short, damaged or of another version is dropped, and everything is learnt again.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { SavedFacts } from '@mosix/compiler';
import type { SavedCompiler } from './compilers.js';

export interface SavedState {
  readonly sources: readonly SavedFacts[];
  readonly compilers: readonly SavedCompiler[];
}

/** Part of the checksum: raise it when the meaning of anything saved changes, the scan's above all. */
const FORMAT = 'mosix-daemon-state-5';

const seal = (body: Buffer): Buffer => createHash('sha256').update(FORMAT).update(process.version).update(body).digest();

export function saveState(file: string, state: SavedState): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const body = serialize(state);
    writeFileSync(`${file}.tmp`, Buffer.concat([seal(body), body]));
    renameSync(`${file}.tmp`, file);
  } catch {
    // no room to remember is no reason to fail
  }
}

export function loadState(file: string): SavedState | undefined {
  try {
    const bytes = readFileSync(file);
    const body = bytes.subarray(32);
    if (!seal(body).equals(bytes.subarray(0, 32))) return undefined;
    return deserialize(body) as SavedState;
  } catch {
    return undefined;
  }
}
