import { chmodSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ActionCache } from './blob-store.js';
import { openActionCache } from './action-cache.js';
import { sha256 } from './hash.js';
import { must, scratchDirectory } from './testing/scratch.js';

const open = async (directory: string, sizeBytesMax = 1_000_000): Promise<ActionCache> => must(await openActionCache({ directory, sizeBytesMax }));
const key = (name: string): string => sha256(Buffer.from(name));

test('results come back, are replaced, deleted, and outlive the process', async () => {
  const directory = scratchDirectory();
  const cache = await open(directory);
  expect(await cache.get(key('a'))).toBeUndefined();
  must(await cache.put(key('a'), Buffer.from('one')));
  must(await cache.put(key('a'), Buffer.from('two, longer')));
  must(await cache.put(key('b'), Buffer.alloc(0)));
  for (const now of [cache, await open(directory)]) {
    expect((await now.get(key('a')))?.toString()).toBe('two, longer');
    expect((await now.get(key('b')))?.length).toBe(0);
    expect(now.stats()).toMatchObject({ blobs: 2, sizeBytes: 11 + 64 });
  }
  await cache.delete(key('a'));
  expect(await cache.get(key('a'))).toBeUndefined();
  expect(await (await open(directory)).get(key('a'))).toBeUndefined();
});

test('a damaged result is never served', async () => {
  const changes: ((path: string) => void)[] = [
    (path) => truncateSync(path, 40),
    (path) => truncateSync(path, 10),
    (path) => writeFileSync(path, 'x', { flag: 'a' }),
    (path) => rmSync(path),
    (path) => {
      const bytes = readFileSync(path);
      bytes[50] = (bytes[50] ?? 0) ^ 4;
      writeFileSync(path, bytes);
    },
    (path) => {
      const bytes = readFileSync(path);
      bytes[5] = (bytes[5] ?? 0) ^ 4;
      writeFileSync(path, bytes);
    },
  ];
  for (const change of changes) {
    for (const reopen of [false, true]) {
      const directory = scratchDirectory();
      const first = await open(directory);
      must(await first.put(key('a'), Buffer.alloc(100, 'payload')));
      const path = join(directory, key('a').slice(0, 2), key('a'));
      chmodSync(path, 0o644);
      change(path);
      const cache = reopen ? await open(directory) : first;
      expect(await cache.get(key('a'))).toBeUndefined();
      expect(cache.stats().blobs).toBe(0);
      must(await cache.put(key('a'), Buffer.from('again')));
      expect((await cache.get(key('a')))?.toString()).toBe('again');
    }
  }
});

test('the bound holds, the least recently asked for goes first', async () => {
  const cache = await open(scratchDirectory(), 3 * 132);
  for (const name of ['a', 'b', 'c']) must(await cache.put(key(name), Buffer.alloc(100)));
  await cache.get(key('a'));
  must(await cache.put(key('d'), Buffer.alloc(100)));
  expect(await cache.get(key('b'))).toBeUndefined();
  for (const name of ['a', 'c', 'd']) expect(await cache.get(key(name))).toBeDefined();
  expect(await cache.put(key('e'), Buffer.alloc(1000))).toMatchObject({ ok: false, error: { code: 'disk-full' } });
});

test('a key that is no hash names no file', async () => {
  const cache = await open(scratchDirectory());
  expect((await cache.put('../../etc/passwd', Buffer.from('x'))).ok).toBe(false);
  expect(await cache.get('../../etc/passwd')).toBeUndefined();
});
