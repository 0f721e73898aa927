// mosix tune [NODE|--all]: measures nodes with a real compile.

import { accessSync, constants, copyFileSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { err, fault, ok, type Result } from '@mosix/core';
import { exitStatus, type Outcome, type RunCommand } from '../command.js';
import { signalStatus } from '../builds/run-tool.js';
import { withAdmin } from '../farm/admin.js';
import { install, launcherBuilt } from '../install.js';
import { sortedNodes } from '../report/nodes.js';
import { tuneLines, type TuneResult } from '../report/tune.js';
import { calibrationSource, compilers, runsDefault, type Compiler } from '../tune/calibration.js';
import { compileOn } from '../tune/compile-on.js';
import { tuneNode, type TunePorts } from '../tune/tune-node.js';

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export const run: RunCommand = async ({ args, options, config }) => {
  const all = options['all'] === true;
  const [name] = args;
  if (all === (name !== undefined)) return err(fault('usage', 'name a node, or all of them with --all', { hint: 'mosix nodes lists them' }));
  if (!launcherBuilt()) return err(fault('not-built', 'the compiler launcher is not built', { hint: `make -C ${install.root} build` }));
  const compiler = compilers.find((one) => onPath(one.name));
  if (compiler === undefined) return err(fault('no-compiler', `none of ${compilers.map((one) => one.name).join(', ')} is on PATH`, { hint: 'apt-get install gcc' }));

  const stop = new AbortController();
  let received: NodeJS.Signals | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    received ??= signal;
    stop.abort();
  };
  for (const signal of endSignals) process.on(signal, interrupt);
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'mosix-tune-')));
  try {
    copyFileSync(calibrationSource, join(folder, 'calibrate.c'));
    return await withAdmin<Outcome>(config, async (admin) => {
      const show = options['json'] !== true && process.stderr.isTTY;
      const ports: TunePorts = {
        admin,
        compile: (node, run) => compileOn({ node, run, compiler: compiler.name, folder, config, signal: stop.signal }),
        nowMs: () => performance.now(),
        sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
        say: show ? (text) => void process.stderr.write(`\r\u001b[K${text}`) : () => undefined,
        signal: stop.signal,
      };
      const plan = { runs: Number(options['runs'] ?? runsDefault), compiler };
      const tuned = name === undefined ? await tuneAll(plan, ports) : await tuneOne(name, plan, ports);
      if (show) process.stderr.write('\r\u001b[K');
      if (received !== undefined) return ok({ data: tuned.ok ? tuned.value : [], lines: () => ['interrupted; the node is no longer held'], status: signalStatus(received) });
      if (!tuned.ok) return tuned;
      const failed = tuned.value.some((one) => 'error' in one);
      return ok({ data: tuned.value, lines: (paint, width) => tuneLines(tuned.value, paint, width), ...(failed ? { status: exitStatus.failed } : {}) });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    for (const signal of endSignals) process.off(signal, interrupt);
  }
};

interface Plan {
  readonly runs: number;
  readonly compiler: Compiler;
}

const tuneOne = async (node: string, { runs, compiler }: Plan, ports: TunePorts): Promise<Result<readonly TuneResult[]>> => {
  const tuned = await tuneNode(node, { runs, compiler: compiler.name, referenceMs: compiler.referenceMs }, ports);
  return tuned.ok ? ok([tuned.value]) : tuned;
};

/** One after another, so that nodes on one machine do not measure each other. One that cannot be measured keeps nobody else from it. */
const tuneAll = async (plan: Plan, ports: TunePorts): Promise<Result<readonly TuneResult[]>> => {
  const status = await ports.admin.status();
  if (!status.ok) return status;
  const results: TuneResult[] = [];
  for (const node of sortedNodes(status.value)) {
    if (ports.signal.aborted) break;
    const tuned = await tuneOne(node.name, plan, ports);
    if (tuned.ok) results.push(...tuned.value);
    else {
      const { code, message, hint } = tuned.error;
      results.push({ node: node.name, error: { code, message, ...(hint === undefined ? {} : { hint }) } });
    }
  }
  return ok(results);
};

const onPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
