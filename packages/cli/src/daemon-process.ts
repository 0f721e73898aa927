// Starting, stopping and asking after the user's client daemon. Starting is what a launcher does: run `mosix-daemon`, which takes the
// lock, detaches and listens; two starters at once end with one daemon.

import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, fault, limits, ok, type Result } from '@mosix/core';
import { cacheFiles, runFiles, type Directories } from '@mosix/config';
import { askDaemon } from './daemon-control.js';
import { install } from './install.js';
import { isAlive, startTicksOf } from './processes.js';

export interface DaemonAnswer {
  readonly started: boolean;
  readonly reply: Record<string, unknown>;
}

export const startDaemon = async (places: Directories, env: NodeJS.ProcessEnv = process.env): Promise<Result<DaemonAnswer>> => {
  const socket = runFiles(places.run).socket;
  const running = await askDaemon(socket, { op: 'ping' });
  if (running.ok) return ok({ started: false, reply: running.value });
  if (running.error.code !== 'daemon-absent') return running;

  mkdirSync(places.run, { recursive: true, mode: 0o700 });
  mkdirSync(places.cache, { recursive: true });
  const log = openSync(cacheFiles(places.cache).log, 'a');
  const child = spawn(env['MOSIX_DAEMON'] || install.daemon, [], { detached: true, stdio: ['ignore', log, log], cwd: '/', env });
  closeSync(log);
  const failure = new Promise<string>((resolve) => {
    child.once('error', (problem) => resolve(problem.message));
    child.once('exit', (code, signal) => {
      if (code !== 0) resolve(`ended with ${signal ?? `status ${code}`}`);
    });
  });
  child.unref();

  const deadline = performance.now() + limits.daemonStartMsMax;
  while (performance.now() < deadline) {
    const reply = await askDaemon(socket, { op: 'ping' });
    if (reply.ok) return ok({ started: true, reply: reply.value });
    const broken = await Promise.race([failure, sleep(50).then(() => undefined)]);
    if (broken !== undefined) return err(startFailed(places, broken));
  }
  return err(startFailed(places, `silent for ${limits.daemonStartMsMax / 1000} s`));
};

const startFailed = (places: Directories, reason: string) =>
  fault('daemon-start', `the daemon did not start: ${reason}`, { hint: `read ${cacheFiles(places.cache).log}, or run mosix doctor` });

/** False: none was running. Waits until the process is gone, so that a new one can be started at once. */
export const stopDaemon = async (places: Directories): Promise<Result<boolean>> => {
  const socket = runFiles(places.run).socket;
  const ping = await askDaemon(socket, { op: 'ping' });
  if (!ping.ok) return ping.error.code === 'daemon-absent' ? ok(false) : ping;
  const pid = Number(ping.value['pid']);
  const identity = { pid, startTicks: startTicksOf(pid) ?? -1 };
  const stopped = await askDaemon(socket, { op: 'stop' });
  if (!stopped.ok && stopped.error.code !== 'daemon-absent') return stopped;
  const deadline = performance.now() + limits.processEndMsMax;
  while (performance.now() < deadline) {
    if (Number.isInteger(pid) ? !isAlive(identity) : !(await askDaemon(socket, { op: 'ping' })).ok) return ok(true);
    await sleep(25);
  }
  return err(fault('daemon-stop', `the daemon (process ${pid}) does not end`, { hint: `kill ${pid}` }));
};
