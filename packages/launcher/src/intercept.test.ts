// The preload library in the programs that start compilers: every way of exec, real make and ninja, and all the cases
// in which it has to keep out.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { frameType, startFakeDaemon, type FakeDaemon } from './fake-daemon.js';
import { buildPrograms, interceptLibrary, launcher, makeWorkspace, masquerade, run, type Workspace } from './launcher-fixture.js';

// Starts its later arguments in the way that the first one names.
const starterSource = String.raw`
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

static int spawned(int error, const pid_t *pid)
{
    int status;
    if (error != 0 || waitpid(*pid, &status, 0) != *pid) return 99;
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    const char *way = argv[1];
    char *path = argv[2], **args = argv + 2;
    pid_t pid = 0;
    if (argc < 4) return 98;
    if (strcmp(way, "execve") == 0) execve(path, args, environ);
    if (strcmp(way, "execv") == 0) execv(path, args);
    if (strcmp(way, "execvp") == 0) execvp(path, args);
    if (strcmp(way, "execvpe") == 0) execvpe(path, args, environ);
    if (strcmp(way, "execl") == 0) execl(path, path, argv[3], (char *)NULL);
    if (strcmp(way, "execlp") == 0) execlp(path, path, argv[3], (char *)NULL);
    if (strcmp(way, "execle") == 0) execle(path, path, argv[3], (char *)NULL, environ);
    if (strcmp(way, "posix_spawn") == 0) return spawned(posix_spawn(&pid, path, NULL, NULL, args, environ), &pid);
    if (strcmp(way, "posix_spawnp") == 0) return spawned(posix_spawnp(&pid, path, NULL, NULL, args, environ), &pid);
    if (strcmp(way, "system") == 0) return WEXITSTATUS(system(strcat(strcat(strcpy(malloc(4096), path), " "), argv[3])));
    if (strcmp(way, "vfork") == 0) {
        pid = vfork();
        if (pid == 0) { execv(path, args); _exit(97); }
        return spawned(0, &pid);
    }
    if (strcmp(way, "empty-environment") == 0) execve(path, args, NULL);
    if (strcmp(way, "other-argv0") == 0) { args[0] = "clang++"; execv(path, args); }
    if (strcmp(way, "fexecve") == 0) fexecve(open(path, O_PATH), args, environ);
    perror(path);
    return 96;
}
`;

let programs: Workspace;
let starter: string;
let work: Workspace;
let daemon: FakeDaemon;

beforeAll(() => {
  buildPrograms();
  programs = makeWorkspace();
  starter = join(programs.directory, 'starter');
  writeFileSync(`${starter}.c`, starterSource);
  execFileSync('gcc', ['-O1', '-o', starter, `${starter}.c`], { env: { ...process.env, MOSIX_DISABLE: '1' } });
}, 120_000);
afterAll(() => programs.remove());
beforeEach(async () => {
  work = makeWorkspace();
  daemon = await startFakeDaemon(work.directory, (peer) => peer.send(frameType.local, '\0'));
});
afterEach(async () => {
  await daemon.close();
  work.remove();
});

function here(env: Record<string, string> = {}) {
  return { cwd: work.directory, env: { ...work.env, LD_PRELOAD: interceptLibrary, MOSIX_LAUNCHER: launcher, ...env } };
}

function file(name: string): string {
  return join(work.directory, name);
}

/** What the daemon was asked to run: mode, compiler, argv. */
function asked(): [number, string, ...string[]][] {
  return daemon.runs.map((one) => [one.mode, one.compiler, ...one.arguments.map(String)]);
}

describe('every way to start a compiler', () => {
  test.each(['execve', 'execv', 'execvp', 'execvpe', 'execl', 'execlp', 'execle', 'posix_spawn', 'posix_spawnp', 'system', 'vfork'])(
    '%s of an absolute path', async (way) => {
      const ended = await run(starter, [way, '/usr/bin/gcc', '-dumpmachine'], here());
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      expect(ended.stdout.toString()).toMatch(/-linux-gnu\n$/);
      expect(asked()).toEqual([[2, '/usr/bin/gcc', '/usr/bin/gcc', '-dumpmachine']]);
    });

  test.each(['execvp', 'execvpe', 'execlp', 'posix_spawnp'])('%s of a name', async (way) => {
    await run(starter, [way, 'gcc', '-dumpmachine'], here());
    expect(asked()).toEqual([[2, '/usr/bin/gcc', 'gcc', '-dumpmachine']]);
  });

  test.each(['execvp', 'posix_spawnp'])('%s of a name that the masquerade answers is the masquerade\'s', async (way) => {
    mkdirSync(file('masquerade'));
    masquerade(file('masquerade'), 'gcc');
    await run(starter, [way, 'gcc', '-dumpmachine'], here({ PATH: `${file('masquerade')}:/usr/bin:/bin` }));
    expect(asked()).toEqual([[0, '/usr/bin/gcc', 'gcc', '-dumpmachine']]);
  });

  test('names: versions and triplets, but no relatives', async () => {
    const names = ['cc', 'c++', 'g++-12', 'x86_64-linux-gnu-gcc', 'clang-14.0', 'arm-none-eabi-clang++', 'gcc-ar', 'cc1', 'ccache', 'c++filt', 'gcc.sh', 'xgcc', 'gcc-'];
    for (const name of names) {
      writeFileSync(file(name), '#!/bin/sh\n');
      chmodSync(file(name), 0o755);
      expect((await run(starter, ['execv', file(name), '-c'], here())).status).toBe(0);
    }
    expect(daemon.runs.map((one) => one.compiler.slice(work.directory.length + 1))).toEqual(names.slice(0, 6));
  });

  test('100,000 arguments', async () => {
    const args = Array.from({ length: 100_000 }, (_, i) => `-D${i}`);
    for (const way of ['execv', 'posix_spawn', 'vfork']) {
      writeFileSync(file('gcc'), '#!/bin/sh\nexit $(($# / 1000))\n');
      chmodSync(file('gcc'), 0o755);
      expect((await run(starter, [way, file('gcc'), ...args], here())).status).toBe(100);
    }
    expect(daemon.runs.map((one) => one.arguments.length)).toEqual([100_001, 100_001, 100_001]);
  });
});

