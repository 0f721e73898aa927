import { chmodSync, existsSync, linkSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EMPTY_DIGEST } from '@mosix/core';
import type { Digest } from '@mosix/core';
import type { DiskStore } from './blob-store.js';
import { openDiskStore } from './disk-store.js';
import { nodeWritePort } from './files.js';
import type { WritePort } from './files.js';
import { withVerifiedReads } from './verified-reads.js';
import { blob, must, scratchDirectory } from './testing/scratch.js';

const MIB = 1024 * 1024;
const open = async (directory: string, sizeBytesMax = 100 * MIB, port?: WritePort): Promise<DiskStore> => must(await openDiskStore({ directory, sizeBytesMax }, port));

async function all(chunks: AsyncIterable<Buffer> | undefined): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks ?? []) parts.push(chunk);
  return Buffer.concat(parts);
}

const pathIn = (directory: string, digest: Digest): string => join(directory, digest.hash.slice(0, 2), digest.hash);

/** As an administrator or a bad disk would: the file is read-only. */
function damage(path: string, change: (path: string) => void): void {
  chmodSync(path, 0o644);
  change(path);
}

function flipBit(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe('blobs', () => {
  test.each([1, 5000, 64 * 1024, 64 * 1024 + 1, 3 * MIB])('of %i bytes come back, also after a new start', async (sizeBytes) => {
    const directory = scratchDirectory();
    const { digest, bytes } = blob(1, sizeBytes);
    const store = await open(directory);
    expect(store.has(digest)).toBe(false);
    expect(await store.read(digest)).toBeUndefined();
    expect(store.readStream(digest)).toBeUndefined();
    must(await store.write(digest, bytes));
    for (const now of [store, await open(directory)]) {
      expect(now.has(digest)).toBe(true);
      expect((await now.read(digest))?.equals(bytes)).toBe(true);
      expect((await all(now.readStream(digest))).equals(bytes)).toBe(true);
      const part = await all(now.readStream(digest, sizeBytes >> 1, 100));
      expect(part.equals(bytes.subarray(sizeBytes >> 1, (sizeBytes >> 1) + 100))).toBe(true);
      expect(now.stats()).toEqual({ blobs: 2, sizeBytes, sizeBytesMax: 100 * MIB });
      expect(await now.verify(digest)).toBe(true);
    }
    expect(statSync(pathIn(directory, digest)).mode & 0o777).toBe(0o444);
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  });

  test('the empty blob always exists', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    expect(store.has(EMPTY_DIGEST)).toBe(true);
    expect(await store.findMissing([EMPTY_DIGEST])).toEqual([]);
    expect(await store.read(EMPTY_DIGEST)).toEqual(Buffer.alloc(0));
    expect(await all(store.readStream(EMPTY_DIGEST))).toEqual(Buffer.alloc(0));
    await store.drop(EMPTY_DIGEST);
    expect(statSync(store.path(EMPTY_DIGEST) ?? '').size).toBe(0);
    rmSync(pathIn(directory, EMPTY_DIGEST));
    expect((await (await open(directory)).read(EMPTY_DIGEST))?.length).toBe(0);
  });

  test('a digest that does not fit the bytes is refused, and nothing is left of it', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    const { digest, bytes } = blob(1, 100);
    const other = blob(2, 100);
    expect(await store.write(digest, other.bytes)).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    expect(await store.write({ ...digest, sizeBytes: 99 }, bytes)).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    expect(store.has(digest)).toBe(false);
    must(await store.write(digest, bytes));
    expect(store.has({ ...digest, sizeBytes: 99 })).toBe(false);
    expect(await store.findMissing([digest, other.digest, other.digest])).toEqual([other.digest]);
  });

  test('a writer takes pieces, checks them, and shows nothing before commit', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    const { digest, bytes } = blob(3, 300_000);
    const writer = await store.openWrite(digest);
    for (let at = 0; at < bytes.length; at += 70_000) must(await writer.append(bytes.subarray(at, at + 70_000)));
    expect(store.has(digest)).toBe(false);
    must(await writer.commit());
    await writer.abort();
    expect((await store.read(digest))?.equals(bytes)).toBe(true);

    const short = blob(4, 1000);
    const tooLittle = await store.openWrite(short.digest);
    must(await tooLittle.append(short.bytes.subarray(1)));
    expect(await tooLittle.commit()).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    const tooMuch = await store.openWrite(short.digest);
    must(await tooMuch.append(short.bytes));
    expect(await tooMuch.append(short.bytes)).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    expect(await tooMuch.commit()).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    const wrong = await store.openWrite(short.digest);
    must(await wrong.append(blob(5, 1000).bytes));
    expect(await wrong.commit()).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    const given = await store.openWrite(short.digest);
    must(await given.append(short.bytes));
    await given.abort();
    const hasty = await store.openWrite(digest);
    const appending = hasty.append(bytes);
    await hasty.abort();
    must(await appending);
    expect((await hasty.commit()).ok).toBe(false);
    expect(store.has(short.digest)).toBe(false);
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  });

  test('many writers of one blob, whole and in pieces, count it once', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    const { digest, bytes } = blob(6, 200_000);
    const whole = Array.from({ length: 8 }, () => store.write(digest, bytes));
    const pieces = Array.from({ length: 8 }, async () => {
      const writer = await store.openWrite(digest);
      must(await writer.append(bytes.subarray(0, 1000)));
      must(await writer.append(bytes.subarray(1000)));
      return writer.commit();
    });
    for (const result of await Promise.all([...whole, ...pieces])) must(result);
    expect(store.stats()).toMatchObject({ blobs: 2, sizeBytes: 200_000 });
    expect((await store.read(digest))?.equals(bytes)).toBe(true);
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  });

  test('an executable twin is a file of its own', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    const { digest, bytes } = blob(7, 5000);
    expect(store.path(digest, { executable: true })).toBeUndefined();
    must(await store.write(digest, bytes));
    const [plain, executable] = [store.path(digest) ?? '', store.path(digest, { executable: true }) ?? ''];
    expect(statSync(plain).mode & 0o777).toBe(0o444);
    expect(statSync(executable).mode & 0o777).toBe(0o555);
    expect(readFileSync(executable).equals(bytes)).toBe(true);
    expect(statSync(plain).ino).not.toBe(statSync(executable).ino);
    expect(store.stats().sizeBytes).toBe(10_000);
    const again = await open(directory);
    expect(again.stats()).toMatchObject({ blobs: 2, sizeBytes: 10_000 });
    expect(again.path(digest, { executable: true })).toBe(executable);
    await again.drop(digest);
    expect([existsSync(plain), existsSync(executable)]).toEqual([false, false]);
    expect(again.stats()).toMatchObject({ blobs: 1, sizeBytes: 0 });
  });

  test('modes do not depend on the umask', async () => {
    const before = process.umask(0o077);
    try {
      const store = await open(scratchDirectory());
      for (const { digest, bytes } of [blob(8, 10), blob(9, 100_000)]) {
        must(await store.write(digest, bytes));
        expect(statSync(store.path(digest) ?? '').mode & 0o777).toBe(0o444);
        expect(statSync(store.path(digest, { executable: true }) ?? '').mode & 0o777).toBe(0o555);
      }
    } finally {
      process.umask(before);
    }
  });
});

