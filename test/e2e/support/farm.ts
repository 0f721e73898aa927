// A private farm for one test file: real processes, own MOSIX_DIR, ports that the kernel chose. Parts can be started,
// killed and brought back one by one, which is what the fault tests do.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { ask, type Counters } from './control.js';
import { environment, makeMasquerade } from './environment.js';
import { launcher, mosix } from './paths.js';
import { mustRun, run } from './run.js';
import { makeScratch, type Scratch } from './scratch.js';

export interface Part {
  readonly name: string;
  readonly pid: number;
  readonly data: string;
  alive(): boolean;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface NodeStatus {
  readonly name: string;
  readonly slots: number;
  readonly speed: number;
  readonly state: string;
}

export interface Farm {
  readonly scratch: Scratch;
  /** MOSIX_DIR of the farm's own user. */
  readonly directory: string;
  readonly address: string;
  /** Environment for a command under the masquerade. */
  readonly env: Record<string, string>;
  startCoordinator(): Promise<Part>;
  /** `prefix`: words that enter a control group, say, and then run what follows. */
  startWorker(name: string, slots?: number, prefix?: readonly string[]): Promise<Part>;
  nodes(): Promise<readonly NodeStatus[]>;
  /** Waits until exactly `count` nodes are there. */
  waitForNodes(count: number): Promise<void>;
  /** Counters of the daemon, or of one build (MOSIX_BUILD_ID). */
  counters(build?: string): Promise<Counters>;
  daemonPid(): number | undefined;
  stop(): void;
}

export interface FarmPlace {
  /** Address the coordinator listens on. */
  readonly host: string;
  /** Words before each of the farm's own commands, such as those that enter a network namespace. */
  readonly enter: readonly string[];
}

const thisMachine: FarmPlace = { host: '127.0.0.1', enter: [] };

const PORTS_TRIED_MAX = 100;
const PORTS_DRAWN_FROM = 16_384;

/**
 * A port that was free a moment ago; needed where a part must come back at the same address. From below the ports that the kernel gives
 * to connections: any client that connects anywhere could take one of those meanwhile.
 */
export async function freePort(): Promise<number> {
  const [lowest = 32_768] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
  const drawable = Math.min(PORTS_DRAWN_FROM, Math.max(1, lowest - 1_024));
  for (let tried = 0; tried < PORTS_TRIED_MAX; tried += 1) {
    const port = lowest - 1 - Math.floor(Math.random() * drawable);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.on('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error('no port');
}

/**
 * Compiles something until that runs on the farm. Where a test counts compiles: a fresh daemon waits for its coordinator only so long, and
 * on a busy machine the first compile of all may stay here.
 */
export async function warmUp(farm: Farm): Promise<void> {
  const folder = farm.scratch.folder('warm-up');
  let attempt = 0;
  await until('a first compile on the farm', async () => {
    const build = `warm-up-${(attempt += 1)}`;
    writeFileSync(join(folder, 'warm.c'), `int warm${attempt};\n`);
    await mustRun([launcher, 'gcc', '-c', 'warm.c'], { cwd: folder, env: { ...farm.env, MOSIX_BUILD_ID: build } });
    return (await farm.counters(build)).compiles.remote > 0 ? true : undefined;
  });
}

/** Polls until `check` gives something, or throws after the time: the only clock in these tests. */
export async function until<T>(what: string, check: () => Promise<T | undefined> | T | undefined, timeoutMs = 60_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function makeFarm(name: string, place: FarmPlace = thisMachine): Promise<Farm> {
  const scratch = makeScratch(name);
  const directory = scratch.folder('dir');
  const home = scratch.folder('home');
  const port = await freePort();
  const address = `${place.host}:${port}`;
  const env = environment({
    home,
    directory,
    coordinator: address,
    masquerade: makeMasquerade(join(scratch.path, 'masquerade')),
    // Only a farm that is not on loopback needs the word that it may go without keys.
    ...(place.host === thisMachine.host ? {} : { more: { MOSIX_INSECURE: '1' } }),
  });

  const start = (part: string, data: string, args: readonly string[], prefix: readonly string[] = []): Part => {
    const log = openSync(join(scratch.folder('logs'), `${part}.log`), 'a');
    const [program, ...words] = [...place.enter, ...prefix, mosix, ...args];
    const child: ChildProcess = spawn(program as string, words, { env, cwd: scratch.path, stdio: ['ignore', log, log] });
    closeSync(log);
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    child.on('error', (problem) => console.error(`${part}: ${problem.message}`));
    return {
      name: part,
      pid: child.pid as number,
      data,
      alive: () => child.exitCode === null && child.signalCode === null,
      kill: async (signal) => {
        child.kill(signal);
        await ended;
      },
    };
  };

  const farm: Farm = {
    scratch,
    directory,
    address,
    env,
    startCoordinator: async () => {
      const data = scratch.folder('coordinator');
      const part = start('coordinator', data, ['coordinator', '--listen', address, '--data', data]);
      await until('the coordinator answers', async () => {
        if (!part.alive()) throw new Error(`coordinator ended:\n${readFileSync(join(scratch.path, 'logs/coordinator.log'), 'utf8')}`);
        return (await run([mosix, 'status', '--json'], { cwd: scratch.path, env })).status === 0 ? true : undefined;
      });
      return part;
    },
    startWorker: async (worker, slots = 2, prefix = []) => {
      const before = (await farm.nodes()).filter((node) => node.name !== worker).length;
      const data = scratch.folder('workers', worker);
      const part = start(`worker-${worker}`, data, ['worker', '--coordinator', address, '--name', worker, '--slots', String(slots), '--data', data], prefix);
      await until(`worker ${worker} joins`, async () => {
        if (!part.alive()) throw new Error(`worker ended:\n${readFileSync(join(scratch.path, `logs/worker-${worker}.log`), 'utf8')}`);
        return (await farm.nodes()).length > before ? true : undefined;
      });
      return part;
    },
    nodes: async () => {
      const said = await mustRun([mosix, 'status', '--json'], { cwd: scratch.path, env });
      return (JSON.parse(said.stdout.toString()) as { nodes: NodeStatus[] }).nodes;
    },
    waitForNodes: async (count) => {
      await until(`${count} nodes`, async () => ((await farm.nodes()).length === count ? true : undefined));
    },
    counters: (build) => daemonCounters(directory, build),
    daemonPid: () => daemonPid(directory),
    stop: () => scratch.remove(),
  };
  return farm;
}

/** A farm of one coordinator and some workers, ready for jobs. */
export async function startFarm(name: string, options: { readonly workers: number; readonly slots: number; readonly place?: FarmPlace }): Promise<Farm> {
  const farm = await makeFarm(name, options.place);
  try {
    await farm.startCoordinator();
    for (let index = 1; index <= options.workers; index += 1) await farm.startWorker(`node${index}`, options.slots);
    return farm;
  } catch (problem) {
    farm.stop();
    throw problem;
  }
}

const none: Counters = { compiles: { total: 0, remote: 0, cacheHits: 0, local: 0, failed: 0 }, nodes: [], localReasons: {}, clientCpuMsPerCompile: 0 };

export async function daemonCounters(directory: string, build?: string): Promise<Counters> {
  const answer = await ask(join(directory, 'run/daemon.sock'), build === undefined ? { op: 'stats' } : { op: 'build', id: build });
  return answer === undefined ? none : { ...none, ...(answer as Partial<Counters>) };
}

/** The daemon of a MOSIX_DIR, if one is alive. */
export function daemonPid(directory: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(directory, 'run/daemon.pid'), 'utf8').trim());
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
