// Digest and include list of every file, by its identity on disk: read once, hashed once, scanned once, between builds too.
import { createHash, hash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Digest } from '@mosix/core';
import { scanDefines, scanProbes, scanSource, type IncludeReference, type MacroValue, type SourceFacts } from './scan-source.js';
import type { FileNode } from './filesystem-view.js';

/** Programs and libraries above this size are hashed in pieces and never kept in memory. */
const WHOLE_FILE_BYTES_MAX = 512 * 1024;
const PIECE_BYTES = 512 * 1024;
/** Bytes of freshly read files kept until they have been uploaded, so that no file is read twice. */
const RECENT_BYTES_MAX = 64 * 1024 * 1024;
const IDENTITIES_MAX = 400_000;

export interface FileFacts {
  readonly digest: Digest;
  /** `undefined` for files that were never read as source. */
  source: SourceFacts | undefined;
  /** Answers of `defines` so far, by name. */
  readonly defines: Map<string, readonly MacroValue[]>;
}

export interface SavedFacts {
  readonly identity: string;
  readonly hash: string;
  readonly sizeBytes: number;
  readonly source: SourceFacts | undefined;
}

export interface SourceStore {
  /** Digest, and with `asSource` the include list. `undefined` when the file cannot be read. */
  facts(file: FileNode, asSource: boolean): FileFacts | undefined;
  /** What a file that was read as source defines `name` as; most files never mention it. */
  defines(file: FileNode, name: string): readonly MacroValue[];
  /** What the file asks for through a macro that stands for `__has_include`; `undefined` when only the compiler can tell. */
  probes(file: FileNode, name: string): readonly IncludeReference[] | undefined;
  /** Bytes read a moment ago, if still at hand. */
  recent(hash: string): Buffer | undefined;
  export(): SavedFacts[];
  import(saved: readonly SavedFacts[]): void;
  readonly filesRead: number;
}

const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

function hashInPieces(path: string, piece: Buffer): { hash: string; sizeBytes: number } {
  const file = openSync(path, 'r');
  try {
    const digest = createHash('sha256');
    let sizeBytes = 0;
    for (;;) {
      const count = readSync(file, piece, 0, piece.length, null);
      if (count === 0) return { hash: digest.digest('hex'), sizeBytes };
      digest.update(piece.subarray(0, count));
      sizeBytes += count;
    }
  } finally {
    closeSync(file);
  }
}

/** A file that `lstat` said to be of that size: fewer calls than readFileSync makes, and less work around them. Throws what the calls throw. */
function readExpected(path: string, sizeBytes: number): Buffer {
  const file = openSync(path, 'r');
  try {
    // One byte more than expected, to see that there is no more.
    const bytes = Buffer.allocUnsafeSlow(sizeBytes + 1);
    if (readSync(file, bytes, 0, bytes.length, 0) === sizeBytes) return bytes.subarray(0, sizeBytes);
  } finally {
    closeSync(file);
  }
  return readFileSync(path);
}

export function createSourceStore(): SourceStore {
  const byIdentity = new Map<string, FileFacts>();
  const recent = new Map<string, Buffer>();
  let recentBytes = 0;
  let filesRead = 0;
  let piece: Buffer | undefined;

  const remember = (hash: string, bytes: Buffer): void => {
    if (recent.has(hash)) return;
    recent.set(hash, bytes);
    recentBytes += bytes.length;
    for (const [oldest, old] of recent) {
      if (recentBytes <= RECENT_BYTES_MAX) break;
      recent.delete(oldest);
      recentBytes -= old.length;
    }
  };

  const load = (file: FileNode, asSource: boolean): FileFacts | undefined => {
    const known = file.racy ? undefined : byIdentity.get(file.identity);
    if (known !== undefined && (!asSource || known.source !== undefined)) return known;
    try {
      filesRead += 1;
      if (file.sizeBytes > WHOLE_FILE_BYTES_MAX && !asSource) {
        const { hash, sizeBytes } = hashInPieces(file.path, (piece ??= Buffer.allocUnsafeSlow(PIECE_BYTES)));
        return { digest: { hash, sizeBytes }, source: undefined, defines: new Map() };
      }
      const bytes = readExpected(file.path, file.sizeBytes);
      const name = sha256(bytes);
      remember(name, bytes);
      return { digest: { hash: name, sizeBytes: bytes.length }, source: asSource ? scanSource(bytes) : undefined, defines: new Map() };
    } catch {
      return undefined;
    }
  };

  return {
    get filesRead() {
      return filesRead;
    },
    facts(file, asSource) {
      const held = file.contents as FileFacts | undefined;
      if (held !== undefined && (!asSource || held.source !== undefined)) return held;
      const facts = load(file, asSource);
      if (facts === undefined) return undefined;
      file.contents = facts;
      if (!file.racy) {
        if (byIdentity.size >= IDENTITIES_MAX) byIdentity.clear();
        byIdentity.set(file.identity, facts);
      }
      return facts;
    },
    defines(file, name) {
      const facts = file.contents as FileFacts | undefined;
      const known = facts?.defines.get(name);
      if (known !== undefined) return known;
      let found: readonly MacroValue[] = [];
      try {
        const bytes = (facts && recent.get(facts.digest.hash)) ?? readFileSync(file.path);
        if (bytes.includes(name)) found = scanDefines(bytes).get(name) ?? [];
      } catch {
        // gone: verification will say so
      }
      facts?.defines.set(name, found);
      return found;
    },
    probes(file, name) {
      const facts = file.contents as FileFacts | undefined;
      try {
        const bytes = (facts && recent.get(facts.digest.hash)) ?? readFileSync(file.path);
        return bytes.includes(name) ? scanProbes(bytes, name) : [];
      } catch {
        return undefined;
      }
    },
    recent: (hash) => recent.get(hash),
    export: () => [...byIdentity].map(([identity, facts]) => ({ identity, hash: facts.digest.hash, sizeBytes: facts.digest.sizeBytes, source: facts.source })),
    import(saved) {
      for (const entry of saved) {
        byIdentity.set(entry.identity, { digest: { hash: entry.hash, sizeBytes: entry.sizeBytes }, source: entry.source, defines: new Map() });
      }
    },
  };
}
