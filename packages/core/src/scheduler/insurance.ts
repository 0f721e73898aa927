// A long job on which the end of all that waits depends runs twice from its beginning, where that is cheap: if its node is lost, or the
// node's owner comes back, after most of it was done, the build would take half as long again, and no later move can mend that. It is the
// cloning of Dolly (Ananthanarayanan 2013) with its bound of a twentieth of the work, for the few jobs where it can matter.
import { isOwn } from './history.js';
import { standingOf, startOn } from './migration.js';
import { workAhead } from './node-index.js';
import { aheadDepth, choose, chooseAhead, expectedMs, waitMs } from './placement.js';
import { coreSpeed } from './rates.js';
import type { FarmState, Lease } from './state.js';
import { mayInsure } from './waste.js';
import type { FarmEffect } from './words.js';

/** What is shorter is soon done anew. */
const LONG_MS = 10_000;
/** After so much of the job, a second run comes too late. */
const LATE_SHARE = 0.1;
/** How long it takes when it is begun anew some time on its way. */
const ANEW_FACTOR = 1.25;
/** It is this part of the work that is ahead at most. */
const CHEAP_SHARE = 0.1;
/** The second run may end this much later. */
const SLOWER = 1.1;
/** It waits at most this long for its slot. */
const SOON_MS = 1_500;
const CANDIDATES_MAX = 16;

/** The job was given to a node: if it is known to be long, it may be one that should run twice. */
export function noteLong(state: FarmState, lease: Lease, now: number): void {
  const { longRuns } = state;
  const { spec, estimate } = lease.job;
  if (lease.expectedEndMs - now < LONG_MS || !isOwn(estimate) || !spec.movable || spec.requirements.node !== undefined) return;
  longRuns.push(lease);
  if (longRuns.length <= CANDIDATES_MAX) return;
  const shortest = longRuns.reduce((least, each) => (each.expectedEndMs < least.expectedEndMs ? each : least));
  longRuns.splice(longRuns.indexOf(shortest), 1);
}

/** Before free slots go to what waits. */
export function insure(state: FarmState, now: number, effects: FarmEffect[]): void {
  state.longRuns = state.longRuns.filter((lease) => isEarly(state, lease, now) && !secondRun(state, lease, now, effects));
}

const isEarly = (state: FarmState, lease: Lease, now: number): boolean =>
  state.leases.get(lease.id) === lease && lease.job.leases[0] === lease && lease.job.leases.length === 1 &&
  now - lease.assignedAtMs <= LATE_SHARE * (lease.expectedEndMs - lease.assignedAtMs);

function secondRun(state: FarmState, lease: Lease, now: number, effects: FarmEffect[]): boolean {
  const { job, node } = lease;
  const pool = state.index.pool(job.spec.requirements);
  const { cpuSeconds } = job.estimate;
  const stayMs = lease.expectedEndMs - now;
  // All else, the second run too, is done before it would be, had it to begin anew on the way.
  const ahead = workAhead(pool, pool.queue.workSeconds) + cpuSeconds;
  if ((ahead * 1000) / Math.max(1e-9, pool.capacity) > ANEW_FACTOR * stayMs) return false;
  const choice = pool.free > 0 ? choose(state, pool, job, now, { mayWait: false, not: node }) : undefined;
  // While much waits no slot is free for long: it takes the place of the next job.
  const target = choice?.kind === 'place' ? choice.node : chooseAhead(pool, job, (each) => (each === node ? 0 : aheadDepth(each)), now, SOON_MS);
  if (target === undefined) return false;
  const moveMs = waitMs(target, now) + expectedMs(target, job);
  if (moveMs > SLOWER * stayMs) return false;
  const speed = coreSpeed(target);
  if (cpuSeconds > CHEAP_SHARE * ahead || !mayInsure(state, cpuSeconds / speed, ahead / speed)) return false;
  state.pledgedCpuSeconds += cpuSeconds / speed;
  state.index.flows.serve(state.index.flows.of(job), cpuSeconds);
  startOn(state, lease, target, 'race', 'critical', { ...standingOf(lease, now), stayMs }, moveMs, now, effects);
  return true;
}
