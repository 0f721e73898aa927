// Running a coordinator or worker in the foreground: state file when ready, drain on the first SIGTERM or Ctrl-C, stop at once on the
// second, and gone when the part itself gives up.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ok, type Result } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { Outcome } from '../command.js';

export interface RunningPart {
  readonly address: string;
  /** Ends in good order; aborting the start's signal ends at once. */
  close(): Promise<void>;
  readonly done: Promise<void>;
}

const endSignals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

export const serve = async (
  logger: Logger,
  stateFile: unknown,
  start: (signal: AbortSignal) => Promise<Result<RunningPart>>,
): Promise<Result<Outcome>> => {
  const atOnce = new AbortController();
  let running: RunningPart | undefined;
  let asked = 0;
  const end = (signal: NodeJS.Signals): void => {
    asked += 1;
    logger.info({ signal, asked }, asked === 1 ? 'asked to end: finishing what runs' : 'asked again: stopping at once');
    if (running === undefined || asked > 1) atOnce.abort();
    else void running.close();
  };
  for (const signal of endSignals) process.on(signal, end);
  const started = await start(atOnce.signal);
  if (!started.ok) return started;
  running = started.value;
  if (asked > 0) void running.close();
  if (typeof stateFile === 'string') writeState(stateFile, { pid: process.pid, address: running.address });
  await running.done;
  if (typeof stateFile === 'string') rmSync(stateFile, { force: true });
  for (const signal of endSignals) process.off(signal, end);
  logger.info({}, 'ended');
  // A part that ended without being asked has lost something; its log says what.
  return ok({ data: {}, lines: () => [], status: asked > 0 ? 0 : 1 });
};

const writeState = (path: string, state: object): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
};
