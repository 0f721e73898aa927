// The scheduler of the coordinator, behind the simulator's question. Nothing of it is replaced or left out.
import { createFarmState, createHistory, limits, step } from '@mosix/core';
import type { FarmState, History } from '@mosix/core';
import type { Policy } from './policy.js';

export interface OurPolicy extends Policy {
  readonly state: FarmState;
  readonly history: History;
}

/** `history`: what earlier builds taught. */
export function createOurPolicy(history: History = createHistory(limits.historyEntriesMax)): OurPolicy {
  let leases = 0;
  const state = createFarmState({ newLeaseId: () => `L${++leases}`, history });
  return { name: 'mosix', ownersFirst: true, state, history, step: (event, now) => step(state, event, now) };
}
