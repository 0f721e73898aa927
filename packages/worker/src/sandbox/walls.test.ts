// A hostile compiler tries to get out: to change an input, the store behind it, another job, or the host.
import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { bubblewrap, buildInit, isRoot, nobody, removeInit, sandboxMissing, writeBlobs } from '../testing/test-host.js';
import { treeBuilder } from '../testing/tree-builder.js';
import type { TreeBuilder } from '../testing/tree-builder.js';
import { readAllProcesses, treeOf, useOf } from './process-table.js';
import type { TreeUse } from './process-table.js';
import { startSandbox } from './run.js';
import type { Sandbox, SandboxOptions, StageSlot, User } from './run.js';

const HOSTILE = `
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static void tell(const char *what, const char *path, int worked) { printf("%s %s %s\\n", what, path, worked ? "WORKED" : strerrorname_np(errno)); }

static void attack(const char *path) {
  char other[4096];
  snprintf(other, sizeof other, "%s.moved", path);
  tell("chmod", path, chmod(path, 0777) == 0);
  tell("chown", path, chown(path, getuid(), getgid()) == 0 && 0);
  tell("write", path, open(path, O_WRONLY) >= 0);
  tell("readwrite", path, open(path, O_RDWR) >= 0);
  tell("truncate", path, truncate(path, 0) == 0);
  tell("utimes", path, utimes(path, NULL) == 0);
  tell("setxattr", path, setxattr(path, "user.x", "y", 1, 0) == 0);
  tell("rename", path, rename(path, other) == 0);
  tell("link", path, link(path, other) == 0);
  tell("linkout", path, link(path, "/tmp/linked") == 0);
  tell("linkhome", path, link(path, "stolen") == 0);
  tell("unlink", path, unlink(path) == 0);
  int reader = open(path, O_RDONLY);
  char magic[64];
  snprintf(magic, sizeof magic, "/proc/self/fd/%d", reader);
  tell("reopen", path, open(magic, O_RDWR) >= 0);
  tell("fchmod", path, fchmod(reader, 0777) == 0);
  tell("ftruncate", path, ftruncate(reader, 0) == 0);
}

static void probe(const char *path) { tell("reach", path, access(path, F_OK) == 0); }

int main(int count, char **words) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (count > 1 && strcmp(words[1], "daemon") == 0) {
    if (fork() == 0) { setsid(); if (fork() == 0) { for (;;) pause(); } _exit(0); }
    return 7;
  }
  if (count > 1 && strcmp(words[1], "sleep") == 0) {
    for (int i = 0; i < 3; i++) if (fork() == 0) for (;;) pause();
    for (volatile unsigned long i = 0;; i++) continue;
  }
  if (count > 1 && strcmp(words[1], "killinit") == 0) {
    tell("kill", "init", kill(1, SIGKILL) == 0 && kill(1, 0) != 0);
    return kill(getpid(), SIGSEGV);
  }
  if (count > 1 && strcmp(words[1], "descriptors") == 0) {
    for (int i = 0; i < 1024; i++) if (fcntl(i, F_GETFD) >= 0) { char link[64], target[256] = ""; snprintf(link, sizeof link, "/proc/self/fd/%d", i); if (readlink(link, target, 255) < 0) strcpy(target, "?"); printf("%d %s\\n", i, target); }
    printf("sid %d umask %o cwd %s\\n", getsid(0) > 0, umask(0), getcwd(NULL, 0));
    for (; *environ; environ++) puts(*environ);
    return 0;
  }
  for (int i = 1; i < count; i++) {
    if (words[i][0] == '?') probe(words[i] + 1);
    else if (words[i][0] == ':') {
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(words[i] + 1))};
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      tell("connect", words[i], connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&to, sizeof to) == 0);
    } else attack(words[i]);
  }
  tell("mkdir", "/new", mkdir("/new", 0755) == 0);
  tell("mount", "/", mount("none", "/tmp", "tmpfs", 0, NULL) == 0);
  tell("remount", "/", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
  tell("umount", "/", umount2("/", MNT_DETACH) == 0);
  tell("userns", "-", unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) == 0);
  tell("setuid", "0", setuid(0) == 0 && getuid() == 0 && 0);
  tell("sysctl", "/proc/sys/kernel/core_pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY) >= 0);
  FILE *out = fopen("out/result", "w");
  fprintf(out, "written\\n");
  return fclose(out);
}
`;

