// Starting the daemon and doing without one: one start for many launchers, a clean detachment, the cap on local work.

import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execFileSync, spawn } from 'node:child_process';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildPrograms, launcher, makeWorkspace, run, start, until, type Workspace } from './launcher-fixture.js';

let work: Workspace;

beforeAll(() => buildPrograms(), 120_000);
beforeEach(() => {
  work = makeWorkspace();
});
afterEach(async () => {
  for (const pid of daemonsStarted()) await kill(pid);
  work.remove();
});

function file(name: string): string {
  return join(work.directory, name);
}

function script(name: string, text: string): string {
  writeFileSync(file(name), text);
  chmodSync(file(name), 0o755);
  return file(name);
}

function read(name: string): string {
  return existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '';
}

function here(env: Record<string, string> = {}) {
  return { cwd: work.directory, env: { ...work.env, PATH: process.env.PATH ?? '/usr/bin:/bin', ...env } };
}

/** A daemon that notes its start, says LOCAL to everybody, and comes up as the real one does: bind aside, rename. */
function localDaemon(startup = ''): string {
  return script('daemon.mjs', `#!${process.execPath}
    import { appendFileSync, readFileSync, renameSync } from 'node:fs';
    import { createServer } from 'node:net';
    appendFileSync('${file('started')}', process.pid + ' ' + process.env.MOSIX_DAEMON_LOCK_FD + '\\n');
    const starts = readFileSync('${file('started')}', 'utf8').trim().split('\\n').length;
    let answer = Buffer.of(1, 0, 0, 0, 16, 0); // LOCAL
    ${startup}
    const server = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => {
        appendFileSync('${file('asked')}', '.');
        socket.write(answer);
      });
    });
    server.listen({ path: '${file('run/starting.sock')}', backlog: 511 }, () =>
      renameSync('${file('run/starting.sock')}', '${file('run/daemon.sock')}'));
  `);
}

function daemonsStarted(): number[] {
  return read('started').split('\n').filter((line) => line !== '').map((line) => Number(line.split(' ')[0]));
}

async function kill(pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGKILL');
    await until(() => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  } catch {
    // it has ended
  }
}

function cores(): number {
  return Number(execFileSync('nproc', { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } }));
}

test('50 launchers at once start one daemon and all use it', async () => {
  const env = { MOSIX_DAEMON: localDaemon() };
  const ended = await Promise.all(Array.from({ length: 50 }, () => run(launcher, ['gcc', '-dumpversion'], here(env))));
  expect(ended.map((one) => [one.status, one.stderr])).toEqual(ended.map(() => [0, '']));
  expect(daemonsStarted().length).toBe(1);
  expect(read('started')).toMatch(/^\d+ 3\n$/);
  expect(existsSync(file('run/slots'))).toBe(false); // nobody fell back to the launcher's own cap
  expect(statSync(file('run')).mode & 0o777).toBe(0o700);
}, 60_000);

test('the daemon inherits nothing of the build', async () => {
  const daemon = script('daemon', `#!/bin/sh
    echo "folder $(pwd), mask $(umask), lock $MOSIX_DAEMON_LOCK_FD, make <$MAKEFLAGS>"
    read -r pid name state parent group session rest </proc/$$/stat
    echo "session of its own: $([ "$session" != ${process.pid} ] && [ "$group" = "$session" ] && echo yes)"
    ls -l /proc/$$/fd
    grep SigIgn /proc/$$/status
    echo complaint >&2`);
  const pipes: ('ignore' | 'pipe')[] = ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'];
  const env = { MOSIX_DAEMON: daemon, MAKEFLAGS: '-j8 --jobserver-auth=3,4' };
  const ended = await run('/bin/sh', ['-c', `trap '' HUP INT; ${launcher} gcc -dumpversion`], { ...here(env), stdio: pipes });
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  await until(() => read('cache/daemon.log').includes('complaint'));
  const log = read('cache/daemon.log');
  expect(log).toContain('folder /, mask 0077, lock 3, make <>\n');
  expect(log).toContain('session of its own: yes\n');
  // Signals 32 and 33 belong to the C library, which lets nobody change them.
  const ignored = BigInt(`0x${/SigIgn:\t([0-9a-f]+)/.exec(log)?.[1] ?? 'ffff'}`);
  expect(ignored & ~0x1_8000_0000n).toBe(0n);
  const descriptors = [...log.matchAll(/ (\d+) -> (.*)$/gm)].map(([, descriptor, target]) => `fd ${descriptor} ${target}`)
    .filter((line) => !line.endsWith(file('daemon'))); // the shell reads the script
  expect(descriptors).toEqual([
    'fd 0 /dev/null', `fd 1 ${file('cache/daemon.log')}`, `fd 2 ${file('cache/daemon.log')}`, `fd 3 ${file('run/daemon.lock')}`,
  ]);
});

test('the socket of a daemon that was killed is replaced, one new daemon for all', async () => {
  const env = { MOSIX_DAEMON: localDaemon() };
  await run(launcher, ['gcc', '-dumpversion'], here(env));
  const [first = 0] = daemonsStarted();
  await kill(first);
  expect(existsSync(file('run/daemon.sock'))).toBe(true);
  const ended = await Promise.all(Array.from({ length: 10 }, () => run(launcher, ['gcc', '-dumpversion'], here(env))));
  expect(ended.every((one) => one.status === 0)).toBe(true);
  expect(daemonsStarted().length).toBe(2);
  expect(existsSync(file('run/slots'))).toBe(false);
});

