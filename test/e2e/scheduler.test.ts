// The scheduler on real processes: four machines (network namespaces) of unequal speed (CPU quotas 1 : 1 : 1/2 : 1/4) build abseil; then
// one of them is throttled, one is killed, one drained in the middle of a build; then a project whose longest unit make starts last.

import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../packages/core/dist/index.js';
import type { admin } from '../../packages/protocol/dist/index.js';
import { createCpuQuotas, type CpuQuotas } from '../../packages/cli/dist/demo/cpu-quota.js';
import { daemonCounters, makeFarm, until, type Farm, type Part } from './support/farm.js';
import { openMachines, type Machines } from './support/machines.js';
import { binDirectory, fixtures, isBuilt, mosix } from './support/paths.js';
import { abseilUnits } from './support/project-list.js';
import { environment } from './support/environment.js';
import { mustRun, run, type Outcome } from './support/run.js';
import { copySource, fetchSource } from './support/sources.js';
import { differences, snapshot, type Tree } from './support/tree.js';

const ratios = [1, 1, 0.5, 0.25];
/** All quotas together leave the client, the coordinator and the test itself something of this machine. */
const unit = Math.min(1, (availableParallelism() * 0.85) / ratios.reduce((sum, ratio) => sum + ratio, 0));
const slots = 1;

/** By then the policy has seen that a node gives a job nothing: it has looked, and looked again when it had two words of the node. */
const noticeMsMax = limits.firstLookMsMax + limits.lookAgainMsMax + 4 * limits.heartbeatIntervalMs;

