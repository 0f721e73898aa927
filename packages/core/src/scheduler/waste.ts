// What the scheduler's own choices may cost: copies that lose, and what jobs had done before they were begun anew. A move starts only
// while its expected loss fits into the budget; what a race has cost really is looked at in every tick, and when the budget is used up
// it is called off: an estimate that was wrong must not cost more than one that was right.
import { cancelLease } from './leases.js';
import { coreSpeed, costOf, totalSeconds } from './rates.js';
import type { FarmState, Job, Lease } from './state.js';
import type { FarmEffect } from './words.js';

const COPIES_SHARE = 0.1;
const WASTE_SHARE = 0.05;
/** What moves may be expected to lose before a share means anything, and what races that turn out dearer may lose. */
const SECONDS_FREE = 8;
const SECONDS_FREE_MOST = 20;

/** What one that is paused, or hardly moves, is taken to need. */
const PAUSED_MS = 600_000;

const budget = (state: FarmState, free: number): number => free + WASTE_SHARE * (state.usefulCpuSeconds + state.wastedCpuSeconds);

const hasRoomForCopy = (state: FarmState): boolean => state.copies.size < Math.max(1, Math.floor(COPIES_SHARE * state.index.slots));

/** `seconds`: what will be lost by the move, beside what is lost already and what races that run will lose. */
export const mayWaste = (state: FarmState, seconds: number): boolean =>
  state.wastedCpuSeconds + state.pledgedCpuSeconds + seconds <= budget(state, SECONDS_FREE);

/** Few copies at a time, and little waste in all. */
export const mayCopy = (state: FarmState, seconds: number): boolean => hasRoomForCopy(state) && mayWaste(state, seconds);

/** A copy from the beginning: within the share of what is done and of what is still ahead, `aheadSeconds`. */
export const mayInsure = (state: FarmState, seconds: number, aheadSeconds: number): boolean =>
  hasRoomForCopy(state) &&
  state.wastedCpuSeconds + state.pledgedCpuSeconds + seconds <= budget(state, SECONDS_FREE + WASTE_SHARE * aheadSeconds);

interface Race {
  readonly job: Job;
  /** What whichever half loses costs at most, until the next look. */
  readonly costSeconds: number;
  /** Until one of the two is expected to be done. */
  readonly leftMs: number;
}

/** Both run the same job: the one that has done more of it has less left. One that has not begun needs as long as it was expected to. */
function leftMs(lease: Lease, now: number): number {
  if (lease.state !== 'started') return Math.max(0, lease.expectedEndMs - now);
  const left = Math.max(0, totalSeconds(lease.job) - coreSpeed(lease.node) * costOf(lease, now));
  return lease.paused ? PAUSED_MS : Math.min(PAUSED_MS, (left * 1000) / Math.max(1e-3, coreSpeed(lease.node) * (lease.share ?? 1)));
}

/** The half that is expected to be done later first. */
function halvesOf(job: Job, now: number): [later: Lease, sooner: Lease] | undefined {
  const [a, b] = job.leases;
  if (a === undefined || b === undefined) return undefined;
  return leftMs(a, now) > leftMs(b, now) ? [a, b] : [b, a];
}

/** Calls races off while those that run have cost as much as they may: first the one that would go on for the longest. */
export function holdWaste(state: FarmState, untilNextMs: number, now: number, effects: FarmEffect[]): void {
  state.pledgedCpuSeconds = 0;
  let spent = state.wastedCpuSeconds;
  const races: Race[] = [];
  for (const { job } of state.copies) {
    const halves = halvesOf(job, now);
    if (halves === undefined) continue;
    const [later, sooner] = halves;
    const race = { job, costSeconds: Math.max(costOf(later, now), costOf(sooner, now)) + untilNextMs / 1000, leftMs: leftMs(sooner, now) };
    races.push(race);
    spent += race.costSeconds;
    state.pledgedCpuSeconds += costOf(later, now) + ((later.share ?? 1) * race.leftMs) / 1000;
  }
  const most = budget(state, SECONDS_FREE_MOST);
  if (spent <= most) return;
  races.sort((a, b) => (a.leftMs === b.leftMs ? a.job.sequence - b.job.sequence : b.leftMs - a.leftMs));
  for (const { job, costSeconds } of races) {
    if (spent <= most) return;
    const halves = halvesOf(job, now);
    if (halves === undefined) continue;
    const [later, sooner] = halves;
    // The one that has cost less, where the other is too dear to lose.
    spent -= costSeconds;
    const loser = spent + costOf(later, now) <= most || costOf(later, now) <= costOf(sooner, now) ? later : sooner;
    spent += costOf(loser, now);
    state.wastedCpuSeconds += costOf(loser, now);
    cancelLease(state, loser, now, 'copies have cost as much as they may', effects);
  }
}