describe('eviction', () => {
  const five = Array.from({ length: 5 }, (_, i) => blob(i, 100));
  const present = (store: DiskStore): number[] => five.flatMap(({ digest }, i) => (store.has(digest) ? [i] : []));

  test('takes the least recently used first; reading, asking for and linking are uses', async () => {
    const directory = scratchDirectory();
    const store = await open(directory, 300);
    for (const { digest, bytes } of five.slice(0, 3)) must(await store.write(digest, bytes));
    await store.read(five[0]?.digest ?? EMPTY_DIGEST);
    must(await store.write(five[3]?.digest ?? EMPTY_DIGEST, five[3]?.bytes ?? Buffer.alloc(0)));
    expect(present(store)).toEqual([0, 2, 3]);
    store.path(five[2]?.digest ?? EMPTY_DIGEST);
    await store.findMissing([five[0]?.digest ?? EMPTY_DIGEST]);
    must(await store.write(five[4]?.digest ?? EMPTY_DIGEST, five[4]?.bytes ?? Buffer.alloc(0)));
    expect(present(store)).toEqual([0, 2, 4]);
    expect(store.stats().sizeBytes).toBe(300);
    for (const { digest } of five) expect(existsSync(pathIn(directory, digest))).toBe(store.has(digest));
  });

  test('after a new start the order is that of the files, and a smaller bound is kept at the next write', async () => {
    const directory = scratchDirectory();
    const first = await open(directory, 1000);
    for (const { digest, bytes } of five) must(await first.write(digest, bytes));
    five.forEach(({ digest }, i) => utimesSync(pathIn(directory, digest), 1000 + ((i * 3) % 5), statSync(pathIn(directory, digest)).mtime));
    const store = await open(directory, 200);
    const more = blob(99, 100);
    must(await store.write(more.digest, more.bytes));
    expect(present(store)).toEqual([3]); // times 1000 + 0, 3, 1, 4, 2
  });

  test('pins hold, nest, and hold blobs that come later', async () => {
    const store = await open(scratchDirectory(), 200);
    const digests = five.map(({ digest }) => digest);
    const release = store.pin(digests.slice(0, 3));
    const releaseAgain = store.pin(digests.slice(0, 1));
    for (const { digest, bytes } of five) must(await store.write(digest, bytes));
    expect(present(store)).toEqual([0, 1, 2]); // over the bound, because pinned
    release();
    release();
    expect(store.stats().sizeBytes).toBe(200);
    expect(store.has(digests[0] ?? EMPTY_DIGEST)).toBe(true);
    releaseAgain();
    const more = [blob(98, 100), blob(99, 100)];
    for (const { digest, bytes } of more) must(await store.write(digest, bytes));
    expect(present(store)).toEqual([]);
  });

  test('room that others need is given up by age, pinned blobs apart', async () => {
    const store = await open(scratchDirectory(), 100 * MIB);
    const blobs = [0, 1, 2, 3].map((seed) => blob(seed, 1000));
    for (const { digest, bytes } of blobs) must(await store.write(digest, bytes));
    store.pin([(blobs[0] as (typeof blobs)[0]).digest]);
    store.giveUp(1500);
    expect(blobs.map(({ digest }) => store.has(digest))).toEqual([true, false, false, true]);
    store.giveUp(1e9);
    expect(blobs.map(({ digest }) => store.has(digest))).toEqual([true, false, false, false]);
  });

  test('a reader in the middle of an evicted blob, and a hard link to it, keep it', async () => {
    const directory = scratchDirectory();
    const store = await open(directory, 4 * MIB);
    const { digest, bytes } = blob(1, 3 * MIB);
    must(await store.write(digest, bytes));
    linkSync(store.path(digest) ?? '', join(directory, 'link'));
    const parts: Buffer[] = [];
    for await (const chunk of store.readStream(digest) ?? []) {
      parts.push(chunk);
      if (parts.length === 1) must(await store.write(blob(2, 3 * MIB).digest, blob(2, 3 * MIB).bytes));
    }
    expect(store.has(digest)).toBe(false);
    expect(Buffer.concat(parts).equals(bytes)).toBe(true);
    expect(readFileSync(join(directory, 'link')).equals(bytes)).toBe(true);
  });

  test('a blob larger than the store is refused at once', async () => {
    const store = await open(scratchDirectory(), 1000);
    const { digest, bytes } = blob(1, 1001);
    expect(await store.write(digest, bytes)).toMatchObject({ ok: false, error: { code: 'disk-full' } });
    expect(await (await store.openWrite(digest)).append(bytes)).toMatchObject({ ok: false, error: { code: 'disk-full' } });
  });
});

