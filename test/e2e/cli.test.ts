// The commands as a user types them: a farm that comes up, mends itself and goes away; mosix-make around make; what they say when
// something is wrong; and the demo, which must leave nothing behind.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { environment } from './support/environment.js';
import { until } from './support/farm.js';
import { binDirectory, isBuilt, mosix, mosixMake } from './support/paths.js';
import { mustRun, run, type Outcome } from './support/run.js';
import { makeScratch, processesOf, type Scratch } from './support/scratch.js';

beforeAll(() => {
  if (!isBuilt()) throw new Error('run `npm run build` first');
});

interface Place {
  readonly scratch: Scratch;
  readonly env: Record<string, string>;
  /** Runs `mosix` with these words. */
  readonly mosix: (...words: string[]) => Promise<Outcome>;
  readonly json: (...words: string[]) => Promise<Record<string, unknown>>;
}

const makePlace = (name: string): Place => {
  const scratch = makeScratch(name);
  const env = { ...environment({ home: scratch.folder('home'), directory: scratch.folder('dir') }) };
  env['PATH'] = `${binDirectory}:${env['PATH']}`;
  const call = (...words: string[]): Promise<Outcome> => run([mosix, ...words], { cwd: scratch.path, env });
  return {
    scratch,
    env,
    mosix: call,
    json: async (...words) => JSON.parse((await mustRun([mosix, ...words, '--json'], { cwd: scratch.path, env })).stdout.toString()) as Record<string, unknown>,
  };
};

interface FarmFile {
  readonly address: string;
  readonly processes: { name: string; pid: number; startTicks: number }[];
}

const farmFile = (place: Place): string => join(place.scratch.path, 'dir/run/farm.json');
const readFarm = (place: Place): FarmFile => JSON.parse(readFileSync(farmFile(place), 'utf8')) as FarmFile;
const said = (outcome: Outcome): string => `${outcome.stdout.toString()}${outcome.stderr.toString()}`;

