// Where mosix keeps its files for one user. The C launcher computes the same paths (packages/launcher), so that a launcher, the daemon
// and the tools meet at one socket without asking each other: change both or neither.

import { join } from 'node:path';

export interface Directories {
  /** Sockets, locks, the masquerade directory and farm.json: gone at reboot, mode 0700, owned by the user. */
  readonly run: string;
  /** Daemon caches, logs, statistics: worth keeping, safe to delete. */
  readonly cache: string;
  /** The user's own settings: config.toml. */
  readonly config: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** `uid`: the numeric user id, of the running process by default. */
export const directories = (env: Environment = process.env, uid: number = process.getuid?.() ?? 0): Directories => {
  const home = env['HOME'] || '/';
  const config = join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'mosix');
  const own = env['MOSIX_DIR'];
  if (own) return { run: join(own, 'run'), cache: join(own, 'cache'), config };
  return {
    run: env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], 'mosix') : `/tmp/mosix-${uid}`,
    cache: join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'mosix'),
    config,
  };
};

/** The files in the run and cache directories that more than one program touches. */
export const runFiles = (run: string) => ({
  socket: join(run, 'daemon.sock'),
  daemonLock: join(run, 'daemon.lock'),
  daemonPid: join(run, 'daemon.pid'),
  masquerade: join(run, 'masquerade'),
  farm: join(run, 'farm.json'),
});

export const cacheFiles = (cache: string) => ({
  log: join(cache, 'daemon.log'),
  stats: join(cache, 'stats.json'),
  jobs: join(cache, 'jobs.jsonl'),
  farm: join(cache, 'farm'),
});
