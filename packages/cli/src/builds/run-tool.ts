// Runs a build tool as if the user had started it: same terminal, same process group, same descriptors (a parent make's jobserver
// among them), same exit status.

import { spawn, type StdioOptions } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { constants } from 'node:os';
import { err, fault, ok, type Result } from '@mosix/core';

/** Ctrl-C, Ctrl-\ and a closed terminal reach the tool by itself, as a member of the group. We only have to outlive it. */
const groupSignals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
/** These are sent to one process, us: the tool must hear of them, too. */
const passedOn: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** A jobserver's pipe is among the first descriptors of a make; a number beyond this is nonsense. */
const descriptorsMax = 256;

export const signalStatus = (signal: NodeJS.Signals): number => 128 + (constants.signals[signal] ?? 0);

/**
 * Node marks every descriptor that it inherits as its own. The tool needs standard input, output and error and, below a parent make, the
 * two ends of the jobserver's pipe, at the numbers that MAKEFLAGS names; else it would build one file at a time.
 */
export const descriptorsFor = (env: NodeJS.ProcessEnv): StdioOptions => {
  const ends = /--jobserver-(?:auth|fds)=(\d+),(\d+)/.exec(env['MAKEFLAGS'] ?? '')?.slice(1).map(Number) ?? [];
  if (!ends.every(isOpen)) return ['inherit', 'inherit', 'inherit'];
  return Array.from({ length: Math.max(2, ...ends) + 1 }, (_, descriptor) => (descriptor <= 2 ? 'inherit' : ends.includes(descriptor) ? descriptor : 'ignore'));
};

const isOpen = (descriptor: number): boolean => {
  try {
    return descriptor > 2 && descriptor < descriptorsMax && fstatSync(descriptor).isFIFO();
  } catch {
    return false;
  }
};

/** The tool's exit status; 128 + signal when one ended it. Codes: tool-missing, tool-start. */
export const runTool = (command: readonly string[], env: NodeJS.ProcessEnv): Promise<Result<number>> =>
  new Promise((resolve) => {
    const [tool = '', ...rest] = command;
    const ignore = (): void => undefined;
    for (const signal of groupSignals) process.on(signal, ignore);
    const child = spawn(tool, rest, { stdio: descriptorsFor(env), env });
    const hand = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    for (const signal of passedOn) process.on(signal, hand);
    const finish = (result: Result<number>): void => {
      for (const signal of groupSignals) process.off(signal, ignore);
      for (const signal of passedOn) process.off(signal, hand);
      resolve(result);
    };
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') finish(err(fault('tool-missing', `${tool}: not found on PATH`, { hint: tool === 'make' ? 'apt-get install make' : 'mosix doctor', cause })));
      else finish(err(fault('tool-start', `${tool}: ${cause.message}`, { cause })));
    });
    child.once('exit', (status, signal) => finish(ok(signal === null ? (status ?? 1) : signalStatus(signal))));
  });
