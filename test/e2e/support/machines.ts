// Several machines on one: network namespaces joined to a bridge, each with an address of its own. Needs root and `ip`.

import { execFileSync } from 'node:child_process';
import { isRoot, which } from './paths.js';

export interface Machines {
  /** The address at which the machines reach this one. */
  readonly home: string;
  /** Words before a command that shall run on machine `number`, from 1. */
  enter(number: number): readonly string[];
  remove(): void;
}

/** Undefined where no namespace can be made; `why` then says what is missing. */
export function openMachines(count: number, tag: string): Machines | { readonly why: string } {
  const [ip, nsenter] = [which('ip'), which('nsenter')];
  if (!isRoot || ip === undefined || nsenter === undefined) return { why: 'network namespaces need root and the commands ip and nsenter' };
  const number = process.pid % 100_000;
  const bridge = `mxb${number}`;
  const subnet = `10.232.${process.pid % 250}`;
  const nameOf = (machine: number): string => `mosix-${tag}-${number}-${machine}`;
  const say = (...words: string[]): void => void execFileSync(ip, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch {
      // was never made, or is gone
    }
  };
  const remove = (): void => {
    for (let machine = 1; machine <= count; machine += 1) {
      attempt(() => say('netns', 'delete', nameOf(machine)));
      attempt(() => say('link', 'delete', `mxv${number}x${machine}`));
    }
    attempt(() => say('link', 'delete', bridge));
  };
  try {
    say('link', 'add', bridge, 'type', 'bridge');
    say('address', 'add', `${subnet}.1/24`, 'dev', bridge);
    say('link', 'set', bridge, 'up');
    for (let machine = 1; machine <= count; machine += 1) {
      const name = nameOf(machine);
      const near = `mxv${number}x${machine}`;
      say('netns', 'add', name);
      say('link', 'add', near, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      say('link', 'set', near, 'master', bridge, 'up');
      say('-n', name, 'address', 'add', `${subnet}.${machine + 1}/24`, 'dev', 'eth0');
      say('-n', name, 'link', 'set', 'eth0', 'up');
      say('-n', name, 'link', 'set', 'lo', 'up');
    }
  } catch (problem) {
    remove();
    return { why: `no network namespaces here: ${String((problem as { stderr?: Buffer }).stderr ?? problem).trim()}` };
  }
  // Not `ip netns exec`: that mounts another /sys, in which a worker cannot see its CPU quota.
  return { home: `${subnet}.1`, enter: (machine) => [nsenter, `--net=/var/run/netns/${nameOf(machine)}`], remove };
}