describe('damage', () => {
  const changes: [string, (path: string) => void][] = [
    ['cut', (path) => truncateSync(path, 3)],
    ['longer', (path) => writeFileSync(path, 'x', { flag: 'a' })],
    ['deleted', (path) => rmSync(path)],
    ['empty', (path) => writeFileSync(path, '')],
    ['changed in one bit', flipBit],
    ['replaced', (path) => {
      const { length } = readFileSync(path);
      rmSync(path);
      writeFileSync(path, Buffer.alloc(length, 'other'));
    }],
  ];
  const uses: [string, (store: DiskStore, digest: Digest) => unknown][] = [
    ['read', (store, digest) => store.read(digest)],
    ['readStream', (store, digest) => store.readStream(digest)],
    ['path', (store, digest) => store.path(digest)],
    ['path, executable', (store, digest) => store.path(digest, { executable: true })],
  ];

  test.each(changes)('a blob that was %s is absent at its next use, small or large, in this process or the next', async (_name, change) => {
    for (const sizeBytes of [5000, 100_000]) {
      for (const [name, use] of uses) {
        for (const reopen of [false, true]) {
          const directory = scratchDirectory();
          const first = await open(directory);
          const { digest, bytes } = blob(1, sizeBytes);
          must(await first.write(digest, bytes));
          first.path(digest, { executable: true });
          damage(pathIn(directory, digest), change);
          const store = reopen ? await open(directory) : first;
          expect(await use(store, digest), name).toBeUndefined();
          expect(store.has(digest), name).toBe(false);
          must(await store.write(digest, bytes));
          expect((await store.read(digest))?.equals(bytes), name).toBe(true);
          expect(readFileSync(store.path(digest, { executable: true }) ?? '').equals(bytes), name).toBe(true);
        }
      }
    }
  });

  test.each(changes)('an executable twin that was %s is made anew', async (_name, change) => {
    for (const reopen of [false, true]) {
      const directory = scratchDirectory();
      const first = await open(directory);
      const { digest, bytes } = blob(1, 5000);
      must(await first.write(digest, bytes));
      damage(first.path(digest, { executable: true }) ?? '', change);
      const store = reopen ? await open(directory) : first;
      const path = store.path(digest, { executable: true }) ?? '';
      expect(readFileSync(path).equals(bytes)).toBe(true);
      expect(statSync(path).mode & 0o777).toBe(0o555);
      expect(store.stats().sizeBytes).toBe(10_000);
    }
  });

  test('a file that was only touched stays, and is not hashed for ever', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    const { digest, bytes } = blob(1, 5000);
    must(await store.write(digest, bytes));
    const sealed = statSync(pathIn(directory, digest)).mtimeMs;
    utimesSync(pathIn(directory, digest), new Date(), new Date());
    expect((await store.read(digest))?.equals(bytes)).toBe(true);
    expect(statSync(pathIn(directory, digest)).mtimeMs).toBe(sealed);
  });

  test('is counted, for those who hold hard links', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    const { digest, bytes } = blob(7, 5000);
    must(await store.write(digest, bytes));
    store.path(digest, { executable: true });
    expect(store.changedFiles()).toBe(0);
    damage(`${pathIn(directory, digest)}.x`, flipBit);
    expect(store.path(digest, { executable: true })).toBeDefined();
    expect(store.changedFiles()).toBe(1);
    damage(pathIn(directory, digest), flipBit);
    expect(store.path(digest)).toBeUndefined();
    expect(store.changedFiles()).toBe(2);
  });

  test('sending a blob again mends one that the disk has spoiled behind our back', async () => {
    for (const sizeBytes of [5000, 100_000]) {
      const directory = scratchDirectory();
      const store = await open(directory);
      const { digest, bytes } = blob(1, sizeBytes);
      must(await store.write(digest, bytes));
      const sealed = statSync(pathIn(directory, digest));
      damage(pathIn(directory, digest), flipBit);
      utimesSync(pathIn(directory, digest), sealed.atime, sealed.mtime);
      expect((await store.read(digest))?.equals(bytes)).toBe(false); // not to be seen without hashing
      must(await store.write(digest, bytes));
      expect((await store.read(digest))?.equals(bytes)).toBe(true);
    }
  });

  test('verify finds a flipped bit, in the blob or in its executable twin', async () => {
    for (const suffix of ['', '.x']) {
      for (const sizeBytes of [5000, 100_000]) {
        const directory = scratchDirectory();
        const store = await open(directory);
        const { digest, bytes } = blob(1, sizeBytes);
        must(await store.write(digest, bytes));
        store.path(digest, { executable: true });
        expect(await store.verify(digest)).toBe(true);
        damage(pathIn(directory, digest) + suffix, flipBit);
        expect(await store.verify(digest)).toBe(false);
        expect(store.has(digest)).toBe(false);
        expect(existsSync(pathIn(directory, digest))).toBe(false);
        must(await store.write(digest, bytes));
        expect(await store.verify(digest)).toBe(true);
      }
    }
  });

  test('verified reads never give a flipped bit', async () => {
    for (const sizeBytes of [5000, 600_000]) {
      const directory = scratchDirectory();
      const store = withVerifiedReads(await open(directory));
      const { digest, bytes } = blob(1, sizeBytes);
      must(await store.write(digest, bytes));
      expect((await all(store.readStream(digest))).equals(bytes)).toBe(true);
      const spoil = (): void => {
        const sealed = statSync(pathIn(directory, digest));
        damage(pathIn(directory, digest), flipBit);
        utimesSync(pathIn(directory, digest), sealed.atime, sealed.mtime);
      };
      spoil();
      await expect(all(store.readStream(digest))).rejects.toThrow('damaged');
      expect(store.has(digest)).toBe(false);
      must(await store.write(digest, bytes));
      spoil();
      expect(await store.read(digest)).toBeUndefined();
      expect(store.has(digest)).toBe(false);
    }
  });

  test('a stream of a cut blob throws', async () => {
    const directory = scratchDirectory();
    const store = await open(directory);
    const { digest, bytes } = blob(1, 600_000);
    must(await store.write(digest, bytes));
    const chunks = store.readStream(digest);
    damage(pathIn(directory, digest), (path) => truncateSync(path, 400_000));
    await expect(all(chunks)).rejects.toThrow('400000');
  });

  test.each([5000, MIB])('a store whose folder was deleted is empty, and takes blobs of %i bytes again', async (sizeBytes) => {
    const directory = scratchDirectory();
    const { digest, bytes } = blob(1, sizeBytes);
    const store = await open(directory);
    must(await store.write(digest, bytes));
    rmSync(directory, { recursive: true });
    expect(await store.read(digest)).toBeUndefined();
    must(await store.write(digest, bytes));
    expect((await store.read(digest))?.equals(bytes)).toBe(true);
    await store.close();
  });

  test('strange files in the folders are removed, half-written ones too', async () => {
    const directory = scratchDirectory();
    const first = await open(directory);
    const { digest, bytes } = blob(1, 100);
    must(await first.write(digest, bytes));
    const folder = join(directory, digest.hash.slice(0, 2));
    const misplaced = join(folder, 'ff'.repeat(32));
    const strange = [join(directory, 'tmp', '1-1'), join(folder, 'notes.txt'), join(folder, `${digest.hash.slice(0, 2).repeat(32)}.x`), misplaced];
    for (const path of strange) writeFileSync(path, 'x');
    const store = await open(directory);
    expect(strange.map((path) => existsSync(path))).toEqual([false, false, false, false]);
    expect(store.stats().blobs).toBe(2);
  });

  test('after a restart of the machine what was written last is hashed before use', async () => {
    const directory = scratchDirectory();
    const first = await open(directory);
    const [good, spoiled] = [blob(1, 5000), blob(2, 5000)];
    for (const { digest, bytes } of [good, spoiled]) must(await first.write(digest, bytes));
    const sealed = statSync(pathIn(directory, spoiled.digest));
    damage(pathIn(directory, spoiled.digest), (path) => writeFileSync(path, Buffer.alloc(5000)));
    utimesSync(pathIn(directory, spoiled.digest), sealed.atime, sealed.mtime);
    expect(await (await open(directory)).findMissing([good.digest, spoiled.digest])).toEqual([]);
    writeFileSync(join(directory, 'boot'), 'another boot');
    const store = await open(directory);
    expect(await store.findMissing([good.digest, spoiled.digest])).toEqual([spoiled.digest]);
    expect(store.path(spoiled.digest)).toBeUndefined();
    expect((await store.read(good.digest))?.equals(good.bytes)).toBe(true);
    expect(store.stats().sizeBytes).toBe(5_000);
  });
});

