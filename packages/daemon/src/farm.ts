// The daemon's side of one coordinator: is it there, what does it hold already, and running an action on it. Any server of the Remote
// Execution API will do. Nothing here waits without a bound, and while a coordinator is away each job is told so at once.
import { deadlineFor, err, fault, limits, ok, type Digest, type Fault, type Result } from '@mosix/core';
import { USER_HEADER } from '@mosix/config';
import { connect, execute, preconditionViolations, type BulkWriter, type Channel, type ExecutionUpdate, type reapi, type RpcError } from '@mosix/protocol';
import { bytesOf, openSource } from './blob-source.js';

export interface Blob {
  readonly digest: Digest;
  /** Reads the bytes; `undefined` when the file is gone or has changed. */
  load(): Uint8Array | undefined;
  /** Where the bytes lie, when that is a file: a large one is sent from there, piece by piece. */
  readonly file?: string;
}

export interface ExecuteRequest {
  readonly action: Digest;
  /** Everything the action refers to, Command and Action included, less what `isKnown` says is not wanted. */
  blobs(isKnown: (hash: string) => boolean): readonly Blob[];
  /** Action, Command and input root are believed to be on the farm: try without looking at `blobs`. */
  readonly known: boolean;
  readonly skipCache: boolean;
  readonly outputs: readonly string[];
  /** REAPI's: smaller is sooner, 0 is normal. */
  readonly priority: number;
  readonly signal: AbortSignal;
}

export interface Executed {
  readonly result: reapi.ActionResult;
  readonly fromCache: boolean;
  readonly attempts: number;
  readonly sent: { readonly blobs: number; readonly bytes: number };
  readonly uploadMs: number;
  readonly executeMs: number;
  /** What the coordinator tells of the choice of the node and of moves, a sentence each. */
  readonly story: readonly string[];
}

export type FarmProblem =
  | { readonly kind: 'away'; readonly fault: Fault }
  | { readonly kind: 'no-node'; readonly fault: Fault }
  | { readonly kind: 'changed'; readonly fault: Fault }
  | { readonly kind: 'cancelled' }
  /** The farm lacks inputs: all rounds of sending them are over, or there were none because they were believed to be `known`. */
  | { readonly kind: 'missing'; readonly fault: Fault }
  /** Given back on somebody's word, or because a node's owner came and no other node could take it. */
  | { readonly kind: 'brought-home'; readonly fault: Fault; readonly story: readonly string[] }
  | { readonly kind: 'failed'; readonly fault: Fault; readonly story?: readonly string[] };

export interface Farm {
  readonly address: string;
  /** True when the coordinator answers. Waits only for the very first answer. */
  available(): Promise<boolean>;
  /**
   * Is it worth a call of its own to ask for a result first? Execute looks too, so a look-up only spares sending inputs: it is left out while
   * nothing is ever found and there is little to send.
   */
  worthLookingUp(blobs: ExecuteRequest['blobs'] | undefined): boolean;
  lookUp(action: Digest, outputs: readonly string[], signal: AbortSignal): Promise<Result<reapi.ActionResult | undefined, FarmProblem>>;
  execute(request: ExecuteRequest): Promise<Result<Executed, FarmProblem>>;
  /** A blob that a result names but does not carry. */
  fetch(digest: Digest, signal: AbortSignal): Promise<Buffer | undefined>;
  readonly lastFault: Fault | undefined;
  close(): void;
}

export interface FarmPorts {
  readonly nowMs: () => number;
  readonly sha256: (bytes: Uint8Array) => string;
  /** Who asks, as `clientIdentity` gives it: the farm is fair between users. */
  readonly user: string;
}

/** With fewer unknown bytes than this, sending is cheaper than asking first. */
const SEND_UNASKED_BYTES_MAX = 192 * 1024;
/** After so many results in a row that the farm did not have, the next one is not looked for by a call of its own. */
const MISSES_MAX = 4;
const KNOWN_MAX = 2_000_000;
const MISSING_ROUNDS_MAX = 3;
const FIRST_CONTACT_MS = 2_000;
/** No word about a running action for this long: the coordinator is taken to be gone. It speaks every `operationUpdateMs`. */
const EXECUTION_SILENCE_MS = limits.operationUpdateMs * 2.5;

