// What the launcher's tests share: the built programs, a folder of their own for each test, and starting a program.

import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const packageDirectory = join(import.meta.dirname, '..');
export const launcher = join(packageDirectory, 'build/mosix-cc');
export const interceptLibrary = join(packageDirectory, 'build/libmosix-intercept.so');

/** Builds the C programs; with a folder and flags, another variant of them beside the usual one. */
export function buildPrograms(variant?: { folder: string; flags: string }): void {
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, ...env } = process.env;
  const settings = variant === undefined ? [] : [`BUILD=${variant.folder}`, `CPPFLAGS=${variant.flags}`];
  execFileSync('make', ['-s', '-C', packageDirectory, ...settings], { env, stdio: 'inherit' });
}

export interface Workspace {
  directory: string;
  /** The environment for a launcher that finds the fake daemon and starts none of its own. */
  env: Record<string, string>;
  remove(): void;
}

export function makeWorkspace(): Workspace {
  const directory = mkdtempSync(join(tmpdir(), 'mosix-cc-'));
  const env = { PATH: '/usr/bin:/bin', HOME: directory, LC_ALL: 'C', MOSIX_DIR: directory, MOSIX_DAEMON: '/bin/false' };
  return { directory, env, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A link of a compiler's name to the launcher, as a masquerade folder holds it. */
export function masquerade(folder: string, name: string, target = launcher): string {
  const link = join(folder, name);
  symlinkSync(target, link);
  return link;
}

export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** What has come out so far. */
  output(): string;
}

export function start(program: string, args: readonly string[], options: SpawnOptions): Started {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) =>
      resolve({ status, signal, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }));
  });
  return { child, ended, output: () => Buffer.concat([...stdout, ...stderr]).toString() };
}

export function run(program: string, args: readonly string[], options: SpawnOptions): Promise<Ended> {
  return start(program, args, options).ended;
}

/** Waits until the condition holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
