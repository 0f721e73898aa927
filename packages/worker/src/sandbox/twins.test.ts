import { expect, test } from 'vitest';
import { treeBuilder } from '../testing/tree-builder.js';
import type { TreeBuilder } from '../testing/tree-builder.js';
import { makeDirectory } from './input-tree.js';
import type { FileMessage, InputDirectory } from './input-tree.js';
import { separateTwins } from './twins.js';

const build = (fill: (tree: TreeBuilder) => void): InputDirectory => {
  const tree = treeBuilder();
  fill(tree);
  return tree.build().root;
};

const copies = (directory: InputDirectory, prefix = ''): string[] => [
  ...[...directory.files].filter(([, file]) => file.own === true).map(([name]) => prefix + name),
  ...[...directory.directories].flatMap(([name, below]) => copies(below, `${prefix}${name}/`)),
];

test('without twins the tree stays the same object', () => {
  const root = build((tree) => (tree.text('/a', '1'), void tree.text('/b/c', '2')));
  expect(separateTwins(root)).toBe(root);
});

test('all but the first of the same content become copies; what has none of them stays the same object', () => {
  const root = build((tree) => {
    for (const path of ['/a', '/b/c', '/d/e/f']) tree.text(path, 'same');
    tree.text('/g/h', 'other');
  });
  const separate = separateTwins(root);
  expect(copies(separate)).toEqual(['b/c', 'd/e/f']);
  expect(separate.directories.get('g')).toBe(root.directories.get('g'));
  expect(separateTwins(root)).toBe(separate);
});

test('a directory that appears twice is full of twins', () => {
  const root = build((tree) => (tree.text('/one/x', '1'), tree.text('/one/y', '2'), tree.text('/two/x', '1'), void tree.text('/two/y', '2')));
  expect(root.directories.get('one')).toBe(root.directories.get('two'));
  expect(copies(separateTwins(root))).toEqual(['two/x', 'two/y']);
});

test('a program and its twin without the bit are two files already', () => {
  expect(copies(separateTwins(build((tree) => (tree.text('/a', '1', true), void tree.text('/b', '1')))))).toEqual([]);
});

const file = (name: string, properties: { mtime?: number; inode?: string } = {}): FileMessage => ({
  name, digest: { hash: 'a'.repeat(64), sizeBytes: 1 }, isExecutable: false,
  nodeProperties: {
    mtime: properties.mtime === undefined ? null : { seconds: properties.mtime },
    properties: properties.inode === undefined ? [] : [{ name: 'mosix-inode', value: properties.inode }],
  },
}); // prettier-ignore

const directory = (...files: FileMessage[]): InputDirectory => {
  const made = makeDirectory('k', { files, directories: [], symlinks: [] }, () => undefined);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
};

test('hard links of the home machine stay one file, and apart from the others', () => {
  expect(copies(separateTwins(directory(file('a'), file('b', { inode: '1' }), file('c', { inode: '1' }), file('d', { inode: '2' }))))).toEqual(['a', 'd']);
});

test('a modification time that matters is kept, on a copy', () => {
  const separate = separateTwins(directory(file('a', { mtime: 100 }), file('b')));
  expect(copies(separate)).toEqual(['a']);
  expect(separate.files.get('a')?.mtimeSeconds).toBe(100);
});