describe('keeping out', () => {
  test.each([
    ['MOSIX_NESTED', { MOSIX_NESTED: '1' }],
    ['MOSIX_DISABLE', { MOSIX_DISABLE: '1' }],
    ['no launcher named', { MOSIX_LAUNCHER: '' }],
    ['a launcher that is not there', { MOSIX_LAUNCHER: '/no/mosix-cc' }],
  ])('%s', async (_what, env) => {
    expect((await run(starter, ['execv', '/usr/bin/gcc', '-dumpmachine'], here(env))).status).toBe(0);
    expect(asked()).toEqual([]);
  });

  test.each(['empty-environment', 'other-argv0', 'fexecve'])('%s', async (way) => {
    expect((await run(starter, [way, '/usr/bin/gcc', '-dumpmachine'], here())).status).toBe(0);
    expect(asked()).toEqual([]);
  });

  test('what does not exist or may not run fails as before', async () => {
    writeFileSync(file('gcc'), '');
    for (const way of ['execv', 'execvp']) {
      expect(await run(starter, [way, '/no/gcc', '-c'], here())).toMatchObject({ status: 96, stderr: '/no/gcc: No such file or directory\n' });
      expect(await run(starter, [way, file('gcc'), '-c'], here())).toMatchObject({ status: 96, stderr: `${file('gcc')}: Permission denied\n` });
    }
    expect(await run(starter, ['execvp', 'clang-99', '-c'], here())).toMatchObject({ status: 96, stderr: 'clang-99: No such file or directory\n' });
    expect((await run(starter, ['posix_spawnp', 'clang-99', '-c'], here())).status).toBe(99);
  });

  test('the launcher itself is started as it is', async () => {
    expect((await run(starter, ['execv', launcher, 'gcc'], here())).status).toBe(1); // gcc: no input files
    expect(asked()).toEqual([[1, '/usr/bin/gcc', 'gcc']]);
  });

  test('what a compiler starts below itself is not caught again', async () => {
    writeFileSync(file('a.c'), 'int main(void) { return 0; }\n');
    expect(await run(starter, ['execv', '/usr/bin/gcc', '-flto', 'a.c', '-o', 'a'], here())).toMatchObject({ status: 0, stderr: '' });
    expect(asked()).toEqual([[2, '/usr/bin/gcc', '/usr/bin/gcc', '-flto', 'a.c', '-o', 'a']]);
  });
});

describe('real build tools', () => {
  beforeEach(() => {
    for (const name of ['a', 'b']) writeFileSync(file(`${name}.c`), `int ${name};\n`);
  });

  test('make with CC=/usr/bin/gcc, with and without a shell in between', async () => {
    writeFileSync(file('Makefile'), 'all: a.o b.o\nb.o: b.c\n\t$(CC) -c b.c -o b.o && true\n');
    const ended = await run('make', ['-j2', 'CC=/usr/bin/gcc'], here());
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(asked().sort()).toEqual([
      [2, '/usr/bin/gcc', '/usr/bin/gcc', '-c', '-o', 'a.o', 'a.c'],
      [2, '/usr/bin/gcc', '/usr/bin/gcc', '-c', 'b.c', '-o', 'b.o'],
    ]);
    expect(existsSync(file('a.o')) && existsSync(file('b.o'))).toBe(true);
  });

  test('ninja', async (context) => {
    if (!existsSync('/usr/bin/ninja')) return context.skip('ninja is not installed');
    writeFileSync(file('build.ninja'), 'rule cc\n  command = /usr/bin/gcc -c $in -o $out\nbuild a.o: cc a.c\nbuild b.o: cc b.c\n');
    expect((await run('ninja', [], here())).status).toBe(0);
    expect(asked().map(([mode, compiler]) => [mode, compiler])).toEqual([[2, '/usr/bin/gcc'], [2, '/usr/bin/gcc']]);
  });
});
