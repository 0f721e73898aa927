// Processes of this machine by pid and start time, so that a recycled pid is never taken for the process it once was.

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/** Clock ticks from boot to the start of the process (field 22 of /proc/PID/stat); undefined when there is no such process or it is a zombie. */
export const startTicksOf = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, in parentheses, may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
};

export const bootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
};

export const isAlive = (one: ProcessIdentity): boolean => {
  const startTicks = startTicksOf(one.pid);
  return startTicks !== undefined && startTicks === one.startTicks;
};

/** Sends the signal only if the process is still the one that was meant. */
export const signalProcess = (one: ProcessIdentity, signal: NodeJS.Signals): boolean => {
  if (!isAlive(one)) return false;
  try {
    process.kill(one.pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** The processes of `all` that are still alive when all have ended or the time is over. */
export const waitForEnd = async (all: readonly ProcessIdentity[], timeoutMs: number): Promise<ProcessIdentity[]> => {
  const pollMs = 25;
  let alive = all.filter(isAlive);
  for (let waitedMs = 0; alive.length > 0 && waitedMs < timeoutMs; waitedMs += pollMs) {
    await sleep(pollMs);
    alive = alive.filter(isAlive);
  }
  return alive;
};

/** SIGTERM, then SIGTERM again ("do not drain"), then SIGKILL. The processes that had to be killed. */
export const endProcesses = async <T extends ProcessIdentity>(all: readonly T[], graceMs: number): Promise<T[]> => {
  let alive: ProcessIdentity[] = all.filter((one) => signalProcess(one, 'SIGTERM'));
  alive = await waitForEnd(alive, graceMs);
  for (const one of alive) signalProcess(one, 'SIGTERM');
  alive = await waitForEnd(alive, graceMs);
  for (const one of alive) signalProcess(one, 'SIGKILL');
  await waitForEnd(alive, graceMs);
  return all.filter((one) => alive.some((other) => other.pid === one.pid));
};
