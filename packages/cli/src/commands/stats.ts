// mosix stats: the daemon's counters, or the ones it left behind.

import { readFileSync } from 'node:fs';
import { cacheFiles, runFiles } from '@mosix/config';
import { err, fault, ok, type Result } from '@mosix/core';
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
  const data = { ...noCounters, clientCpuMsPerCompile: 0, ...stats.value };
  return ok({ data, lines: (paint) => statsLines(data, { verbose: options['verbose'] === true, paint }) });
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
