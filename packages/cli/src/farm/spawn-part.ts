// One part of a farm on this machine (coordinator or worker) as a background process of its own session, its log in a file, ready when
// it has written its state file.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, fault, limits, ok, type Result } from '@mosix/core';
import type { FarmProcess } from '@mosix/config';
import { install, nodePath } from '../install.js';
import { isAlive, startTicksOf } from '../processes.js';

export interface Part {
  readonly role: FarmProcess['role'];
  readonly name: string;
  /** Arguments of `mosix`. */
  readonly command: readonly string[];
  readonly log: string;
  readonly stateFile: string;
  /** Command to put before node, such as one that enters a control group and then execs its arguments. */
  readonly prefix?: readonly string[];
}

/** What a part tells when it is ready. */
export interface PartState {
  readonly pid: number;
  readonly address: string;
}

export const spawnPart = (part: Part, env: NodeJS.ProcessEnv): FarmProcess => {
  for (const path of [part.log, part.stateFile]) mkdirSync(dirname(path), { recursive: true });
  rmSync(part.stateFile, { force: true });
  const log = openSync(part.log, 'a');
  const [program = nodePath(), ...rest] = [...(part.prefix ?? []), nodePath(), install.cli, ...part.command, '--state-file', part.stateFile];
  const child = spawn(program, rest, { detached: true, stdio: ['ignore', log, log], cwd: '/', env });
  child.on('error', () => undefined);
  child.unref();
  closeSync(log);
  const pid = child.pid ?? -1;
  return { role: part.role, name: part.name, pid, startTicks: startTicksOf(pid) ?? -1, log: part.log };
};

/** Codes: part-ended, part-slow, interrupted. */
export const waitForPart = async (part: Part, running: FarmProcess, signal: AbortSignal): Promise<Result<PartState>> => {
  const deadline = performance.now() + limits.farmStartMsMax;
  while (performance.now() < deadline) {
    if (signal.aborted) return err(fault('interrupted', 'interrupted'));
    const state = readState(part.stateFile);
    if (state !== undefined) return ok(state);
    if (!isAlive(running)) return err(partEnded(running));
    await sleep(25);
  }
  return err(fault('part-slow', `${running.name} is not ready after ${limits.farmStartMsMax / 1000} s`, { hint: `read ${running.log}` }));
};

const readState = (path: string): PartState | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PartState;
  } catch {
    return undefined;
  }
};

export const partEnded = (part: FarmProcess) => fault('part-ended', `${part.name} ended while it started: ${lastWords(part.log)}`, { hint: `read ${part.log}` });

/** The last thing a part said, in words: its own complaint, the error that ended it, or the message of its last log record. */
const lastWords = (log: string): string => {
  try {
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-30);
    const complaint = lines.findLastIndex((line) => line.startsWith('mosix: '));
    if (complaint >= 0) return lines.slice(complaint).map((line) => line.trim()).join('; ').replace('mosix: ', '');
    const thrown = lines.findLast((line) => /^(\w*Error)\b.*: /.test(line));
    if (thrown !== undefined) return thrown;
    const last = lines.at(-1) ?? '';
    return last.startsWith('{') ? String((JSON.parse(last) as { msg?: string }).msg ?? last) : last || 'it said nothing';
  } catch {
    return 'it said nothing';
  }
};
