// A folder as a value: every name below it with kind, mode and content, so that two legs of a test can be compared to
// the byte. Names are latin1 strings of the raw bytes, because file names need not be UTF-8.

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Entry {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  readonly size: number;
  /** sha256 of a file, target of a link. */
  readonly content: string;
}

export type Tree = ReadonlyMap<string, Entry>;

const raw = (path: string): Buffer => Buffer.from(path, 'latin1');

function entryOf(path: string): Entry {
  const status = lstatSync(raw(path));
  const mode = status.mode & 0o7777;
  if (status.isDirectory()) return { kind: 'directory', mode, size: 0, content: '' };
  if (status.isSymbolicLink()) return { kind: 'link', mode: 0, size: 0, content: readlinkSync(raw(path), 'latin1') };
  if (!status.isFile()) return { kind: 'other', mode, size: 0, content: '' };
  const hash = createHash('sha256').update(readFileSync(raw(path))).digest('hex');
  return { kind: 'file', mode, size: status.size, content: hash };
}

/** All entries below `root` that `keep` accepts (given the path relative to root). */
export function snapshot(root: string, keep: (name: string) => boolean = () => true): Tree {
  const tree = new Map<string, Entry>();
  const walk = (path: string, relative: string): void => {
    for (const name of readdirSync(raw(path), { encoding: 'latin1' }).sort()) {
      const inside = relative === '' ? name : `${relative}/${name}`;
      const entry = entryOf(`${path}/${name}`);
      if (keep(inside)) tree.set(inside, entry);
      if (entry.kind === 'directory') walk(`${path}/${name}`, inside);
    }
  };
  walk(Buffer.from(root).toString('latin1'), '');
  return tree;
}

const show = (entry: Entry | undefined): string =>
  entry === undefined ? 'absent' : `${entry.kind} ${entry.mode.toString(8)} ${entry.size} ${entry.content.slice(0, 40)}`;

/** One line for each difference; empty when equal. */
export function differences(expected: Tree, actual: Tree): string[] {
  const names = [...new Set([...expected.keys(), ...actual.keys()])].sort();
  return names
    .filter((name) => show(expected.get(name)) !== show(actual.get(name)) || expected.get(name)?.content !== actual.get(name)?.content)
    .map((name) => `${JSON.stringify(name)}: ${show(expected.get(name))} → ${show(actual.get(name))}`);
}
