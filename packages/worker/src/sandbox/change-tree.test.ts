import { expect, test } from 'vitest';
import { treeBuilder } from '../testing/tree-builder.js';
import type { TreeBuilder } from '../testing/tree-builder.js';
import { changeTree } from './change-tree.js';
import type { InputDirectory } from './input-tree.js';

const build = (fill: (tree: TreeBuilder) => void): InputDirectory => {
  const tree = treeBuilder();
  fill(tree);
  return tree.build().root;
};

/** Carries out the operations on a directory in memory: a name to a blob, a link target or a directory. */
type Shape = { [name: string]: string | Shape };

function operations(before: InputDirectory | undefined, after: InputDirectory): string[][] {
  const done: string[][] = [];
  const lengths: Record<string, number> = { d: 1, u: 0, l: 2, s: 2, r: 1, D: 1 };
  const fields: string[] = [];
  changeTree({ add: (...more) => void fields.push(...more.map(String)), bytes: () => Buffer.alloc(0) }, before, after);
  while (fields.length > 0) {
    const name = fields.shift() ?? '';
    done.push([name, ...fields.splice(0, lengths[name] ?? 0)]);
  }
  return done;
}

function apply(shape: Shape, steps: string[][]): Shape {
  const stack: Shape[] = [shape];
  for (const [name, first = '', second = ''] of steps) {
    const here = stack.at(-1) ?? {};
    if (name === 'd') stack.push((here[first] ??= {}) as Shape);
    else if (name === 'u') stack.pop();
    else if (name === 'r' || name === 'D') {
      if (!(first in here)) throw new Error(`${first} is not there to be removed`);
      delete here[first];
    } else {
      if (second in here) throw new Error(`${second} is there already`);
      here[second] = `${name} ${first}`;
    }
  }
  return shape;
}

const shapeOf = (directory: InputDirectory): Shape => apply({}, operations(undefined, directory));

const trees = [
  build((tree) => (tree.text('/a', '1'), tree.text('/d/x', '1'), tree.text('/d/e/y', '2'), void tree.link('/l', 'a'))),
  build((tree) => (tree.text('/a', '2'), tree.text('/d/x', '1'), tree.text('/d/e/y', '2'), void tree.link('/l', 'd'))),
  build((tree) => (tree.text('/a/was/file', '1'), tree.text('/d', 'was directory'), void tree.text('/l', 'was link'))),
  build((tree) => (tree.text('/a', '1', true), tree.directory('/d/x'), void tree.directory('/empty'))),
  build(() => undefined),
];

test('whatever tree follows which, the result is exactly the second', () => {
  for (const before of trees) {
    for (const after of trees) expect(apply(shapeOf(before), operations(before, after))).toEqual(shapeOf(after));
  }
});

test('what is the same costs nothing', () => {
  const again = build((tree) => (tree.text('/a', '1'), tree.text('/d/x', '1'), tree.text('/d/e/y', '3'), void tree.link('/l', 'a')));
  expect(operations(trees[0], trees[0] as InputDirectory)).toEqual([]);
  expect(operations(trees[0], again).map(([name]) => name).join('')).toBe('ddrluu');
});
