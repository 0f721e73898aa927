// What people ask of the farm. Every command is answered first; a refusal says why and changes nothing.
import { limits } from '../limits.js';
import { err, fault, ok, unreachable, type Fault, type Result } from '../result.js';
import { evacuate } from './evacuate.js';
import { releaseNodes, settleNode } from './health.js';
import { addLease, charge, finishJob } from './leases.js';
import { canRestore, moveLive } from './live.js';
import { fitsMemory } from './memory.js';
import { record, standingOf, startOn, waitsElsewhere } from './migration.js';
import { canRun } from './node-index.js';
import { choose, expectedMs, waitMs } from './placement.js';
import type { FarmState, Job, Lease, Node } from './state.js';
import type { Command, CommandAnswer, FarmEffect } from './words.js';

export function obey(state: FarmState, command: Command, now: number, effects: FarmEffect[]): void {
  const answer = carryOut(state, command, now, effects);
  effects.unshift({ type: 'answer', answer });
}

const noNode = (name: string): Result<never> => err(fault('no-such-node', `no node is called ${name}`, { hint: 'mosix nodes' }));

function carryOut(state: FarmState, command: Command, now: number, effects: FarmEffect[]): Result<CommandAnswer> {
  switch (command.kind) {
    case 'drain': {
      const node = state.nodes.get(command.node);
      if (node === undefined) return noNode(command.node);
      drain(state, node, command.enabled, now, effects);
      return ok({ kind: 'drain', running: node.leases.size });
    }
    case 'block': {
      // Also of a node that is not here: it may come back.
      if (command.enabled) state.blockedNames.add(command.node);
      else if (!state.blockedNames.delete(command.node) && !state.nodes.has(command.node)) return noNode(command.node);
      effects.push({ type: 'blocked', node: command.node, enabled: command.enabled });
      const node = state.nodes.get(command.node);
      if (node === undefined) return ok({ kind: 'block', running: 0 });
      node.blocked = command.enabled;
      settleNode(state, node, now, command.enabled ? 'blocked by a person' : 'no longer blocked', effects);
      releaseNodes(state, now, effects);
      if (command.enabled) recallAhead(state, node, effects);
      return ok({ kind: 'block', running: node.leases.size });
    }
    case 'expel': {
      const node = state.nodes.get(command.node);
      if (node === undefined) return noNode(command.node);
      carryOut(state, { kind: 'block', node: node.name, enabled: true }, now, effects);
      let [moved, queued, stays] = [0, 0, 0];
      for (const lease of [...node.leases.values()]) {
        const went = evacuate(state, lease, 'expel', true, now, effects);
        if (went === 'moved') moved += 1;
        else if (went === 'queued') queued += 1;
        else if (lease.state !== 'cancelling') stays += 1;
      }
      return ok({ kind: 'expel', moved, queued, stays });
    }
    case 'bring':
      return bring(state, command.node, command.user, now, effects);
    case 'migrate':
      return migrate(state, command.jobId, command.target, now, effects);
    case 'hold': {
      const node = state.nodes.get(command.node);
      if (node === undefined) return noNode(command.node);
      if (!node.connected) return err(fault('node-away', `${node.name} is not connected`, { hint: 'mosix nodes' }));
      node.heldUntilMs = command.holdMs > 0 ? now + Math.min(command.holdMs, limits.holdMsMax) : undefined;
      settleNode(state, node, now, command.holdMs > 0 ? 'held for a measurement' : 'the hold is over', effects);
      return ok({ kind: 'hold', running: node.leases.size });
    }
    default:
      return unreachable(command, 'carryOut');
  }
}

/** What was sent ahead of a free slot goes elsewhere: a node that takes no more work would only keep it waiting. */
function recallAhead(state: FarmState, node: Node, effects: FarmEffect[]): void {
  for (const lease of node.leases.values()) {
    if (lease.state !== 'assigned' || lease.recalled || !state.ahead.has(lease)) continue;
    lease.recalled = true;
    effects.push({ type: 'recall', node: node.name, leaseId: lease.id });
  }
}

export function drain(state: FarmState, node: Node, enabled: boolean, now: number, effects: FarmEffect[]): void {
  node.drainAsked = enabled;
  if (!enabled) node.drainingItself = false;
  settleNode(state, node, now, 'asked by a person', effects);
  releaseNodes(state, now, effects);
  effects.push({ type: 'drain-node', node: node.name, enabled });
  if (enabled) recallAhead(state, node, effects);
}

/** Jobs go back to those who asked for them, who compile at home. */
function bring(state: FarmState, nodeName: string, user: string, now: number, effects: FarmEffect[]): Result<CommandAnswer> {
  if (nodeName !== '' && !state.nodes.has(nodeName)) return noNode(nodeName);
  let jobs = 0;
  for (const job of [...state.jobs.values()]) {
    if (user !== '' && job.spec.user !== user) continue;
    if (nodeName !== '' && !job.leases.some((lease) => lease.node.name === nodeName)) continue;
    sendHome(state, job, now, effects);
    jobs += 1;
  }
  return ok({ kind: 'bring', jobs });
}

