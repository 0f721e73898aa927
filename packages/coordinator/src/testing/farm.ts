// A coordinator on a free port with a temporary data folder, and everything a test starts around it, ended together.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nullLogger } from '@mosix/observe';
import { connect, type Channel, type farm } from '@mosix/protocol';
import { startCoordinator, type CoordinatorOptions, type RunningCoordinator } from '../index.js';
import { startTestWorker, type RunJob, type TestWorker } from './worker.js';

export interface TestFarm {
  coordinator: RunningCoordinator;
  readonly dataDirectory: string;
  channel: Channel;
  /** In the order in which they were started. */
  readonly workers: readonly TestWorker[];
  worker(name: string, options?: { hello?: farm.HelloInput; runJob?: RunJob; heartbeats?: boolean }): Promise<TestWorker>;
  /** Ends the coordinator and starts another on the same data folder and port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Where `make -C packages/launcher` puts `mosix-init`. */
export const launcherDirectory = join(import.meta.dirname, '../../../launcher/build');

export async function startTestFarm(more: Partial<CoordinatorOptions> = {}): Promise<TestFarm> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'mosix-coordinator-'));
  const start = async (listen: string): Promise<RunningCoordinator> => {
    const started = await startCoordinator({ listen, dataDirectory, launcherDirectory, storeBytesMax: 1e9, logger: nullLogger, ...more });
    if (!started.ok) throw new Error(`${started.error.code}: ${started.error.message}`);
    return started.value;
  };
  const open = (address: string): Channel => {
    const channel = connect(address);
    if (!channel.ok) throw new Error(channel.error.message);
    return channel.value;
  };
  const coordinator = await start('127.0.0.1:0');
  const workers: TestWorker[] = [];
  const self: TestFarm = {
    coordinator,
    dataDirectory,
    workers,
    channel: open(coordinator.address),
    async worker(name, options) {
      const worker = startTestWorker(self.coordinator.address, name, options);
      workers.push(worker);
      await worker.answer;
      return worker;
    },
    async restart() {
      const { address } = self.coordinator;
      self.channel.close();
      await self.coordinator.close();
      self.coordinator = await start(address);
      self.channel = open(address);
    },
    async close() {
      for (const worker of workers) worker.kill();
      self.channel.close();
      await self.coordinator.close();
      await rm(dataDirectory, { recursive: true, force: true });
    },
  };
  return self;
}

/** Waits until `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
