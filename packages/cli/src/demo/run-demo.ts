// The demo: a farm of some nodes on this machine builds the examples, cold and warm, into the same path as a local build; then every
// product is compared. All of it happens in one temporary folder, with a daemon and settings of its own.

import { mkdirSync, mkdtempSync, realpathSync, renameSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { directories, runFiles, type Directories } from '@mosix/config';
import { err, fault, ok, type Result } from '@mosix/core';
import { noCounters, readBuildCounters, type BuildCounters } from '../builds/summary.js';
import { askDaemon } from '../daemon-control.js';
import { stopDaemon } from '../daemon-process.js';
import { takeDown } from '../farm/down.js';
import { bringUp } from '../farm/up.js';
import { install } from '../install.js';
import { plural, seconds } from '../terminal.js';
import { removeFolder, type CleanUp } from './clean-up.js';
import { compareBuilds, type Comparison } from './compare.js';
import { createCpuQuotas } from './cpu-quota.js';
import { progressLine } from './progress.js';
import { copyProjects, type Project } from './projects.js';
import { runStep } from './run-step.js';
import type { DemoResult } from './report.js';

export interface DemoPlan {
  readonly workers: number;
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly cleanUp: CleanUp;
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** A line that the next one replaces; undefined where there is no terminal. */
  readonly show: ((line: string) => void) | undefined;
}

/** As people run make on a farm: enough waits that the scheduler can see that slow nodes are of use, too. */
const jobsPerSlot = 4;
const progressMs = 200;

interface Stage {
  readonly plan: DemoPlan;
  readonly folder: string;
  readonly places: Directories;
  readonly env: NodeJS.ProcessEnv;
  readonly projects: readonly Project[];
  readonly jobs: number;
}

export const runDemo = async (plan: DemoPlan): Promise<Result<DemoResult>> => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mosix-demo-')));
  plan.cleanUp.add('temporary folder', async () => (plan.keep ? plan.say(`kept: ${folder}`) : removeFolder(folder)));
  for (const name of ['work', 'log']) mkdirSync(join(folder, name));
  const env = demoEnvironment(folder);
  const places = directories(env);
  const { projects, missing } = copyProjects(join(folder, 'work'));

  const cores = availableParallelism();
  const shares = unequalShares(plan.workers, cores);
  const quotas = createCpuQuotas(shares, `mosix-demo-${process.pid}`);
  if (quotas !== undefined) plan.cleanUp.add('control groups', () => quotas.remove());
  plan.say(`starting a coordinator and ${plural(plan.workers, 'node')} on this machine (${plural(cores, 'core')})`);
  plan.say(quotas === undefined ? 'CPU quotas cannot be set here: all nodes are equal' : `unequal nodes, by CPU quota: ${shares.map((share) => share.toFixed(2)).join(', ')} cores`);

  plan.cleanUp.add('farm', async () => orThrow(await takeDown(places)));
  plan.cleanUp.add('daemon', async () => orThrow(await stopDaemon(places)));
  const slots = Math.max(1, Math.ceil(cores / plan.workers));
  const up = await bringUp(places, { workers: plan.workers, slots, dataDirectory: join(folder, 'farm'), listen: '127.0.0.1:0', insecure: false, env, signal: plan.signal, ...(quotas === undefined ? {} : { prefixOf: quotas.prefixOf }) });
  if (!up.ok) return up;
  if (plan.signal.aborted) return err(fault('interrupted', 'interrupted'));

  const stage: Stage = { plan, folder, places, env, projects, jobs: jobsPerSlot * slots * plan.workers };
  const cold = await buildAll(stage, 'cold', 'farm');
  if (!cold.ok) return cold;
  const warm = await buildAll(stage, 'warm', 'farm');
  if (!warm.ok) return warm;
  const local = await buildAll({ ...stage, jobs: cores }, 'local', 'local');
  if (!local.ok) return local;

  const stats = await askDaemon(runFiles(places.run).socket, { op: 'stats' });
  return ok({
    nodes: up.value.status.nodes.map((node) => ({ name: node.name, speed: node.speed, ...(quotas === undefined ? {} : { cores: shares[Number(node.name.slice(1)) - 1] ?? 0 }) })),
    cold: cold.value.counters,
    warm: warm.value.counters,
    wallMs: { cold: cold.value.wallMs, warm: warm.value.wallMs, local: local.value.wallMs },
    clientCpuMsPerCompile: stats.ok ? Number(stats.value['clientCpuMsPerCompile'] ?? 0) : 0,
    comparison: joined(projects.flatMap((project) => ['cold', 'warm'].map((phase) => compareBuilds(keptAt(stage, phase, project), keptAt(stage, 'local', project))))),
    leftOut: missing,
    next: `${join(install.bin, 'mosix')} up && ${join(install.bin, 'mosix-make')} -C your/project`,
  });
};