function sendHome(state: FarmState, job: Job, now: number, effects: FarmEffect[]): string {
  const lease = job.leases[0];
  const text = lease === undefined
    ? 'sent home before it ran'
    : record(state, lease, { method: 'home', cause: 'asked', to: '', standing: standingOf(lease, now), moveMs: 0, now }, '', effects).text;
  finishJob(state, job, { kind: 'gave-up', code: 'brought-home', message: 'brought home by a person' }, now, effects, 'brought home');
  return text;
}

/** Why a job cannot be moved now; undefined when it can. */
export function immovable(job: Job): Fault | undefined {
  if (job.state === 'verifying') return fault('not-movable', 'its inputs are being looked at', { hint: 'try again in a moment' });
  if (!job.spec.movable) return fault('not-movable', 'it was started with --no-migrate');
  if (job.spec.requirements.node !== undefined) return fault('not-movable', `it asked for ${job.spec.requirements.node} by name`);
  if (job.leases.length > 1) return fault('not-movable', `it runs twice already, on ${job.leases.map((lease) => lease.node.name).join(' and ')}`);
  return undefined;
}

function migrate(state: FarmState, jobId: string, target: string, now: number, effects: FarmEffect[]): Result<CommandAnswer> {
  const job = state.jobs.get(jobId);
  if (job === undefined) return err(fault('no-such-job', `job ${jobId} is not here: it has ended, or never was`, { hint: 'mosix ps' }));
  const lease = job.leases[0];
  const from = lease?.node.name ?? '';
  if (target === 'home') return ok({ kind: 'migrate', from, to: 'home', method: 'home', text: sendHome(state, job, now, effects) });
  const problem = immovable(job);
  if (problem !== undefined) return err(problem);
  if (target === from) return err(fault('not-movable', `it runs on ${from} already`));
  const to = target === 'best' ? bestFor(state, job, lease, now) : namedFor(state, job, target);
  if (!to.ok) return to;
  if (lease === undefined) {
    state.index.dequeue(job);
    charge(state, job);
    const made = addLease(state, to.value, job, now);
    job.attempts += 1;
    effects.push({ type: 'assign', node: to.value.name, leaseId: made.id, jobId: job.id });
    return ok({ kind: 'migrate', from, to: to.value.name, method: 'restart', text: `sent to ${to.value.name} from the queue` });
  }
  if (lease.state === 'started' && canRestore(lease.node, to.value)) {
    const { text } = moveLive(state, lease, to.value, 'asked', standingOf(lease, now), now, effects);
    return ok({ kind: 'migrate', from, to: to.value.name, method: 'live', text });
  }
  const moveMs = waitMs(to.value, now) + expectedMs(to.value, job);
  const decision = startOn(state, lease, to.value, 'restart', 'asked', standingOf(lease, now), moveMs, now, effects);
  return ok({ kind: 'migrate', from, to: to.value.name, method: decision.method, text: decision.text });
}

function bestFor(state: FarmState, job: Job, lease: Lease | undefined, now: number): Result<Node> {
  const pool = state.index.pool(job.spec.requirements);
  const choice = choose(state, pool, job, now, { mayWait: false, ...(lease === undefined ? {} : { not: lease.node }) });
  if (choice.kind === 'place') return ok(choice.node);
  const other = lease === undefined ? pool.nodes > 0 : waitsElsewhere(state, job, lease.node);
  return err(fault('not-movable', other ? 'every other node that can run it is full' : 'no other node can run it', { hint: 'mosix nodes' }));
}

function namedFor(state: FarmState, job: Job, name: string): Result<Node> {
  const node = state.nodes.get(name);
  if (node === undefined) return noNode(name);
  if (node.state !== 'ready') return err(fault('not-movable', `${name} takes no jobs: it is ${node.state}${node.stateReason === '' ? '' : ` (${node.stateReason})`}`));
  if (!canRun(node, job.spec.requirements)) return err(fault('not-movable', `${name} cannot run it: it lacks ${[...job.spec.requirements.instructionSets, ...job.spec.requirements.labels.map((label) => label.join('='))].join(', ')}`));
  if (job.failedOn.has(name)) return err(fault('not-movable', `${name} had it before, and failed it or saw it fail`));
  if (!fitsMemory(node, job)) return err(fault('not-movable', `${name} has too little free memory for it`));
  if (node.leases.size >= node.slots) return err(fault('not-movable', `all ${node.slots} slots of ${name} are taken`, { hint: 'mosix ps' }));
  return ok(node);
}
