// Daemon, coordinator, workers: who answers, and as what.

import { runFiles, type Config } from '@mosix/config';
import { limits } from '@mosix/core';
import { askDaemon } from '../daemon-control.js';
import { askCoordinator, slotsOf } from '../farm/ask-coordinator.js';
import { broken, good, note, warning, type Finding } from './check.js';

const doctorWaitMs = limits.daemonReplyMsMax;

export const checkDaemon = async (config: Config): Promise<Finding> => {
  const socket = runFiles(config.directories.run).socket;
  const ping = await askDaemon(socket, { op: 'ping' }, doctorWaitMs);
  if (ping.ok) return good('daemon', `the daemon answers (process ${String(ping.value['pid'])})`);
  if (ping.error.code === 'daemon-absent') return good('daemon', 'no daemon is running; the first compile starts one');
  return broken('daemon', ping.error.message, ping.error.hint);
};

export const checkFarm = async (config: Config): Promise<Finding[]> => {
  const { coordinator: address, insecure } = config.settings;
  const origin = config.origins.coordinator.from;
  if (address === undefined) {
    return [warning('coordinator', 'no farm is configured: everything is compiled here', 'mosix up, or export MOSIX_COORDINATOR=HOST:PORT')];
  }
  const status = await askCoordinator({ address, insecure, timeoutMs: doctorWaitMs });
  if (!status.ok) {
    const { code, message, hint } = status.error;
    const fix = code === 'coordinator-unreachable' && config.origins.coordinator.kind === 'farm' ? 'mosix down, then mosix up' : hint;
    return [broken('coordinator', `${message} (the address is from ${origin})`, fix)];
  }
  const ready = status.value.nodes.filter((node) => node.state === 'ready');
  const found = good('coordinator', `coordinator ${address}, version ${status.value.version} (from ${origin})`);
  if (ready.length === 0) return [found, broken('workers', 'no worker is ready: everything is compiled here', `mosix worker --coordinator ${address}`)];
  const workers = good('workers', `${ready.length} of ${status.value.nodes.length} workers ready, ${slotsOf(status.value)} slots`);
  const others = status.value.nodes.filter((node) => node.state !== 'ready');
  return [found, workers, ...others.map((node) => note('workers', `node ${node.name} is ${node.state}`, 'mosix status'))];
};