describe('failing disks', () => {
  const fail = (code: string): never => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };

  /** A disk of `capacity` bytes, counted by what lies in the store's folder. */
  function smallDisk(directory: string, capacity: number): WritePort {
    const used = (): number => readdirSync(directory, { recursive: true, withFileTypes: true })
      .reduce((sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0), 0);
    return {
      ...nodeWritePort,
      writeSync: (descriptor, bytes) => (used() + bytes.length > capacity ? fail('ENOSPC') : nodeWritePort.writeSync(descriptor, bytes)),
      write: async (descriptor, bytes) => (used() + bytes.length > capacity ? fail('ENOSPC') : nodeWritePort.write(descriptor, bytes)),
    };
  }

  test.each([['small', 5000], ['large', 100_000]])('when the disk is full, old %s blobs make room', async (_name, sizeBytes) => {
    const directory = scratchDirectory();
    const store = await open(directory, 100 * MIB, smallDisk(directory, 4.5 * sizeBytes));
    const blobs = Array.from({ length: 8 }, (_, i) => blob(i, sizeBytes));
    for (const { digest, bytes } of blobs.slice(0, 7)) must(await store.write(digest, bytes));
    const last = blobs[7] ?? blob(7, 1);
    const writer = await store.openWrite(last.digest);
    must(await writer.append(last.bytes.subarray(0, 1000)));
    must(await writer.append(last.bytes.subarray(1000)));
    must(await writer.commit());
    expect((await store.read(last.digest))?.equals(last.bytes)).toBe(true);
    expect(store.has(blobs[0]?.digest ?? EMPTY_DIGEST)).toBe(false);
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  });

  test('when nothing can make room it says disk-full and leaves nothing behind', async () => {
    const directory = scratchDirectory();
    const store = await open(directory, 100 * MIB, smallDisk(directory, 12_000));
    const held = blob(1, 10_000);
    must(await store.write(held.digest, held.bytes));
    store.pin([held.digest]);
    for (const sizeBytes of [5000, 100_000]) {
      const { digest, bytes } = blob(2, sizeBytes);
      expect(await store.write(digest, bytes)).toMatchObject({ ok: false, error: { code: 'disk-full' } });
      const writer = await store.openWrite(digest);
      expect(await writer.append(bytes)).toMatchObject({ ok: false, error: { code: 'disk-full' } });
      expect(await writer.commit()).toMatchObject({ ok: false, error: { code: 'disk-full' } });
      expect(store.has(digest)).toBe(false);
    }
    expect((await store.read(held.digest))?.equals(held.bytes)).toBe(true);
    expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
  });

  test('any other error of the disk is store-io, whichever call fails', async () => {
    const failing: Partial<WritePort>[] = [
      { create: () => fail('EACCES') },
      { writeSync: () => fail('EIO'), write: async () => fail('EIO') },
      { rename: () => fail('EROFS') },
    ];
    for (const broken of failing) {
      const directory = scratchDirectory();
      let on = false;
      const port = new Proxy(nodeWritePort, { get: (target, name) => (on ? ({ ...target, ...broken } as never)[name as keyof WritePort] : target[name as keyof WritePort]) });
      const store = await open(directory, MIB, port);
      on = true;
      for (const sizeBytes of [100, 100_000]) {
        const { digest, bytes } = blob(1, sizeBytes);
        expect(await store.write(digest, bytes)).toMatchObject({ ok: false, error: { code: 'store-io' } });
        const writer = await store.openWrite(digest);
        await writer.append(bytes);
        expect(await writer.commit()).toMatchObject({ ok: false, error: { code: 'store-io' } });
        expect(store.has(digest)).toBe(false);
      }
      expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
    }
  });

  test('short writes are continued', async () => {
    const port: WritePort = {
      ...nodeWritePort,
      writeSync: (descriptor, bytes) => nodeWritePort.writeSync(descriptor, bytes.subarray(0, 777)),
      write: (descriptor, bytes) => nodeWritePort.write(descriptor, bytes.subarray(0, 7777)),
    };
    const store = await open(scratchDirectory(), MIB, port);
    for (const { digest, bytes } of [blob(1, 5000), blob(2, 100_000)]) {
      must(await store.write(digest, bytes));
      expect(await store.verify(digest)).toBe(true);
    }
  });

  test('a folder that cannot be made is a value, not an exception', async () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'file'), '');
    expect(await openDiskStore({ directory: join(directory, 'file', 'store'), sizeBytesMax: 1 })).toMatchObject({ ok: false, error: { code: 'store-io' } });
  });
});
