// One calibrated compile on one node: through launcher, daemon and farm, as any compile goes, so that what is measured is what builds will
// get. The daemon's journal tells where it really ran and how long.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { runFiles, type Config } from '@mosix/config';
import { err, fault, ok, type Result } from '@mosix/core';
import { askDaemon } from '../daemon-control.js';
import { install } from '../install.js';

export interface Measured {
  /** Of the compiler on the node. */
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface CompileRequest {
  readonly node: string;
  readonly compiler: string;
  /** The source in it is called calibrate.c; a real path. */
  readonly folder: string;
  /** Distinguishes outputs, and so the jobs. */
  readonly run: number;
  readonly config: Config;
  readonly signal: AbortSignal;
}

/** Variables that may reach the compile: nothing that names include folders, languages or other settings of a build. */
const passed = ['HOME', 'PATH', 'MOSIX_DIR', 'MOSIX_NODEJS', 'MOSIX_DAEMON', 'MOSIX_ETC', 'XDG_RUNTIME_DIR', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'TMPDIR'];

export const compileEnvironment = ({ node, config }: Pick<CompileRequest, 'node' | 'config'>, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(passed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
  LC_ALL: 'C',
  MOSIX_NODE: node,
  MOSIX_CACHE: 'off',
  MOSIX_COORDINATOR: config.settings.coordinator ?? 'none',
  MOSIX_INSECURE: config.settings.insecure ? 'on' : 'off',
});

/** Codes: `compiler-failed`, `tune-elsewhere` (it ran here or on another node), `daemon-absent` and the like, `interrupted`. */
export const compileOn = async (request: CompileRequest): Promise<Result<Measured>> => {
  const { compiler, folder, run, config, signal } = request;
  const output = join(folder, `run-${run}.o`);
  const ended = await runLauncher([compiler, '-O2', '-c', 'calibrate.c', '-o', output], folder, compileEnvironment(request, process.env), signal);
  if (signal.aborted) return err(fault('interrupted', 'interrupted'));
  if (ended.status !== 0) return err(fault('compiler-failed', `${compiler} ended with status ${ended.status}: ${ended.said.split('\n')[0] ?? ''}`, { hint: 'mosix doctor' }));
  const entry = await askDaemon(runFiles(config.directories.run).socket, { op: 'why', path: output });
  return entry.ok ? readEntry(entry.value, request.node) : entry;
};

const runLauncher = (words: readonly string[], cwd: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<{ status: number; said: string }> =>
  new Promise((resolve) => {
    const child = spawn(install.launcher, words, { cwd, env, signal, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.length < 4096) said += chunk.toString('utf8');
    });
    child.once('error', (problem) => resolve({ status: 127, said: problem.message }));
    child.once('close', (status) => resolve({ status: status ?? 128, said }));
  });

/** Pure: a journal entry to the measure, if it is one of this node. */
export const readEntry = (entry: Readonly<Record<string, unknown>>, node: string): Result<Measured> => {
  const elsewhere = (where: string): Result<Measured> =>
    err(fault('tune-elsewhere', `the compile for ${node} ${where}`, { hint: 'mosix nodes shows whether it takes jobs; mosix doctor looks at this machine' }));
  if (entry['outcome'] === 'local') return elsewhere(`ran on this machine: ${String(entry['explanation'] ?? entry['reason'] ?? 'no reason given')}${entry['detail'] === undefined ? '' : ` (${String(entry['detail'])})`}`);
  if (entry['outcome'] !== 'remote') return elsewhere(`was not run (${String(entry['outcome'] ?? 'unknown to the daemon')})`);
  if (entry['node'] !== node) return elsewhere(`ran on ${String(entry['node'])}`);
  const wallMs = Number(entry['wallSeconds']) * 1000;
  if (!(wallMs > 0)) return err(fault('tune-unmeasured', `${node} did not say how long the compile took`, { hint: 'its worker, or the coordinator, is older than this mosix' }));
  return ok({ wallMs, cpuMs: Math.max(0, Number(entry['cpuSeconds']) * 1000 || 0) });
};
