// Bad things happen to the parts of a farm, to its disks and to the user's terminal; each build must end as a local one
// does. Real processes, real signals, real damage.

import { spawn } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { compilersBelow } from './support/compilers-alive.js';
import { environment } from './support/environment.js';
import { freePort, makeFarm, startFarm, until, warmUp, type Farm } from './support/farm.js';
import { isBuilt, isRoot, launcher, mosix, which } from './support/paths.js';
import { describe as tell, run, type Outcome } from './support/run.js';
import { makeScratch, processesOf } from './support/scratch.js';
import { makeSmallProject, type SmallProject } from './support/small-project.js';
import { snapshot, type Tree } from './support/tree.js';

const open: { stop(): void }[] = [];
const closing: Server[] = [];

beforeAll(() => {
  if (!isBuilt()) throw new Error('run `npm run build` first');
});

afterEach(() => {
  for (const farm of open.splice(0)) farm.stop();
  for (const server of closing.splice(0)) server.close();
});

async function farmOf(workers: number, slots = 2): Promise<Farm> {
  const farm = await startFarm('faults', { workers, slots });
  open.push(farm);
  return farm;
}

/** One folder for the projects of all tests, so that one native build serves every test with the same project. */
const projects = makeScratch('faults-projects');
const known = new Map<string, Tree>();
afterAll(() => projects.remove());

const projectIn = (farm: Farm, units: number, steps = 0, flags = ''): Promise<SmallProject> =>
  makeSmallProject(projects.folder('project'), farm.scratch.folder('home'), { units, steps, flags, known });

/** Long enough to be caught in the middle of each compile, of which some wait. */
const longProject = (farm: Farm): Promise<SmallProject> => projectIn(farm, 6, 4);

/** make under the masquerade, in the farm's environment. */
const make = (project: SmallProject, env: Record<string, string>, jobs = 8): Promise<Outcome> =>
  run(['make', `-j${jobs}`], { cwd: project.folder, env, timeoutMs: 240_000 });

function endsRight(outcome: Outcome, project: SmallProject): void {
  expect(outcome.status, tell(outcome)).toBe(0);
  expect(outcome.pipesHeld).toBe(false);
  expect(outcome.stderr.toString()).toBe('');
  expect(project.faults()).toEqual([]);
}

const objects = (project: SmallProject): number => readdirSync(project.folder).filter((name) => name.endsWith('.o')).length;

/** Waits until the build is well under way: some objects are there and it is not over. */
const underWay = (project: SmallProject): Promise<true> => until('some objects', () => (objects(project) >= 2 ? true : undefined), 120_000);

/** Waits until a worker runs a compiler. */
const compilingRemotely = (project: SmallProject): Promise<true> =>
  until('a job on a worker', () => (compilersBelow(project.folder).some((one) => one.sandboxed) ? true : undefined), 120_000);

async function onFarm(farm: Farm, build: string): Promise<number> {
  const { compiles } = await farm.counters(build);
  return compiles.remote + compiles.cacheHits;
}

/** Files of a store below a data folder. */
function blobsOf(data: string): string[] {
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[0-9a-f]{64}(\.x)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Turns one bit in the middle, keeping the size. The times tell of it, as they do of everybody who writes to a file. */
function flipBit(path: string): void {
  const bytes = readFileSync(path);
  if (bytes.length === 0) return;
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] as number) ^ 1;
  const { mode } = statSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
}

/** As a failing disk does it: the times tell nothing. */
function flipBitUnseen(path: string): void {
  const { atime, mtime } = statSync(path);
  flipBit(path);
  utimesSync(path, atime, mtime);
}

/** The same farm seen by a user whose daemon knows nothing yet. */
const freshUser = (farm: Farm, name: string): Record<string, string> => ({ ...farm.env, MOSIX_DIR: farm.scratch.folder(name) });

