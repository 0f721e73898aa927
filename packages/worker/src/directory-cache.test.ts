import { expect, test } from 'vitest';
import { createDirectoryCache } from './directory-cache.js';
import type { InputDirectory } from './sandbox/input-tree.js';

const directory = (key: string, files: number): InputDirectory => ({
  key, files: new Map(Array.from({ length: files }, (_, i) => [`f${i}`, { digest: { hash: 'a'.repeat(64), sizeBytes: 1 }, executable: false }])),
  directories: new Map(), symlinks: new Map(), fileCount: files, directoryCount: 1,
}); // prettier-ignore

test('the least recently used go first, by entries', () => {
  const cache = createDirectoryCache(10);
  cache.put(directory('a', 3));
  cache.put(directory('b', 3));
  cache.get('a');
  cache.put(directory('c', 3));
  expect(['a', 'b', 'c'].map((key) => cache.get(key)?.key)).toEqual(['a', undefined, 'c']);
  expect(cache.entries).toBe(8);
  cache.put(directory('c', 1));
  expect(cache.entries).toBe(6);
  cache.put(directory('huge', 50));
  expect(cache.get('huge')?.key).toBe('huge');
  expect(cache.get('a')).toBeUndefined();
});
