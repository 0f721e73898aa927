// What a run spent: processor seconds that gave a result, and those that did not, by the reason why.
import type { FarmEffect, FarmEvent } from '@mosix/core';
import type { Unit } from '../trace.js';

/** `copies`: a copy lost its race, or a job was begun anew where it is faster: the scheduler's own choice. The rest was forced on it. */
export type WasteCause = 'copies' | 'owner' | 'lost' | 'memory' | 'failed' | 'asked' | 'client';

export interface Bar {
  readonly leaseId: string;
  readonly jobId: string;
  readonly node: string;
  readonly label: string;
  beganMs: number | undefined;
  endedMs: number;
  how: string;
  cpuSeconds: number;
}

export interface Accounts {
  readonly bars: ReadonlyMap<string, Bar>;
  assigned(leaseId: string, jobId: string, node: string, unit: Unit): void;
  began(leaseId: string, now: number): void;
  ended(leaseId: string, how: string, cpuSeconds: number, now: number): void;
  /** By checkpoint: nothing is lost. */
  moved(leaseId: string, now: number): void;
  note(event: FarmEvent, effect: FarmEffect, now: number): void;
  close(now: number): void;
  readonly useful: number;
  readonly decisions: ReadonlyMap<string, number>;
  waste(): Readonly<Record<WasteCause, number>>;
}

const causeOfDecision = (cause: string): WasteCause => {
  switch (cause) {
    case 'owner':
      return 'owner';
    case 'memory':
      return 'memory';
    case 'expel':
    case 'asked':
      return 'asked';
    case 'sick':
    case 'silent':
      return 'lost';
    default:
      return 'copies';
  }
};

export function createAccounts(): Accounts {
  const bars = new Map<string, Bar>();
  const winners = new Set<string>();
  const causes = new Map<string, WasteCause>();
  const decisions = new Map<string, number>();
  const moves = new Map<string, WasteCause>();

  const causeOf = (bar: Bar): WasteCause => {
    switch (bar.how) {
      case 'died':
        return 'lost';
      case 'out-of-memory':
        return 'memory';
      case 'failed':
        return 'failed';
      default:
        // Nobody told it to stop: it was given up as lost, and came back.
        return causes.get(bar.leaseId) ?? 'lost';
    }
  };
  const seconds = (): { useful: number; waste: Record<WasteCause, number> } => {
    const waste: Record<WasteCause, number> = { copies: 0, owner: 0, lost: 0, memory: 0, failed: 0, asked: 0, client: 0 };
    let useful = 0;
    for (const bar of bars.values()) {
      if (bar.how === 'moved') continue;
      if (winners.has(bar.leaseId)) useful += bar.cpuSeconds;
      else waste[causeOf(bar)] += bar.cpuSeconds;
    }
    return { useful, waste };
  };

  return {
    bars,
    assigned(leaseId, jobId, node, unit) {
      if (!bars.has(leaseId)) bars.set(leaseId, { leaseId, jobId, node, label: unit.name, beganMs: undefined, endedMs: 0, how: '', cpuSeconds: 0 });
    },
    began(leaseId, now) {
      const bar = bars.get(leaseId);
      if (bar !== undefined) bar.beganMs ??= now;
    },
    ended(leaseId, how, cpuSeconds, now) {
      const bar = bars.get(leaseId);
      if (bar === undefined || bar.how !== '') return;
      bar.endedMs = now;
      bar.how = how;
      bar.cpuSeconds = cpuSeconds;
    },
    moved(leaseId, now) {
      const bar = bars.get(leaseId);
      if (bar === undefined) return;
      bar.endedMs = now;
      bar.how = 'moved';
    },
    note(event, effect) {
      if (effect.type === 'decision') {
        const name = `${effect.decision.method}/${effect.decision.cause}`;
        decisions.set(name, (decisions.get(name) ?? 0) + 1);
        moves.set(effect.decision.jobId, causeOfDecision(effect.decision.cause));
      } else if (effect.type === 'done' && effect.outcome.kind === 'finished') {
        winners.add(effect.outcome.leaseId);
      } else if (effect.type === 'cancel-lease') {
        const job = bars.get(effect.leaseId)?.jobId ?? '';
        causes.set(effect.leaseId, event.type === 'leave' ? 'client' : event.type === 'command' ? 'asked' : (moves.get(job) ?? (event.type === 'tick' ? 'lost' : 'copies')));
      }
    },
    close(now) {
      for (const bar of bars.values()) {
        if (bar.how !== '' || bar.beganMs === undefined) continue;
        bar.endedMs = now;
        bar.how = 'open';
      }
    },
    get useful() {
      return seconds().useful;
    },
    decisions,
    waste: () => seconds().waste,
  };
}