describe('mosix up and down', () => {
  let place: Place;
  beforeEach(() => {
    place = makePlace('updown');
  });
  afterEach(() => place.scratch.remove());

  test('comes up, stays as it is, mends what died, goes away without a trace', async () => {
    const up = ['up', '--workers', '2', '--slots', '2'];
    const first = await place.json(...up);
    expect(first).toMatchObject({ started: ['coordinator', 'w1', 'w2'], nodes: [{ name: 'w1', slots: 2, state: 'ready' }, { name: 'w2', slots: 2, state: 'ready' }] });
    const status = await place.json('status');
    expect(status).toMatchObject({ coordinator: { address: readFarm(place).address }, nodes: [{ name: 'w1', slots: 2, speed: expect.any(Number), state: 'ready' }, { name: 'w2' }] });
    expect(await place.json(...up)).toMatchObject({ started: [], coordinator: first['coordinator'] });

    const other = await place.mosix('up', '--workers', '1', '--slots', '2');
    expect([other.status, said(other)]).toEqual([100, expect.stringMatching(/a farm of 2 workers .* is up already[\s\S]*mosix down/)]);

    process.kill(readFarm(place).processes.find((one) => one.name === 'w2')?.pid ?? -1, 'SIGKILL');
    expect(await place.json(...up)).toMatchObject({ started: ['w2'], coordinator: first['coordinator'] });

    expect(await place.json('down')).toMatchObject({ found: true, killed: [], deadBefore: [] });
    expect([existsSync(farmFile(place)), processesOf(join(place.scratch.path, 'dir'))]).toEqual([false, []]);
    expect(said(await place.mosix('down'))).toContain('no farm is up');
    const alone = await place.mosix('status');
    expect([alone.status, said(alone)]).toEqual([100, expect.stringMatching(/no farm is configured[\s\S]*mosix up/)]);
  });

  test('two at once make one farm', async () => {
    const [one, two] = await Promise.all([place.json('up', '--workers', '1'), place.json('up', '--workers', '1')]);
    expect(one?.['coordinator']).toEqual(two?.['coordinator']);
    expect([...(one?.['started'] as string[]), ...(two?.['started'] as string[])].sort()).toEqual(['coordinator', 'w1']);
    await place.json('down');
  });

  test('down leaves alone a process that has the pid of a dead part', async () => {
    await place.json('up', '--workers', '1');
    const farm = readFarm(place);
    for (const part of farm.processes) process.kill(part.pid, 'SIGKILL');
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    writeFileSync(farmFile(place), JSON.stringify({ ...farm, processes: farm.processes.map((part) => ({ ...part, pid: bystander.pid })) }));
    expect(await place.json('down')).toMatchObject({ ended: [], deadBefore: ['coordinator', 'w1'] });
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill();
  });

  test('a farm whose coordinator died is replaced as a whole', async () => {
    await place.json('up', '--workers', '1');
    process.kill(readFarm(place).processes.find((one) => one.name === 'coordinator')?.pid ?? -1, 'SIGKILL');
    expect(await place.json('up', '--workers', '1')).toMatchObject({ started: ['coordinator', 'w1'], nodes: [{ name: 'w1', state: 'ready' }] });
    await place.json('down');
    expect(processesOf(join(place.scratch.path, 'dir'))).toEqual([]);
  });

  test('a part that cannot start is said with its own words, and nothing stays', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)));
    const up = await place.mosix('up', '--listen', `127.0.0.1:${port}`);
    taken.close();
    expect([up.status, said(up)]).toEqual([100, expect.stringContaining(String(port))]);
    expect(processesOf(join(place.scratch.path, 'dir'))).toEqual([]);
  });

  test.each([
    ['SIGINT', 'coordinator', 130],
    ['SIGTERM', 'w1', 143],
  ] as const)('%s while %s starts ends all that was started', async (signal, part, status) => {
    const child = spawn(mosix, ['up', '--workers', '1'], { cwd: place.scratch.path, env: place.env, stdio: 'ignore' });
    const log = join(place.scratch.path, 'dir/cache/farm/log', `${part}.log`);
    await until(`${part} starts`, () => (existsSync(log) ? true : undefined));
    expect(existsSync(farmFile(place))).toBe(false);
    child.kill(signal);
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(status);
    expect([existsSync(farmFile(place)), processesOf(join(place.scratch.path, 'dir'))]).toEqual([false, []]);
    expect(await place.json('up', '--workers', '1')).toMatchObject({ started: ['coordinator', 'w1'] });
    await place.json('down');
  });

  test('in the foreground it lives until the signal', async () => {
    const child = spawn(mosix, ['up', '--workers', '1', '--foreground'], { cwd: place.scratch.path, env: place.env, stdio: 'ignore' });
    await until('the farm is up', () => (existsSync(farmFile(place)) ? true : undefined));
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    expect(processesOf(join(place.scratch.path, 'dir'))).toEqual([]);
  });
});

const makefile = `CC = gcc
ifdef ABSOLUTE
CC = /usr/bin/gcc
endif
all: a.o b.o
%.o: %.c
	$(CC) -O1 -c $< -o $@
flags:
	@echo "flags: $(MAKEFLAGS)" "coordinator: $$MOSIX_COORDINATOR"
fail:
	exit 3
die:
	kill -TERM $$PPID; sleep 60
clean:
	rm -f *.o
`;