export function connectFarm(address: string, ports: FarmPorts, options: { readonly plaintext: boolean }): Result<Farm> {
  const connected = connect(address, { ...options, lean: true });
  if (!connected.ok) return connected;
  const channel: Channel = connected.value;
  const { nowMs } = ports;

  const headers = { [USER_HEADER]: ports.user };
  const known = new Set<string>();
  const sending = new Map<string, Promise<boolean>>();
  let state: 'new' | 'up' | 'down' = 'new';
  let retryAtMs = 0;
  let retryDelayMs: number = limits.reconnectMsFirst;
  let contact: Promise<boolean> | undefined;
  let lastFault: Fault | undefined;
  let misses = 0;
  const found = (hit: boolean): void => void (misses = hit ? 0 : misses + 1);

  const lost = (problem: Fault): void => {
    if (state !== 'down') {
      state = 'down';
      retryDelayMs = limits.reconnectMsFirst;
    }
    retryAtMs = nowMs() + retryDelayMs;
    lastFault = problem;
  };

  const makeContact = (): Promise<boolean> => {
    contact ??= channel.capabilities.getCapabilities({ instanceName: '' }, { deadlineMs: FIRST_CONTACT_MS }).then((answer) => {
      contact = undefined;
      if (answer.ok && answer.value.executionCapabilities?.execEnabled === true) {
        if (state === 'down') known.clear(); // it may have come back with another store
        state = 'up';
        lastFault = undefined;
        return true;
      }
      const problem = answer.ok
        ? fault('not-a-coordinator', `${address} speaks the Remote Execution API but executes nothing`, { hint: 'mosix doctor' })
        : fault('coordinator-unreachable', `no coordinator answers at ${address}: ${answer.error.message}`, { hint: 'mosix doctor', cause: answer.error });
      retryDelayMs = Math.min(retryDelayMs * 2, limits.reconnectMsMax);
      state = 'down';
      retryAtMs = nowMs() + retryDelayMs;
      lastFault = problem;
      return false;
    });
    return contact;
  };

  const interpret = (error: RpcError): Exclude<FarmProblem, { kind: 'missing' }> => {
    switch (error.code) {
      case 'cancelled':
        return { kind: 'cancelled' };
      case 'unavailable':
      case 'deadline-exceeded':
      case 'unimplemented':
      case 'internal':
      case 'unknown': {
        const problem = fault('coordinator-unreachable', `lost the coordinator at ${address}: ${error.message}`, { hint: 'mosix doctor', cause: error });
        lost(problem);
        return { kind: 'away', fault: problem };
      }
      default:
        return { kind: 'failed', fault: fault('farm-failed', error.message, { cause: error }) };
    }
  };

  /** Of a write that failed. A line that is slow, or a store in trouble, takes this job away and not the farm. */
  const interpretWrite = (error: RpcError): FarmProblem =>
    error.code === 'deadline-exceeded' || error.code === 'internal' || error.code === 'unknown'
      ? { kind: 'failed', fault: fault('farm-failed', `inputs could not be sent: ${error.message}`, { cause: error }) }
      : interpret(error);

  const sendBatch = async (batch: readonly { digest: Digest; bytes: Uint8Array }[], signal: AbortSignal): Promise<Result<void, FarmProblem>> => {
    const sizeBytes = batch.reduce((sum, blob) => sum + blob.bytes.length, 0);
    const answer = await channel.cas.batchUpdateBlobs(
      { instanceName: '', requests: batch.map((blob) => ({ digest: blob.digest, data: blob.bytes })) },
      { deadlineMs: deadlineFor(sizeBytes), signal },
    );
    if (!answer.ok) return err(interpretWrite(answer.error));
    for (const response of answer.value.responses) {
      const code = response.status?.code ?? 0;
      if (code === 0) continue;
      const message = response.status?.message ?? 'no reason given';
      // INVALID_ARGUMENT: the bytes are not those of the digest, so the file changed between hashing and sending.
      return err(
        code === 3 ? { kind: 'changed', fault: fault('inputs-changed', message) } : { kind: 'failed', fault: fault('farm-failed', `the store refused a blob: ${message}`) },
      );
    }
    return ok(undefined);
  };

  const sendLarge = async (blob: Blob, writer: BulkWriter, signal: AbortSignal): Promise<Result<void, FarmProblem>> => {
    const { hash, sizeBytes } = blob.digest;
    const source = openSource(blob);
    if (source === undefined) return err(VANISHED);
    try {
      const answer = await writer.write({ resourceName: `uploads/${crypto.randomUUID()}/blobs/${hash}/${sizeBytes}`, sizeBytes, read: source.read }, { silenceMs: limits.bulkSilenceMs, signal });
      if (answer.ok) return ok(undefined);
      // The bytes are not those of the digest, or fewer, so the file changed between hashing and sending.
      const changed = answer.error.code === 'invalid-argument' || answer.error.code === 'data-loss';
      return err(changed ? { kind: 'changed', fault: fault('inputs-changed', answer.error.message) } : interpretWrite(answer.error));
    } finally {
      source.close();
    }
  };

  const sendAllLarge = async (blobs: readonly Blob[], signal: AbortSignal): Promise<Result<void, FarmProblem>> => {
    if (blobs.length === 0) return ok(undefined);
    const writer = channel.bulkWriter();
    try {
      for (const blob of blobs) {
        const answer = await sendLarge(blob, writer, signal);
        if (!answer.ok) return answer;
      }
      return ok(undefined);
    } finally {
      writer.close();
    }
  };

  const sendAllSmall = async (blobs: readonly Blob[], signal: AbortSignal): Promise<Result<void, FarmProblem>> => {
    let batch: { digest: Digest; bytes: Uint8Array }[] = [];
    let batchBytes = 0;
    for (const blob of blobs) {
      const bytes = blob.load();
      if (bytes === undefined) return err(VANISHED);
      if (batchBytes + bytes.length > limits.batchBlobBytesMax) {
        const answer = await sendBatch(batch, signal);
        if (!answer.ok) return answer;
        batch = [];
        batchBytes = 0;
      }
      batch.push({ digest: blob.digest, bytes });
      batchBytes += bytes.length + 120;
    }
    return batch.length > 0 ? sendBatch(batch, signal) : ok(undefined);
  };

  const remember = (digests: readonly Digest[]): void => {
    if (known.size > KNOWN_MAX) known.clear();
    for (const digest of digests) known.add(digest.hash);
  };

  /** Makes sure that the farm holds all blobs. What another job is sending right now is waited for, not sent twice. */
  const upload = async (blobs: ExecuteRequest['blobs'], signal: AbortSignal): Promise<Result<{ blobs: number; bytes: number }, FarmProblem>> => {
    let unknown = blobs((hash) => known.has(hash)).filter((blob) => blob.digest.sizeBytes > 0);
    const theirs: Promise<boolean>[] = [];
    const seen = new Set<string>();
    const mine: Blob[] = [];
    for (const blob of unknown) {
      if (seen.has(blob.digest.hash)) continue;
      seen.add(blob.digest.hash);
      const underWay = sending.get(blob.digest.hash);
      if (underWay === undefined) mine.push(blob);
      else theirs.push(underWay);
    }
    let settle: (good: boolean) => void = () => undefined;
    const outcome = new Promise<boolean>((resolve) => (settle = resolve));
    for (const blob of mine) sending.set(blob.digest.hash, outcome);
    let good = false;
    const sent = { blobs: 0, bytes: 0 };
    try {
      unknown = mine;
      if (bytesOf(mine) > SEND_UNASKED_BYTES_MAX) {
        const answer = await channel.cas.findMissingBlobs({ instanceName: '', blobDigests: mine.map((blob) => blob.digest) }, { signal });
        if (!answer.ok) return err(interpret(answer.error));
        const missing = new Set(answer.value.missingBlobDigests.map((digest) => digest.hash));
        unknown = mine.filter((blob) => missing.has(blob.digest.hash));
      }
      const large = unknown.filter((blob) => blob.digest.sizeBytes >= limits.bulkBlobBytesMin);
      const small = unknown.filter((blob) => blob.digest.sizeBytes < limits.bulkBlobBytesMin);
      Object.assign(sent, { blobs: unknown.length, bytes: bytesOf(unknown) });
      for (const each of await Promise.all([sendAllLarge(large, signal), sendAllSmall(small, signal)])) if (!each.ok) return each;
      remember(mine.map((blob) => blob.digest));
      good = true;
    } finally {
      for (const blob of mine) sending.delete(blob.digest.hash);
      settle(good);
    }
    const others = await Promise.all(theirs);
    // Whoever was sending the rest gave up (its user pressed Ctrl-C, say): send it ourselves.
    if (others.includes(false)) {
      const rest = await upload(blobs, signal);
      return rest.ok ? ok({ blobs: sent.blobs + rest.value.blobs, bytes: sent.bytes + rest.value.bytes }) : rest;
    }
    return ok(sent);
  };

  const runOnce = async (request: ExecuteRequest): Promise<Result<Pick<Executed, 'result' | 'fromCache' | 'story'>, Exclude<FarmProblem, { kind: 'missing' }> | { kind: 'missing'; hashes: string[] }>> => {
    // One signal for both reasons to stop, by hand: AbortSignal.any costs four times as much.
    const stop = new AbortController();
    const cancel = (): void => stop.abort();
    request.signal.addEventListener('abort', cancel, { once: true });
    if (request.signal.aborted) cancel();
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      cancel();
    }, EXECUTION_SILENCE_MS);
    let last: ExecutionUpdate | undefined;
    try {
      const updates = execute(
        channel,
        {
          instanceName: '',
          actionDigest: request.action,
          skipCacheLookup: request.skipCache,
          inlineStdout: true,
          inlineStderr: true,
          inlineOutputFiles: request.outputs,
          ...(request.priority === 0 ? {} : { executionPolicy: { priority: request.priority } }),
        },
        { signal: stop.signal, metadata: headers },
      );
      for await (const update of updates) {
        timer.refresh();
        if (!update.ok) {
          if (request.signal.aborted) return err({ kind: 'cancelled' });
          const missing = missingHashes(update.error);
          return err(missing.length > 0 ? { kind: 'missing', hashes: missing } : update.error.code === 'resource-exhausted' ? { kind: 'no-node', fault: noNode(update.error) } : interpret(silent ? { ...update.error, code: 'unavailable', message: 'no word about a running job' } : update.error));
        }
        last = update.value;
      }
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', cancel);
      if (request.signal.aborted && last !== undefined && !last.done) void channel.operations.cancelOperation({ name: last.name }, { deadlineMs: FIRST_CONTACT_MS });
    }
    if (last === undefined || !last.done) return err(interpret({ code: 'unavailable', message: 'the execution ended without an answer', details: [] }));
    if (last.error !== undefined) {
      const missing = missingHashes(last.error);
      if (missing.length > 0) return err({ kind: 'missing', hashes: missing });
      if (last.error.code === 'resource-exhausted') return err({ kind: 'no-node', fault: noNode(last.error) });
      if (last.error.code === 'cancelled' && request.signal.aborted) return err({ kind: 'cancelled' });
      return err({ kind: GIVEN_BACK.test(last.error.message) ? 'brought-home' : 'failed', fault: fault('farm-failed', last.error.message, { cause: last.error }), story: storyOf(last) });
    }
    const result = last.response?.result;
    if (result === undefined || result === null) return err({ kind: 'failed', fault: fault('farm-failed', 'the farm answered without a result') });
    const fromCache = last.response?.cachedResult === true;
    if (fromCache) found(true);
    return ok({ result, fromCache, story: storyOf(last) });
  };

  return ok({
    address,
    get lastFault() {
      return lastFault;
    },
    async available() {
      if (state === 'up') return true;
      if (state === 'new') return makeContact();
      if (nowMs() >= retryAtMs) void makeContact(); // whoever comes next profits
      return false;
    },
    worthLookingUp: (blobs) =>
      misses < MISSES_MAX || bytesOf(blobs?.((hash) => known.has(hash)) ?? []) > SEND_UNASKED_BYTES_MAX,
    async lookUp(action, outputs, signal) {
      const answer = await channel.actionCache.getActionResult({ instanceName: '', actionDigest: action, inlineStdout: true, inlineStderr: true, inlineOutputFiles: outputs }, { signal });
      if (answer.ok || answer.error.code === 'not-found') found(answer.ok);
      if (answer.ok) return ok(answer.value);
      return answer.error.code === 'not-found' ? ok(undefined) : err(interpret(answer.error));
    },
    async execute(request) {
      const sent = { blobs: 0, bytes: 0 };
      let uploadMs = 0;
      let executeMs = 0;
      const rounds = request.known ? 1 : MISSING_ROUNDS_MAX;
      for (let round = 0; round < rounds; round += 1) {
        if (round > 0 || !request.known) {
          const begin = nowMs();
          const uploaded = await upload(request.blobs, request.signal);
          uploadMs += nowMs() - begin;
          if (!uploaded.ok) return request.signal.aborted ? err({ kind: 'cancelled' }) : uploaded;
          sent.blobs += uploaded.value.blobs;
          sent.bytes += uploaded.value.bytes;
        }
        const begin = nowMs();
        const done = await runOnce(request);
        executeMs += nowMs() - begin;
        if (done.ok) return ok({ ...done.value, attempts: round + 1, sent, uploadMs, executeMs });
        if (done.error.kind !== 'missing') return err(done.error);
        for (const hash of done.error.hashes) known.delete(hash);
      }
      return err({ kind: 'missing', fault: fault('farm-failed', 'the farm keeps losing inputs of this job') });
    },
    async fetch(digest, signal) {
      if (digest.sizeBytes === 0) return Buffer.alloc(0);
      const parts: Buffer[] = [];
      for await (const part of channel.byteStream.read({ resourceName: `blobs/${digest.hash}/${digest.sizeBytes}`, readOffset: 0, readLimit: 0 }, { deadlineMs: deadlineFor(digest.sizeBytes), signal })) {
        if (!part.ok) return undefined;
        parts.push(part.value.data);
      }
      const bytes = Buffer.concat(parts);
      return bytes.length === digest.sizeBytes && ports.sha256(bytes) === digest.hash ? bytes : undefined;
    },
    close: () => channel.close(),
  });
}

/** Codes at the end of a status message: no failure, but somebody's wish. */
const GIVEN_BACK = /\[(?:brought-home|owner-returned)\]/;

const storyOf = (update: ExecutionUpdate): string[] => (update.response?.message ?? '').split('\n').filter((line) => line !== '').slice(0, limits.storyLinesMax);

const VANISHED: FarmProblem = { kind: 'changed', fault: fault('inputs-changed', 'an input vanished while it was being sent') };

const noNode = (error: RpcError): Fault => fault('no-capable-node', error.message, { hint: 'mosix status', cause: error });

/** `MISSING` violations name `blobs/HASH/SIZE`. */
const missingHashes = (error: RpcError): string[] =>
  preconditionViolations(error)
    .filter((violation) => violation.type === 'MISSING')
    .map((violation) => /([0-9a-f]{64})\/\d+$/.exec(violation.subject)?.[1])
    .filter((hash): hash is string => hash !== undefined);
