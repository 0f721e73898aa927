// The one place where the coordinator is put together: store, caches, farm, services, timers.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openActionCache, openDiskStore, startKeeper, type ActionCache, type DiskStore, type Keeper } from '@mosix/cas';
import { createHistory, err, fault, limits, ok, type Result } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import { createServer, isLocalAddress } from '@mosix/protocol';
import { createOperations } from './execution/operations.js';
import { createPrepare } from './execution/prepare.js';
import { newCounters } from './farm/counters.js';
import { createFarm } from './farm/farm.js';
import { noLiveMigration, type LiveMigration } from './farm/live-migration.js';
import { openNodeSettings } from './farm/node-settings.js';
import { openHistoryStore } from './history/history-store.js';
import { watchNodeMap } from './map/node-map-watch.js';
import { actionCacheService, createLookUp } from './services/action-cache-service.js';
import { adminService } from './services/admin-service.js';
import { byteStreamService } from './services/byte-stream-service.js';
import { capabilitiesService } from './services/capabilities-service.js';
import { casService } from './services/cas-service.js';
import { executionService } from './services/execution-service.js';
import { farmService } from './services/farm-service.js';
import { operationsService } from './services/operations-service.js';
import { createActionResults } from './store/action-results.js';
import { createInputRoots } from './store/input-root.js';
import { withRecentBlobs } from './store/recent-blobs.js';

export interface CoordinatorOptions {
  /** `127.0.0.1:0` (any free port), `HOST:PORT`, `[V6]:PORT` or `unix:/PATH`. */
  readonly listen: string;
  /** Store, action cache and what must outlive a restart; no two coordinators share one. Made when it does not exist. */
  readonly dataDirectory: string;
  /** Where `mosix-init` is, which holds the lock on the data directory. */
  readonly launcherDirectory: string;
  readonly storeBytesMax: number;
  /** Bound on the action cache, which is small beside the store. Default: a tenth of `storeBytesMax`. */
  readonly actionCacheBytesMax?: number;
  readonly logger: Logger;
  /** Listen in plaintext beyond this machine. */
  readonly insecure?: boolean;
  /** mosix.map: caps on slots, speeds and labels of nodes. Read again whenever it changes. */
  readonly mapFile?: string;
  /** Moves running jobs with their state. Default: nobody can. */
  readonly live?: LiveMigration;
}

export interface RunningCoordinator {
  /** What clients and workers connect to, with the real port. */
  readonly address: string;
  close(): Promise<void>;
  /** Resolves when it has ended, by `close` or by the signal. */
  readonly done: Promise<void>;
}

interface Stores {
  readonly keeper: Keeper;
  readonly store: DiskStore;
  readonly actionCache: ActionCache;
}

