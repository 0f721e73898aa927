// Two build folders, file by file: every object, archive, executable and dependency file that either holds.

import { closeSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Comparison {
  readonly identical: number;
  /** Paths below the folder that differ, with what is wrong. */
  readonly different: readonly string[];
}

const elf = '\u007fELF';
const archive = '!<arch>\n';

export const compareBuilds = (one: string, other: string): Comparison => {
  const paths = [...new Set([...products(one), ...products(other)])].sort();
  const different: string[] = [];
  for (const path of paths) {
    const [left, right] = [one, other].map((folder) => contentOf(join(folder, path)));
    if (left === undefined || right === undefined) different.push(`${path}: only in ${left === undefined ? other : one}`);
    else if (!left.equals(right)) different.push(`${path}: differs`);
  }
  return { identical: paths.length - different.length, different };
};

/** What a compiler, an archiver or a linker made: known by its first bytes, dependency files by their name. */
const products = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => {
    const full = join(folder, path);
    if (!statSync(full).isFile()) return false;
    if (path.endsWith('.d')) return true;
    const start = startOf(full);
    return start.startsWith(elf) || start.startsWith(archive);
  });

const startOf = (path: string): string => {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(archive.length);
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
};

const contentOf = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
};
