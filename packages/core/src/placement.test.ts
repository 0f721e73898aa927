import { describe, expect, it } from 'vitest';
import { canRun, placeJob, placementScore, type NodeState, type PlacementJob, type PlacementNode } from './placement.js';

const node = (name: string, more: Partial<PlacementNode> = {}): PlacementNode => ({
  name, slots: 4, running: 0, speed: 1, load: 0, state: 'ready', instructionSets: new Set(['x86_64']), labels: new Map(), ...more,
});
const job = (more: { instructionSets?: string[]; labels?: [string, string][]; failedOn?: string[] } = {}): PlacementJob => ({
  requirements: { key: '', instructionSets: more.instructionSets ?? ['x86_64'], labels: more.labels ?? [] },
  failedOn: new Set(more.failedOn ?? []),
});

/** Small deterministic generator (mulberry32), so that a failing case can be run again by its seed. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function randomFarm(next: () => number): PlacementNode[] {
  const states: NodeState[] = ['ready', 'ready', 'ready', 'draining', 'quarantined', 'lost'];
  return Array.from({ length: Math.floor(next() * 12) }, (_, index) => {
    const slots = 1 + Math.floor(next() * 8);
    return node(`n${index}`, {
      slots, running: Math.floor(next() * (slots + 1)), speed: 0.25 * (1 + Math.floor(next() * 8)), load: next() < 0.5 ? 0 : next() * 10,
      state: states[Math.floor(next() * states.length)] ?? 'ready',
      instructionSets: new Set(next() < 0.7 ? ['x86_64', 'i386'] : ['aarch64']),
    });
  });
}

describe('placeJob', () => {
  it('prefers an idle node, then the faster one', () => {
    expect(placeJob([node('a', { running: 2 }), node('b')], job())?.name).toBe('b');
    expect(placeJob([node('slow'), node('zfast', { speed: 2 })], job())?.name).toBe('zfast');
  });

  it('takes a fast busy node before a slow idle one', () => {
    expect(placeJob([node('slow', { speed: 0.25 }), node('fast', { speed: 2, running: 3 })], job())?.name).toBe('fast');
  });

  it('leaves a machine whose owner works on it', () => {
    expect(placeJob([node('a', { load: 4 }), node('b', { running: 2 })], job())?.name).toBe('b');
  });

  it('gives equal nodes their turn by name, in any order of listing', () => {
    expect(placeJob([node('b'), node('a')], job())?.name).toBe('a');
    expect(placeJob([node('a'), node('b')], job())?.name).toBe('a');
  });

  it('never gives a job to a node of another instruction set or without a label', () => {
    expect(placeJob([node('arm', { instructionSets: new Set(['aarch64']) })], job())).toBeUndefined();
    const labelled = node('a', { labels: new Map([['pool', 'big']]) });
    expect(canRun(labelled, job({ labels: [['pool', 'big']] }).requirements)).toBe(true);
    expect(canRun(labelled, job({ labels: [['pool', 'small']] }).requirements)).toBe(false);
    expect(canRun(labelled, job({ instructionSets: ['x86_64', 'aarch64'] }).requirements)).toBe(false);
  });

  it('waits for a busy node rather than go back to one that failed the job, unless that is the only one', () => {
    const failed = node('a');
    expect(placeJob([failed, node('b', { running: 4 })], job({ failedOn: ['a'] }))).toBeUndefined();
    expect(placeJob([failed, node('b', { state: 'lost' })], job({ failedOn: ['a'] }))?.name).toBe('a');
    expect(placeJob([failed], job({ failedOn: ['a'] }))?.name).toBe('a');
  });

  it('holds over random farms: a free slot, able, ready, and no candidate scores less', () => {
    for (let seed = 1; seed <= 3_000; seed++) {
      const next = random(seed);
      const farm = randomFarm(next);
      const asked = job({ failedOn: farm.filter(() => next() < 0.2).map((each) => each.name) });
      const able = farm.filter((each) => each.state === 'ready' && canRun(each, asked.requirements));
      const fresh = able.filter((each) => !asked.failedOn.has(each.name));
      const candidates = (fresh.length > 0 ? fresh : able).filter((each) => each.running < each.slots);
      const chosen = placeJob(farm, asked);
      if (chosen === undefined) {
        expect(candidates, `seed ${seed}`).toEqual([]);
        continue;
      }
      expect(candidates, `seed ${seed}`).toContain(chosen);
      for (const other of candidates) {
        expect(placementScore(chosen), `seed ${seed}`).toBeLessThanOrEqual(placementScore(other));
        if (placementScore(other) === placementScore(chosen)) expect(chosen.name <= other.name, `seed ${seed}`).toBe(true);
      }
      expect(placeJob([...farm].reverse(), asked), `seed ${seed}`).toBe(chosen);
    }
  });

  it('fills a farm to its slots exactly, faster nodes first', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const farm = Array.from({ length: 1 + Math.floor(next() * 6) }, (_, index) => ({
        ...node(`n${index}`), slots: 1 + Math.floor(next() * 5), speed: 0.5 + next() * 2, running: 0,
      }));
      const total = farm.reduce((sum, each) => sum + each.slots, 0);
      for (let placed = 0; placed < total; placed++) {
        const chosen = placeJob(farm, job());
        expect(chosen, `seed ${seed}`).toBeDefined();
        if (chosen !== undefined) chosen.running++;
      }
      expect(farm.every((each) => each.running === each.slots), `seed ${seed}`).toBe(true);
      expect(placeJob(farm, job())).toBeUndefined();
    }
  });
});