describe('the coordinator', () => {
  test('is absent: the build ends right, with no more compilers at once than cores', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    const project = await projectIn(farm, 16, 1);
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, compilersBelow(project.folder).filter((one) => one.name === 'cc1plus').length);
    }, 20);
    const outcome = await make(project, farm.env, 16);
    clearInterval(watch);
    endsRight(outcome, project);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(cpus().length);
  });

  test('is killed in the middle of a build and comes back', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    const coordinator = await farm.startCoordinator();
    await farm.startWorker('one');
    await farm.startWorker('two');
    const project = await projectIn(farm, 16, 1);
    const building = make(project, farm.env);
    await underWay(project);
    await coordinator.kill('SIGKILL');
    endsRight(await building, project);

    await farm.startCoordinator();
    await farm.waitForNodes(2);
    const later = await projectIn(farm, 6, 0, '-DLATER');
    await until('the farm is used again', async () => {
      await later.clean();
      endsRight(await make(later, { ...farm.env, MOSIX_BUILD_ID: 'later' }), later);
      return (await onFarm(farm, 'later')) > 0 ? true : undefined;
    });
  });

  test('is frozen: the build ends right', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    const coordinator = await farm.startCoordinator();
    await farm.startWorker('one');
    const project = await projectIn(farm, 6, 1);
    process.kill(coordinator.pid, 'SIGSTOP');
    const outcome = await make(project, farm.env);
    process.kill(coordinator.pid, 'SIGCONT');
    endsRight(outcome, project);
  });

  const strangers: Record<string, () => Server> = {
    'a web server': () => createHttpServer((_, answer) => answer.end('<html>It works</html>')),
    'a socket that accepts and says nothing': () => createServer(() => undefined),
    'a socket that talks nonsense': () => createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('220 mail.example ESMTP\r\n'.repeat(100));
    }),
    'a socket that hangs up': () => createServer((socket) => socket.destroy()),
  };
  for (const [name, start] of Object.entries(strangers)) {
    test(`is in truth ${name}`, async () => {
      const farm = await makeFarm('faults');
      open.push(farm);
      const server = start();
      closing.push(server);
      const sockets = new Set<{ destroy(): void }>();
      server.on('connection', (socket) => sockets.add(socket));
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const project = await projectIn(farm, 4);
      endsRight(await make(project, { ...farm.env, MOSIX_COORDINATOR: `127.0.0.1:${port}` }), project);
      for (const socket of sockets) socket.destroy();
    });
  }
});

