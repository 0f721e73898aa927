// Assembles the daemon: one per user, started by the first launcher, gone when idle. It runs no compilers; launchers do.
import { hash } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheFiles, clientIdentity, directories, loadConfig, runFiles, type Directories } from '@mosix/config';
import { err, fault, ok, type Result } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import { runCompile, type JobParts } from './compile-job.js';
import { connectFarm, type Farm } from './farm.js';
import { createJournal } from './journal.js';
import { createLocalQuota } from './local-quota.js';
import { createPreparer } from './prepare.js';
import { openResultCache } from './results.js';
import { loadState, saveState } from './saved-state.js';
import { serveSocket } from './session.js';
import { createSettings } from './settings.js';
import { createStatistics, summarize } from './statistics.js';

export interface DaemonOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const SAVE_AFTER_QUIET_MS = 2_000;
const SAVE_EVERY_MS = 60_000;
const SUN_PATH_MAX = 100;

const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** Listens under a temporary name, then renames: whoever sees the socket can connect. Long paths go through a directory descriptor. */
async function listen(server: Server, run: string, socket: string): Promise<void> {
  const temporary = join(run, `daemon.sock.${process.pid}`);
  rmSync(temporary, { force: true });
  let directory: number | undefined;
  let address = temporary;
  if (Buffer.byteLength(temporary) > SUN_PATH_MAX) {
    directory = openSync(run, 'r');
    address = `/proc/self/fd/${directory}/daemon.sock.${process.pid}`;
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: address, backlog: 4096 }, () => resolve());
  });
  if (directory !== undefined) closeSync(directory);
  chmodSync(temporary, 0o600);
  renameSync(temporary, socket);
}

