// mosix stats: the daemon's counters, or the ones it left behind.

import { readFileSync } from 'node:fs';
import { cacheFiles, runFiles, type Config } from '@mosix/config';
import { err, fault, limits, ok, type Result } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { askDaemon } from '../daemon-control.js';
import { noCounters } from '../builds/summary.js';
import { statsLines } from '../report/stats.js';

export const run: RunCommand = async ({ options, config }) => {
  const socket = runFiles(config.directories.run).socket;
  if (options['zero'] === true) {
    const zeroed = await askDaemon(socket, { op: 'zero' });
    if (zeroed.ok) return ok({ data: { zeroed: true }, lines: () => ['the counters are zero'] });
    return err(zeroed.error.code === 'daemon-absent' ? fault('daemon-absent', 'no daemon runs that could set its counters to zero', { hint: 'mosix daemon start' }) : zeroed.error);
  }
  const asked = await askDaemon(socket, { op: 'stats' });
  if (!asked.ok && asked.error.code !== 'daemon-absent') return asked;
  const stats = asked.ok ? asked : readSaved(cacheFiles(config.directories.cache).stats);
  if (!stats.ok) return stats;
  const wanted = options['verbose'] === true || options['json'] === true;
  const data = { ...noCounters, clientCpuMsPerCompile: 0, ...stats.value, ...(wanted ? { prediction: await askPrediction(config) } : {}) };
  return ok({ data, lines: (paint) => statsLines(data, { verbose: options['verbose'] === true, paint }) });
};

/** How well the coordinator foresees costs; null when there is none, or it does not answer soon: the counters here do not depend on it. */
const askPrediction = async (config: Config): Promise<unknown> => {
  const address = config.settings.coordinator;
  if (address === undefined) return null;
  const { askCoordinator } = await import('../farm/ask-coordinator.js');
  const status = await askCoordinator({ address, insecure: config.settings.insecure, timeoutMs: limits.farmQuestionMsMax });
  return status.ok ? status.value.prediction : null;
};

/** A missing file means that nothing was ever counted; a damaged one is said. */
const readSaved = (path: string): Result<Record<string, unknown>> => {
  try {
    const saved = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    // The daemon's own bookkeeping, from which it made the rest.
    const { tally: _tally, version: _version, daemonCpuNs: _daemonCpuNs, ...shown } = saved;
    return ok(shown);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ok({});
    return err(fault('stats-damaged', `${path} cannot be read`, { hint: `rm ${path}`, cause }));
  }
};
