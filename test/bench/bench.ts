// `npm run bench`: CPU on the user's machine per compile, for mosix and for its peers in the same run. 40 units of abseil
// at even distances, one after another, one remote node in a network namespace of its own (same machine without root).
// --quick: no peers, 10 units. --units N. --peers-only. --json: rows as JSON instead of the table.

import { cpus } from 'node:os';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { environment } from '../e2e/support/environment.js';
import { daemonPid, startFarm, type Farm } from '../e2e/support/farm.js';
import { launcher } from '../e2e/support/paths.js';
import { abseilUnits, evenly } from '../e2e/support/project-list.js';
import { mustRun } from '../e2e/support/run.js';
import { makeScratch, type Scratch } from '../e2e/support/scratch.js';
import { copySource, fetchSource } from '../e2e/support/sources.js';
import { buildMeasure, measure, type Cost } from './cpu.js';
import { openRemotePlace, type RemotePlace } from './network.js';
import { startPeers } from './peers.js';
import { renderTable, type Row } from './table.js';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, units: { type: 'string' }, 'peers-only': { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});

interface Bench {
  readonly scratch: Scratch;
  readonly work: string;
  readonly program: string;
  readonly env: Record<string, string>;
  readonly units: readonly string[];
}

/** The commands as CMake writes them for a release build. */
const commands = (bench: Bench, before: readonly string[]): string[][] =>
  bench.units.map((unit) => {
    const object = `out/${unit}.o`;
    return [...before, 'g++', `-I${bench.work}/abseil`, '-O2', '-DNDEBUG', '-std=c++17', '-MD', '-MT', object, '-MF', `${object}.d`, '-o', object, '-c', `${bench.work}/abseil/${unit}`];
  });

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function row(bench: Bench, tool: string, before: readonly string[], env: Readonly<Record<string, string>>, daemons: () => readonly number[]): Promise<Cost> {
  say(`measuring ${tool} …`);
  return measure(bench.program, bench.scratch.path, { env: { ...bench.env, ...env }, cwd: bench.work, commands: commands(bench, before), daemons });
}

async function peerRows(bench: Bench, remote: RemotePlace): Promise<Row[]> {
  const peers = await startPeers({ scratch: bench.scratch, remote, env: bench.env });
  const rows: Row[] = [];
  try {
    for (const peer of peers) {
      try {
        // The first compiles set a tool up (icecream ships its compiler); caches need all of them once.
        const first = commands(bench, peer.before);
        for (const command of peer.fillsCache ? first : first.slice(0, 4)) await mustRun(command, { cwd: bench.work, env: { ...bench.env, ...peer.env } });
        rows.push({ tool: peer.name, cost: await row(bench, peer.name, peer.before, peer.env, peer.daemons) });
      } catch (problem) {
        rows.push({ tool: peer.name, missing: 'failed, see above' });
        say(`${peer.name}: ${String(problem)}`);
      }
    }
  } finally {
    for (const peer of peers) peer.stop();
  }
  return rows;
}

async function mosixRows(bench: Bench, farm: Farm, native: Cost): Promise<Row[]> {
  const before = [launcher];
  const daemons = (): number[] => [daemonPid(farm.directory)].filter((pid) => pid !== undefined);
  const env = (build: string, cache: string): Record<string, string> => ({ ...farm.env, PATH: bench.env['PATH'] ?? '', MOSIX_BUILD_ID: build, MOSIX_CACHE: cache });
  // The daemon is up, and knows nothing.
  await mustRun([launcher, 'g++', '--version'], { cwd: bench.work, env: env('start', 'on') });
  const near = native.wallMs + 15;
  const passes: { tool: string; build: string; cache: string; target: { cpuMs: number; wallMs: number } }[] = [
    { tool: 'mosix, first pass (empty caches)', build: 'first', cache: 'on', target: { cpuMs: 10, wallMs: near } },
    { tool: 'mosix, later pass, cache off', build: 'later', cache: 'off', target: { cpuMs: 5, wallMs: near } },
    { tool: 'mosix, cache hit', build: 'hit', cache: 'on', target: { cpuMs: 3, wallMs: 5 } },
  ];
  const rows: Row[] = [];
  for (const pass of passes) {
    const cost = await row(bench, pass.tool, before, env(pass.build, pass.cache), daemons);
    const { compiles, localReasons } = await farm.counters(pass.build);
    const wanted = pass.build === 'hit' ? compiles.cacheHits : compiles.remote;
    if (wanted !== bench.units.length) say(`warning: ${pass.tool}: ${wanted} of ${bench.units.length} went the way they should (${JSON.stringify({ compiles, localReasons })})`);
    rows.push({ tool: pass.tool, cost, target: pass.target });
  }
  return rows;
}

async function main(): Promise<number> {
  const source = fetchSource('re2');
  if (source === undefined) return 0;
  const scratch = makeScratch('bench');
  const remote = openRemotePlace();
  scratch.onRemove(remote.close);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(128 + (signal === 'SIGINT' ? 2 : 15)));
  try {
    const work = scratch.folder('work');
    copySource(join(source, 'vendor/abseil-cpp'), join(work, 'abseil'));
    const count = Number(flags.units ?? (flags.quick ? 10 : 40));
    const units = evenly(abseilUnits(join(source, 'vendor')), count);
    for (const unit of units) mkdirSync(dirname(join(work, 'out', unit)), { recursive: true });
    const bench: Bench = { scratch, work, program: buildMeasure(scratch.path), env: environment({ home: scratch.folder('home') }), units };

    const native = await row(bench, 'g++', [], {}, () => []);
    const rows: Row[] = [{ tool: 'g++ -O2', cost: native }];
    if (!flags.quick) rows.push(...(await peerRows(bench, remote)));
    if (!flags['peers-only']) {
      const farm = await startFarm('bench', { workers: 1, slots: 4, place: { host: remote.far, enter: remote.enter } });
      try {
        rows.push(...(await mosixRows(bench, farm, native)));
      } finally {
        farm.stop();
      }
    }
    const where = remote.separate ? 'one remote node in a network namespace of its own' : 'the remote node is this machine (no root)';
    if (flags.json) console.log(JSON.stringify({ units: units.length, cores: cpus().length, separate: remote.separate, rows }));
    else console.log([`${units.length} units of abseil, one after another; ${cpus().length} cores; ${where}.`, '', ...renderTable(rows)].join('\n'));
    return 0;
  } finally {
    scratch.remove();
  }
}

process.exitCode = await main();
