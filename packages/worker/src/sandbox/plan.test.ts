import { describe, expect, test } from 'vitest';
import { treeBuilder } from '../testing/tree-builder.js';
import type { TreeBuilder } from '../testing/tree-builder.js';
import { planJob } from './plan.js';
import type { JobCommand, Plan, PlanOptions } from './plan.js';

const options: PlanOptions = { init: '/data/mosix-init', otherUser: false, run: 7, before: undefined };

function plan(fill: (tree: TreeBuilder) => void, command: Partial<JobCommand>): Plan {
  const tree = treeBuilder();
  fill(tree);
  const made = planJob(tree.build().root, { arguments: ['/bin/cc'], environment: [], workingDirectory: 'home/u', outputPaths: [], ...command }, options);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

const writable = ({ writable: all }: Plan): string[] => all.map(({ real }) => `/${real.join('/')}`);
const mounts = ({ mounts: all }: Plan): string[] => all.map(({ kind, source, target }) => `${kind} ${source === '' ? '' : `${source} `}${target}`);

describe('where a job may write', () => {
  test('nowhere but in the directories of its outputs; the rest is read-only, /tmp is in memory', () => {
    const made = plan((tree) => void tree.text('/home/u/a.c', ''), { outputPaths: ['obj/a.o', 'obj/a.d'] });
    expect(mounts(made)).toEqual([
      'ro-bind stage /', 'dev /dev', 'proc /proc', 'tmpfs /tmp', 'bind scratch-7-0 /home/u/obj', 'bind io-7 /.mosix/io',
    ]); // prettier-ignore
  });

  test('input directories inside an output directory stay read-only', () => {
    const made = plan((tree) => void tree.text('/home/u/include/a.h', ''), { outputPaths: ['a.o'] });
    expect(mounts(made)).toContain('ro-bind stage/home/u/include /home/u/include');
    expect(mounts(made).indexOf('bind scratch-7-0 /home/u')).toBeLessThan(mounts(made).indexOf('ro-bind stage/home/u/include /home/u/include'));
  });

  test('output directories nest: the inner one is mounted later, and not as an input', () => {
    const made = plan((tree) => void tree.text('/home/u/a/b/x.h', ''), { outputPaths: ['a/b/c.o', 'top.d', 'a/x/y.o'] });
    const all = mounts(made);
    expect(writable(made)).toEqual(['/home/u', '/home/u/a/b', '/home/u/a/x']);
    expect(all.filter((mount) => mount.endsWith('/home/u/a'))).toEqual(['ro-bind stage/home/u/a /home/u/a']);
    expect(all.findIndex((mount) => mount.endsWith(' /home/u/a'))).toBeLessThan(all.findIndex((mount) => mount === 'bind scratch-7-1 /home/u/a/b'));
    expect(all).not.toContain('ro-bind stage/home/u/a/b /home/u/a/b');
  });

  test('an output directory that holds inputs is writable all the way down', () => {
    expect(writable(plan((tree) => void tree.text('/home/u/gen/deep/er/x', ''), { outputPaths: ['gen'] }))).toEqual(['/home/u', '/home/u/gen', '/home/u/gen/deep', '/home/u/gen/deep/er']);
  });

  test('links are followed as the kernel will: absolute, relative, through `..`', () => {
    const fill = (tree: TreeBuilder): void => {
      tree.link('/home/u/build', '/scratch/u');
      tree.link('/home/u/rel', '../../scratch/r');
      tree.text('/scratch/u/x', '');
    };
    expect(writable(plan(fill, { outputPaths: ['build/a.o', 'rel/b.o', 'build/../c.o'] }))).toEqual(['/scratch', '/scratch/u', '/scratch/r']);
  });

  test('links in a circle and files in the way make no output, and no failure', () => {
    const made = plan((tree) => (tree.link('/home/u/a', 'b'), tree.link('/home/u/b', 'a'), void tree.text('/home/u/file', '')), { outputPaths: ['a/x.o', 'file/y.o', 'z.o'] });
    expect(made.outputs.map(({ path }) => path)).toEqual(['z.o']);
  });

  test('projects below /tmp and /dev/shm are there; /dev and /proc cannot be replaced', () => {
    const made = plan((tree) => (tree.text('/tmp/p/a.c', ''), void tree.text('/dev/shm/q/b.h', '')), { workingDirectory: 'tmp/p', outputPaths: ['a.o', '/dev/null', '/proc/self/x', '../c.o'] });
    expect(writable(made)).toEqual(['/tmp', '/tmp/p', '/dev/shm']);
    expect(mounts(made)).toContain('ro-bind stage/dev/shm/q /dev/shm/q');
    expect(mounts(made)).not.toContain('tmpfs /tmp');
    expect(mounts(made).indexOf('dev /dev')).toBeLessThan(mounts(made).indexOf('ro-bind stage/dev/shm/q /dev/shm/q'));
  });

  test('even the root can be an output directory', () => {
    const made = plan((tree) => void tree.text('/bin/cc', ''), { workingDirectory: '', outputPaths: ['a.o'] });
    expect(mounts(made).slice(0, 2)).toEqual(['bind scratch-7-0 /', 'ro-bind stage/bin /bin']);
    expect(mounts(made)).toContain('ro-bind stage/.mosix /.mosix');
    expect(mounts(made)).not.toContain('ro-bind stage/dev /dev');
  });

  test('TMPDIR is writable when it exists', () => {
    const environment = [{ name: 'TMPDIR', value: '/var/cache/tmp' }];
    expect(writable(plan((tree) => tree.directory('/var/cache/tmp'), { environment }))).toEqual(['/var/cache/tmp']);
    expect(writable(plan(() => undefined, { environment }))).toEqual([]);
  });

  test('a working directory that is a file is refused', () => {
    const tree = treeBuilder();
    tree.text('/home/u', '');
    expect(planJob(tree.build().root, { arguments: ['x'], environment: [], workingDirectory: 'home/u', outputPaths: [] }, options)).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  });
});
