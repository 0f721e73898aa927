// A worker for tests that speaks farm.v1 over a real connection. What it does with a job is the test's own function.
import { limits } from '@mosix/core';
import { connect, type Channel, type farm } from '@mosix/protocol';
import { blobOf } from './actions.js';

/** `undefined`: never reports (until the test does). */
export type RunJob = (assign: farm.Assign, worker: TestWorker) => Promise<farm.LeaseUpdateInput | undefined>;

export interface TestWorker {
  readonly name: string;
  readonly channel: Channel;
  readonly assigned: farm.Assign[];
  readonly cancelled: string[];
  /** Everything that came, the assigned leases too. */
  readonly received: farm.CoordinatorMessage[];
  /** Welcome or Refused. */
  readonly answer: Promise<farm.CoordinatorMessage>;
  send(message: farm.WorkerMessageInput): void;
  /** Cuts the connection without a word. */
  kill(): void;
  /** Resolves when the coordinator ends the stream. */
  readonly ended: Promise<void>;
}

/** Stores one output whose bytes name the action and the node, and succeeds. */
export const succeed: RunJob = async (assign, worker) => {
  const output = blobOf(`object of ${assign.actionDigest?.hash}`);
  const stored = await worker.channel.cas.batchUpdateBlobs({ requests: [output] });
  if (!stored.ok) return { leaseId: assign.leaseId, failed: { code: 'upload', message: stored.error.message } };
  return {
    leaseId: assign.leaseId,
    finished: { result: { exitCode: 0, outputFiles: [{ path: 'a.o', digest: output.digest }], stderrRaw: Buffer.from('a warning\n') }, usage: { userUs: 1000, systemUs: 500 } },
  };
};

export function startTestWorker(address: string, name: string, options: { hello?: farm.HelloInput; runJob?: RunJob; heartbeats?: boolean } = {}): TestWorker {
  const connected = connect(address);
  if (!connected.ok) throw new Error(connected.error.message);
  const channel = connected.value;
  const stream = channel.farm.attach();
  const runJob = options.runJob ?? succeed;
  let answered: (message: farm.CoordinatorMessage) => void = () => undefined;
  let streamEnded: () => void = () => undefined;
  const send = (message: farm.WorkerMessageInput): void => void stream.send(message);
  const timer = setInterval(() => {
    if (options.heartbeats !== false) send({ heartbeat: { load: 0, freeMemoryBytes: 1e9, freeDiskBytes: 1e9 } });
  }, limits.heartbeatIntervalMs);
  const worker: TestWorker = {
    name, channel, assigned: [], cancelled: [], received: [], send,
    answer: new Promise((resolve) => (answered = resolve)),
    ended: new Promise((resolve) => (streamEnded = resolve)),
    kill() {
      clearInterval(timer);
      stream.cancel();
      channel.close();
    },
  };
  const receive = async (): Promise<void> => {
    for await (const message of stream.received) {
      if (!message.ok) break;
      worker.received.push(message.value);
      switch (message.value.message) {
        case 'welcome': case 'refused':
          answered(message.value);
          break;
        case 'assign': {
          const { assign } = message.value;
          worker.assigned.push(assign);
          send({ update: { leaseId: assign.leaseId, started: {} } });
          void runJob(assign, worker).then((update) => update !== undefined && send({ update }));
          break;
        }
        case 'cancel':
          worker.cancelled.push(message.value.cancel.leaseId);
          send({ update: { leaseId: message.value.cancel.leaseId, failed: { code: 'cancelled' } } });
          break;
        default:
      }
    }
    clearInterval(timer);
    streamEnded();
  };
  send({ hello: { name, slots: 4, speed: 1, instructionSets: ['x86_64'], memoryBytes: 1e9, version: '1', instance: `${name}-1`, ...options.hello } });
  void receive();
  return worker;
}
