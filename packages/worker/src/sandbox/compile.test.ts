// The real thing: a real g++ inside the sandbox, with an input tree that holds what it opens and nothing else.
import { execFileSync } from 'node:child_process';
import { accessSync, chownSync, constants, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { bubblewrap, buildInit, isRoot, nobody, removeInit, sandboxMissing, writeBlobs } from '../testing/test-host.js';
import { GXX, captureGxx, captureHeaders, haveGxx } from '../testing/toolchain.js';
import { treeBuilder } from '../testing/tree-builder.js';
import { startSandbox } from './run.js';
import type { SandboxOptions } from './run.js';

const skipReason = sandboxMissing ?? (haveGxx ? undefined : 'no g++ on this machine');
const SOURCE = '#include <vector>\n#include <string>\n#include "own.h"\n#include <sys/types.h>\nstd::vector<std::string> f() { return {__FILE__, OWN}; }\nint unused(int x) { return 1 ? 2 : 3; }\n';

let base: string;
const folders: string[] = [];
beforeAll(() => {
  if (skipReason !== undefined) return;
  base = mkdtempSync('/var/tmp/mosix-sandbox-test-');
  execFileSync('chmod', ['755', base]);
  for (const name of ['mosix-init', 'mosix-init-nobody']) cpSync(buildInit(), join(base, name));
  if (isRoot) chownSync(join(base, 'mosix-init-nobody'), nobody.uid, nobody.gid);
});
afterAll(() => {
  removeInit();
  if (base !== undefined) rmSync(base, { recursive: true, force: true });
});
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const project = (parent: string): string => {
  const folder = mkdtempSync(join(parent, 'mosix project-'));
  folders.push(folder);
  mkdirSync(join(folder, 'src'));
  mkdirSync(join(folder, 'include'));
  mkdirSync(join(folder, 'obj'));
  writeFileSync(join(folder, 'src/a.cc'), SOURCE);
  writeFileSync(join(folder, 'include/own.h'), '#pragma once\n#define OWN "own"\n');
  return folder;
};

let count = 0;
async function compileBothWays(folder: string, words: string[], outputs: string[], jobUser: SandboxOptions['jobUser']) {
  const environment = [{ name: 'LC_ALL', value: 'C' }, { name: 'PATH', value: '/usr/bin:/bin' }];
  const native = execFileSync('sh', ['-c', 'exec 2>&1; "$@"', 'sh', GXX, ...words], { cwd: folder, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' }, encoding: 'utf8' });
  const expected = outputs.map((output) => readFileSync(join(folder, output)));
  const tree = treeBuilder();
  captureGxx(tree);
  process.chdir(folder);
  captureHeaders(tree, join(folder, 'src/a.cc'), ['-O2', '-I', join(folder, 'include')]);
  process.chdir('/');
  for (const output of outputs) tree.directory(join(folder, output, '..'));
  const built = tree.build();
  const workerUser = jobUser === undefined && isRoot ? nobody : undefined;
  const blobs = join(base, workerUser === undefined ? 'cas' : 'cas-nobody');
  writeBlobs(blobs, built, workerUser);
  const directory = join(base, `job-${(count += 1)}`);
  mkdirSync(directory);
  if (workerUser !== undefined) chownSync(directory, workerUser.uid, workerUser.gid);
  const sandbox = startSandbox(
    { directory, tree: undefined, runs: 0, intact: true },
    built.root,
    { arguments: [GXX, ...words], environment, workingDirectory: folder.slice(1), outputPaths: outputs },
    { init: join(base, workerUser === undefined ? 'mosix-init' : 'mosix-init-nobody'), bubblewrap, blobDirectory: blobs, jobUser, hideAt: undefined, nice: 0, ...(workerUser === undefined ? {} : { workerUser }) },
  );
  if (!sandbox.ok) throw new Error(sandbox.error.message);
  const record = await sandbox.value.ended;
  if (!record.ok || record.value.exit.value !== 0) throw new Error(`${JSON.stringify(record)} ${readFileSync(join(sandbox.value.io, 'stderr'), 'utf8')}`);
  const produced = outputs.map((output) => readFileSync(join(sandbox.value.scratches.get(join(folder, output, '..').slice(1)) ?? '', basename(output))));
  return { record, native, expected, produced, stderr: readFileSync(join(sandbox.value.io, 'stderr'), 'utf8') };
}

const mayWrite = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

const users: [string, SandboxOptions['jobUser']][] = [['the worker’s own user', undefined]];
if (isRoot) users.push(['another user', nobody]);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(skipReason !== undefined)(`compiles in the sandbox${skipReason === undefined ? '' : ` (skipped: ${skipReason})`}`, () => {
  for (const [who, jobUser] of users) {
    for (const parent of jobUser === undefined ? ['/tmp', '/home'].filter(mayWrite) : ['/tmp', '/var/tmp', '/dev/shm', '/root', '/run']) {
      test(`a project under ${parent}, run by ${who}: the bytes of a native compile`, async () => {
        const words = ['-O2', '-g', '-Wall', '-Wextra', '-MD', '-I', 'include', '-c', 'src/a.cc', '-o', 'obj/a.o'];
        const { record, native, expected, produced, stderr } = await compileBothWays(project(parent), words, ['obj/a.o', 'obj/a.d'], jobUser);
        expect(stderr).toBe(native);
        expect(stderr).toContain('unused parameter');
        expect(record).toMatchObject({ ok: true, value: { exit: { kind: 'exit', value: 0 } } });
        expect(produced.map((bytes, index) => bytes.equals(expected[index] ?? Buffer.alloc(0)))).toEqual([true, true]);
      });
    }
  }
});