describe('mosix-make', () => {
  let place: Place;
  let work: string;
  const make = (...words: string[]): Promise<Outcome> => run([mosixMake, ...words], { cwd: work, env: place.env });
  beforeAll(async () => {
    place = makePlace('make');
    work = place.scratch.folder('work');
    await mustRun([mosix, 'up', '--workers', '2', '--slots', '3'], { cwd: work, env: place.env });
    // A fresh daemon waits for its coordinator only so long: what is counted below begins when both know each other.
    let attempt = 0;
    await until('a first compile on the farm', async () => {
      writeFileSync(join(work, 'warm.c'), `int warm${(attempt += 1)};\n`);
      return said(await place.mosix('exec', '--', 'gcc', '-c', join(work, 'warm.c'), '-o', join(work, 'warm.o'))).includes('1 on 1 node') ? true : undefined;
    });
    await place.mosix('stats', '-z');
  });
  beforeEach(() => {
    for (const name of ['a', 'b']) writeFileSync(join(work, `${name}.c`), `int ${name}(void) { return ${process.hrtime.bigint() % 1000000n}; }\n`);
    writeFileSync(join(work, 'Makefile'), makefile);
    for (const name of ['a.o', 'b.o']) rmSync(join(work, name), { force: true });
  });
  afterAll(async () => {
    await place.mosix('down');
    place.scratch.remove();
  });

  test('builds on the farm, says so in one line, and can explain an object', async () => {
    const built = await make();
    expect([built.status, built.stderr.toString()]).toEqual([0, expect.stringMatching(/^mosix: 2 compiles: 2 on [12] nodes?; \d+\.\d s\n$/)]);
    expect(said(await place.mosix('why', join(work, 'a.o')))).toMatch(/compiled on w[12][\s\S]*STEP[\s\S]*gcc -O1 -c a\.c -o a\.o/);
    expect(await place.json('why', join(work, 'a.o'))).toMatchObject({ path: join(work, 'a.o'), outcome: 'remote', node: expect.stringMatching(/^w[12]$/), steps: expect.any(Array) });
    const stats = await place.json('stats');
    expect(stats).toMatchObject({ compiles: { total: 2, remote: 2, cacheHits: 0, local: 0, failed: 0 }, nodes: expect.any(Array), localReasons: {}, clientCpuMsPerCompile: expect.any(Number) });
    await make('clean');
    expect((await make()).stderr.toString()).toMatch(/2 compiles: 2 from cache/);
  });

  test('without -j it takes the capacity of the farm; with -j, or under another make, what is given', async () => {
    expect((await make('flags')).stdout.toString()).toMatch(/-j6\b/);
    expect((await make('-j3', 'flags')).stdout.toString()).toMatch(/-j3\b/);
    expect((await run([mosixMake, 'flags'], { cwd: work, env: { ...place.env, MAKEFLAGS: 'j2' } })).stdout.toString()).toMatch(/-j2\b/);
    writeFileSync(join(work, 'outer.mk'), `all:\n\t+@${mosixMake} -f Makefile flags\n`);
    const nested = await run(['make', '-j2', '-f', 'outer.mk'], { cwd: work, env: place.env });
    expect([nested.stdout.toString(), nested.stderr.toString()]).toEqual([expect.stringMatching(/--jobserver-(auth|fds)/), expect.not.stringContaining('jobserver')]);
  });

  test('its exit status is that of make', async () => {
    expect((await make('fail')).status).toBe(2);
    expect((await make('die')).status).toBe(128 + 15);
    expect((await make('-q', 'a.o')).status).toBe(1);
    expect((await make('--mosix-speed=9')).status).toBe(101);
    expect((await make('--mosix-coordinator=nowhere')).status).toBe(100);
    // What the script itself needs, and no make.
    const few = place.scratch.folder('few');
    for (const name of ['dirname', 'readlink']) symlinkSync(`/usr/bin/${name}`, join(few, name));
    expect((await run([mosixMake], { cwd: work, env: { ...place.env, PATH: few } })).status).toBe(127);
  });

  test('a compiler by absolute path: named when none is seen, caught on request', async () => {
    const missed = await make('ABSOLUTE=1');
    expect([missed.status, missed.stderr.toString()]).toEqual([0, expect.stringMatching(/not one compile was seen.*--mosix-intercept/)]);
    await make('clean');
    const caught = await make('ABSOLUTE=1', '--mosix-intercept');
    expect([caught.status, caught.stderr.toString()]).toEqual([0, expect.stringMatching(/mosix: 2 compiles/)]);
    await make('clean');
    const byVariable = await run([mosixMake, 'ABSOLUTE=1'], { cwd: work, env: { ...place.env, MOSIX_INTERCEPT: 'exec' } });
    expect(byVariable.stderr.toString()).toMatch(/mosix: 2 compiles/);
  });

  test('mosix exec does the same for any tool', async () => {
    const built = await place.mosix('exec', '--', 'make', '-C', work, '-j2');
    expect([built.status, built.stderr.toString()]).toEqual([0, expect.stringMatching(/mosix: 2 compiles: 2 on/)]);
    expect((await place.mosix('exec', '--', 'sh', '-c', 'exit 7')).status).toBe(7);
    expect((await place.mosix('exec', '--', 'no-such-tool')).status).toBe(127);
  });

  test('without a farm: one warning, a build all the same', async () => {
    const built = await make('--mosix-coordinator=127.0.0.1:1');
    expect(built.status).toBe(0);
    expect(built.stderr.toString()).toMatch(/^mosix: no coordinator can be reached at 127\.0\.0\.1:1 .*doctor/m);
    expect(built.stderr.toString()).toMatch(/^mosix: 2 compiles: 2 here/m);
    await make('clean');
    const none = await make('--mosix-coordinator=none');
    expect([none.status, none.stderr.toString()]).toEqual([0, expect.stringMatching(/no farm is configured/)]);
  });

  test('says nothing of its own when nothing is compiled', async () => {
    for (const words of [['clean'], ['-n'], ['--version']]) expect((await make(...words)).stderr.toString()).toBe('');
  });

  test('doctor finds this farm well, and a stranger on the port for what it is', async () => {
    const well = await place.mosix('doctor', '--json');
    const report = JSON.parse(well.stdout.toString()) as { ok: boolean; checks: { name: string; state: string }[] };
    expect(report.checks.filter((one) => one.state === 'broken')).toEqual([]);
    expect([well.status, report.ok]).toEqual([0, true]);
    const stranger = createServer((socket) => void socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const port = await new Promise<number>((resolve) => stranger.listen(0, '127.0.0.1', () => resolve((stranger.address() as { port: number }).port)));
    const ill = await place.mosix('doctor', '--coordinator', `127.0.0.1:${port}`);
    stranger.close();
    expect([ill.status, said(ill)]).toEqual([1, expect.stringMatching(/BROKEN .*not a mosix coordinator/)]);
  });

  test('the daemon can be stopped and started, and the counters outlive it', async () => {
    await make();
    const before = (await place.json('stats'))['compiles'];
    expect(await place.json('daemon', 'stop')).toEqual({ stopped: true });
    expect(await place.json('daemon', 'status')).toMatchObject({ running: false });
    expect((await place.json('stats'))['compiles']).toEqual(before);
    expect(said(await place.mosix('why', join(work, 'a.o')))).toMatch(/compiled on|taken from/);
    expect(await place.json('daemon', 'start')).toMatchObject({ running: true, started: true });
    expect(await place.json('daemon', 'start')).toMatchObject({ running: true, started: false });
    await place.json('stats', '-z');
    expect((await place.json('stats'))['compiles']).toMatchObject({ total: 0 });
  });
});

describe('mosix demo', () => {
  const leftovers = (): string[] => [
    ...readdirSync(tmpdir()).filter((name) => name.startsWith('mosix-demo-')),
    ...readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => line.includes('mosix-demo-')),
    ...['/sys/fs/cgroup', '/sys/fs/cgroup/cpu'].flatMap((folder) => (existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('mosix-demo-')) : [])),
  ];
  let place: Place;
  let before: string[];
  beforeEach(() => {
    place = makePlace('demo');
    mkdirSync(join(place.scratch.path, 'tmp'));
    place.env['TMPDIR'] = join(place.scratch.path, 'tmp');
    before = leftovers();
  });
  afterEach(() => place.scratch.remove());
  const nothingLeft = (): void => {
    expect(readdirSync(join(place.scratch.path, 'tmp'))).toEqual([]);
    expect(processesOf(join(place.scratch.path, 'tmp'))).toEqual([]);
    expect(leftovers().filter((one) => !before.includes(one))).toEqual([]);
  };

  test('builds, compares, reports, and leaves nothing behind', async () => {
    const demo = await run([mosix, 'demo', '--workers', '2'], { cwd: place.scratch.path, env: place.env, timeoutMs: 500_000 });
    expect(said(demo)).toMatch(/cold build[\s\S]*on 2 nodes[\s\S]*warm build[\s\S]*100\.0 % hits[\s\S]*0 differ[\s\S]*next: /);
    expect(demo.status).toBe(0);
    nothingLeft();
  });

  test('Ctrl-C in the middle leaves nothing behind either', async () => {
    const child = spawn(mosix, ['demo', '--workers', '2'], { cwd: place.scratch.path, env: place.env, stdio: 'ignore', detached: true });
    const log = (folder: string): string => join(place.scratch.path, 'tmp', folder, 'log/cold.log');
    await until('the cold build runs', () => (readdirSync(join(place.scratch.path, 'tmp')).some((folder) => existsSync(log(folder)) && readFileSync(log(folder), 'utf8').includes('[')) ? true : undefined), 120_000);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(128 + 2);
    nothingLeft();
  });
});
