// The owner of the machine comes first: when the policy says that the owner is there, nothing begins, what waits is given back, what
// runs stands still, and the coordinator is told, so that it moves the jobs away.
import { limits } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { Leases } from './leases.js';
import type { Monitor } from './monitor.js';
import { createOwnerWatch } from './owner.js';
import type { OwnerPolicy, OwnerState } from './owner.js';
import { watchOwnerSigns } from './owner-signs.js';
import type { OwnerSigns } from './owner-signs.js';

export interface OwnerFirstOptions {
  readonly policy: OwnerPolicy;
  /** Default: terminals and desktop of this machine. */
  readonly signs?: OwnerSigns;
}

export interface OwnerFirst {
  state(): OwnerState;
  /** Looks no more; what stands still stays so. */
  stop(): void;
}

interface OwnerFirstPorts {
  readonly logger: Logger;
  readonly monitor: Monitor;
  readonly leases: Pick<Leases, 'pause'>;
  readonly tell: (state: OwnerState) => void;
}

const minuteOfDay = (): number => {
  const now = new Date();
  return now.getHours() * 60 + now.getMinutes();
};

export function startOwnerFirst({ policy, signs }: OwnerFirstOptions, { logger, monitor, leases, tell }: OwnerFirstPorts): OwnerFirst {
  const judge = createOwnerWatch(policy);
  const hands = policy.idleSeconds === undefined ? undefined : (signs ?? watchOwnerSigns());
  let state: OwnerState = { active: false, reason: '' };

  const look = (announce: boolean): void => {
    const { othersProcessors } = monitor.sample(0);
    const now = judge({ othersProcessors, lastUse: hands?.lastUse(), minute: minuteOfDay() }, performance.now());
    // While the owner stays, the reason of the return stands: a load that goes up and down is no news.
    if (now.active === state.active) return;
    state = now;
    logger.info(now, now.active ? 'the owner is there: guests stand still' : 'the owner has left: guests go on');
    if (announce) tell(now);
    leases.pause(now.active ? `the owner is there: ${now.reason}` : undefined);
  };
  look(false);
  const timer = setInterval(() => look(true), limits.ownerSampleIntervalMs);
  return { state: () => state, stop: () => clearInterval(timer) };
}
