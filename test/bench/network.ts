// A remote node on this machine: a network namespace joined to ours by a pair of virtual interfaces. Without root the
// "remote" node is this machine itself.

import { execFileSync } from 'node:child_process';
import { isRoot, which } from '../e2e/support/paths.js';

export interface RemotePlace {
  /** Our end and the far end, as numbers. */
  readonly near: string;
  readonly far: string;
  readonly nearInterface: string;
  readonly farInterface: string;
  /** Words before a command that shall run on the far side. */
  readonly enter: readonly string[];
  readonly separate: boolean;
  close(): void;
}

const sameMachine: RemotePlace = {
  near: '127.0.0.1', far: '127.0.0.1', nearInterface: 'lo', farInterface: 'lo', enter: [], separate: false, close: () => undefined,
};

export function openRemotePlace(): RemotePlace {
  const ip = which('ip');
  if (!isRoot || ip === undefined) return sameMachine;
  const tag = String(process.pid % 100_000);
  const [name, nearInterface, farInterface] = [`mosix-bench-${tag}`, `mxn${tag}`, `mxf${tag}`];
  const subnet = `10.231.${process.pid % 250}`;
  const [near, far] = [`${subnet}.1`, `${subnet}.2`];
  const say = (...words: string[]): void => void execFileSync(ip, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch {
      // was never made, or is gone
    }
  };
  const close = (): void => {
    // A namespace lives as long as a process in it: servers that left their group are found here.
    attempt(() => {
      for (const pid of execFileSync(ip, ['netns', 'pids', name]).toString().split('\n').filter((line) => line !== '')) attempt(() => process.kill(Number(pid), 'SIGKILL'));
    });
    attempt(() => say('link', 'delete', nearInterface));
    attempt(() => say('netns', 'delete', name));
  };
  try {
    say('netns', 'add', name);
    say('link', 'add', nearInterface, 'type', 'veth', 'peer', 'name', farInterface, 'netns', name);
    say('address', 'add', `${near}/30`, 'dev', nearInterface);
    say('link', 'set', nearInterface, 'up');
    say('-n', name, 'address', 'add', `${far}/30`, 'dev', farInterface);
    say('-n', name, 'link', 'set', farInterface, 'up');
    say('-n', name, 'link', 'set', 'lo', 'up');
  } catch (problem) {
    close();
    console.error(`no network namespace here (${String((problem as { stderr?: Buffer }).stderr ?? problem).trim()}): the remote node is this machine`);
    return sameMachine;
  }
  return { near, far, nearInterface, farInterface, enter: [ip, 'netns', 'exec', name], separate: true, close };
}