/** Runs until the signal aborts, the daemon has been idle for long, or it is told to stop. Codes: `run-directory`, `socket`, config's. */
export async function runDaemon(options: DaemonOptions): Promise<Result<void>> {
  const { environment, logger, signal } = options;
  const config = loadConfig({ env: environment, cwd: '/' });
  if (!config.ok) return config;
  const { settings } = config.value;
  const places: Directories = directories(environment);
  const run = runFiles(places.run);
  const cache = cacheFiles(places.cache);
  try {
    mkdirSync(places.run, { recursive: true, mode: 0o700 });
    mkdirSync(places.cache, { recursive: true, mode: 0o700 });
    const owner = statSync(places.run);
    if (owner.uid !== process.getuid?.() || (owner.mode & 0o077) !== 0) {
      return err(fault('run-directory', `${places.run} must belong to you alone`, { hint: `rm -rf ${places.run}` }));
    }
  } catch (cause) {
    return err(fault('run-directory', `cannot use ${places.run}: ${String(cause)}`, { cause }));
  }
  // Modes of outputs come from each launcher's umask.
  process.umask(0);

  const stateFile = join(places.cache, 'daemon-state');
  const quota = createLocalQuota(settings.localSlots > 0 ? settings.localSlots : availableParallelism());
  const preparer = createPreparer(sha256, (session, question) => quota.ask(session.signal, question));
  const saved = loadState(stateFile);
  if (saved !== undefined) {
    preparer.sources.import(saved.sources);
    preparer.compilers.import(saved.compilers);
  }
  const statistics = createStatistics(cache.stats, () => (process.cpuUsage().user + process.cpuUsage().system) * 1000, () => new Date());
  const journal = createJournal(cache.jobs);
  const opened = await openResultCache(join(places.cache, 'results'), settings.cacheSizeBytesMax, sha256);
  if (!opened.ok) logger.warn({ code: opened.error.code }, `no result cache: ${opened.error.message}`);
  const farms = new Map<string, Farm>();
  const parts: JobParts = {
    preparer,
    settings: createSettings(Date.now),
    farm(address, plaintext) {
      const key = `${address} ${plaintext}`;
      const known = farms.get(key);
      if (known !== undefined) return ok(known);
      const made = connectFarm(address, { nowMs: Date.now, sha256, user: clientIdentity() }, { plaintext });
      if (made.ok) farms.set(key, made.value);
      return made;
    },
    results: opened.ok ? opened.value : undefined,
    quota,
    statistics,
    journal,
    logger,
    sha256,
    nowMs: Date.now,
  };

  let active = 0;
  let unsaved = false;
  let quietTimer: NodeJS.Timeout | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();

  const save = (): void => {
    journal.flush();
    statistics.save();
    if (!unsaved) return;
    unsaved = false;
    saveState(stateFile, { sources: preparer.sources.export(), compilers: preparer.compilers.export() });
  };
  const settle = (): void => {
    clearTimeout(quietTimer);
    clearTimeout(idleTimer);
    if (active > 0) return;
    quietTimer = setTimeout(save, SAVE_AFTER_QUIET_MS);
    if (settings.daemonIdleExitMs > 0) idleTimer = setTimeout(stop, settings.daemonIdleExitMs);
  };

  // A long build is never quiet; what it has learnt must not be lost with the daemon.
  const saveTimer = setInterval(save, SAVE_EVERY_MS);

  const control = (request: unknown, reply: (answer: unknown) => void): void => {
    const { op, id, path } = (typeof request === 'object' && request !== null ? request : {}) as { op?: unknown; id?: unknown; path?: unknown };
    switch (op) {
      case 'ping':
        return reply({ ok: true, pid: process.pid, active });
      case 'stats':
        return reply({
          ...summarize(statistics.total(), statistics.daemonCpuNs()),
          localCache: parts.results?.stats() ?? null,
          local: parts.quota.running,
          coordinators: [...farms.values()].map((farm) => ({ address: farm.address, fault: farm.lastFault?.code ?? null })),
        });
      case 'zero':
        statistics.zero();
        statistics.save();
        return reply({ ok: true });
      case 'build':
        return reply({ ...summarize(statistics.build(String(id)), 0), active });
      case 'progress': {
        const tally = statistics.build(String(id));
        return reply({ total: tally.total, remote: tally.remote, cacheHits: tally.cacheHits, local: tally.local, failed: tally.failed, other: tally.other, nodes: tally.nodes, active });
      }
      case 'why':
        return reply(journal.find(String(path)) ?? { error: { code: 'not-found', message: `no compile made ${String(path)} lately`, hint: 'build it with mosix-make, then ask again' } });
      case 'stop':
        reply({ ok: true });
        return stop();
      default:
        return reply({ error: { code: 'bad-request', message: `unknown request ${JSON.stringify(op)}` } });
    }
  };

  const server = createServer((socket) => {
    active += 1;
    settle();
    serveSocket(socket, {
      onRun(session) {
        unsaved = true;
        void runCompile(session, parts);
        const buildId = session.request.environment.get('MOSIX_BUILD_ID');
        void session.goodbye.then((cpuNs) => {
          if (cpuNs === undefined) return;
          statistics.count(buildId, (tally) => {
            tally.launcherCpuNs += cpuNs;
            tally.launchers += 1;
          });
        });
      },
      onControl: control,
      onClose() {
        active -= 1;
        settle();
      },
    });
  });
  try {
    await listen(server, places.run, run.socket);
  } catch (cause) {
    return err(fault('socket', `cannot listen at ${run.socket}: ${String(cause)}`, { cause }));
  }
  writeFileSync(run.daemonPid, `${process.pid}\n`);
  logger.info({ pid: process.pid, socket: run.socket }, 'daemon is ready');
  settle();
  const { watch } = await import('chokidar'); // after the socket is there: no launcher waits for it
  // `mosix up` and `mosix down` hold for the very next compile.
  const watcher = watch([run.farm, ...config.value.files], { ignoreInitial: true, persistent: false }).on('all', () => parts.settings.forget());

  await stopped;
  // New launchers find no socket and start another daemon once our lock is gone; those that are connected fall back to local compiles.
  rmSync(run.socket, { force: true });
  server.close();
  await watcher.close();
  clearTimeout(quietTimer);
  clearTimeout(idleTimer);
  clearInterval(saveTimer);
  unsaved = true;
  save();
  for (const farm of farms.values()) farm.close();
  await parts.results?.close();
  // Last: who waits for this file to go may touch what was written. No successor can have made its own while our lock is held.
  rmSync(run.daemonPid, { force: true });
  logger.info({ pid: process.pid }, 'daemon has ended');
  return ok(undefined);
}
