// kill -9 in the middle of writes, many times over one store: afterwards every file is what its name says, or not there.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isHash } from '@mosix/core';
import { openActionCache } from './action-cache.js';
import { openDiskStore } from './disk-store.js';
import { sha256 } from './hash.js';
import { must, scratchDirectory } from './testing/scratch.js';

const packageDirectory = fileURLToPath(new URL('..', import.meta.url));

async function writeAndKill(directory: string, seed: number, delayMs: number): Promise<void> {
  const child = spawn(process.execPath, [join(packageDirectory, 'dist/testing/killed-writer.js'), directory, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
}

function filesIn(directory: string): { name: string; path: string }[] {
  return readdirSync(directory)
    .filter((folder) => folder.length === 2)
    .flatMap((folder) => readdirSync(join(directory, folder)).map((name) => ({ name, path: join(directory, folder, name) })));
}

test('no kill leaves a wrong blob or a wrong result', async () => {
  execFileSync(join(packageDirectory, '../../node_modules/.bin/tsc'), ['-b', packageDirectory]);
  const directory = scratchDirectory();
  let seen = 0;
  for (let round = 1; round <= 8; round += 1) {
    await writeAndKill(directory, round, 30 + ((round * 67) % 200));
    for (const { name, path } of filesIn(join(directory, 'cas'))) {
      const hash = name.replace(/\.x$/, '');
      expect(isHash(hash), path).toBe(true);
      expect(sha256(readFileSync(path)), path).toBe(hash);
      seen += 1;
    }
    const store = must(await openDiskStore({ directory: join(directory, 'cas'), sizeBytesMax: 3_000_000 }));
    const files = filesIn(join(directory, 'cas'));
    expect(readdirSync(join(directory, 'cas/tmp'))).toEqual([]);
    expect(store.stats().sizeBytes).toBe(files.reduce((sum, { path }) => sum + readFileSync(path).length, 0));
    for (const { name, path } of files) {
      const digest = { hash: name.replace(/\.x$/, ''), sizeBytes: readFileSync(path).length };
      expect(await store.verify(digest), path).toBe(true);
    }
    const cache = must(await openActionCache({ directory: join(directory, 'ac'), sizeBytesMax: 20_000 }));
    for (const { name } of filesIn(join(directory, 'ac'))) expect(await cache.get(name), name).toBeDefined();
  }
  expect(seen).toBeGreaterThan(50);
}, 60_000);
