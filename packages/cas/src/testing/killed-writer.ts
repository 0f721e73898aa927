// Run as a process of its own by a test that kills it in the middle: writes blobs of all sizes, in every way, and action results,
// into a store so small that it evicts all the time.
import { openActionCache } from '../action-cache.js';
import { openDiskStore } from '../disk-store.js';
import { digestOf } from '../hash.js';

const [directory = '', seedText = '1'] = process.argv.slice(2);
const store = await openDiskStore({ directory: `${directory}/cas`, sizeBytesMax: 3_000_000 });
const cache = await openActionCache({ directory: `${directory}/ac`, sizeBytesMax: 20_000 });
if (!store.ok || !cache.ok) throw new Error('cannot open the store');

let state = Number(seedText);
const random = (below: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

async function writeOne(serial: number): Promise<void> {
  if (!store.ok || !cache.ok) return;
  const sizeBytes = random(3) === 0 ? random(400_000) : random(8_000);
  const bytes = Buffer.alloc(sizeBytes, `${seedText}/${serial};`);
  const digest = digestOf(bytes);
  if (random(3) === 0) {
    const writer = await store.value.openWrite(digest);
    for (let at = 0; at < sizeBytes; at += 50_000) await writer.append(bytes.subarray(at, at + 50_000));
    await writer.commit();
  } else await store.value.write(digest, bytes);
  if (random(4) === 0) store.value.path(digest, { executable: true });
  await cache.value.put(digestOf(Buffer.from(String(serial % 50))).hash, bytes.subarray(0, 1000));
}

process.stdout.write('started\n');
for (let serial = 0; ; serial += 8) await Promise.all(Array.from({ length: 8 }, (_, i) => writeOne(serial + i)));
