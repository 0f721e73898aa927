// The rivals' rules, from their published descriptions and sources (distcc 3.4, icecream 1.4), and the textbook's.
import { createRandom } from '../random.js';
import type { FinishedJob, RivalNode, Rule } from './fifo.js';

const hasRoom = (node: RivalNode): boolean => node.running < node.slots;

/**
 * distcc: slot 0 of every host in the order of the list, then slot 1 of every host, and so on; the first whose lock is free. The host
 * list and nothing else decides. (The real one, when all are taken, looks again after a second; this one does at once.)
 */
export function distcc(): Rule {
  return {
    name: 'distcc',
    pick(nodes) {
      let best: { node: RivalNode; slot: number } | undefined;
      for (const node of nodes) {
        let slot = 0;
        while (node.taken.has(slot)) slot += 1;
        if (slot < node.slots && (best === undefined || slot < best.slot)) best = { node, slot };
      }
      return best?.node;
    },
  };
}

interface IcecreamStats {
  readonly jobs: { readonly outputBytes: number; readonly userMs: number }[];
  outputBytes: number;
  userMs: number;
  lastPicked: number;
}

const ICECREAM_JOBS_KEPT = 200;
const ICECREAM_JOBS_KNOWN = 7;

/**
 * icecream: speed = output bytes / user ms over the last 200 jobs, times the part of the machine that others leave, throttled by up to a
 * half as its slots fill, and more for a node of which fewer than seven jobs are known. A node that never compiled gets a job first; one
 * that was not picked for 20 jobs a node gets one, too. Without any statistics a random node. `load` is in thousandths of the machine.
 * A node that installs the toolchain takes no second job. The submitter is not a node here.
 */
export function icecream(seed: number): Rule {
  const random = createRandom(seed);
  const stats = new Map<string, IcecreamStats>();
  let known = 0;
  const of = (node: RivalNode): IcecreamStats => {
    let found = stats.get(node.name);
    if (found === undefined) stats.set(node.name, (found = { jobs: [], outputBytes: 0, userMs: 0, lastPicked: 0 }));
    return found;
  };
  const loadOf = (node: RivalNode): number => Math.min(1000, (node.load / Math.max(1, node.slots)) * 1000);
  const speed = (node: RivalNode): number => icecreamSpeed(of(node), loadOf(node), node.running, node.slots);
  return {
    name: 'icecream',
    pick(nodes, job) {
      const eligible = nodes.filter((node) => hasRoom(node) && loadOf(node) < 1000 && !node.installing);
      if (eligible.length === 0) return undefined;
      const chosen = ((): RivalNode => {
        if (known === 0) return random.pick(eligible);
        let best: RivalNode | undefined;
        for (const node of eligible) {
          const own = of(node);
          if (own.jobs.length === 0 && node.running === 0) return node;
          if (own.lastPicked === 0 || job.number - own.lastPicked > 20 * nodes.length) return node;
          if (best === undefined || (of(best).jobs.length !== 0 && speed(best) < speed(node))) best = node;
        }
        return best as RivalNode;
      })();
      of(chosen).lastPicked = job.number;
      return chosen;
    },
    finished({ node, cpuSeconds, outputBytes }: FinishedJob) {
      known += 1;
      const own = of(node);
      const entry = { outputBytes, userMs: cpuSeconds * 1000 };
      own.jobs.push(entry);
      own.outputBytes += entry.outputBytes;
      own.userMs += entry.userMs;
      if (own.jobs.length <= ICECREAM_JOBS_KEPT) return;
      const old = own.jobs.shift();
      own.outputBytes -= old?.outputBytes ?? 0;
      own.userMs -= old?.userMs ?? 0;
    },
  };
}

/** Bytes a millisecond; 0 for a node of which nothing is known. `load` 0 to 1000. */
export function icecreamSpeed(stats: { readonly jobs: readonly unknown[]; readonly outputBytes: number; readonly userMs: number }, load: number, running: number, slots: number): number {
  if (stats.jobs.length === 0 || stats.userMs === 0) return 0;
  let speed = (stats.outputBytes / stats.userMs) * ((1000 - load) / 1000) * (1 - (0.5 * running) / slots);
  if (stats.jobs.length < ICECREAM_JOBS_KNOWN) speed *= -0.5 * stats.jobs.length + 4.5;
  return speed;
}

/** The next node of the ring that has room. */
export function roundRobin(): Rule {
  let last = -1;
  return {
    name: 'round robin',
    pick(nodes) {
      for (let step = 1; step <= nodes.length; step++) {
        const at = (last + step) % nodes.length;
        const node = nodes[at];
        if (node === undefined || !hasRoom(node)) continue;
        last = at;
        return node;
      }
      return undefined;
    },
  };
}

export function randomNode(seed: number): Rule {
  const random = createRandom(seed);
  return {
    name: 'random',
    pick(nodes) {
      const free = nodes.filter(hasRoom);
      return free.length === 0 ? undefined : random.pick(free);
    },
  };
}

/** Two nodes at random, the emptier one (Mitzenmacher 1996). */
export function twoChoices(seed: number): Rule {
  const random = createRandom(seed);
  return {
    name: 'two choices',
    pick(nodes) {
      const free = nodes.filter(hasRoom);
      if (free.length === 0) return undefined;
      const [a, b] = [random.pick(free), random.pick(free)];
      return b.running / b.slots < a.running / a.slots ? b : a;
    },
  };
}

function smallest(nodes: readonly RivalNode[], score: (node: RivalNode) => number): RivalNode | undefined {
  let best: RivalNode | undefined;
  for (const node of nodes) if (hasRoom(node) && (best === undefined || score(node) < score(best))) best = node;
  return best;
}

/** The emptiest node, however fast. */
export const leastLoaded = (): Rule => ({ name: 'least loaded', pick: (nodes) => smallest(nodes, (node) => (node.running + node.load) / node.slots) });

/** The coordinator's first rule: tasks a slot, divided by benchmarked speed. */
export const leastLoadBySpeed = (): Rule => ({ name: 'load / speed', pick: (nodes) => smallest(nodes, (node) => (node.running + 1 + node.load) / (node.slots * node.speed)) });

/** Fresh rules, in the order of the tables. */
export const rivalRules = (seed: number): readonly Rule[] => [distcc(), icecream(seed), roundRobin(), randomNode(seed), twoChoices(seed), leastLoaded(), leastLoadBySpeed()];
