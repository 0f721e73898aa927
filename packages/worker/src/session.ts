// The worker's side of farm.v1: one stream for life, and a new one whenever it breaks. Results are kept until it is safe to say that
// they have arrived; a coordinator that restarts learns from Hello what is still running here.
import { setTimeout as sleep } from 'node:timers/promises';
import { err, fault, limits, ok, unreachable } from '@mosix/core';
import type { Fault, Result } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { Channel, farm } from '@mosix/protocol';
import { startHeartbeats } from './heartbeats.js';
import type { Heartbeats, PlacementFacts } from './heartbeats.js';

export interface SessionPorts {
  readonly channel: Channel;
  readonly logger: Logger;
  /** All of Hello but the leases that the session knows of itself. */
  readonly hello: () => farm.HelloInput;
  readonly runningLeases: () => readonly string[];
  /** The worker takes no new leases; said again on every new stream. */
  readonly draining: () => boolean;
  /** Said on every new stream; undefined: this node asks for no owner. */
  readonly owner: () => farm.OwnerStateInput | undefined;
  readonly heartbeat: () => Promise<farm.HeartbeatInput>;
  readonly facts: () => PlacementFacts;
  readonly onAssign: (assign: farm.Assign) => void;
  readonly onCancel: (leaseId: string, reason: string) => void;
  readonly onRecall: (leaseId: string) => void;
  readonly onBenchmark: () => void;
  readonly onDrain: (enabled: boolean) => void;
}

export interface Session {
  /** The first welcome (ok), or the refusal of a worker that never joined. */
  readonly joined: Promise<Result<void>>;
  /** Lost when there is no connection: the coordinator does without it. */
  send(message: farm.WorkerMessageInput): void;
  /** Something that heartbeats tell may have changed: a heartbeat leaves at once if that matters. */
  changed(): void;
  /** Sent now, or when there is a connection again. */
  report(update: farm.LeaseUpdateInput): void;
  /** Resolves when every result so far has been handed to a live stream, or after `ms`. */
  flushed(ms: number): Promise<void>;
  close(): Promise<void>;
}

interface Kept {
  update: farm.LeaseUpdateInput;
  sentAtMs: number | undefined;
}

type Stream = ReturnType<Channel['farm']['attach']>;

