// The history of a run as lines, and as one number: two runs with the same number did the same.
import type { FarmEffect, FarmEvent } from '@mosix/core';

export interface EventLog {
  write<T>(now: number, describe: (what: T) => string, what: T): void;
  hash(): string;
  count(): number;
}

/** 53 bits of two interleaved multiplicative hashes (cyrb53, public domain): quick, and good enough to tell runs apart. */
export function createEventLog(line: ((text: string) => void) | undefined): EventLog {
  let a = 0xdead_beef;
  let b = 0x41c6_ce57;
  let lines = 0;
  return {
    write(now, describe, what) {
      lines += 1;
      const text = `${now.toFixed(3)} ${describe(what)}`;
      for (let index = 0; index < text.length; index++) {
        const code = text.charCodeAt(index);
        a = Math.imul(a ^ code, 2_654_435_761);
        b = Math.imul(b ^ code, 1_597_334_677);
      }
      line?.(text);
    },
    hash() {
      const low = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909);
      const high = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(a ^ (a >>> 13), 3_266_489_909);
      return (0x1_0000_0000 * (0x1f_ffff & high) + (low >>> 0)).toString(16).padStart(14, '0');
    },
    count: () => lines,
  };
}

export function describeEvent(event: FarmEvent): string {
  switch (event.type) {
    case 'submit':
      return `> submit ${event.job.id} ${event.job.label}`;
    case 'join':
    case 'leave':
      return `> ${event.type} ${event.jobId} ${event.waiter}`;
    case 'node-joined':
      return `> node-joined ${event.node.name} ${event.node.instance} slots=${event.node.slots} speed=${event.node.speed} leases=${event.runningLeases.map((each) => each.leaseId).join()}`;
    case 'node-heartbeat':
      return `> heartbeat ${event.node} ${event.sequence} load=${event.load} ${event.leases.map((each) => `${each.leaseId}:${each.cpuSeconds.toFixed(3)}`).join()}`;
    case 'lease-started':
      return `> started ${event.leaseId}`;
    case 'lease-finished':
      return `> finished ${event.leaseId} cpu=${event.cpuSeconds.toFixed(3)}`;
    case 'lease-failed':
      return `> failed ${event.leaseId} ${event.code}`;
    case 'verified':
      return `> verified ${event.jobId}`;
    case 'live-moved':
    case 'live-failed':
      return `> ${event.type} ${event.leaseId} ${event.newLeaseId}`;
    case 'command':
      return `> command ${JSON.stringify(event.command)}`;
    case 'owner':
      return `> owner ${event.node} ${event.active}`;
    case 'tick':
      return '> tick';
    case 'node-speed':
    case 'node-labels':
    case 'node-draining':
    case 'stream-broken':
      return `> ${event.type} ${event.node}`;
  }
}

export function describeEffect(effect: FarmEffect): string {
  switch (effect.type) {
    case 'assign':
      return `< assign ${effect.leaseId} ${effect.jobId} to ${effect.node}`;
    case 'cancel-lease':
      return `< cancel ${effect.leaseId} on ${effect.node}: ${effect.reason}`;
    case 'recall':
      return `< recall ${effect.leaseId} on ${effect.node}`;
    case 'done':
      return `< done ${effect.jobId} ${effect.outcome.kind}${effect.outcome.kind === 'gave-up' ? ` ${effect.outcome.code}` : ''}`;
    case 'node-state':
      return `< node ${effect.node} ${effect.state}: ${effect.reason}`;
    case 'decision':
      return `< decision ${effect.decision.text}`;
    case 'answer':
      return `< answer ${effect.answer.ok ? JSON.stringify(effect.answer.value) : effect.answer.error.code}`;
    case 'migrate-live':
      return `< live ${effect.leaseId} to ${effect.to} as ${effect.newLeaseId}`;
    case 'learned':
      return '< learned';
    case 'stage':
    case 'verify-inputs':
      return `< ${effect.type} ${effect.jobId}`;
    case 'welcome':
    case 'close-stream':
    case 'drain-node':
    case 'blocked':
      return `< ${effect.type} ${effect.node}`;
  }
}
