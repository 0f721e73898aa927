// Which compiler the launcher takes for the real one, and how it runs it here: because the daemon says so, because it
// fails, or because it is not to be asked.

import { chmodSync, copyFileSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { encodeFrame, frameType, startFakeDaemon, type FakeDaemon, type Peer } from './fake-daemon.js';
import { buildPrograms, launcher, makeWorkspace, masquerade, pause, run, start, until, type Workspace } from './launcher-fixture.js';

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

  test.each([['before it said a word', ''], ['later', 'a.c:1:2: warning: #warning careful\n']])('a daemon that is killed while it writes, %s, leaves no half of an output behind', async (_when, said) => {
    folder('out');
    folder('deps');
    const mark = `mosix-${process.pid}`; // the daemon of this test
    const halves = [`.a.o.${mark}-7`, `out/.a.o.${mark}-8`, `deps/.a.d.${mark}-9`];
    const others = [`out/.a.o.${mark}0-1`, 'out/.hidden', `deps/a.d.${mark}-1`];
    for (const name of [...halves, ...others]) writeFileSync(join(work.directory, name), 'half');
    await serve((peer) => (said === '' ? peer.socket.destroy() : peer.socket.end(encodeFrame(frameType.stderr, said))));
    const ended = await run(launcher, ['gcc', '-c', 'a.c', '-oout/a.o', '-MD', '-MF', 'deps/a.d'], here());
    expect(ended.status).toBe(0);
    expect(halves.filter((name) => existsSync(join(work.directory, name)))).toEqual([]);
    expect(others.filter((name) => existsSync(join(work.directory, name)))).toEqual(others);
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
    const [one, three, four, five] = [folder('one'), folder('three'), folder('four'), folder('five')];
    // A hard link needs the file system that the launcher is on; temporary files may be elsewhere.
    const two = mkdtempSync(join(dirname(launcher), 'linked-'));
    onTestFinished(() => rmSync(two, { recursive: true }));
    const link = masquerade(one, 'gcc');
    linkSync(launcher, join(two, 'gcc'));
    copyFileSync(launcher, join(three, 'mosix-cc'));
    masquerade(three, 'gcc', 'mosix-cc');
    script(join(four, 'ccache'), 'exit 9');
    masquerade(four, 'gcc', 'ccache');
    mkdirSync(join(five, 'gcc'));
    const path = `${[one, two, three, four, five].join(':')}::/nonexistent:/usr/bin:/bin`;
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