export function startSession(ports: SessionPorts): Session {
  const { channel, logger } = ports;
  const kept = new Map<string, Kept>();
  const stop = new AbortController();
  let live: Stream | undefined;
  let heartbeats: Heartbeats | undefined;
  let settleJoined: (result: Result<void>) => void = () => undefined;
  const joined = new Promise<Result<void>>((resolve) => (settleJoined = resolve));
  let everJoined = false;
  let leaving = false;

  const deliver = (entry: Kept): void => {
    if (live === undefined) return;
    live.send({ update: entry.update });
    entry.sentAtMs = performance.now();
    // The outputs are in the coordinator's store: a second copy needs no contents.
    entry.update = withoutContents(entry.update);
  };

  const beat = async (stream: Stream, sequence: number): Promise<void> => {
    const heartbeat = await ports.heartbeat();
    if (live === stream) stream.send({ heartbeat: { ...heartbeat, sequence } });
    const arrivedBefore = performance.now() - limits.resultResendMs;
    for (const [leaseId, { sentAtMs }] of kept) if (sentAtMs !== undefined && sentAtMs < arrivedBefore) kept.delete(leaseId);
  };

  const welcome = (stream: Stream, { heartbeatIntervalMs, idleHeartbeatIntervalMs, unknownLeases }: farm.Welcome): Heartbeats => {
    live = stream;
    everJoined = true;
    for (const leaseId of unknownLeases) {
      if (!kept.delete(leaseId)) ports.onCancel(leaseId, 'the coordinator does not know this lease');
    }
    if (ports.draining()) stream.send({ draining: {} });
    const owner = ports.owner();
    if (owner !== undefined) stream.send({ owner });
    for (const entry of kept.values()) deliver(entry);
    logger.info({ coordinator: channel.address, forgotten: unknownLeases.length, resent: kept.size }, 'joined the farm');
    settleJoined(ok(undefined));
    const intervalMs = heartbeatIntervalMs > 0 ? heartbeatIntervalMs : limits.heartbeatIntervalMs;
    const idleIntervalMs = Math.max(intervalMs, idleHeartbeatIntervalMs);
    return (heartbeats = startHeartbeats({ intervalMs, idleIntervalMs, facts: ports.facts, beat: (sequence) => void beat(stream, sequence) }));
  };

  /** One stream from Hello to its end. */
  const attach = async (): Promise<{ welcomed: boolean; refused: Fault | undefined; reason: string }> => {
    const stream = channel.farm.attach({ signal: stop.signal });
    let beating: Heartbeats | undefined;
    let refused: Fault | undefined;
    let reason = 'the coordinator ended the stream';
    stream.send({ hello: { ...ports.hello(), runningLeases: [...new Set([...ports.runningLeases(), ...kept.keys()])] } });
    for await (const received of stream.received) {
      if (!received.ok) {
        reason = received.error.message;
        break;
      }
      const message = received.value;
      switch (message.message) {
        case 'welcome':
          beating ??= welcome(stream, message.welcome);
          break;
        case 'refused':
          refused = fault(message.refused.code, message.refused.message, message.refused.hint === '' ? {} : { hint: message.refused.hint });
          break;
        case 'assign':
          ports.onAssign(message.assign);
          break;
        case 'cancel':
          ports.onCancel(message.cancel.leaseId, message.cancel.reason);
          break;
        case 'recall':
          ports.onRecall(message.recall.leaseId);
          break;
        case 'benchmark':
          ports.onBenchmark();
          break;
        case 'drain':
          ports.onDrain(message.drain.enabled);
          break;
        case undefined:
          break; // of a newer coordinator
        default:
          unreachable(message, 'session');
      }
    }
    beating?.stop();
    live = undefined;
    stream.cancel();
    return { welcomed: beating !== undefined, refused, reason };
  };

  const run = async (): Promise<void> => {
    let pause: number = limits.reconnectMsFirst;
    while (!leaving && !stop.signal.aborted) {
      const { welcomed, refused, reason } = await attach();
      if (leaving || stop.signal.aborted) break;
      if (refused !== undefined && !everJoined) return settleJoined(err(refused));
      if (welcomed) pause = limits.reconnectMsFirst;
      logger.warn({ coordinator: channel.address, reason: refused?.message ?? reason, againMs: pause }, 'no connection to the coordinator');
      // Apart from each other, or a whole farm would knock at a coordinator that comes back in the same moment.
      await sleep(pause * (0.5 + Math.random() / 2), undefined, { signal: stop.signal }).catch(() => undefined);
      pause = Math.min(pause * 2, limits.reconnectMsMax);
    }
    settleJoined(err(fault('closed', 'the worker was stopped before it joined')));
  };
  const running = run();

  return {
    joined,
    send: (message) => void live?.send(message),
    changed: () => heartbeats?.changed(),
    report: (update) => {
      const entry: Kept = { update, sentAtMs: undefined };
      kept.set(update.leaseId ?? '', entry);
      deliver(entry);
    },
    flushed: async (ms) => {
      const deadline = performance.now() + ms;
      while ([...kept.values()].some(({ sentAtMs }) => sentAtMs === undefined) && performance.now() < deadline) await sleep(20);
      await live?.drained();
    },
    close: async () => {
      // A half-close, so that what was sent last still leaves; the coordinator ends its side then.
      leaving = true;
      live?.end();
      const cut = setTimeout(() => stop.abort(), live === undefined ? 0 : limits.streamEndMsMax);
      await running;
      clearTimeout(cut);
      stop.abort();
    },
  };
}

function withoutContents(update: farm.LeaseUpdateInput): farm.LeaseUpdateInput {
  const { finished } = update;
  if (finished?.result === undefined || finished.result === null) return update;
  const outputFiles = finished.result.outputFiles?.map(({ contents: _contents, ...file }) => file);
  return { ...update, finished: { ...finished, result: { ...finished.result, ...(outputFiles === undefined ? {} : { outputFiles }) } } };
}
