import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore } from '@mosix/cas';
import { expect, it } from 'vitest';
import { blobOf } from '../testing/actions.js';
import { withRecentBlobs } from './recent-blobs.js';

it('gives back what was written from memory, mends the disk from it, and forgets what was dropped', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mosix-recent-'));
  const opened = await openDiskStore({ directory, sizeBytesMax: 1e6 });
  if (!opened.ok) throw new Error(opened.error.message);
  const store = withRecentBlobs(opened.value, 1_000);
  const { digest, data } = blobOf('some bytes');
  expect((await store.write(digest, data)).ok).toBe(true);
  const path = opened.value.path(digest) ?? '';
  chmodSync(path, 0o644);
  writeFileSync(path, 'SOME BYTES');
  expect(await store.read(digest)).toEqual(data);
  expect(await store.verify(digest)).toBe(true);
  expect(await opened.value.read(digest)).toEqual(data);
  await store.drop(digest);
  expect([store.recent(digest), await store.read(digest), await store.verify(digest)]).toEqual([undefined, undefined, false]);

  const wrong = await store.write(digest, Buffer.from('other data'));
  expect([wrong.ok, store.recent(digest)]).toEqual([false, undefined]);
  const large = blobOf('x'.repeat(2_000));
  await store.write(large.digest, large.data);
  expect([store.recent(large.digest), (await store.read(large.digest))?.length]).toEqual([undefined, 2_000]);
  rmSync(directory, { recursive: true });
});