test('launchers whose daemon is killed before it answered go on with a new one', async () => {
  const env = { MOSIX_DAEMON: localDaemon('if (starts === 1) answer = "";') }; // the first one hears, and says nothing
  const waiting = Array.from({ length: 4 }, () => start(launcher, ['gcc', '-dumpversion'], here(env)));
  await until(() => read('asked').length === 4);
  await kill(daemonsStarted()[0] ?? 0);
  const ended = await Promise.all(waiting.map((one) => one.ended));
  expect(ended.map((one) => [one.status, one.stderr])).toEqual(Array(4).fill([0, '']));
  expect(daemonsStarted().length).toBe(2);
  expect(existsSync(file('run/slots'))).toBe(false);
});

test('a live daemon without a socket is not joined by a second one', async () => {
  const env = { MOSIX_DAEMON: localDaemon() };
  await run(launcher, ['gcc', '-dumpversion'], here(env));
  execFileSync('touch', ['-d', '1 hour ago', file('run/daemon.lock')]);
  execFileSync('rm', [file('run/daemon.sock')]);
  expect(await run(launcher, ['gcc', '-dumpversion'], here(env))).toMatchObject({ status: 0, stderr: '' });
  expect(daemonsStarted().length).toBe(1);
  expect(readdirSync(file('run/slots'))).toContain('0'); // it compiled under the cap
});

test('a daemon that fails to start: everybody compiles here, and only one waited start was made', async () => {
  const env = { MOSIX_DAEMON: localDaemon('await new Promise((resolve) => setTimeout(resolve, 300)); process.exit(1);') };
  const first = start(launcher, ['gcc', '-dumpversion'], here(env));
  await until(() => daemonsStarted().length === 1);
  const others = await Promise.all(Array.from({ length: 10 }, () => run(launcher, ['gcc', '-dumpversion'], here(env))));
  expect([await first.ended, ...others].map((one) => [one.status, one.stderr])).toEqual(Array(11).fill([0, '']));
  expect(daemonsStarted().length).toBe(1);
});

test('a daemon that cannot be executed says so in its log, not to the compiler', async () => {
  const ended = await run(launcher, ['gcc', '-dumpversion'], here({ MOSIX_DAEMON: '/no/such/daemon' }));
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  expect(read('cache/daemon.log')).toBe('/no/such/daemon: No such file or directory\n');
});

test('other tools start the daemon through the launcher', async () => {
  const env = { MOSIX_DAEMON: localDaemon() };
  expect(await run(launcher, ['--mosix-start-daemon'], here(env))).toMatchObject({ status: 0, stderr: '' });
  expect(await run(launcher, ['--mosix-start-daemon'], here(env))).toMatchObject({ status: 0 });
  expect(daemonsStarted().length).toBe(1);
  const failed = await run(launcher, ['--mosix-start-daemon'], here({ MOSIX_DAEMON: '/bin/false', MOSIX_DIR: file('other') }));
  expect(failed).toMatchObject({ status: 101, stderr: 'mosix-cc: the daemon does not start; see daemon.log\n' });
});

test('something else at the socket path that does not speak the protocol', async () => {
  mkdirSync(file('run'), { mode: 0o700 });
  const stranger = createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => stranger.listen(file('run/daemon.sock'), resolve));
  expect(await run(launcher, ['gcc', '-dumpversion'], here())).toMatchObject({ status: 0, stderr: '' });
  stranger.close();
});

test('without a daemon no more compiles run at once than there are cores', async () => {
  const compiler = script('cc', `#!/bin/sh
    echo start >>${file('log')}; sleep 0.1; echo end >>${file('log')}`);
  const ended = await Promise.all(Array.from({ length: 4 * cores() }, () => run(launcher, [compiler], here())));
  expect(ended.every((one) => one.status === 0)).toBe(true);
  let running = 0;
  let most = 0;
  for (const line of read('log').trim().split('\n')) {
    running += line === 'start' ? 1 : -1;
    most = Math.max(most, running);
  }
  expect(running).toBe(0);
  expect(most).toBe(cores());
}, 60_000);

test('a slot is free again when its compile is killed', async () => {
  const compiler = script('cc', `#!/bin/sh
    echo $$ >>${file('log')}; exec sleep 60`);
  const holders = Array.from({ length: cores() }, () => start(launcher, [compiler], here()));
  await until(() => read('log').trim().split('\n').length === cores());
  const waiting = start(launcher, ['gcc', '-dumpversion'], here());
  for (const holder of holders) holder.child.kill('SIGKILL');
  expect((await waiting.ended).status).toBe(0);
});

test('a build tool that waits for its pipe to close does not wait for the daemon', async () => {
  const env = { MOSIX_DAEMON: localDaemon() };
  const reader = spawn('/bin/sh', ['-c', `${launcher} gcc -dumpversion | cat; echo done`], here(env));
  const status = await new Promise((resolve) => reader.on('close', resolve));
  expect(status).toBe(0);
  expect(daemonsStarted().length).toBe(1);
});