describe('a worker', () => {
  test('is killed in the middle of a compile: another one does the job', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    await farm.startCoordinator();
    const one = await farm.startWorker('one');
    await farm.startWorker('two');
    const project = await longProject(farm);
    const building = make(project, { ...farm.env, MOSIX_BUILD_ID: 'killed' });
    await compilingRemotely(project);
    await one.kill('SIGKILL');
    endsRight(await building, project);
    expect(await onFarm(farm, 'killed')).toBeGreaterThan(0);
    await until('its job is gone', () => (compilersBelow(project.folder).length === 0 ? true : undefined));
  });

  test('is frozen in the middle of a compile: its lease ends', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    await farm.startCoordinator();
    const one = await farm.startWorker('one');
    await farm.startWorker('two');
    const project = await longProject(farm);
    const building = make(project, farm.env);
    await compilingRemotely(project);
    process.kill(one.pid, 'SIGSTOP');
    const outcome = await building;
    process.kill(one.pid, 'SIGCONT');
    endsRight(outcome, project);
  });

  test('was the last one: the rest is compiled here', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    await farm.startCoordinator();
    const workers = [await farm.startWorker('one'), await farm.startWorker('two')];
    const project = await longProject(farm);
    const building = make(project, { ...farm.env, MOSIX_BUILD_ID: 'last' });
    await compilingRemotely(project);
    for (const worker of workers) await worker.kill('SIGKILL');
    endsRight(await building, project);
    expect((await farm.counters('last')).compiles.local).toBeGreaterThan(0);
  });

  test('is asked to leave: what runs is finished', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    await farm.startCoordinator();
    const one = await farm.startWorker('one');
    await farm.startWorker('two');
    const project = await longProject(farm);
    const building = make(project, farm.env);
    await compilingRemotely(project);
    const leaving = one.kill('SIGTERM');
    endsRight(await building, project);
    await leaving;
  });

  test('makes a compiler crash that does not crash here: the compile is repeated here, and the node is named', async () => {
    const farm = await farmOf(1);
    await warmUp(farm);
    const folder = farm.scratch.folder('crash');
    const home = environment({ home: farm.scratch.folder('home') });
    // A gcc of its own, whose first pass dies wherever it finds itself in a sandbox.
    const ask = async (...words: string[]): Promise<string> => (await run(['gcc', ...words], { cwd: folder, env: home })).stdout.toString().trim();
    const library = join(folder, 'tc/lib/gcc', await ask('-dumpmachine'), await ask('-dumpversion'));
    mkdirSync(library, { recursive: true });
    mkdirSync(join(folder, 'tc/bin'));
    copyFileSync('/usr/bin/gcc', join(folder, 'tc/bin/gcc'));
    chmodSync(join(folder, 'tc/bin/gcc'), 0o755);
    writeFileSync(join(folder, 'pass.c'), `#include <signal.h>\n#include <unistd.h>\nint main(int count, char **words) { (void)count; if (access("/.mosix", F_OK) == 0) raise(SIGSEGV); return execv("${await ask('-print-prog-name=cc1')}", words); }\n`);
    expect((await run(['gcc', '-static', 'pass.c', '-o', join(library, 'cc1')], { cwd: folder, env: home })).status).toBe(0);
    writeFileSync(join(folder, 'a.c'), 'int answer = 42;\n');
    const command = ['./tc/bin/gcc', '-g', '-c', 'a.c', '-o', 'a.o'];
    const native = await run(command, { cwd: folder, env: home });
    expect(native.status, tell(native)).toBe(0);
    const expected = readFileSync(join(folder, 'a.o'));
    rmSync(join(folder, 'a.o'));
    const farmed = await run([launcher, ...command], { cwd: folder, env: { ...farm.env, MOSIX_BUILD_ID: 'crash' } });
    expect([farmed.status, farmed.stdout.toString(), farmed.stderr.toString()]).toEqual([0, '', '']);
    expect(readFileSync(join(folder, 'a.o')).equals(expected)).toBe(true);
    const { compiles, localReasons } = await farm.counters('crash');
    expect([compiles.remote, compiles.local, localReasons]).toEqual([0, 1, { 'compiler-crashed': 1 }]);
    const why = await run([mosix, 'why', join(folder, 'a.o')], { cwd: folder, env: farm.env });
    expect(why.stdout.toString()).toMatch(/on node1, exit status \d+:/);
  });

  test('compile errors are the compiler\'s, and are not tried again here', async () => {
    const farm = await farmOf(1);
    await warmUp(farm);
    const folder = farm.scratch.folder('bad');
    writeFileSync(join(folder, 'bad.c'), 'int f(void) { return undeclared; }\n');
    const command = ['gcc', '-c', 'bad.c'];
    const native = await run(command, { cwd: folder, env: environment({ home: farm.scratch.folder('home') }) });
    const farmed = await run(command, { cwd: folder, env: { ...farm.env, MOSIX_BUILD_ID: 'bad' } });
    expect([farmed.status, farmed.stdout.toString(), farmed.stderr.toString()]).toEqual([native.status, native.stdout.toString(), native.stderr.toString()]);
    const { compiles, localReasons } = await farm.counters('bad');
    expect([compiles.remote, compiles.local, localReasons]).toEqual([1, 0, {}]);
  });
});

