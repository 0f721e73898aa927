// A farm's status as JSON and as lines. `coordinator.address` and each node's name, slots, speed and state are a contract with scripts.

import { formatSize } from '@mosix/config';
import type { admin } from '@mosix/protocol';
import { plain, plural, seconds, table, type Paint } from '../terminal.js';

export const nodesJson = (status: admin.Status) =>
  status.nodes.map(({ name, slots, running, speed, state, load, instructionSets, jobs, cpuSeconds, freeMemoryBytes }) => ({
    name,
    slots,
    speed,
    state,
    running,
    load,
    jobs,
    cpuSeconds,
    freeMemoryBytes,
    instructionSets,
  }));

export const statusJson = (address: string, status: admin.Status) => ({
  coordinator: { address, version: status.version, uptimeMs: status.uptimeMs },
  nodes: nodesJson(status),
  queued: status.queued,
  jobs: status.jobs,
  store: status.store,
  counters: status.counters,
});

export const nodeLines = (status: admin.Status, paint: Paint = plain): string[] => {
  if (status.nodes.length === 0) return [paint.yellow('no nodes: start one with mosix worker')];
  const rows = status.nodes.map((node) => [
    node.name,
    `${node.running}/${node.slots}`,
    node.speed.toFixed(2),
    node.load.toFixed(1),
    formatSize(Math.round(node.freeMemoryBytes / 1024 ** 2) * 1024 ** 2),
    node.jobs,
    node.instructionSets.join(','),
    node.state === 'ready' ? paint.green(node.state) : paint.yellow(node.state),
  ]);
  return table([['NODE', 'BUSY', 'SPEED', 'LOAD', 'FREE MEM', 'JOBS', 'RUNS', 'STATE'], ...rows], paint);
};

export const statusLines = (address: string, status: admin.Status, paint: Paint = plain): string[] => {
  const { store, counters } = status;
  const running = status.jobs.filter((job) => job.state === 'running').length;
  return [
    `coordinator ${paint.bold(address)}, version ${status.version || 'unknown'}, up ${seconds(status.uptimeMs)}`,
    ...(counters === null ? [] : [`jobs: ${running} running, ${status.queued} queued; ${counters.succeeded} done, ${counters.cacheHits} from cache, ${counters.retries} retried, ${counters.farmFailures} given back`]),
    ...(store === null ? [] : [`store: ${plural(store.blobs, 'blob')}, ${formatSize(store.sizeBytes)} of ${formatSize(store.sizeBytesMax)}, ${plural(store.actionResults, 'result')}`]),
    '',
    ...nodeLines(status, paint),
  ];
};
