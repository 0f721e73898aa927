import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, type DiskStore } from '@mosix/cas';
import { limits } from '@mosix/core';
import { encode } from '@mosix/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, makeAction, type Blob } from '../testing/actions.js';
import { createPrepare } from '../execution/prepare.js';
import { createInputRoots, parseDirectory } from './input-root.js';

let directory: string;
let store: DiskStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mosix-input-root-'));
  const opened = await openDiskStore({ directory, sizeBytesMax: 1e9 });
  if (!opened.ok) throw new Error(opened.error.message);
  store = opened.value;
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});
const put = async (...blobs: readonly Blob[]): Promise<void> => {
  for (const { digest, data } of blobs) expect((await store.write(digest, data)).ok).toBe(true);
};

describe('an input root', () => {
  it('is walked: every directory once, the root first, every file', async () => {
    const action = makeAction({ files: { 'a/x/same.h': '1', 'b/x/same.h': '1', 'b/y.h': '2' } });
    await put(...action.blobs);
    const walk = await createInputRoots(store).walk(action.inputRoot);
    if (walk.kind !== 'found') throw new Error(walk.reason);
    // a/x and b/x are one directory blob.
    expect(walk.root.directories).toHaveLength(4);
    expect(walk.root.directories[0]).toEqual(action.inputRoot);
    expect(new Set(walk.root.files.map((each) => each.hash))).toEqual(new Set([blobOf('1').digest.hash, blobOf('2').digest.hash]));
  });

  it('with an absent directory is walked as far as it goes', async () => {
    const action = makeAction({ files: { 'a/x.h': '1', 'b/y.h': '2' } });
    const absent = blobOf(encode('Directory', { files: [{ name: 'x.h', digest: blobOf('1').digest }] }));
    await put(...action.blobs.filter(({ digest }) => digest.hash !== absent.digest.hash));
    const walk = await createInputRoots(store).walk(action.inputRoot);
    if (walk.kind !== 'found') throw new Error(walk.reason);
    expect(walk.root.directories.map((each) => each.hash)).toContain(absent.digest.hash);
    expect(walk.root.files).toEqual([blobOf('2').digest]);
    expect(await createPrepare(store, createInputRoots(store))(action.digest)).toEqual({ kind: 'missing', digests: [absent.digest] });
  });

  it('with illegal names is refused', () => {
    const digest = blobOf('').digest;
    const bad = (name: string) => parseDirectory(encode('Directory', { files: [{ name, digest }] }));
    for (const name of ['', '.', '..', 'a/b', 'a\0b']) expect(bad(name), name).toContain('no file name');
    expect(parseDirectory(encode('Directory', { files: [{ name: 'a', digest }], symlinks: [{ name: 'a', target: 'b' }] }))).toContain('twice');
    expect(parseDirectory(encode('Directory', { files: [{ name: 'a' }] }))).toContain('no valid digest');
    expect(bad('.. ')).toMatchObject({ files: [digest] });
  });

  it('that would unfold into a giant is refused', async () => {
    let child = blobOf(encode('Directory', { files: [{ name: 'f', digest: blobOf('').digest }] }));
    await put(child);
    for (let depth = 0; depth < 40; depth++) {
      child = blobOf(encode('Directory', { directories: [{ name: 'a', digest: child.digest }, { name: 'b', digest: child.digest }] }));
      await put(child);
    }
    expect(await createInputRoots(store).walk(child.digest)).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(`${limits.inputFilesMax}`) });
  });

  it('that is checked once is cheap to check again', async () => {
    const files = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`usr/include/d${index % 37}/f${index}.h`, `header ${index}`]));
    const action = makeAction({ files });
    await put(...action.blobs);
    const prepare = createPrepare(store, createInputRoots(store));
    const times: number[] = [];
    for (let turn = 0; turn < 200; turn++) {
      const start = performance.now();
      const preparation = await prepare(action.digest);
      if (preparation.kind !== 'ready') throw new Error(preparation.kind);
      preparation.job.release();
      times.push(performance.now() - start);
    }
    const median = times.sort((a, b) => a - b)[100] ?? 0;
    if (process.env['MOSIX_BENCH'] === '1') console.log(`prepare of 400 files, warm: ${(median * 1000).toFixed(0)} µs`);
    expect(times).toHaveLength(200);
  });
});
