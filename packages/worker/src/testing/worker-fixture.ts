// What tests of a whole worker share: a test coordinator, a data folder, a shell as "compiler", and leases to give out.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { nullLogger } from '@mosix/observe';
import type { farm, reapi } from '@mosix/protocol';
import { startWorker } from '../worker.js';
import type { RunningWorker, WorkerOptions } from '../worker.js';
import { startTestCoordinator } from './test-coordinator.js';
import type { TestCoordinator } from './test-coordinator.js';
import { buildInit, removeInit, sandboxMissing } from './test-host.js';
import { treeBuilder } from './tree-builder.js';
import type { BuiltTree, TreeBuilder } from './tree-builder.js';

const SHELL = ['sh', 'sleep', 'cat', 'ln', 'mkdir', 'head', 'touch', 'stat', 'chmod', 'setsid'].map((name) => (name === 'sh' ? '/bin/sh' : `/usr/bin/${name}`)).filter(existsSync);

export interface AssignOptions {
  readonly fill?: (tree: TreeBuilder) => void;
  readonly outputs?: string[];
  readonly timeoutMs?: number;
  readonly directories?: 'none';
  readonly stored?: (tree: BuiltTree) => void;
  readonly command?: reapi.CommandInput;
}

export interface WorkerFixture {
  readonly coordinator: TestCoordinator;
  /** A folder of this test alone. */
  readonly base: string;
  /** Workers that the test's end closes, too. */
  readonly workers: RunningWorker[];
  options(more?: Partial<WorkerOptions>): WorkerOptions;
  start(more?: Partial<WorkerOptions>, signal?: AbortSignal): Promise<RunningWorker>;
  /** Gives out a lease that runs a shell script in /work; its name. */
  assign(script: string, more?: AssignOptions): Promise<string>;
  run(script: string, more?: AssignOptions): Promise<farm.LeaseUpdate>;
  /** Lets jobs go on that wait for `out/go`: puts that file into their scratch directories. */
  letGo(): void;
}

/** Call it at the top of a test file. */
export function useWorkers(): WorkerFixture {
  let base: string;
  let coordinator: TestCoordinator;
  let serial = 0;
  let shellFiles: readonly string[] = [];
  const workers: RunningWorker[] = [];

  beforeAll(() => {
    if (sandboxMissing !== undefined) return;
    buildInit();
    const libraries = SHELL.flatMap((program) => [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/[^\s)]+)/g)].map((match) => match[1] ?? ''));
    shellFiles = [...SHELL, ...libraries].filter(existsSync);
  });
  afterAll(() => removeInit());
  beforeEach(async () => {
    if (sandboxMissing !== undefined) return;
    base = mkdtempSync('/var/tmp/mosix-worker-test-');
    coordinator = await startTestCoordinator();
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.close();
    if (sandboxMissing !== undefined) return;
    await coordinator.stop();
    rmSync(base, { recursive: true, force: true });
  });

  const fixture: WorkerFixture = {
    get coordinator() {
      return coordinator;
    },
    get base() {
      return base;
    },
    workers,
    options: (more = {}) => ({
      coordinator: coordinator.address, name: 'w1', slots: 2, dataDirectory: join(base, 'data'), storeBytesMax: 1e9,
      launcherDirectory: dirname(buildInit()), logger: nullLogger, speed: 1, ...more,
    }), // prettier-ignore
    start: async (more = {}, signal) => {
      const started = await startWorker(fixture.options(more), signal);
      if (!started.ok) throw new Error(`${started.error.code}: ${started.error.message}`);
      workers.push(started.value);
      return started.value;
    },
    assign: async (script, more = {}) => {
      const tree = treeBuilder();
      for (const path of shellFiles) tree.capture(path);
      tree.directory('/work/out');
      more.fill?.(tree);
      const built = tree.build();
      await coordinator.store(built);
      more.stored?.(built);
      const leaseId = `lease-${(serial += 1)}`;
      coordinator.send({
        assign: {
          leaseId,
          actionDigest: { hash: 'a'.repeat(64), sizeBytes: 1 },
          action: { inputRootDigest: built.rootDigest },
          command: {
            arguments: ['/bin/sh', '-c', script], environmentVariables: [{ name: 'PATH', value: '/bin:/usr/bin' }],
            workingDirectory: 'work', outputPaths: more.outputs ?? ['out/result'], ...more.command,
          },
          directories: more.directories === 'none' ? [] : built.directories,
          timeoutMs: more.timeoutMs ?? 20_000,
          label: 'test',
        },
      }); // prettier-ignore
      return leaseId;
    },
    letGo: () => {
      const jobs = join(base, 'data/jobs');
      for (const slot of readdirSync(jobs)) for (const name of readdirSync(join(jobs, slot))) if (name.startsWith('scratch-')) writeFileSync(join(jobs, slot, name, 'go'), '');
    },
    run: async (script, more) => coordinator.outcome(await fixture.assign(script, more)),
  };
  return fixture;
}

export function resultOf(update: farm.LeaseUpdate): reapi.ActionResult {
  if (update.state !== 'finished' || update.finished.result === null) throw new Error(`not finished: ${JSON.stringify(update)}`);
  return update.finished.result;
}

export function failureOf(update: farm.LeaseUpdate): farm.Failed {
  if (update.state !== 'failed') throw new Error(`not failed: ${JSON.stringify(update)}`);
  return update.failed;
}

/** Process ids, as text, of this machine's processes with a word of their command line that holds this one. */
export const processesWith = (word: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').some((each) => each.includes(word));
    } catch {
      return false;
    }
  });