describe('four unequal machines', () => {
  let farm: Farm;
  let machines: Machines | undefined;
  let quotas: CpuQuotas | undefined;
  let missing: string | undefined;
  let work: string;
  let parts: Part[];
  let native: Tree;
  const makeArguments = (names: readonly string[], flags: string): string[] => ['-C', 'out', 'SRC=../abseil', `UNITS=${names.join(' ')}`, 'CXX=g++', 'CC=gcc', `FLAGS=${flags}`];
  const clean = (): void => {
    rmSync(join(work, 'out'), { recursive: true, force: true });
    mkdirSync(join(work, 'out'));
    copyFileSync(join(fixtures, 'units.mk'), join(work, 'out/Makefile'));
  };
  const farmEnv = (build: string): Record<string, string> => ({
    ...farm.env, PATH: `${binDirectory}:${environment({ home: '/' })['PATH'] ?? ''}`, MOSIX_BUILD_ID: build, MOSIX_CACHE: 'off',
  });
  const json = async <T>(...words: string[]): Promise<T> => JSON.parse((await mustRun([mosix, ...words, '--json'], { cwd: work, env: farm.env })).stdout.toString()) as T;
  const decisions = async (): Promise<admin.Decision[]> => (await json<{ decisions: admin.Decision[] }>('ps', '--decisions')).decisions;
  const startWorker = (number: number): Promise<Part> =>
    farm.startWorker(`node${number}`, slots, [...(quotas as CpuQuotas).prefixOf(number), ...(machines as Machines).enter(number)]);

  const source = fetchSource('re2');
  const sqlite = fetchSource('better-sqlite3');
  /** So many that the last one of the slowest node is a small part of its work. */
  const names = source === undefined ? [] : abseilUnits(join(source, 'vendor')).filter((name) => !/status_matchers|_win\.cc|win32|fuchsia/.test(name));
  const units = names.length;
  const flags = '-O1 -std=c++17';

  beforeAll(async () => {
    if (!isBuilt()) throw new Error('run `npm run build` first');
    quotas = createCpuQuotas(ratios.map((ratio) => ratio * unit), `mosix-scheduler-${process.pid}`);
    const opened = openMachines(ratios.length, 'sched');
    if ('why' in opened) missing = opened.why;
    else machines = opened;
    if (quotas === undefined) missing = 'no control group can be made here: all nodes would be equal';
    if (source === undefined) missing = 'the sources of abseil cannot be had';
    if (missing !== undefined || machines === undefined || source === undefined) return;
    farm = await makeFarm('scheduler', { host: machines.home, enter: [] });
    work = farm.scratch.folder('work');
    copySource(join(source, 'vendor/abseil-cpp'), join(work, 'abseil'));
    clean();
    await mustRun(['make', '-j2', ...makeArguments(names, flags)], { cwd: work, env: environment({ home: farm.scratch.folder('home') }), timeoutMs: 600_000 });
    native = snapshot(join(work, 'out'));
    await farm.startCoordinator();
    parts = [];
    for (const [index] of ratios.entries()) parts.push(await startWorker(index + 1));
  });
  afterAll(async () => {
    farm?.stop();
    machines?.remove();
    await quotas?.remove();
  });

  test('each gets work in proportion to its speed, and every object is the same', async ({ skip, annotate }) => {
    if (missing !== undefined) return skip(missing);
    const total = ratios.reduce((sum, ratio) => sum + ratio, 0);
    // The first build brings the compiler to each node and knows no costs; what the second one does is the scheduler's.
    let rows: { name: string; jobs: number; work: number; share: number }[] = [];
    for (const build of ['first', 'second']) {
      clean();
      const built = await mustRun(['mosix-make', '-j16', ...makeArguments(names, flags)], { cwd: work, env: farmEnv(build), timeoutMs: 900_000 });
      expect(differences(native, snapshot(join(work, 'out')))).toEqual([]);
      const { compiles, nodes } = await daemonCounters(farm.directory, build);
      expect(compiles.remote).toBe(units);
      const { nodes: seen } = await json<{ nodes: { name: string; speed: number }[] }>('nodes');
      const cpu = nodes.reduce((sum, node) => sum + node.cpuSeconds, 0);
      rows = ratios.map((ratio, index) => {
        const name = `node${index + 1}`;
        const got = nodes.find((node) => node.name === name);
        return { name, share: ratio / total, jobs: got?.jobs ?? 0, work: (got?.cpuSeconds ?? 0) / cpu };
      });
      const lines = rows.map((row) => `${row.name}: ${row.jobs} jobs, ${(100 * row.work).toFixed(0)} % of the work (speed ${seen.find(({ name }) => name === row.name)?.speed.toFixed(2)}, share ${(100 * row.share).toFixed(0)} %)`);
      console.log(`${build} build: ${lines.join('; ')}; ${seconds(built)}`);
      await annotate(`${build} build: ${lines.join('; ')}; ${seconds(built)}`);
    }
    for (const row of rows) {
      expect(row.work / row.share, `${row.name} of the work`).toBeGreaterThan(0.8);
      expect(row.work / row.share, `${row.name} of the work`).toBeLessThan(1.2);
    }
  });

  test('one is throttled to a tenth, one killed, one drained in the middle: the build ends right', async ({ skip, annotate }) => {
    if (missing !== undefined) return skip(missing);
    clean();
    const before = (await decisions()).length;
    const building = run(['mosix-make', '-j16', ...makeArguments(names, flags)], { cwd: work, env: farmEnv('trouble'), timeoutMs: 900_000 });
    const done = async (): Promise<number> => (await daemonCounters(farm.directory, 'trouble')).compiles.total;
    await until('half is built', async () => ((await done()) >= units / 2 ? true : undefined), 300_000);
    const throttledAtMs = Date.now();
    quotas?.change(1, (unit * (ratios[0] as number)) / 10);
    await parts[3]?.kill('SIGKILL');
    await mustRun([mosix, 'drain', 'node3'], { cwd: work, env: farm.env });
    const built = await building;
    expect(built.status, built.stderr.toString()).toBe(0);
    expect(differences(native, snapshot(join(work, 'out')))).toEqual([]);
    const taken = (await decisions()).slice(before);
    const readAtMs = Date.now();
    const table = taken.map((one) => `${one.label.padEnd(40)} ${one.method.padEnd(7)} ${one.cause.padEnd(7)} ${one.from} -> ${one.to === '' ? 'queue' : one.to}: ${one.text}`);
    console.log(['decisions:', ...table, seconds(built)].join('\n'));
    await annotate(`${taken.length} decisions; ${seconds(built)}`);
    // What the sick node had been given left it, or was raced: it was not waited for.
    const rescued = taken.filter((one) => one.from === 'node1' && ['starved', 'slow', 'sick', 'silent'].includes(one.cause));
    expect(rescued.length).toBeGreaterThan(0);
    // By the scheduler's own clock: how long each was with the sick node after that had fallen ill.
    for (const { text, ageMs, afterMs } of rescued) expect(Math.min(afterMs, readAtMs - ageMs - throttledAtMs), text).toBeLessThan(noticeMsMax);
    const { compiles } = await daemonCounters(farm.directory, 'trouble');
    expect(compiles.failed).toBe(0);
    expect(compiles.remote + compiles.local).toBe(units);
    const { nodes } = await json<{ nodes: { name: string; state: string }[] }>('nodes');
    expect(nodes.filter(({ name }) => name !== 'node1').map(({ name, state }) => [name, state])).toEqual([['node2', 'ready'], ['node3', 'draining'], ['node4', 'lost']]);

    // All well again, for what follows.
    quotas?.change(1, unit * (ratios[0] as number));
    await mustRun([mosix, 'undrain', 'node3'], { cwd: work, env: farm.env });
    parts[3] = await startWorker(4);
  });

  test('a long unit that make starts last is begun first once its cost is known', async ({ skip, annotate }) => {
    if (missing !== undefined || sqlite === undefined) return skip(missing ?? 'the sources of SQLite cannot be had');
    copySource(join(sqlite, 'deps/sqlite3'), join(work, 'abseil/long'));
    const small = names.filter((_, index) => index % 5 === 0);
    // Another build of the same sources is another cost, so that the first build knows nothing of it.
    const longFlags = '-O2 -std=gnu17 -w';
    const mixed = [...small, 'long/sqlite3.c'];
    const lines: string[] = [];
    for (const build of ['unknown', 'known']) {
      clean();
      writeFileSync(join(work, 'out/Makefile'), `${smallMakefile}\n`);
      const built = await mustRun(['mosix-make', `-j${mixed.length}`, '-C', 'out', 'SRC=../abseil', `UNITS=${mixed.join(' ')}`, `CXXFLAGS=${flags} -DBUILD_OF_ITS_OWN`, `CFLAGS=${longFlags}`], { cwd: work, env: farmEnv(build), timeoutMs: 900_000 });
      const why = await json<{ story?: string[] }>('why', join(work, 'out/long/sqlite3.o'));
      lines.push(`${build}: ${seconds(built)}; ${why.story?.join('; ') ?? ''}`);
    }
    await annotate(lines.join(' | '));
    console.log(lines.join('\n'));
    const { prediction } = await json<{ prediction: { jobs: number; median: number; p90: number } }>('stats', '-v');
    await annotate(`actual / predicted over ${prediction.jobs} jobs: median ${prediction.median.toFixed(2)}, p90 ${prediction.p90.toFixed(2)}`);
    // Known, the long unit went to one of the two fast machines.
    const last = await json<{ node?: string }>('why', join(work, 'out/long/sqlite3.o'));
    expect(['node1', 'node2']).toContain(last.node);
  });
});

const seconds = ({ wallMs }: Outcome): string => `${(wallMs / 1000).toFixed(1)} s`;

/** Compiles C++ and C units with flags of their own. */
const smallMakefile = `vpath %.cc $(SRC)
vpath %.c $(SRC)
OBJECTS := $(addsuffix .o,$(basename $(UNITS)))
all: $(OBJECTS)
%.o: %.cc
\t@mkdir -p $(@D)
\tg++ $(CXXFLAGS) -I$(SRC) -c $< -o $@
%.o: %.c
\t@mkdir -p $(@D)
\tgcc $(CFLAGS) -I$(SRC) -c $< -o $@`;
