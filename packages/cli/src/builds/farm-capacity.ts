// How many compiles at a time are worth starting, for a build that does not say.

import { availableParallelism } from 'node:os';
import { readFarmFile, runFiles, type Config } from '@mosix/config';
import { limits } from '@mosix/core';

/** Slots of all ready nodes, at least one a core of this machine; just the cores when nobody answers quickly. */
export const farmCapacity = async (config: Config): Promise<number> => {
  const cores = availableParallelism();
  const address = config.settings.coordinator;
  if (address === undefined) return cores;
  // The farm that `mosix up` started is known from its file; for another, its coordinator is asked (and only then is gRPC loaded).
  const own = config.origins.coordinator.kind === 'farm' ? readFarmFile(runFiles(config.directories.run).farm) : undefined;
  if (own !== undefined) return Math.max(cores, own.slots * own.processes.filter((one) => one.role === 'worker').length);
  const { askCoordinator, slotsOf } = await import('../farm/ask-coordinator.js');
  const status = await askCoordinator({ address, insecure: config.settings.insecure, timeoutMs: limits.farmQuestionMsMax });
  return status.ok ? Math.max(cores, slotsOf(status.value)) : cores;
};