describe('a store', () => {
  async function builtOnce(): Promise<{ farm: Farm; project: SmallProject; coordinatorData: string; workerData: string }> {
    const farm = await farmOf(1, 4);
    const project = await projectIn(farm, 4);
    endsRight(await make(project, farm.env), project);
    await project.clean();
    return { farm, project, coordinatorData: join(farm.scratch.path, 'coordinator'), workerData: join(farm.scratch.path, 'workers') };
  }

  test.each([
    ['', flipBit],
    [', and its times tell nothing of it', flipBitUnseen],
  ])('of the coordinator has a flipped bit in every blob%s', async (_how, flip) => {
    const { farm, project, coordinatorData } = await builtOnce();
    const blobs = blobsOf(coordinatorData);
    expect(blobs.length).toBeGreaterThan(10);
    for (const blob of blobs) flip(blob);
    endsRight(await make(project, farm.env), project);
    await project.clean();
    endsRight(await make(project, freshUser(farm, 'second')), project);
  });

  test('of a worker has a flipped bit in every blob', async () => {
    const { farm, project, workerData } = await builtOnce();
    const blobs = blobsOf(workerData);
    expect(blobs.length).toBeGreaterThan(10);
    blobs.forEach(flipBit);
    for (const flag of ['-DCHANGED=1', '-DCHANGED=2']) {
      const changed = await projectIn(farm, 4, 0, flag);
      endsRight(await make(changed, { ...farm.env, MOSIX_BUILD_ID: flag }), changed);
      expect((await farm.counters(flag)).compiles).toMatchObject({ remote: 4, local: 0, failed: 0 });
    }
    expect(project.units).toBe(4);
  });

  test('of the coordinator is deleted while everything runs', async () => {
    const { farm, project, coordinatorData } = await builtOnce();
    for (const blob of blobsOf(coordinatorData)) rmSync(blob);
    endsRight(await make(project, farm.env), project);
    await project.clean();
    endsRight(await make(project, freshUser(farm, 'second')), project);
    const changed = await projectIn(farm, 4, 0, '-DCHANGED=1');
    endsRight(await make(changed, farm.env), changed);
  });

  test('of a worker is deleted while everything runs', async () => {
    const { farm, workerData } = await builtOnce();
    for (const blob of blobsOf(workerData)) rmSync(blob, { force: true });
    const changed = await projectIn(farm, 4, 0, '-DCHANGED=1');
    endsRight(await make(changed, farm.env), changed);
  });
});

describe.skipIf(!isRoot)('a full disk (needs root for a small mount)', () => {
  const mount = async (farm: Farm, folder: string, size: string): Promise<void> => {
    const said = await run(['mount', '-t', 'tmpfs', '-o', `size=${size},mode=755`, 'none', folder], { cwd: '/', env: environment({ home: '/' }) });
    if (said.status !== 0) throw new Error(`mount: ${said.stderr.toString()}`);
    farm.scratch.onRemove(() => void spawn('umount', ['-l', folder], { stdio: 'ignore' }));
  };

  test('under the output: as the compiler answers, and right once there is room', async () => {
    const farm = await farmOf(1);
    const folder = farm.scratch.folder('small');
    await mount(farm, folder, '512k');
    writeFileSync(join(folder, 'big.c'), 'int big[1 << 20] = {1};\n');
    const command = ['gcc', '-c', 'big.c', '-o', 'big.o'];
    const native = await run(command, { cwd: folder, env: environment({ home: farm.scratch.folder('home') }) });
    expect(native.status).not.toBe(0);
    const before = snapshot(folder);
    rmSync(join(folder, 'big.o'), { force: true });
    const farmed = await run(command, { cwd: folder, env: farm.env });
    const random = (bytes: Buffer): string => bytes.toString().replaceAll(/\/tmp\/cc\w{6}/g, '/tmp/ccRANDOM');
    expect([farmed.status, random(farmed.stderr)]).toEqual([native.status, random(native.stderr)]);
    expect(snapshot(folder)).toEqual(before);
    writeFileSync(join(folder, 'big.c'), 'int small = 1;\n');
    expect((await run(command, { cwd: folder, env: farm.env })).status).toBe(0);
  });

  test('under the daemon\'s own files: the build ends right', async () => {
    const farm = await farmOf(1);
    const directory = farm.scratch.folder('full');
    await mount(farm, directory, '64k');
    const project = await projectIn(farm, 4);
    writeFileSync(join(directory, 'filler'), '');
    await run(['sh', '-c', 'head -c 10M /dev/zero > filler'], { cwd: directory, env: environment({ home: '/' }) });
    endsRight(await make(project, { ...farm.env, MOSIX_DIR: directory }), project);
  });
});

