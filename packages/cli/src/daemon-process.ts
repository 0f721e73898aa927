// Starting and stopping the user's client daemon. The launcher starts it, for us as for a compile: only it can take the lock that keeps
// two starters from making two daemons.

import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFiles, runFiles, type Directories } from '@mosix/config';
import { err, fault, limits, ok, type Result } from '@mosix/core';
import { askDaemon } from './daemon-control.js';
import { install, launcherBuilt } from './install.js';
import { isAlive, startTicksOf } from './processes.js';

export interface DaemonAnswer {
  readonly started: boolean;
  readonly reply: Record<string, unknown>;
}

/** Codes: not-built, daemon-start, daemon-silent. */
export const startDaemon = async (places: Directories, env: NodeJS.ProcessEnv = process.env): Promise<Result<DaemonAnswer>> => {
  const socket = runFiles(places.run).socket;
  const running = await askDaemon(socket, { op: 'ping' });
  if (running.ok) return ok({ started: false, reply: running.value });
  if (running.error.code !== 'daemon-absent') return running;
  if (!launcherBuilt()) return err(fault('not-built', 'the compiler launcher is not built', { hint: `make -C ${install.root} build` }));
  const said = await runLauncher(env);
  const reply = await askDaemon(socket, { op: 'ping' });
  if (reply.ok) return ok({ started: true, reply: reply.value });
  return err(fault('daemon-start', `the daemon did not start${said === '' ? '' : `: ${said}`}`, { hint: `read ${cacheFiles(places.cache).log}, or run mosix doctor` }));
};

/** Ends when the daemon accepts connections or will not; gives what the launcher had to complain. */
const runLauncher = (env: NodeJS.ProcessEnv): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn(install.launcher, ['--mosix-start-daemon'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: limits.daemonStartMsMax, env });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    child.once('error', (problem) => resolve(problem.message));
    child.once('close', () => resolve(said.trim()));
  });

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
