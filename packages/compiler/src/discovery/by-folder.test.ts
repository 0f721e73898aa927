import { expect, test } from 'vitest';
import { byFolder } from './by-folder.js';
import { createFilesystemView, nullTrail, type Node } from './filesystem-view.js';

test('what stands in one folder comes in one run, nothing is lost and nothing comes twice', () => {
  const view = createFilesystemView();
  const paths = ['/etc/passwd', '/usr/include', '/etc/group', '/usr/lib', '/etc/hosts', '/', '/etc'];
  const nodes = paths.map((path) => view.lookup(view.root, path, nullTrail)).filter((node): node is Extract<Node, { kind: 'file' | 'directory' }> => node !== undefined);
  expect(byFolder(nodes).map((node) => node.path)).toEqual(['/etc/passwd', '/etc/group', '/etc/hosts', '/usr/include', '/usr/lib', '/', '/etc']);
});
