// A farm's status as JSON and as lines. `coordinator.address` and what nodes.ts gives of each node are a contract with scripts.

import { formatSize } from '@mosix/config';
import type { admin } from '@mosix/protocol';
import { plain, plural, seconds, type Paint } from '../terminal.js';
import { nodeLines, nodesJson } from './nodes.js';

export const statusJson = (address: string, status: admin.Status) => ({
  coordinator: { address, version: status.version, uptimeMs: status.uptimeMs },
  nodes: nodesJson(status),
  queued: status.queued,
  jobs: status.jobs,
  store: status.store,
  counters: status.counters,
  prediction: status.prediction,
  map: status.map,
});

export const statusLines = (address: string, status: admin.Status, paint: Paint = plain, width?: number): string[] => {
  const { store, counters, map } = status;
  const running = status.jobs.filter((job) => job.state === 'running').length;
  return [
    `coordinator ${paint.bold(address)}, version ${status.version || 'unknown'}, up ${seconds(status.uptimeMs)}`,
    ...(counters === null ? [] : [`jobs: ${running} running, ${status.queued} queued; ${counters.succeeded} done, ${counters.cacheHits} from cache, ${counters.retries} retried, ${counters.farmFailures} given back`]),
    ...(store === null ? [] : [`store: ${plural(store.blobs, 'blob')}, ${formatSize(store.sizeBytes)} of ${formatSize(store.sizeBytesMax)}, ${plural(store.actionResults, 'result')}`]),
    ...(map === null || map.path === '' ? [] : [`map: ${map.path}, ${plural(map.nodes, 'node')}`, ...map.problems.map((problem) => paint.yellow(`  ${problem}`)), ...(map.problems.length > 0 ? [paint.yellow('  the map before stays in force')] : [])]),
    '',
    ...nodeLines(status, { paint, width }),
  ];
};