let base: string;
let hostile: Buffer;
let options: SandboxOptions;
beforeAll(() => {
  if (sandboxMissing !== undefined) return;
  base = mkdtempSync('/var/tmp/mosix-walls-test-');
  execFileSync('chmod', ['755', base]);
  for (const name of ['mosix-init', 'mosix-init-nobody']) cpSync(buildInit(), join(base, name));
  if (isRoot) chownSync(join(base, 'mosix-init-nobody'), nobody.uid, nobody.gid);
  writeFileSync(join(base, 'hostile.c'), HOSTILE);
  execFileSync('gcc', ['-static', '-O1', '-w', join(base, 'hostile.c'), '-o', join(base, 'hostile')]);
  hostile = readFileSync(join(base, 'hostile'));
  options = { init: join(base, 'mosix-init'), bubblewrap, blobDirectory: join(base, 'cas'), jobUser: isRoot ? nobody : undefined, hideAt: undefined, nice: 5 };
});
afterAll(() => {
  removeInit();
  if (base !== undefined) rmSync(base, { recursive: true, force: true });
});

let count = 0;
function newSlot(owner?: User): StageSlot {
  const directory = join(base, `job-${(count += 1)}`);
  mkdirSync(directory);
  if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
  return { directory, tree: undefined, runs: 0, intact: true };
}

function start(fill: (tree: TreeBuilder) => void, words: readonly string[], jobUser: SandboxOptions['jobUser'], changes: Partial<SandboxOptions> = {}): Sandbox {
  const tree = treeBuilder();
  tree.text('/bin/hostile', hostile, true);
  tree.directory('/work/out');
  fill(tree);
  const built = tree.build();
  const own = jobUser === undefined && isRoot ? { ...changes, workerUser: nobody, blobDirectory: join(base, 'cas-nobody'), init: join(base, 'mosix-init-nobody') } : changes;
  writeBlobs(own.blobDirectory ?? options.blobDirectory, built, own.workerUser);
  const slot = newSlot(own.workerUser);
  const sandbox = startSandbox(
    slot,
    built.root,
    { arguments: ['/bin/hostile', ...words], environment: [{ name: 'ONLY', value: 'this' }], workingDirectory: 'work', outputPaths: ['out/result'] },
    { ...options, jobUser, ...own },
  );
  if (!sandbox.ok) throw new Error(sandbox.error.message);
  return sandbox.value;
}

const stdout = (sandbox: Sandbox): string[] => readFileSync(join(sandbox.io, 'stdout'), 'utf8').split('\n').filter(Boolean);

/** Every process on this machine with this word on its command line. */
const processesWith = (word: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(word);
    } catch {
      return false;
    }
  });

