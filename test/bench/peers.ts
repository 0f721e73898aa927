// The tools that people use today, where Debian's packages of them are installed: how each is started, what goes before
// the compiler, and which local daemon's CPU counts. Servers listen on loopback or on the namespace's address alone.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, until } from '../e2e/support/farm.js';
import { isRoot, which } from '../e2e/support/paths.js';
import { run } from '../e2e/support/run.js';
import type { Scratch } from '../e2e/support/scratch.js';
import type { RemotePlace } from './network.js';

export interface Peer {
  readonly name: string;
  /** Words before the compiler. */
  readonly before: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly daemons: () => readonly number[];
  /** Compiles once more before the measured pass, to fill its cache. */
  readonly fillsCache: boolean;
  stop(): void;
}

export interface PeerPlace {
  readonly scratch: Scratch;
  readonly remote: RemotePlace;
  readonly env: Readonly<Record<string, string>>;
}

function server(place: PeerPlace, log: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const file = openSync(join(place.scratch.path, log), 'a');
  // Its folder in the environment lets the scratch folder's clean-up find a server that left its process group.
  const child = spawn(words[0] as string, words.slice(1), { env: { ...place.env, ...env, MOSIX_DIR: place.scratch.folder('servers') }, stdio: ['ignore', file, file], cwd: '/', detached: true });
  closeSync(file);
  child.on('error', (problem) => console.error(`${log}: ${problem.message}`));
  return child;
}

/** Ends the whole process group of a server. */
const end = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // gone
  }
};

async function distcc(place: PeerPlace): Promise<Peer | undefined> {
  const [client, daemon] = [which('distcc'), which('distccd')];
  if (client === undefined || daemon === undefined) return undefined;
  const { remote } = place;
  const port = await freePort();
  const child = server(place, 'distccd.log', [
    ...remote.enter, daemon, '--no-detach', '--daemon', '--listen', remote.far, '--port', String(port), '--allow', remote.near, '--jobs', '4', '--log-stderr', '--user', isRoot ? 'nobody' : (process.env['USER'] ?? 'nobody'),
  ]);
  return {
    name: 'distcc',
    before: [client],
    env: { DISTCC_HOSTS: `${remote.far}:${port}`, DISTCC_FALLBACK: '0', DISTCC_DIR: place.scratch.folder('distcc'), DISTCC_CMDLIST: '' },
    daemons: () => [],
    fillsCache: false,
    stop: () => end(child),
  };
}

/** Processes of a session or group that a server may have forked. */
function groupOf(leader: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')[2]) === leader;
    } catch {
      return false;
    }
  });
}

async function icecream(place: PeerPlace): Promise<Peer | undefined> {
  const [client, daemon, scheduler] = [which('icecc'), which('iceccd'), which('icecc-scheduler')];
  if (client === undefined || daemon === undefined || scheduler === undefined) return undefined;
  if (!place.remote.separate) return undefined; // two of its daemons do not live on one machine
  const { remote, scratch } = place;
  const network = `mosix-bench-${process.pid}`;
  const [schedulerPort, daemonPort] = [await freePort(), await freePort()];
  const folders = ['icecream-far', 'icecream-near', 'icecream'].map((name) => scratch.folder(name));
  const socket = join(scratch.path, 'icecream/iceccd.sock');
  // Its daemon gives up root for the user of Debian's package before it looks at its folder.
  for (const folder of folders) {
    chmodSync(folder, 0o777);
    execFileSync('chown', ['icecc:icecc', folder]);
  }
  const children = [
    server(place, 'icecc-scheduler.log', [...remote.enter, scheduler, '-n', network, '-i', remote.farInterface, '-p', String(schedulerPort), '-v']),
    server(place, 'iceccd-far.log', [...remote.enter, daemon, '-n', network, '-s', `${remote.far}:${schedulerPort}`, '-i', remote.farInterface, '-p', String(daemonPort), '-m', '4', '-N', 'far', '-b', folders[0] as string, '-v'], { ICECC_TEST_SOCKET: `${socket}.far` }),
    server(place, 'iceccd-near.log', [daemon, '-n', network, '-s', `${remote.far}:${schedulerPort}`, '-i', remote.nearInterface, '-p', String(daemonPort), '-m', '4', '--no-remote', '-N', 'near', '-b', folders[1] as string, '-v'], { ICECC_TEST_SOCKET: socket }),
  ];
  return {
    name: 'icecream',
    before: [client],
    env: { ICECC_TEST_SOCKET: socket, ICECC_PREFERRED_HOST: 'far', ICECC_CARET_WORKAROUND: '0' },
    daemons: () => groupOf(children[2]?.pid ?? -1),
    fillsCache: false,
    stop: () => children.forEach(end),
  };
}

function ccache(place: PeerPlace): Peer | undefined {
  const client = which('ccache');
  return client === undefined
    ? undefined
    : { name: 'ccache hit', before: [client], env: { CCACHE_DIR: place.scratch.folder('ccache') }, daemons: () => [], fillsCache: true, stop: () => undefined };
}

async function sccache(place: PeerPlace): Promise<Peer | undefined> {
  const client = which('sccache');
  if (client === undefined) return undefined;
  const port = await freePort();
  const env = { SCCACHE_DIR: place.scratch.folder('sccache'), SCCACHE_SERVER_PORT: String(port), SCCACHE_IDLE_TIMEOUT: '0' };
  const child = server(place, 'sccache.log', [client], { ...env, SCCACHE_START_SERVER: '1', SCCACHE_NO_DAEMON: '1' });
  await until('sccache', async () => ((await run([client, '--show-stats'], { cwd: '/', env: { ...place.env, ...env } })).status === 0 ? true : undefined));
  return { name: 'sccache hit', before: [client], env, daemons: () => groupOf(child.pid ?? -1), fillsCache: true, stop: () => end(child) };
}

/** Those that are installed, started and ready. */
export async function startPeers(place: PeerPlace): Promise<Peer[]> {
  const peers = [await distcc(place), await icecream(place), ccache(place), await sccache(place)];
  return peers.filter((peer) => peer !== undefined);
}
