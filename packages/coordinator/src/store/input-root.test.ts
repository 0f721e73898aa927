import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryStore, openDiskStore, type DiskStore } from '@mosix/cas';
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

  it('finds files by their paths', async () => {
    const action = makeAction({ files: { 'a.c': 'x', 'src/b.c': 'bb', 'src/deep/c.c': 'ccc', 'src/deep/cc': 'dddd', 'src/eep/c.c': 'eeeee' } });
    await put(...action.blobs);
    const walk = await createInputRoots(store, () => 0).hold(action.inputRoot);
    if (walk.kind !== 'found') throw new Error(walk.kind);
    const sizes = ['a.c', 'src/b.c', 'src/deep/c.c', 'src/deep/cc', 'src/eep/c.c', 'src', 'src/deep', '.c', 'src/c.c', 'deep/c.c', '', '/', 'src/', 'a.c/x', 'no/such'].map((path) => walk.find(path)?.sizeBytes);
    expect(sizes).toEqual([1, 2, 3, 4, 5, ...new Array<undefined>(10).fill(undefined)]);
  });

  it('tells its large part: the same for every job with the same toolchain', async () => {
    const tools = { 'usr/bin/cc1': 'c'.repeat(2 ** 20), 'usr/lib/libz': 'z'.repeat(2 ** 20 + 5), 'usr/include/a.h': 'small' };
    const roots = createInputRoots(store, () => 0);
    const prepare = createPrepare(store, roots);
    const costOf = async (files: Record<string, string>, argv: string[]) => {
      const action = makeAction({ files, arguments: argv, command: { workingDirectory: 'src' } });
      await put(...action.blobs);
      const preparation = await prepare(action.digest);
      if (preparation.kind !== 'ready') throw new Error(preparation.kind);
      preparation.job.release();
      return preparation.job;
    };
    const one = await costOf({ ...tools, 'src/a.c': 'int a;' }, ['cc', '-c', 'a.c']);
    expect(one).toMatchObject({ sourceBytes: 6, bulkBytes: 2 ** 21 + 5 });
    const other = await costOf({ ...tools, 'src/other/b.c': 'int bb;' }, ['cc', '-c', 'other/b.c']);
    expect(other).toMatchObject({ sourceBytes: 7, bulkKey: one.bulkKey, bulkBytes: one.bulkBytes });
    expect(other.costKeys).toHaveLength(4);
    // A large source is no toolchain.
    expect(await costOf({ ...tools, 'src/big.c': 'x'.repeat(2 ** 20) }, ['cc', '-c', 'big.c'])).toMatchObject({ sourceBytes: 2 ** 20, bulkKey: one.bulkKey });
    const newer = await costOf({ ...tools, 'usr/bin/cc1': 'd'.repeat(2 ** 20), 'src/a.c': 'int a;' }, ['cc', '-c', 'a.c']);
    expect(newer.bulkKey).not.toBe(one.bulkKey);
    expect(newer.bulkBytes).toBe(one.bulkBytes);
    expect(await costOf({ 'src/a.c': 'int a;' }, ['cc', '-c', 'a.c'])).toMatchObject({ bulkKey: '', bulkBytes: 0, costKeys: one.costKeys });
    expect(await costOf({ 'x': '1' }, ['cc', '-c', 'gone.c'])).toMatchObject({ sourceBytes: 0 });
  });

  it('that is deeper than any stack is walked all the same', async () => {
    let child = blobOf(encode('Directory', { files: [{ name: 'f', digest: blobOf('').digest }] }));
    const memory = createMemoryStore();
    await memory.write(child.digest, child.data);
    for (let depth = 0; depth < 20_000; depth++) {
      child = blobOf(encode('Directory', { directories: [{ name: 'd', digest: child.digest }] }));
      await memory.write(child.digest, child.data);
    }
    const deep = { ...memory, findMissing: async () => [], pin: () => () => undefined } as unknown as DiskStore;
    expect(await createInputRoots(deep, () => 0).hold(child.digest)).toMatchObject({ kind: 'found' });
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
