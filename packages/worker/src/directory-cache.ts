// Parsed directories, the least recently used dropped first. Bounded by entries and not by directories: some hold one file, some ten
// thousand.
import type { InputDirectory } from './sandbox/input-tree.js';

export interface DirectoryCache {
  get(key: string): InputDirectory | undefined;
  put(directory: InputDirectory): void;
  readonly entries: number;
}

const weight = ({ files, directories, symlinks }: InputDirectory): number => 1 + files.size + directories.size + symlinks.size;

export function createDirectoryCache(entriesMax: number): DirectoryCache {
  const byKey = new Map<string, InputDirectory>(); // oldest first
  let entries = 0;
  const drop = (directory: InputDirectory): void => {
    byKey.delete(directory.key);
    entries -= weight(directory);
  };
  return {
    get(key) {
      const directory = byKey.get(key);
      if (directory !== undefined) {
        byKey.delete(key);
        byKey.set(key, directory);
      }
      return directory;
    },
    put(directory) {
      const before = byKey.get(directory.key);
      if (before !== undefined) drop(before);
      byKey.set(directory.key, directory);
      entries += weight(directory);
      for (const oldest of byKey.values()) {
        if (entries <= entriesMax) break;
        if (oldest !== directory) drop(oldest);
      }
    },
    get entries() {
      return entries;
    },
  };
}
