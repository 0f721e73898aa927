// Counters over all builds and over each build, and what `mosix stats` and the last line of `mosix-make` make of them.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export type Outcome = 'remote' | 'cache' | 'local' | 'failed';

export interface Tally {
  /** Compiles, that is commands with a source to translate; probes, links and the like are in `other`. */
  total: number;
  remote: number;
  cacheHits: number;
  local: number;
  /** Compiles whose compiler reported errors, wherever it ran; they are among the three above too. */
  failed: number;
  nodes: Record<string, { jobs: number; cpuSeconds: number }>;
  localReasons: Record<string, number>;
  /** Links, preprocessing, probes: all here. */
  other: number;
  otherReasons: Record<string, number>;
  /** Hits that came from this machine's own cache. */
  cacheHitsHere: number;
  farmErrors: number;
  launcherCpuNs: number;
  launchers: number;
  lastFault?: { code: string; message: string; hint?: string };
}

export const emptyTally = (): Tally => ({
  total: 0,
  remote: 0,
  cacheHits: 0,
  local: 0,
  failed: 0,
  nodes: {},
  localReasons: {},
  other: 0,
  otherReasons: {},
  cacheHitsHere: 0,
  farmErrors: 0,
  launcherCpuNs: 0,
  launchers: 0,
});

/** Reasons that are no compile at all: they do not count as compiles that stayed here. */
export const NOT_A_COMPILE: ReadonlySet<string> = new Set(['link', 'preprocess-only', 'dependencies-only', 'no-source', 'version-or-help']);

const BUILDS_MAX = 64;

export interface Statistics {
  count(buildId: string | undefined, change: (tally: Tally) => void): void;
  total(): Tally;
  build(id: string): Tally;
  /** CPU of the daemon since the counters began, in nanoseconds. */
  daemonCpuNs(): number;
  zero(): void;
  save(): void;
}

interface Saved {
  readonly version: 1;
  readonly since: string;
  readonly tally: Tally;
  readonly daemonCpuNs: number;
}

/** `file`: where the totals live between daemons; a damaged one is dropped. */
export function createStatistics(file: string, cpuNs: () => number, now: () => Date): Statistics {
  let tally = emptyTally();
  let since = now().toISOString();
  let cpuBefore = 0;
  let cpuStart = cpuNs();
  const builds = new Map<string, Tally>();
  try {
    const saved = JSON.parse(readFileSync(file, 'utf8')) as Saved;
    if (saved.version === 1 && typeof saved.tally.total === 'number') {
      tally = { ...emptyTally(), ...saved.tally };
      since = saved.since;
      cpuBefore = saved.daemonCpuNs;
    }
  } catch {
    // none yet, or damaged: begin anew
  }
  const daemonCpuNs = (): number => cpuBefore + cpuNs() - cpuStart;
  return {
    count(buildId, change) {
      change(tally);
      if (buildId === undefined || buildId === '') return;
      let build = builds.get(buildId);
      if (build === undefined) {
        build = emptyTally();
        builds.set(buildId, build);
        for (const oldest of builds.keys()) {
          if (builds.size <= BUILDS_MAX) break;
          builds.delete(oldest);
        }
      }
      change(build);
    },
    total: () => tally,
    build: (id) => builds.get(id) ?? emptyTally(),
    daemonCpuNs,
    zero() {
      tally = emptyTally();
      since = now().toISOString();
      cpuBefore = 0;
      cpuStart = cpuNs();
    },
    save() {
      try {
        mkdirSync(dirname(file), { recursive: true });
        const saved = { version: 1, since, daemonCpuNs: daemonCpuNs(), tally, ...summarize(tally, daemonCpuNs()) };
        writeFileSync(`${file}.tmp`, JSON.stringify(saved));
        renameSync(`${file}.tmp`, file);
      } catch {
        // no room for statistics is no reason to fail
      }
    },
  };
}

/** The form that people and scripts see; `compiles`, `nodes`, `localReasons` and `clientCpuMsPerCompile` are a contract. */
export function summarize(tally: Tally, daemonCpuNs: number): Record<string, unknown> {
  const calls = tally.total + tally.other;
  const perCompile = tally.total === 0 ? 0 : (tally.launcherCpuNs / Math.max(1, tally.launchers) + daemonCpuNs / Math.max(1, calls)) / 1e6;
  return {
    compiles: { total: tally.total, remote: tally.remote, cacheHits: tally.cacheHits, local: tally.local, failed: tally.failed },
    nodes: Object.entries(tally.nodes)
      .map(([name, node]) => ({ name, jobs: node.jobs, cpuSeconds: Math.round(node.cpuSeconds * 1000) / 1000 }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    localReasons: tally.localReasons,
    clientCpuMsPerCompile: Math.round(perCompile * 1000) / 1000,
    otherCalls: { total: tally.other, reasons: tally.otherReasons },
    cacheHitsHere: tally.cacheHitsHere,
    farmErrors: tally.farmErrors,
    ...(tally.lastFault === undefined ? {} : { hint: tally.lastFault }),
  };
}