describe('the daemon', () => {
  test('is killed in the middle of a build: the build ends right and a new one takes over', async () => {
    const farm = await farmOf(2);
    const project = await projectIn(farm, 16, 1);
    const building = make(project, farm.env);
    await underWay(project);
    const first = farm.daemonPid();
    expect(first).toBeDefined();
    process.kill(first as number, 'SIGKILL');
    endsRight(await building, project);
    await project.clean();
    endsRight(await make(project, farm.env), project);
    expect(farm.daemonPid()).not.toBe(first);
  });

  // The launchers wait for a minute before they give a silent daemon up.
  test.skipIf(process.env['MOSIX_TEST_FULL'] !== '1')('is frozen: the launchers compile here (MOSIX_TEST_FULL=1)', async () => {
    const farm = await farmOf(1);
    const project = await projectIn(farm, 2);
    endsRight(await make(project, farm.env), project);
    await project.clean();
    const pid = farm.daemonPid() as number;
    process.kill(pid, 'SIGSTOP');
    const outcome = await make(project, farm.env);
    process.kill(pid, 'SIGCONT');
    endsRight(outcome, project);
  });

  const damages: Record<string, (path: string) => void> = {
    'cut off': (path) => truncateSync(path, statSync(path).size >> 1),
    'emptied': (path) => truncateSync(path, 0),
    'full of junk': (path) => writeFileSync(path, Buffer.alloc(Math.max(64, statSync(path).size), 0xa5)),
    'turned by one bit': flipBit,
    'turned by one bit that no time tells of': flipBitUnseen,
  };
  for (const [name, damage] of Object.entries(damages)) {
    test(`finds its cache files ${name}`, async () => {
      const farm = await farmOf(1, 4);
      const project = await projectIn(farm, 3);
      endsRight(await make(project, farm.env), project);
      await project.clean();
      const pid = farm.daemonPid() as number;
      process.kill(pid, 'SIGTERM');
      // Not only its word: the log is written to the very end, and it is among the files that are damaged. A zombie has no exe.
      await until('the daemon ends', () => (existsSync(`/proc/${pid}/exe`) ? undefined : true));
      const files = readdirSync(join(farm.directory, 'cache'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) damage(join(file.parentPath, file.name));
      writeFileSync(join(project.folder, 'shared.h'), '#define SHARED "altered"\n');
      const altered = await (async () => {
        const outcome = await make(project, farm.env);
        expect(outcome.status, tell(outcome)).toBe(0);
        return snapshot(project.folder);
      })();
      await project.clean();
      const native = await make(project, environment({ home: farm.scratch.folder('home') }));
      expect(native.status).toBe(0);
      expect(altered).toEqual(snapshot(project.folder));
    });
  }

  test('is started once by 100 launchers at once', async () => {
    const farm = await farmOf(1);
    const folder = farm.scratch.folder('many');
    writeFileSync(join(folder, 'a.c'), 'int a;\n');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, index) => run([launcher, 'gcc', '-c', 'a.c', '-o', `${index}.o`], { cwd: folder, env: farm.env, timeoutMs: 240_000 })),
    );
    expect(outcomes.filter((one) => one.status !== 0 || one.pipesHeld || one.stderr.length > 0).map(tell)).toEqual([]);
    const tree = snapshot(folder, (name) => name.endsWith('.o'));
    expect(new Set([...tree.values()].map((entry) => entry.content)).size).toBe(1);
    const daemons = processesOf(farm.directory).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('daemon/dist/main');
      } catch {
        return false;
      }
    });
    expect(daemons).toEqual([farm.daemonPid()]);
  });

  test('cannot have its folder: the build ends right', async () => {
    const farm = await farmOf(1);
    const project = await projectIn(farm, 2);
    const file = join(farm.scratch.path, 'file');
    writeFileSync(file, '');
    for (const directory of [file, '/proc/none', join(farm.scratch.folder('open'), 'x'.repeat(200))]) {
      endsRight(await make(project, { ...farm.env, MOSIX_DIR: directory }), project);
      await project.clean();
    }
  });

  test.skipIf(!isRoot)('refuses a run folder of another user (needs root to make one)', async () => {
    const farm = await farmOf(1);
    const project = await projectIn(farm, 2);
    const directory = farm.scratch.folder('foreign');
    mkdirSync(join(directory, 'run'));
    await run(['chown', '-R', '65534:65534', directory], { cwd: '/', env: environment({ home: '/' }) });
    endsRight(await make(project, { ...farm.env, MOSIX_DIR: directory }), project);
    expect(existsSync(join(directory, 'run/daemon.sock'))).toBe(false);
  });

  test('finds a dead socket in its place', async () => {
    const farm = await farmOf(1);
    const project = await projectIn(farm, 2);
    mkdirSync(join(farm.directory, 'run'), { recursive: true, mode: 0o700 });
    chmodSync(join(farm.directory, 'run'), 0o700);
    const server = createServer();
    const socket = join(farm.directory, 'run/daemon.sock');
    await new Promise<void>((resolve) => void server.listen(join(farm.scratch.path, 's'), resolve));
    symlinkSync(join(farm.scratch.path, 's'), socket);
    server.close();
    rmSync(socket);
    writeFileSync(socket, 'not a socket');
    endsRight(await make(project, farm.env), project);
  });

  test.skipIf(which('ninja') === undefined)('lets ninja end: no pipe of the build is held', async () => {
    const farm = await farmOf(1);
    const folder = farm.scratch.folder('ninja');
    writeFileSync(join(folder, 'a.c'), 'int a;\n');
    writeFileSync(join(folder, 'build.ninja'), `rule cc\n  command = ${launcher} gcc -MD -MF $out.d -c $in -o $out\n  depfile = $out.d\n  deps = gcc\nbuild a.o: cc a.c\n`);
    const outcome = await run(['ninja'], { cwd: folder, env: farm.env, timeoutMs: 60_000 });
    expect(outcome.status, tell(outcome)).toBe(0);
    expect([outcome.timedOut, outcome.pipesHeld]).toEqual([false, false]);
    expect(farm.daemonPid()).toBeDefined();
  });
});

