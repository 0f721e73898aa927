// CPU time of commands and of daemons. Commands: by wait4 in a small C program. Daemons: from the scheduler's own
// nanosecond counts of each thread, which the clock ticks of /proc/PID/stat would round to 10 ms. Their children count too.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repository } from '../e2e/support/paths.js';
import { mustRun } from '../e2e/support/run.js';

export interface Cost {
  /** Mean per command. */
  readonly launcherMs: number;
  readonly daemonMs: number;
  readonly wallMs: number;
}

export interface Measured {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly commands: readonly (readonly string[])[];
  /** Local daemons whose CPU counts, asked before and after. */
  readonly daemons?: () => readonly number[];
}

const TICK_NS = 1e7;

/** CPU of a process in nanoseconds: its threads that live, from schedstat, and children that it waited for, from the ticks of stat. */
function cpuOf(pid: number): number {
  let fields: string[];
  try {
    fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  } catch {
    return 0;
  }
  const ticks = (first: number): number => (Number(fields[first]) + Number(fields[first + 1])) * TICK_NS;
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), ticks(13));
  } catch {
    return ticks(11) + ticks(13);
  }
}

const here = dirname(fileURLToPath(import.meta.url));

/** Compiles the measuring program into the folder. */
export function buildMeasure(folder: string): string {
  const program = join(folder, 'measure');
  execFileSync('gcc', ['-O2', '-o', program, join(repository, 'test/bench/measure.c')], { cwd: here });
  return program;
}

export async function measure(program: string, folder: string, what: Measured): Promise<Cost> {
  const list = join(folder, 'commands');
  writeFileSync(list, what.commands.map((words) => `${words.join('\t')}\n`).join(''));
  const before = new Map((what.daemons?.() ?? []).map((pid) => [pid, cpuOf(pid)]));
  const said = await mustRun([program, list], { cwd: what.cwd, env: what.env, timeoutMs: 1_200_000 });
  // A daemon may still be writing its journal for the last command: that is a cost of the command too.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const daemonNs = (what.daemons?.() ?? []).reduce((sum, pid) => sum + cpuOf(pid) - (before.get(pid) ?? 0), 0);
  const rows = said.stdout.toString().trim().split('\n').map((line) => line.split(' ').map(Number));
  const failed = rows.filter((row) => row[0] !== 0).length;
  if (failed > 0) throw new Error(`${failed} of ${rows.length} commands failed:\n${said.stderr.toString().slice(-2000)}`);
  const mean = (index: number): number => rows.reduce((sum, row) => sum + (row[index] ?? 0), 0) / rows.length / 1e6;
  return { launcherMs: mean(2), daemonMs: daemonNs / rows.length / 1e6, wallMs: mean(1) };
}
