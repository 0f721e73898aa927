import { createHash } from 'node:crypto';
import { linkSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFilesystemView, nullTrail, type FileNode } from './filesystem-view.js';
import { createTreeBuilder, type InputTree } from './input-tree.js';
import { createSourceStore } from './source-store.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mosix-tree-')));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** The tree of the named files, as a daemon that knows nothing yet would build it. */
function treeOf(...names: string[]): InputTree {
  const view = createFilesystemView();
  const store = createSourceStore();
  const files = names.map((name) => view.lookup(view.root, join(root, name), nullTrail) as FileNode);
  for (const file of files) store.facts(file, true);
  return createTreeBuilder(store, sha256).build({ files, links: [], directories: [], nodes: files, existing: [], unresolved: new Set() });
}

describe('the input root', () => {
  it('depends on names and contents, not on times or on the order of discovery', () => {
    writeFileSync(join(root, 'a.h'), 'int a;');
    writeFileSync(join(root, 'b.h'), 'int b;');
    const before = treeOf('a.h', 'b.h').root;
    utimesSync(join(root, 'a.h'), 1, 1);
    expect(treeOf('b.h', 'a.h').root).toEqual(before);
    writeFileSync(join(root, 'a.h'), 'int c;');
    expect(treeOf('a.h', 'b.h').root).not.toEqual(before);
  });

  it('holds each directory once and names every file', () => {
    writeFileSync(join(root, 'a.h'), 'int a;');
    const tree = treeOf('a.h');
    expect(tree.files.map((file) => file.node.name)).toEqual(['a.h']);
    expect(tree.sizeBytes).toBe(6);
    expect(tree.directories.map((directory) => directory.digest.hash)).toEqual(tree.directories.map((directory) => sha256(directory.bytes)));
    expect(tree.directories.at(-1)?.digest).toEqual(tree.root);
  });
});

describe('files of one content at two paths', () => {
  const twins = (text: string): void => {
    writeFileSync(join(root, 'a.h'), text);
    writeFileSync(join(root, 'b.h'), text);
  };
  const stamp = (name: string, seconds: number): void => utimesSync(join(root, name), seconds, seconds);

  it('keep apart what the compiler tells apart by time, and only that', () => {
    twins('#pragma once\nint a;');
    stamp('a.h', 100);
    stamp('b.h', 100);
    const same = treeOf('a.h', 'b.h').root;
    stamp('b.h', 200);
    const different = treeOf('a.h', 'b.h').root;
    expect(different).not.toEqual(same);
    stamp('a.h', 300);
    // Other times in the same relation: the same action on every machine.
    expect(treeOf('a.h', 'b.h').root).toEqual(different);
  });

  it('keep apart one inode and two', () => {
    twins('#pragma once\nint a;');
    stamp('a.h', 100);
    stamp('b.h', 100);
    const two = treeOf('a.h', 'b.h').root;
    rmSync(join(root, 'b.h'));
    linkSync(join(root, 'a.h'), join(root, 'b.h'));
    expect(treeOf('a.h', 'b.h').root).not.toEqual(two);
  });

  it('do not matter without #pragma once', () => {
    twins('int a;');
    stamp('a.h', 100);
    stamp('b.h', 100);
    const same = treeOf('a.h', 'b.h').root;
    stamp('b.h', 200);
    expect(treeOf('a.h', 'b.h').root).toEqual(same);
  });
});
