// The launcher as a build tool sees it: real programs, a real socket, and a daemon that does what each test wants.

import { chmodSync, copyFileSync, linkSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeFrame, frameType, startFakeDaemon, type FakeDaemon, type Peer, type VerifyEntry } from './fake-daemon.js';
import { buildPrograms, launcher, makeWorkspace, masquerade, pause, run, start, until, type Workspace } from './launcher-fixture.js';

const warning = 'a.c:1:2: warning: caf\xe9\n';

let work: Workspace;
let daemon: FakeDaemon | undefined;

beforeAll(() => buildPrograms(), 120_000);
beforeEach(() => {
  work = makeWorkspace();
  daemon = undefined;
});
afterEach(async () => {
  await daemon?.close();
  work.remove();
});

async function serve(script: (peer: Peer) => unknown): Promise<FakeDaemon> {
  daemon = await startFakeDaemon(work.directory, script);
  return daemon;
}

/** Options for a launcher in the test's folder. */
function here(env: Record<string, string> = {}) {
  return { cwd: work.directory, env: { ...work.env, ...env } };
}

/** An executable shell script that stands in for a compiler, so that a test sees how it was run. */
function script(path: string, body: string): string {
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

function folder(name: string): string {
  const path = join(work.directory, name);
  mkdirSync(path);
  return path;
}

const answerOk = (peer: Peer) => peer.exit(0, 0);
const answerLocal = (peer: Peer) => peer.send(frameType.local, '\0');
const variable = (peer: { environment: Buffer[] }, name: string) =>
  peer.environment.find((entry) => entry.toString().startsWith(`${name}=`))?.toString('latin1').slice(name.length + 1);

describe('what the daemon is told', () => {
  test('a masquerade run: real compiler, argv as typed, folder, mode, environment', async () => {
    const served = await serve(answerOk);
    const path = `${folder('masquerade')}:/usr/bin:/bin`;
    masquerade(join(work.directory, 'masquerade'), 'gcc');
    const before = process.hrtime.bigint();
    const ended = await run('/bin/sh', ['-c', 'umask 027; exec gcc -c "a b.c" ""'], here({ PATH: path, MOSIX_BUILD_ID: 'b1' }));
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(process.hrtime.bigint()).toBeGreaterThan(before);
    const [told] = served.runs;
    expect(told).toMatchObject({ version: 1, umask: 0o27, ttyBits: 0, columns: 0, mode: 0, directory: work.directory, compiler: '/usr/bin/gcc' });
    expect(told?.arguments.map(String)).toEqual(['gcc', '-c', 'a b.c', '']);
    expect(variable(told ?? { environment: [] }, 'MOSIX_BUILD_ID')).toBe('b1');
    expect(Number((told?.startedNs ?? 0n) / 1_000_000n)).toBeGreaterThan(Date.now() - 60_000);
  });

  test('arguments and variables that are no UTF-8 arrive byte for byte', async () => {
    const served = await serve(answerOk);
    const line = `X="$(printf '\\377\\001')" exec ${launcher} gcc "$(printf -- '-DA=\\303\\050\\377')" "$(printf 'new\\nline')"`;
    await run('/bin/sh', ['-c', line], here());
    const [told] = served.runs;
    expect(told?.arguments[1]).toEqual(Buffer.from('-DA=\xc3\x28\xff', 'latin1'));
    expect(told?.arguments[2]?.toString()).toBe('new\nline');
    expect(variable(told ?? { environment: [] }, 'X')).toBe('\xff\x01');
  });

  test('100,000 arguments', async () => {
    const served = await serve(answerOk);
    const args = Array.from({ length: 100_000 }, (_, i) => `-D${i}`);
    const ended = await run(launcher, ['gcc', ...args], here());
    expect(ended.status).toBe(0);
    expect(served.runs[0]?.arguments.length).toBe(100_001);
    expect(served.runs[0]?.arguments[100_000]?.toString()).toBe('-D99999');
  });

  test('terminals and their width', async () => {
    const served = await serve(answerOk);
    const ended = await run('script', ['-qec', `stty cols 123; ${launcher} gcc -c a.c >/dev/null`, '/dev/null'], here());
    expect(ended.status).toBe(0);
    expect(served.runs[0]).toMatchObject({ ttyBits: 0b101, columns: 123 });
  });

  test('a socket path longer than an address holds', async () => {
    const long = join(work.directory, 'x'.repeat(100));
    mkdirSync(long);
    process.chdir(long); // the test's own server has the same limit
    daemon = await startFakeDaemon('.', answerOk);
    process.chdir('/');
    const ended = await run(launcher, ['gcc', '-c', 'a.c'], here({ MOSIX_DIR: long }));
    expect(ended.status).toBe(0);
    expect(daemon.runs.length).toBe(1);
  });
});

describe('how the launcher ends', () => {
  test('exit status, both outputs byte for byte, and its CPU time', async () => {
    let bye: Promise<bigint | undefined> = Promise.resolve(undefined);
    await serve((peer) => {
      peer.send(frameType.stderr, Buffer.from(warning, 'latin1'));
      peer.send(frameType.stdout, Uint8Array.of(0, 1, 255));
      peer.exit(0, 3);
      bye = peer.bye;
    });
    const ended = await run('/bin/sh', ['-c', `${launcher} gcc a.c 2>err; s=$?; od -An -tx1 err; exit $s`], here());
    expect(ended.status).toBe(3);
    expect(ended.stdout.subarray(0, 3)).toEqual(Buffer.of(0, 1, 255));
    expect(ended.stdout.toString()).toContain('63 61 66 e9 0a');
    expect(await bye).toBeGreaterThan(0n);
  });

  test.each([['SIGSEGV', 11], ['SIGKILL', 9], ['SIGTERM', 15]])('by %s', async (name, number) => {
    await serve((peer) => peer.exit(1, number));
    expect(await run(launcher, ['gcc', 'a.c'], here())).toMatchObject({ status: null, signal: name });
  });

  test('nothing is shown before EXIT', async () => {
    let release = () => {};
    await serve((peer) => {
      peer.send(frameType.stderr, 'early\n');
      peer.send(frameType.ping);
      release = () => peer.exit(0, 1);
    });
    const started = start(launcher, ['gcc', 'a.c'], here());
    await until(() => daemon?.runs.length === 1);
    await pause(100);
    expect(started.output()).toBe('');
    release();
    expect(await started.ended).toMatchObject({ status: 1, stderr: 'early\n' });
  });

  test('20 MB of diagnostics', async () => {
    const half = Buffer.alloc(10 * 1024 * 1024, 'x');
    await serve((peer) => {
      peer.send(frameType.stderr, half);
      peer.send(frameType.stderr, half);
      peer.exit(0, 1);
    });
    const ended = await run(launcher, ['gcc', 'a.c'], here());
    expect(ended.status).toBe(1);
    expect(ended.stderr.length).toBe(2 * half.length);
  });

  test('a reader of stdout that went away ends it by SIGPIPE', async () => {
    await serve((peer) => {
      peer.send(frameType.stdout, Buffer.alloc(1024 * 1024));
      peer.exit(0, 0);
    });
    const line = `{ ${launcher} gcc -E a.c; echo $? >status; } | head -c 1 >/dev/null; cat status`;
    expect((await run('/bin/sh', ['-c', line], here())).stdout.toString()).toBe('141\n');
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it and the daemon sees the socket close', async (signal) => {
    let closed: Promise<void> | undefined;
    await serve((peer) => (closed = peer.closed));
    const started = start(launcher, ['gcc', 'a.c'], here());
    await until(() => closed !== undefined);
    started.child.kill(signal);
    expect(await started.ended).toMatchObject({ status: null, signal });
    await closed;
  });

  test('stdin, stdout and stderr that are closed stay closed', async () => {
    await serve((peer) => {
      peer.send(frameType.stderr, 'nobody reads this');
      peer.exit(0, 4);
    });
    expect((await run('/bin/sh', ['-c', `${launcher} gcc a.c <&- >&- 2>&-`], here())).status).toBe(4);
  });
});

describe('VERIFY', () => {
  const facts = (path: string): VerifyEntry => {
    const stat = lstatSync(path, { bigint: true });
    return { path, device: stat.dev, inode: stat.ino, size: stat.size, modifiedNs: stat.mtimeNs, changedNs: stat.ctimeNs };
  };

  async function verify(entries: readonly VerifyEntry[]): Promise<number[]> {
    let different: number[] = [];
    await serve(async (peer) => {
      different = await peer.verify(entries);
      peer.exit(0, 0);
    });
    expect((await run(launcher, ['gcc', 'a.c'], here())).status).toBe(0);
    return different;
  }

  test('files that are as described are not named', async () => {
    const path = join(work.directory, 'a.h');
    writeFileSync(path, 'int a;\n');
    folder('include');
    symlinkSync('a.h', join(work.directory, 'link.h'));
    const whole = facts(join(work.directory, 'include'));
    expect(await verify([
      facts(path),
      { ...facts(path), path: 'a.h' },
      facts(join(work.directory, 'link.h')),
      { path: whole.path, device: whole.device ?? 0n, inode: whole.inode },
      { path: 'absent.h', inode: 0n },
      { path: 'a.h/below-a-file.h', inode: 0n },
    ])).toEqual([]);
  });

  test('every difference is named', async () => {
    const path = join(work.directory, 'a.h');
    writeFileSync(path, 'int a;\n');
    symlinkSync('a.h', join(work.directory, 'link.h'));
    const file = facts(path);
    const link = facts(join(work.directory, 'link.h'));
    expect(await verify([
      file,
      { ...file, size: 8n },
      { ...file, modifiedNs: (file.modifiedNs ?? 0n) + 1n },
      { ...file, changedNs: (file.changedNs ?? 0n) - 1n },
      { ...file, inode: file.inode + 1n },
      { ...file, device: (file.device ?? 0n) + 1n },
      { ...file, path: 'absent.h' },
      { path: 'a.h', inode: 0n },
      { ...file, path: 'link.h' },
      { ...link, path: 'a.h' },
      { ...link, path: 'link.h' },
    ])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('paths folder by folder, through links and to nowhere', async () => {
    const deep = join(folder('include'), 'sys');
    mkdirSync(deep);
    symlinkSync('include', join(work.directory, 'inc'));
    for (const name of ['a.h', 'b.h', 'sys/a.h']) writeFileSync(join(work.directory, 'include', name), name);
    const as = (path: string, file: string) => ({ ...facts(join(work.directory, 'include', file)), path });
    expect(await verify([
      as('include/a.h', 'a.h'), as('include/b.h', 'b.h'), as('inc/b.h', 'b.h'), as('inc/sys/a.h', 'sys/a.h'),
      as('include/sys/../a.h', 'a.h'), { path: 'include/absent.h', inode: 0n }, { path: 'absent/a.h', inode: 0n },
      { path: 'include/a.h/b.h', inode: 0n }, as('include/sys/a.h', 'a.h'), as('absent/a.h', 'a.h'),
      { path: '/proc', inode: 0n }, { path: '/absent', inode: 0n },
    ])).toEqual([8, 9, 10]);
  });

  test('thousands of entries, and a second VERIFY after the first', async () => {
    writeFileSync(join(work.directory, 'a.h'), 'int a;\n');
    const file = facts(join(work.directory, 'a.h'));
    const entries = Array.from({ length: 5_000 }, (_, i) => (i % 1_000 === 7 ? { ...file, size: 1n } : file));
    const results: number[][] = [];
    await serve(async (peer) => {
      results.push(await peer.verify(entries), await peer.verify([]));
      peer.exit(0, 0);
    });
    await run(launcher, ['gcc', 'a.c'], here());
    expect(results).toEqual([[7, 1_007, 2_007, 3_007, 4_007], []]);
  });
});

describe('compiling here', () => {
  beforeEach(() => writeFileSync(join(work.directory, 'a.c'), '#warning careful\nint a;\n'));
  const compile = ['gcc', '-c', 'a.c', '-o', 'a.o'];

  test('LOCAL: the socket stays open until the compiler has ended', async () => {
    let closed = false;
    await serve((peer) => {
      void peer.closed.then(() => (closed = true));
      answerLocal(peer);
    });
    const started = start(launcher, ['gcc', '-x', 'c', '-', '-c', '-o', 'a.o'], { ...here(), stdio: ['pipe', 'pipe', 'pipe'] });
    await until(() => daemon?.runs.length === 1);
    await pause(150); // gcc is waiting for its source
    expect(closed).toBe(false);
    started.child.stdin?.end('int a;\n');
    expect(await started.ended).toMatchObject({ status: 0, stderr: '' });
    await until(() => closed);
    expect(lstatSync(join(work.directory, 'a.o')).size).toBeGreaterThan(0);
  });

  test('LOCAL: a driver called by its bare name gets its path, and below it the launcher stands aside', async () => {
    const served = await serve(answerLocal);
    const bin = folder('bin');
    const links = folder('masquerade');
    masquerade(links, 'gcc');
    script(join(bin, 'gcc'), 'echo "$0 $MOSIX_NESTED"; PATH=${PATH%%:*}:/usr/bin exec gcc -dumpmachine');
    const ended = await run('/bin/sh', ['-c', 'gcc x'], here({ PATH: `${links}:${bin}:/usr/bin:/bin` }));
    expect(ended.stdout.toString()).toMatch(/^\S+\/bin\/gcc 1\n\S+-linux-gnu\n$/);
    expect(served.runs.length).toBe(1);
  });

  test('LOCAL: no descriptor below 100 is left to the compiler', async () => {
    await serve(answerLocal);
    const compiler = script(join(work.directory, 'cc'), 'exec ls /proc/self/fd');
    const listed = (await run(launcher, [compiler], here())).stdout.toString().trim().split('\n').map(Number);
    expect(listed.filter((descriptor) => descriptor < 100).sort()).toEqual([0, 1, 2, 3]); // 3 is the folder that ls reads
    expect(listed.some((descriptor) => descriptor >= 100)).toBe(true);
  });

  test.each<[string, (peer: Peer) => void]>([
    ['closes at once', (peer) => peer.socket.destroy()],
    ['dies after diagnostics', (peer) => peer.socket.end(encodeFrame(frameType.stderr, 'a.c:1:2: warning: #warning careful\n'))],
    ['dies within a frame', (peer) => peer.socket.end(encodeFrame(frameType.stderr, 'whole').subarray(0, 7))],
    ['sends an unknown frame', (peer) => peer.send(99, 'x')],
    ['sends a VERIFY that ends too early', (peer) => peer.send(frameType.verify, Uint8Array.of(1, 0, 0, 0, 5))],
    ['sends a VERIFY with too large a count', (peer) => peer.send(frameType.verify, Uint8Array.of(255, 255, 255, 255))],
    ['sends a malformed EXIT', (peer) => peer.send(frameType.exit, 'x')],
    ['announces 4 GiB', (peer) => void peer.socket.write(Uint8Array.of(255, 255, 255, 255, 19))],
  ])('the daemon %s: one local compile, its diagnostics once', async (_what, answer) => {
    await serve(answer);
    const ended = await run(launcher, compile, here());
    expect(ended.status).toBe(0);
    expect(ended.stderr.split('warning: #warning careful').length).toBe(2);
    expect(lstatSync(join(work.directory, 'a.o')).isFile()).toBe(true);
  });

  test('a daemon that falls silent', async () => {
    const variant = folder('variant');
    buildPrograms({ folder: variant, flags: '-DDAEMON_SILENCE_SECONDS=1' });
    await serve((peer) => peer.send(frameType.ping));
    expect((await run(join(variant, 'mosix-cc'), compile, here())).status).toBe(0);
    expect(lstatSync(join(work.directory, 'a.o')).isFile()).toBe(true);
  }, 60_000);

  test('a run folder that others may enter is not trusted', async () => {
    const served = await serve(answerOk);
    chmodSync(join(work.directory, 'run'), 0o755);
    expect((await run(launcher, compile, here())).status).toBe(0);
    expect(served.runs.length).toBe(0);
    expect(lstatSync(join(work.directory, 'a.o')).isFile()).toBe(true);
  });

  test.each([['MOSIX_DISABLE', '1'], ['MOSIX_NESTED', '1']])('%s=%s asks nobody', async (name, value) => {
    const served = await serve(answerOk);
    expect((await run(launcher, compile, here({ [name]: value }))).status).toBe(0);
    expect(served.runs.length).toBe(0);
  });
});

describe('finding the compiler', () => {
  const told = async (args: string[], env: Record<string, string> = {}, program = launcher) => {
    await daemon?.close();
    const served = await serve(answerOk);
    const ended = await run(program, args, here(env));
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    return { ...served.runs[0], arguments: served.runs[0]?.arguments.map(String) };
  };

  test('prefix with a name, a path, a relative path, and itself', async () => {
    expect(await told(['gcc', '-c'])).toMatchObject({ mode: 1, compiler: '/usr/bin/gcc', arguments: ['gcc', '-c'] });
    expect(await told(['/usr/bin/g++'])).toMatchObject({ mode: 1, compiler: '/usr/bin/g++', arguments: ['/usr/bin/g++'] });
    script(join(work.directory, 'cc'), 'true');
    expect(await told(['./cc'])).toMatchObject({ compiler: `${work.directory}/./cc`, arguments: ['./cc'] });
    expect(await told([launcher, 'gcc'])).toMatchObject({ compiler: '/usr/bin/gcc', arguments: ['gcc'] });
  });

  test('a path into the masquerade folder means the compiler of that name', async () => {
    const link = masquerade(folder('masquerade'), 'gcc');
    expect(await told([link, '-c'])).toMatchObject({ mode: 1, compiler: '/usr/bin/gcc' });
    expect(await told(['-c'], {}, link)).toMatchObject({ mode: 0, compiler: '/usr/bin/gcc' });
  });

  test('every launcher on PATH is stepped over: links, hard links, copies, other launchers', async () => {
    const folders = ['one', 'two', 'three', 'four', 'five'].map(folder);
    const [one = '', two = '', three = '', four = '', five = ''] = folders;
    const link = masquerade(one, 'gcc');
    linkSync(launcher, join(two, 'gcc'));
    copyFileSync(launcher, join(three, 'mosix-cc'));
    masquerade(three, 'gcc', 'mosix-cc');
    script(join(four, 'ccache'), 'exit 9');
    masquerade(four, 'gcc', 'ccache');
    mkdirSync(join(five, 'gcc'));
    const path = `${folders.join(':')}::/nonexistent:/usr/bin:/bin`;
    expect(await told([], { PATH: path }, link)).toMatchObject({ compiler: '/usr/bin/gcc' });
    expect(await told(['ccache', 'gcc'], { PATH: path })).toMatchObject({ compiler: join(four, 'ccache') });
  });

  test('a wrapper script that calls back does not go round for ever', async () => {
    const links = folder('masquerade');
    const wrappers = folder('wrappers');
    masquerade(links, 'gcc');
    script(join(wrappers, 'gcc'), 'exec gcc "$@"');
    await serve(answerLocal);
    const ended = await run('/bin/sh', ['-c', 'gcc -dumpmachine'], here({ PATH: `${links}:${wrappers}:/usr/bin:/bin` }));
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout.toString()).toMatch(/-linux-gnu\n$/);
  });

  test('what cannot be run is reported as a shell does', async () => {
    const bin = folder('bin');
    writeFileSync(join(bin, 'gcc'), 'not executable');
    masquerade(folder('masquerade'), 'gcc');
    const env = { PATH: `${join(work.directory, 'masquerade')}:${bin}` };
    expect(await run(launcher, ['gcc'], here(env))).toMatchObject({ status: 126, stderr: 'gcc: Permission denied\n' });
    expect(await run(launcher, ['clang-99'], here(env))).toMatchObject({ status: 127, stderr: 'clang-99: No such file or directory\n' });
    expect(await run(launcher, ['/no/gcc'], here(env))).toMatchObject({ status: 127, stderr: '/no/gcc: No such file or directory\n' });
    expect(await run(launcher, [bin], here(env))).toMatchObject({ status: 126 });
  });

  test('under its own name alone it says what it is', async () => {
    expect((await run(launcher, ['--help'], here())).stdout.toString()).toContain('mosix-cc gcc -c a.c');
    expect(await run(launcher, ['--version'], here())).toMatchObject({ status: 0, stderr: '' });
    expect(await run(launcher, [], here())).toMatchObject({ status: 100 });
    expect(await run(launcher, ['-c', 'a.c'], here())).toMatchObject({ status: 100 });
  });
});