describe('Ctrl-C in make', () => {
  async function interrupted(farm: Farm, env: Record<string, string>, started: (project: SmallProject) => Promise<unknown>): Promise<void> {
    const project = await longProject(farm);
    let group = 0;
    const building = run(['make', '-j4'], { cwd: project.folder, env, timeoutMs: 240_000, onStart: (pid) => (group = pid) });
    await started(project);
    process.kill(-group, 'SIGINT');
    const outcome = await building;
    expect(outcome.status).not.toBe(0);
    expect(outcome.pipesHeld).toBe(false);
    await until('no compiler is left', () => (compilersBelow(project.folder).length === 0 ? true : undefined), 30_000);
    // Whatever is there is whole, and nothing has a name that make does not know.
    for (const [name, entry] of snapshot(project.folder)) expect([name, entry]).toEqual([name, project.expected.get(name)]);
    endsRight(await make(project, env), project);
  }

  test('with the farm: jobs end on the workers too', async () => {
    const farm = await farmOf(2);
    await interrupted(farm, farm.env, compilingRemotely);
  });

  test('without a farm', async () => {
    const farm = await makeFarm('faults');
    open.push(farm);
    const closed = `127.0.0.1:${await freePort()}`;
    await interrupted(farm, { ...farm.env, MOSIX_COORDINATOR: closed }, (project) =>
      until('a compiler', () => (compilersBelow(project.folder).some((one) => one.name === 'cc1plus') ? true : undefined)),
    );
  });
});