const users: [string, SandboxOptions['jobUser']][] = [['the worker’s own user', undefined]];
if (isRoot) users.push(['another user', nobody]);

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(sandboxMissing !== undefined)(`sandbox walls${sandboxMissing === undefined ? '' : ` (skipped: ${sandboxMissing})`}`, () => {
  for (const [who, jobUser] of users) {
    test(`no input can be changed by ${who}, in read-only and in writable directories`, async () => {
      const sandbox = start(
        (tree) => {
          tree.text('/usr/include/a.h', 'constant');
          tree.text('/work/sub/b.h', 'below');
          tree.text('/work/out/c.h', 'beside the output');
          tree.text('/work/out/deep/d.h', 'below the output');
          tree.text('/tmp/e.h', 'in tmp');
          tree.text('/tmp/deep/f.h', 'below tmp');
        },
        ['/usr/include/a.h', '/work/sub/b.h', '/work/out/c.h', '/work/out/deep/d.h', '/tmp/e.h', '/tmp/deep/f.h', '/bin/hostile', '/.mosix/init'],
        jobUser,
      );
      const before = new Map(
        execFileSync('find', [base, '-path', '*/cas*', '-type', 'f'], { encoding: 'utf8' }).split('\n').filter(Boolean)
          .map((path) => [path, { mode: lstatSync(path).mode, mtime: lstatSync(path).mtimeMs, bytes: readFileSync(path) }]), // prettier-ignore
      );
      expect(await sandbox.ended).toMatchObject({ ok: true, value: { exit: { kind: 'exit', value: 0 } } });
      const lines = stdout(sandbox);
      // In its own writable directories the job may do as it likes, with copies or with its own links to a file it cannot open.
      const worked = lines.filter((line) => line.endsWith('WORKED')).map((line) => line.split(' ')[1]);
      expect(new Set(worked.filter((path) => path !== '/work/out/c.h' && path !== '/tmp/e.h'))).toEqual(new Set());
      expect(lines).toContain('chmod /usr/include/a.h EROFS');
      expect(lines.some((line) => line === 'unlink /work/out/deep/d.h EROFS')).toBe(true);
      expect(lines.some((line) => line === 'linkout /usr/include/a.h EXDEV' || line === 'linkout /usr/include/a.h EPERM')).toBe(true);
      for (const [path, { mode, mtime, bytes }] of before) {
        expect([path, lstatSync(path).mode, lstatSync(path).mtimeMs]).toEqual([path, mode, mtime]);
        expect(readFileSync(path).equals(bytes)).toBe(true);
      }
      expect(readFileSync(join(sandbox.scratches.get('work/out') ?? '', 'result'), 'utf8')).toBe('written\n');
    });

    test(`nothing of the host can be reached by ${who}: files, other jobs, network`, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const port = (server.address() as AddressInfo).port;
      const secret = join(base, 'job-secret');
      writeFileSync(secret, 'x');
      const reach = ['/etc/passwd', '/etc', '/usr/bin/env', '/root', '/home', secret, base, '/sys/kernel', '/proc/1/root/etc/passwd', '/proc/1/cwd/etc', '/dev/sda', '/dev/vda', '/dev/mem', '/dev/kvm', '/run/systemd'];
      const sandbox = start(() => undefined, [`:${port}`, ...reach.map((path) => `?${path}`)], jobUser);
      expect(await sandbox.ended).toMatchObject({ ok: true, value: { exit: { kind: 'exit', value: 0 } } });
      expect(stdout(sandbox).filter((line) => line.endsWith('WORKED'))).toEqual([]);
      server.close();
    });

    test(`daemons left behind by ${who} are dead when the job is over, and its exit status stands`, async () => {
      const marker = `daemon-${process.pid}-${count}`;
      const sandbox = start(() => undefined, ['daemon', marker], jobUser);
      expect(await sandbox.ended).toMatchObject({ ok: true, value: { exit: { kind: 'exit', value: 7 } } });
      expect(processesWith(marker)).toEqual([]);
    });

    test(`a job of ${who} that spins is ended whole, and its use of the processor is seen meanwhile`, async () => {
      const marker = `sleep-${process.pid}-${count}`;
      const sandbox = start(() => undefined, ['sleep', marker], jobUser);
      const use = (): TreeUse => useOf(treeOf(readAllProcesses(), sandbox.pid));
      for (let tries = 0; tries < 500 && use().cpuUs < 100_000; tries += 1) await sleep(20);
      expect(use().cpuUs).toBeGreaterThan(0);
      expect(use().memoryBytes).toBeGreaterThan(0);
      expect(processesWith(marker).length).toBeGreaterThan(1);
      await sandbox.kill('cancelled', 'enough');
      expect(await sandbox.ended).toMatchObject({ ok: false, error: { code: 'cancelled' } });
      expect(processesWith(marker)).toEqual([]);
      expect(use().cpuUs).toBe(0);
    });
  }

  test('the job has no descriptor, session or variable from outside', async () => {
    const sandbox = start(() => undefined, ['descriptors'], undefined);
    await sandbox.ended;
    expect(stdout(sandbox)).toEqual(['0 /dev/null', '1 /.mosix/io/stdout', '2 /.mosix/io/stderr', 'sid 1 umask 22 cwd /work', 'ONLY=this']);
  });

  test('a job cannot kill its PID 1; a death by signal is reported as one', async () => {
    const sandbox = start(() => undefined, ['killinit'], undefined);
    expect(await sandbox.ended).toMatchObject({ ok: true, value: { exit: { kind: 'signal', value: 11 } } });
    expect(stdout(sandbox)).toEqual([expect.not.stringContaining('WORKED')]);
  });

  test('a program that is not there, or no program at all, is the farm’s failure and not an exit status', async () => {
    const tree = treeBuilder();
    tree.text('/bin/broken', 'no program', true);
    tree.text('/bin/script', '#!/bin/nothing\n', true);
    tree.text('/bin/plain', hostile, false);
    const built = tree.build();
    writeBlobs(options.blobDirectory, built);
    for (const [program, code] of [['/bin/absent', 'bad-input'], ['/bin/broken', 'bad-input'], ['/bin/script', 'bad-input'], ['/bin/plain', 'exec'], ['absent', 'bad-input']] as const) {
      const slot = newSlot();
      const sandbox = startSandbox(slot, built.root, { arguments: [program], environment: [], workingDirectory: '', outputPaths: [] }, options);
      if (!sandbox.ok) throw new Error(sandbox.error.message);
      expect(await sandbox.value.ended).toMatchObject({ ok: false, error: { code } });
    }
  });

  test('arguments beyond what the kernel takes are told apart', async () => {
    const sandbox = start(() => undefined, Array.from({ length: 3000 }, () => 'x'.repeat(1000)), undefined);
    expect(await sandbox.ended).toMatchObject({ ok: false, error: { code: 'bad-input' } });
  });

  test('a blob that is gone from the store is named', async () => {
    const tree = treeBuilder();
    tree.text('/bin/hostile', hostile, true);
    const digest = tree.text('/lost', `lost ${process.pid}`);
    const built = tree.build();
    writeBlobs(options.blobDirectory, built);
    rmSync(join(options.blobDirectory, digest.hash.slice(0, 2), digest.hash));
    const slot = newSlot();
    const sandbox = startSandbox(slot, built.root, { arguments: ['/bin/hostile'], environment: [], workingDirectory: '', outputPaths: [] }, options);
    if (!sandbox.ok) throw new Error(sandbox.error.message);
    expect(await sandbox.value.ended).toMatchObject({ ok: false, error: { code: 'missing-input', cause: `${digest.hash.slice(0, 2)}/${digest.hash}` } });
  });

  test('bubblewrap that fails says why', async () => {
    const sandbox = start(() => undefined, [], undefined, { bubblewrap: '/bin/false' });
    expect(await sandbox.ended).toMatchObject({ ok: false, error: { code: 'sandbox' } });
    const absent = start(() => undefined, [], undefined, { bubblewrap: '/nonexistent/bwrap' });
    expect(await absent.ended).toMatchObject({ ok: false, error: { code: 'sandbox', message: expect.stringContaining('ENOENT') } });
  });

  test.skipIf(!isRoot)('a data directory that the job’s user cannot reach works when it is hidden behind another path', async () => {
    const closed = join(base, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    chownSync(closed, 0, 0);
    const tree = treeBuilder();
    tree.text('/bin/hostile', hostile, true);
    tree.directory('/work/out');
    const built = tree.build();
    writeBlobs(join(closed, 'cas'), built);
    cpSync(options.init, join(closed, 'mosix-init'));
    const directory = join(closed, 'job');
    mkdirSync(directory);
    const slot = { directory, tree: undefined, runs: 0, intact: true };
    const run = (hideAt: string | undefined) =>
      startSandbox(slot, built.root, { arguments: ['/bin/hostile'], environment: [], workingDirectory: 'work', outputPaths: ['out/result'] },
        { ...options, init: join(closed, 'mosix-init'), blobDirectory: join(closed, 'cas'), jobUser: { ...nobody }, hideAt }); // prettier-ignore
    const sandbox = run('/mnt');
    if (!sandbox.ok) throw new Error(sandbox.error.message);
    expect(await sandbox.value.ended).toEqual({ ok: true, value: expect.objectContaining({ exit: { kind: 'exit', value: 0 } }) });
    expect(existsSync(join(sandbox.value.scratches.get('work/out') ?? '', 'result'))).toBe(true);
    expect(existsSync('/mnt/stage')).toBe(false);
  });
});
