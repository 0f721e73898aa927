// A build step of the demo: in a process group of its own, output to a log, ended as a whole when the demo ends.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { err, fault, limits, ok, type Result } from '@mosix/core';

export interface Step {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: string;
}

/** Codes: interrupted, step-failed (with the log's last lines). */
export const runStep = (step: Step, signal: AbortSignal): Promise<Result<void>> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(err(interrupted));
    const log = openSync(step.log, 'a');
    const [program = '', ...rest] = step.command;
    const child = spawn(program, rest, { detached: true, stdio: ['ignore', log, log], cwd: step.cwd, env: step.env });
    closeSync(log);
    let killer: NodeJS.Timeout | undefined;
    const end = (): void => {
      killGroup(child.pid, 'SIGTERM');
      killer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), limits.processEndMsMax);
    };
    signal.addEventListener('abort', end, { once: true });
    const finish = (result: Result<void>): void => {
      clearTimeout(killer);
      signal.removeEventListener('abort', end);
      resolve(signal.aborted ? err(interrupted) : result);
    };
    child.once('error', (problem) => finish(err(fault('step-failed', `${program}: ${problem.message}`))));
    child.once('exit', (status) => finish(status === 0 ? ok(undefined) : err(fault('step-failed', `${step.command.join(' ')} failed:\n${tail(step.log)}`))));
  });

const interrupted = fault('interrupted', 'interrupted');

const killGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // gone already
  }
};

const tail = (path: string): string => readFileSync(path, 'utf8').trimEnd().split('\n').slice(-15).map((line) => `  ${line}`).join('\n');
