// mosix up: see farm/up.ts for what it does; here is what it takes and says.

import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFiles, type FarmProcess } from '@mosix/config';
import { ok } from '@mosix/core';
import { signalStatus } from '../builds/run-tool.js';
import type { RunCommand } from '../command.js';
import { takeDown } from '../farm/down.js';
import { bringUp, type FarmUp } from '../farm/up.js';
import { isAlive } from '../processes.js';
import { nodeLines, nodesJson } from '../report/nodes.js';
import { paintFor, plural, print, type Paint } from '../terminal.js';

export const run: RunCommand = async ({ options, config }) => {
  const interrupt = new AbortController();
  let received: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      received ??= signal;
      interrupt.abort();
    });
  }
  const workers = Number(options['workers'] ?? 2);
  const data = options['data'];
  const up = await bringUp(config.directories, {
    workers,
    slots: Number(options['slots'] ?? Math.max(1, Math.ceil(availableParallelism() / workers))),
    dataDirectory: typeof data === 'string' ? resolve(data) : cacheFiles(config.directories.cache).farm,
    listen: String(options['listen'] ?? '127.0.0.1:0'),
    insecure: config.settings.insecure,
    env: process.env,
    signal: interrupt.signal,
  });
  if (!up.ok && up.error.code === 'interrupted' && received !== undefined) return ok({ data: {}, lines: () => ['interrupted: what was started has been ended'], status: signalStatus(received) });
  if (!up.ok) return up;
  const { farm, status, started } = up.value;
  const outcome = { coordinator: { address: farm.address }, nodes: nodesJson(status), started, dataDirectory: farm.dataDirectory };
  if (options['foreground'] !== true) return ok({ data: outcome, lines: (paint, width) => describe(up.value, paint, width) });

  print(...describe(up.value, paintFor(process.stdout)), 'Ctrl-C ends it.');
  await signalOrDeath(farm.processes, interrupt.signal);
  const down = await takeDown(config.directories);
  return down.ok ? ok({ data: outcome, lines: () => [`ended: ${down.value.ended.join(', ')}`] }) : down;
};

const describe = ({ farm, status, started }: FarmUp, paint: Paint, width?: number): string[] => [
  `${started.length === 0 ? 'already up' : 'up'}: coordinator at ${farm.address}, ${plural(status.nodes.length, 'node')}; logs in ${farm.dataDirectory}/log`,
  ...nodeLines(status, { paint, width }),
  `${paint.dim('next:')} mosix-make -C your/project    ${paint.dim('and later:')} mosix down`,
];

/** A farm that lost its coordinator or a node does not serve in the foreground any more: end, so that a supervisor can act. */
const signalOrDeath = async (processes: readonly FarmProcess[], signal: AbortSignal): Promise<void> => {
  while (!signal.aborted && processes.every(isAlive)) await sleep(200);
};