async function openStores(options: CoordinatorOptions): Promise<Result<Stores>> {
  try {
    await mkdir(options.dataDirectory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    return err(fault('data-directory', `cannot use ${options.dataDirectory}`, { hint: 'choose another folder: --data DIR', cause }));
  }
  // Two processes on one store would each delete what the other counts on.
  const keeper = await startKeeper(join(options.launcherDirectory, 'mosix-init'), join(options.dataDirectory, 'lock'), 'coordinator');
  if (!keeper.ok) return keeper;
  const store = await openDiskStore({ directory: join(options.dataDirectory, 'store'), sizeBytesMax: options.storeBytesMax, foldersAtOpen: true });
  if (!store.ok) {
    await keeper.value.close();
    return store;
  }
  const actionCache = await openActionCache({
    directory: join(options.dataDirectory, 'action-cache'), sizeBytesMax: options.actionCacheBytesMax ?? Math.ceil(options.storeBytesMax / 10),
  });
  if (actionCache.ok) return ok({ keeper: keeper.value, store: store.value, actionCache: actionCache.value });
  await store.value.close();
  await keeper.value.close();
  return actionCache;
}

const closeStores = async ({ keeper, store, actionCache }: Stores): Promise<void> => {
  await Promise.all([store.close(), actionCache.close()]);
  await keeper.close();
};

const version = (): string => (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/**
 * Starts to serve clients and workers; ends when `signal` is aborted. Codes: `insecure-listen`, `data-directory`,
 * `data-in-use`, `no-init`, those of the stores, `bad-address`, `listen-failed`.
 */
export async function startCoordinator(options: CoordinatorOptions, signal?: AbortSignal): Promise<Result<RunningCoordinator>> {
  const { listen, logger, insecure = false } = options;
  if (!insecure && !isLocalAddress(listen)) {
    return err(fault('insecure-listen', `${listen} can be reached from other machines, and nothing would be encrypted or authenticated`, {
      hint: 'in a network that you trust, say so: --insecure',
    }));
  }
  const stores = await openStores(options);
  if (!stores.ok) return stores;
  const { actionCache } = stores.value;
  const store = withRecentBlobs(stores.value.store);

  const now = (): number => performance.now();
  const startedAtMs = now();
  const workersSeen = join(options.dataDirectory, 'workers-seen');
  let workersExpected = existsSync(workersSeen);
  const counters = newCounters();
  const historyStore = await openHistoryStore({ directory: join(options.dataDirectory, 'history'), logger });
  const history = createHistory(limits.historyEntriesMax, historyStore.takeEntries());
  const settings = await openNodeSettings(join(options.dataDirectory, 'nodes.json'), logger);
  const inputRoots = createInputRoots(store, now);
  const results = createActionResults(store, inputRoots);
  const operations = createOperations(now, results.inline);
  const prepare = createPrepare(store, inputRoots);
  const lookUp = createLookUp(actionCache, results);
  const isCached = async (actionHash: string): Promise<boolean> =>
    (await lookUp(actionHash, { inlineStdout: false, inlineStderr: false, inlineOutputFiles: [] })) !== undefined;
  const farm = createFarm({
    store, actionCache, results, inputRoots, operations, prepare, isCached, counters, logger, now, workersExpected, history, historyStore, settings,
    live: options.live ?? noLiveMigration,
  });

  const onJoin = (): void => {
    if (workersExpected) return;
    workersExpected = true;
    writeFile(workersSeen, '').catch((problem: unknown) => logger.warn({ err: problem }, 'cannot write to the data folder'));
  };
  let address = listen;
  const server = await createServer({
    listen,
    plaintext: insecure,
    services: {
      capabilities: capabilitiesService(),
      cas: casService(store),
      byteStream: byteStreamService(store),
      actionCache: actionCacheService(lookUp, counters),
      execution: executionService({ farm, operations, prepare, lookUp, counters }),
      operations: operationsService(operations, farm),
      farm: farmService({ farm, logger, onJoin }),
      admin: adminService({ farm, store, actionCache, counters, version: version(), address: () => address, now, startedAtMs }),
    },
    onBug: (problem, path) => logger.error({ err: problem, path }, 'bug in a handler'),
  });
  if (!server.ok) {
    await historyStore.close();
    await closeStores(stores.value);
    return server;
  }
  const { mapFile } = options;
  const map = mapFile === undefined ? undefined : watchNodeMap(mapFile, (nodes) => farm.members.setMap(mapFile, nodes), (problems) => farm.members.setMapProblems(mapFile, problems));
  address = server.value.address;
  const timer = setInterval(() => {
    try {
      farm.tick();
    } catch (problem) {
      logger.error({ err: problem }, 'bug in the farm');
    }
  }, limits.schedulerTickMs);
  logger.info({ address, data: options.dataDirectory }, 'coordinator is listening');

  let ended = (): void => undefined;
  const done = new Promise<void>((resolve) => (ended = resolve));
  let closing: Promise<void> | undefined;
  const shutDown = async (): Promise<void> => {
    clearInterval(timer);
    await map?.close();
    await server.value.close();
    // The lock on the folder goes last, with the stores.
    await Promise.all([historyStore.close(), settings.written()]);
    await closeStores(stores.value);
    ended();
  };
  const close = (): Promise<void> => (closing ??= shutDown());
  if (signal?.aborted === true) void close();
  else signal?.addEventListener('abort', () => void close(), { once: true });
  return ok({ address, close, done });
}
