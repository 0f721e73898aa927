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
    const roots = createInputRoots(store, () => 0);
    const walk = await roots.hold(action.inputRoot);
    if (walk.kind !== 'found') throw new Error(walk.kind);
    // a/x and b/x are one directory blob.
    expect(walk.directories).toHaveLength(4);
    expect(walk.directories[0]).toEqual(action.inputRoot);
    const hashes = new Set((await roots.list(action.inputRoot)).map((each) => each.hash));
    expect(hashes).toEqual(new Set([...walk.directories, blobOf('1').digest, blobOf('2').digest].map((each) => each.hash)));
  });

  it('with an absent directory is walked as far as it goes', async () => {
    const action = makeAction({ files: { 'a/x.h': '1', 'b/y.h': '2' } });
    const absent = blobOf(encode('Directory', { files: [{ name: 'x.h', digest: blobOf('1').digest }] }));
    await put(...action.blobs.filter(({ digest }) => digest.hash !== absent.digest.hash));
    const roots = createInputRoots(store, () => 0);
    expect(await roots.hold(action.inputRoot)).toEqual({ kind: 'missing', digests: [absent.digest] });
    expect((await roots.list(action.inputRoot)).map((each) => each.hash)).toContain(blobOf('2').digest.hash);
    expect(await createPrepare(store, roots)(action.digest)).toEqual({ kind: 'missing', digests: [absent.digest] });
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
    expect(await createInputRoots(store, () => 0).hold(child.digest)).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(`${limits.inputFilesMax}`) });
  });

  it('keeps its blobs in a store that is too small for them, as long as it is held', async () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`d/f${index}`, `${index}`.repeat(1000)]));
    const action = makeAction({ files });
    const opened = await openDiskStore({ directory: join(directory, 'small'), sizeBytesMax: 60_000 });
    if (!opened.ok) throw new Error(opened.error.message);
    const small = opened.value;
    for (const { digest, data } of action.blobs) await small.write(digest, data);
    let time = 0;
    const roots = createInputRoots(small, () => time);
    const walk = await roots.hold(action.inputRoot);
    if (walk.kind !== 'found') throw new Error(walk.kind);
    const others = Array.from({ length: 30 }, (_, index) => blobOf(`other ${index}`.repeat(1000)));
    const flood = async (): Promise<void> => { for (const { digest, data } of others) await small.write(digest, data); };
    await flood();
    expect(await small.findMissing(await roots.list(action.inputRoot))).toEqual([]);
    walk.release();
    walk.release();
    time = limits.directoryPinMs + 1;
    roots.sweep();
    for (const { digest } of others) await small.drop(digest);
    await flood();
    expect(await roots.hold(action.inputRoot)).toMatchObject({ kind: 'missing' });
  });

  it('is looked up again once damage was found', async () => {
    const action = makeAction({ files: { 'd/a': '1' } });
    await put(...action.blobs);
    const roots = createInputRoots(store, () => 0);
    expect(await roots.hold(action.inputRoot)).toMatchObject({ kind: 'found' });
    await store.drop(blobOf('1').digest);
    roots.suspect();
    expect(await roots.hold(action.inputRoot)).toEqual({ kind: 'missing', digests: [blobOf('1').digest] });
  });

  it('that is checked once is cheap to check again', async () => {
    const files = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`usr/include/d${index % 37}/f${index}.h`, `header ${index}`]));
    const action = makeAction({ files });
    await put(...action.blobs);
    const prepare = createPrepare(store, createInputRoots(store, () => 0));
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
