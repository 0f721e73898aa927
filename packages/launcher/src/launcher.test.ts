// The launcher's conversation: what the daemon is told, VERIFY, and how the launcher ends. Real programs, a real socket,
// and a daemon that does what each test wants.

import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { frameType, startFakeDaemon, type FakeDaemon, type Peer, type VerifyEntry } from './fake-daemon.js';
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

function folder(name: string): string {
  const path = join(work.directory, name);
  mkdirSync(path);
  return path;
}

const answerOk = (peer: Peer) => peer.exit(0, 0);
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
