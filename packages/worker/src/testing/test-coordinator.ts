// A coordinator for tests of the worker: a real server with a store in memory and the farm's stream, which does what the test says.
import { digestKey, ok, err } from '@mosix/core';
import type { Digest } from '@mosix/core';
import { createMemoryStore } from '@mosix/cas';
import { createServer, rpcError } from '@mosix/protocol';
import type { RunningServer, ServerDuplex, farm } from '@mosix/protocol';
import type { BuiltTree } from './tree-builder.js';

type Call = ServerDuplex<farm.WorkerMessage, farm.CoordinatorMessageInput>;

export interface TestCoordinator {
  readonly address: string;
  readonly hellos: farm.Hello[];
  readonly heartbeats: farm.Heartbeat[];
  readonly updates: farm.LeaseUpdate[];
  readonly owners: farm.OwnerState[];
  readonly benchmarks: farm.BenchmarkResult[];
  /** Kinds of all messages of the present stream, in their order. */
  readonly kinds: readonly string[];
  /** Of the next welcome. */
  intervals: { readonly heartbeatIntervalMs: number; readonly idleHeartbeatIntervalMs: number };
  readonly drains: number;
  /** How often each blob was asked for. */
  readonly reads: ReadonlyMap<string, number>;
  /** Leases that the next welcome calls unknown. */
  unknown: string[];
  /** Refuses the next hello. */
  refuse: farm.RefusedInput | undefined;
  /** Blobs that are given out with one byte changed. */
  readonly damaged: Set<string>;
  store(tree: BuiltTree): Promise<void>;
  drop(digest: Digest): void;
  read(digest: Digest): Promise<Buffer | undefined>;
  /** Answers no read until the function that it gives is called. */
  holdReads(): () => void;
  send(message: farm.CoordinatorMessageInput): void;
  /** The last update of the lease that says Finished or Failed. */
  outcome(leaseId: string): Promise<farm.LeaseUpdate>;
  /** Ends the stream of the worker, not the server. */
  cutStream(): void;
  stop(): Promise<void>;
  /** Again at the same address, with the same store. */
  start(): Promise<void>;
}

export async function startTestCoordinator(): Promise<TestCoordinator> {
  const memory = createMemoryStore();
  const reads = new Map<string, number>();
  const dropped = new Set<string>();
  let call: Call | undefined;
  let cut = (): void => undefined;
  let server: RunningServer;
  let drains = 0;
  let kinds: string[] = [];
  let readsOpen: Promise<void> | undefined;

  const blob = async (digest: Digest): Promise<Buffer | undefined> => {
    const key = digestKey(digest);
    reads.set(key, (reads.get(key) ?? 0) + 1);
    await readsOpen;
    const bytes = dropped.has(key) ? undefined : await memory.read(digest);
    if (bytes === undefined || !self.damaged.has(key)) return bytes;
    const spoiled = Buffer.from(bytes);
    spoiled[0] = (spoiled[0] ?? 0) ^ 1;
    return spoiled;
  };
  const digestOfName = (name: string): Digest => {
    const [, hash = '', size = '0'] = /blobs\/([0-9a-f]{64})\/(\d+)/.exec(name) ?? [];
    return { hash, sizeBytes: Number(size) };
  };

  const listen = async (address: string): Promise<void> => {
    const started = await createServer({
      listen: address,
      services: {
        cas: {
          findMissingBlobs: async ({ blobDigests }) => ok({ missingBlobDigests: await memory.findMissing(blobDigests) }),
          batchReadBlobs: async ({ digests }) =>
            ok({
              responses: await Promise.all(
                digests.map(async (digest) => {
                  const data = await blob(digest);
                  return data === undefined ? { digest, status: { code: 5 } } : { digest, data };
                }),
              ),
            }),
          batchUpdateBlobs: async ({ requests }) => {
            for (const { digest, data } of requests) if (digest !== null) await memory.write(digest, data);
            return ok({ responses: requests.map(({ digest }) => ({ digest, status: { code: 0 } })) });
          },
        },
        byteStream: {
          async *read({ resourceName }) {
            const bytes = await blob(digestOfName(resourceName));
            if (bytes === undefined) return yield err(rpcError('not-found', resourceName));
            for (let at = 0; at < bytes.length; at += 1 << 18) yield ok({ data: bytes.subarray(at, at + (1 << 18)) });
          },
          write: async (requests) => {
            let name = '';
            const parts: Buffer[] = [];
            for await (const { resourceName, data } of requests) {
              name ||= resourceName;
              parts.push(data);
            }
            const bytes = Buffer.concat(parts);
            const written = await memory.write(digestOfName(name), bytes);
            return written.ok ? ok({ committedSize: bytes.length }) : err(rpcError('invalid-argument', written.error.message));
          },
        },
        farm: {
          attach: async (each, context) => {
            await Promise.race([
              serve(each),
              new Promise<void>((resolve) => {
                cut = resolve;
                context.signal.addEventListener('abort', () => resolve());
              }),
            ]);
            if (call === each) call = undefined;
            return ok(undefined);
          },
        },
      },
    });
    if (!started.ok) throw new Error(started.error.message);
    server = started.value;
  };

  const serve = async (each: Call): Promise<void> => {
    kinds = [];
    for await (const message of each.received) {
      kinds.push(message.message ?? 'unknown');
      switch (message.message) {
        case 'hello':
          self.hellos.push(message.hello);
          if (self.refuse !== undefined) {
            each.send({ refused: self.refuse });
            return;
          }
          each.send({ welcome: { nodeId: message.hello.name, ...self.intervals, unknownLeases: self.unknown } });
          call = each;
          break;
        case 'heartbeat':
          self.heartbeats.push(message.heartbeat);
          break;
        case 'update':
          self.updates.push(message.update);
          break;
        case 'draining':
          drains += 1;
          break;
        case 'owner':
          self.owners.push(message.owner);
          break;
        case 'benchmark':
          self.benchmarks.push(message.benchmark);
          break;
        default:
      }
    }
  };

  const self: TestCoordinator = {
    get address() {
      return server.address;
    },
    get drains() {
      return drains;
    },
    get kinds() {
      return kinds;
    },
    intervals: { heartbeatIntervalMs: 50, idleHeartbeatIntervalMs: 0 },
    owners: [],
    benchmarks: [],
    hellos: [],
    heartbeats: [],
    updates: [],
    reads,
    unknown: [],
    refuse: undefined,
    damaged: new Set(),
    store: async (tree) => {
      for (const { digest, bytes } of tree.blobs.values()) await memory.write(digest, bytes);
    },
    drop: (digest) => void dropped.add(digestKey(digest)),
    read: (digest) => memory.read(digest),
    holdReads: () => {
      let open = (): void => undefined;
      readsOpen = new Promise((resolve) => (open = resolve));
      return open;
    },
    send: (message) => void call?.send(message),
    outcome: async (leaseId) => {
      for (;;) {
        const found = self.updates.findLast((update) => update.leaseId === leaseId && update.state !== 'started');
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    cutStream: () => cut(),
    stop: () => server.close(),
    start: () => listen(server.address),
  };
  await listen('127.0.0.1:0');
  return self;
}

/** Waits until `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
