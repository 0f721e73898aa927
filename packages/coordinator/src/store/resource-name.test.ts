import { describe, expect, it } from 'vitest';
import { parseReadName, parseWriteName } from './resource-name.js';

const hash = 'a'.repeat(64);
const blob = { kind: 'blob', digest: { hash, sizeBytes: 12 } };

describe('resource names', () => {
  it('of reads, with any instance', () => {
    for (const instance of ['', 'main/', 'a/b/c/', 'blobs/', 'uploads/x/']) expect(parseReadName(`${instance}blobs/${hash}/12`)).toEqual(blob);
    expect(parseReadName(`compressed-blobs/zstd/${hash}/12`)).toEqual({ kind: 'compressed' });
    for (const name of ['', 'blobs', `blobs/${hash}`, `blobs/${hash.toUpperCase()}/12`, `blobs/${hash}/-1`, `blobs/${hash}/1e3`, `blobs/${hash}/12/more`]) {
      expect(parseReadName(name), name).toEqual({ kind: 'invalid' });
    }
  });

  it('of writes, with any instance and trailing metadata', () => {
    for (const instance of ['', 'main/', 'a/uploads/c/', 'blobs/']) {
      expect(parseWriteName(`${instance}uploads/0-1-2/blobs/${hash}/12`)).toEqual(blob);
      expect(parseWriteName(`${instance}uploads/0-1-2/blobs/${hash}/12/some/file.o`)).toEqual(blob);
    }
    expect(parseWriteName(`uploads/u/compressed-blobs/zstd/${hash}/12`)).toEqual({ kind: 'compressed' });
    expect(parseWriteName(`blobs/${hash}/12`)).toEqual({ kind: 'invalid' });
  });
});