const orThrow = (result: Result<unknown>): void => {
  if (!result.ok) throw new Error(result.error.message);
};

/** The user's environment without what would lead the demo elsewhere: other farms' settings, the outer make's flags and jobserver. */
const demoEnvironment = (folder: string): NodeJS.ProcessEnv => {
  const foreign = /^(MOSIX_(?!NODEJS$|LOG$).*|MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEOVERRIDES|CC|CXX|C(XX)?FLAGS|LDFLAGS|CMAKE_.*|NINJA_STATUS)$/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return { ...Object.fromEntries(kept), MOSIX_DIR: join(folder, 'mosix'), PATH: `${install.bin}:${process.env['PATH'] ?? ''}` };
};

/** 5 : 4 : 3 : 2 for four, together all cores. */
export const unequalShares = (workers: number, cores: number): number[] => {
  const weights = Array.from({ length: workers }, (_, index) => workers + 1 - index);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (cores * weight) / sum);
};

const keptAt = (stage: Stage, phase: string, project: Project): string => join(stage.folder, `${phase}-${project.folder.slice(project.folder.lastIndexOf('/') + 1)}`);

/** Builds every project into its usual place, then moves the build folder away, so that the next build finds the place empty. */
const buildAll = async (stage: Stage, phase: 'cold' | 'warm' | 'local', way: 'farm' | 'local'): Promise<Result<{ counters: BuildCounters; wallMs: number }>> => {
  const { plan, projects } = stage;
  const buildId = `demo-${phase}`;
  const env = way === 'farm' ? stage.env : { ...stage.env, MOSIX_DISABLE: '1' };
  for (const project of projects) {
    if (project.configure === undefined) continue;
    const configured = await runStep({ command: project.configure(way), cwd: project.folder, env, log: join(stage.folder, 'log', `${phase}-configure.log`) }, plan.signal);
    if (!configured.ok) return configured;
  }
  const units = projects.reduce((sum, project) => sum + project.units(), 0);
  const startedMs = performance.now();
  const stopShowing = showProgress(stage, { phase, buildId, units, way });
  try {
    for (const project of projects) {
      const built = await runStep({ command: project.compile(way, stage.jobs), cwd: project.folder, env: { ...env, MOSIX_BUILD_ID: buildId }, log: join(stage.folder, 'log', `${phase}.log`) }, plan.signal);
      if (!built.ok) return built;
    }
  } finally {
    await stopShowing();
  }
  const wallMs = performance.now() - startedMs;
  const counters = way === 'farm' ? await readBuildCounters(runFiles(stage.places.run).socket, buildId) : noCounters;
  for (const project of projects) renameSync(project.build, keptAt(stage, phase, project));
  plan.say(way === 'farm' ? progressLine(phase.padEnd(5), counters, units, wallMs) : `local ${plural(units, 'compile')} without mosix, for comparison  ${seconds(wallMs)}`);
  return ok({ counters, wallMs });
};

const showProgress = (stage: Stage, build: { phase: string; buildId: string; units: number; way: 'farm' | 'local' }): (() => Promise<void>) => {
  const { show } = stage.plan;
  if (show === undefined) return async () => undefined;
  const startedMs = performance.now();
  let asking: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    const elapsedMs = performance.now() - startedMs;
    if (build.way === 'local') return show(`local build without mosix, for comparison  ${seconds(elapsedMs)}`);
    if (busy) return;
    busy = true;
    asking = readBuildCounters(runFiles(stage.places.run).socket, build.buildId).then((counters) => {
      busy = false;
      show(progressLine(build.phase.padEnd(5), counters, build.units, elapsedMs));
    });
  }, progressMs);
  return async () => {
    clearInterval(timer);
    await asking;
  };
};

const joined = (all: readonly Comparison[]): Comparison => ({
  identical: all.reduce((sum, one) => sum + one.identical, 0),
  different: all.flatMap((one) => one.different),
});
