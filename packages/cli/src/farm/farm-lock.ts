// One `mosix up` or `mosix down` at a time for one user. The lock names its holder, so that one left behind by a crash is taken over.

import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, fault, limits, type Result } from '@mosix/core';
import { isAlive, startTicksOf, type ProcessIdentity } from '../processes.js';

/** Runs `work` while holding the lock; `signal` ends the wait for it. Codes: farm-busy, interrupted, and those of `work`. */
export const withFarmLock = async <T>(path: string, work: () => Promise<Result<T>>, signal?: AbortSignal): Promise<Result<T>> => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const deadline = performance.now() + limits.farmStartMsMax;
  while (!take(path)) {
    if (signal?.aborted === true) return err(fault('interrupted', 'interrupted'));
    if (performance.now() > deadline) return err(fault('farm-busy', `another mosix up or down holds ${path}`, { hint: `wait for it, or remove ${path}` }));
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
};

const take = (path: string): boolean => {
  const draft = `${path}.${process.pid}`;
  const me: ProcessIdentity = { pid: process.pid, startTicks: startTicksOf(process.pid) ?? 0 };
  writeFileSync(draft, JSON.stringify(me));
  try {
    // A link, unlike an exclusive create, appears with its content.
    linkSync(draft, path);
    return true;
  } catch {
    if (!holderAlive(path)) rmSync(path, { force: true });
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
};

const holderAlive = (path: string): boolean => {
  try {
    return isAlive(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity);
  } catch {
    return false;
  }
};
