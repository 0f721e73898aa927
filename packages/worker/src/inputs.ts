// Gets everything that a job opens into the local store before it runs: the Directory messages of its input root, kept parsed from job
// to job, and the files that are not here yet. What two jobs want at the same time is fetched once.
import { digestKey, err, fault, isHash, limits, ok } from '@mosix/core';
import type { Digest, Fault, Result } from '@mosix/core';
import type { DiskStore, RemoteStore } from '@mosix/cas';
import { decode } from '@mosix/protocol';
import { createDirectoryCache } from './directory-cache.js';
import { eachFile, makeDirectory } from './sandbox/input-tree.js';
import type { InputDirectory } from './sandbox/input-tree.js';

export interface LoadedInputs {
  readonly root: InputDirectory;
  readonly fetchedBytes: number;
  /** Lets the store evict these files again. */
  readonly release: () => void;
}

export interface Inputs {
  /**
   * `directories`: digests that the root is made of, as far as known beforehand. Codes: `missing-input` (`cause` is the list of
   * digests), `disk-full`, `fetch` (the coordinator cannot be asked), `bad-input`, `store-io`.
   */
  load(rootDigest: Digest, directories: readonly Digest[], signal: AbortSignal): Promise<Result<LoadedInputs>>;
}

export const missingInput = (missing: readonly Digest[]): Fault =>
  fault('missing-input', `${missing.length} input blob${missing.length === 1 ? ' is' : 's are'} not in the store`, { cause: missing });

/** `onChanged`: a file of the store is no more what was written there, and what links to it must not be used again. */
export function createInputs(store: DiskStore, remote: RemoteStore, onChanged: () => void): Inputs {
  const parsed = createDirectoryCache(limits.workerParsedEntriesMax);
  const inFlight = new Map<string, Promise<Result<void>>>();

  const loadRoot = async (rootDigest: Digest, directories: readonly Digest[], signal: AbortSignal): Promise<Result<{ root: InputDirectory; fetchedBytes: number }>> => {
    const known = parsed.get(digestKey(rootDigest));
    if (known !== undefined) return ok({ root: known, fetchedBytes: 0 });
    const messages = new Map<string, Buffer>();
    let fetchedBytes = 0;
    let wanted = [rootDigest, ...directories].filter((digest) => parsed.get(digestKey(digest)) === undefined);
    // One round is enough when the coordinator has listed the directories; otherwise one for each level.
    for (let round = 0; ; round += 1) {
      const blobs = await remote.readMany(wanted, { signal });
      if (!blobs.ok) return err(fault('fetch', `directories cannot be fetched: ${blobs.error.message}`, { cause: blobs.error }));
      for (const [key, bytes] of blobs.value) {
        messages.set(key, bytes);
        fetchedBytes += bytes.length;
      }
      const absent = wanted.filter((digest) => !blobs.value.has(digestKey(digest)));
      if (absent.length > 0) return err(missingInput(absent));
      const built = buildDirectories(rootDigest, messages, parsed);
      if (built.root !== undefined) return built.root.ok ? ok({ root: built.root.value, fetchedBytes }) : built.root;
      if (round > limits.inputPathBytesMax) return err(fault('bad-input', 'the input root is nested too deeply'));
      wanted = built.unknown;
    }
  };

  const storeStream = async (digest: Digest, signal: AbortSignal): Promise<Result<void>> => {
    const chunks = remote.readStream(digest);
    if (chunks === undefined) return err(missingInput([digest]));
    const writer = await store.openWrite(digest);
    try {
      for await (const chunk of chunks) {
        if (signal.aborted) return err(fault('cancelled', 'cancelled while its inputs were fetched'));
        const appended = await writer.append(chunk);
        if (!appended.ok) return asInputFault(appended.error, digest);
      }
      const committed = await writer.commit();
      return committed.ok ? committed : asInputFault(committed.error, digest);
    } catch (cause) {
      const message = (cause as Error).message;
      return err(message.startsWith('not-found') ? missingInput([digest]) : fault('fetch', `${digestKey(digest)} cannot be fetched: ${message}`, { cause }));
    } finally {
      await writer.abort();
    }
  };

  const storeBatch = async (digests: readonly Digest[], signal: AbortSignal): Promise<Result<void>> => {
    const blobs = await remote.readMany(digests, { signal });
    if (!blobs.ok) return err(fault('fetch', `inputs cannot be fetched: ${blobs.error.message}`, { cause: blobs.error }));
    const absent = digests.filter((digest) => !blobs.value.has(digestKey(digest)));
    for (const digest of digests) {
      const bytes = blobs.value.get(digestKey(digest));
      if (bytes === undefined) continue;
      const written = await store.write(digest, bytes);
      if (!written.ok) return asInputFault(written.error, digest);
    }
    return absent.length > 0 ? err(missingInput(absent)) : ok(undefined);
  };

  /** Fetches what nobody else fetches already, and waits for all of it. Gives the bytes that came for this job alone. */
  const fetchFiles = async (missing: readonly Digest[], signal: AbortSignal): Promise<Result<number>> => {
    const others: Promise<Result<void>>[] = [];
    const mine: Digest[] = [];
    for (const digest of missing) {
      const running = inFlight.get(digestKey(digest));
      if (running === undefined) mine.push(digest);
      else others.push(running);
    }
    const started: Promise<Result<void>>[] = [];
    const begin = (digests: readonly Digest[], run: () => Promise<Result<void>>): void => {
      const done = run().finally(() => {
        for (const digest of digests) inFlight.delete(digestKey(digest));
      });
      for (const digest of digests) inFlight.set(digestKey(digest), done);
      started.push(done);
    };
    for (const { digests, large } of groupForFetch(mine)) {
      const first = digests[0];
      if (large && first !== undefined) begin(digests, () => storeStream(first, signal));
      else begin(digests, () => storeBatch(digests, signal));
    }
    const own = merge(await Promise.all(started));
    if (!own.ok) return own;
    // A fetch that another job began may have failed with that job's cancellation: it says nothing about this one.
    await Promise.all(others);
    const left = await store.findMissing(missing);
    if (left.length === 0) return ok(bytesOf(mine));
    if (others.length === 0) return err(missingInput(left));
    const again = merge(await Promise.all(groupForFetch(left).map(({ digests, large }) => (large ? storeStream(digests[0] as Digest, signal) : storeBatch(digests, signal)))));
    return again.ok ? ok(bytesOf(mine) + bytesOf(left)) : again;
  };

  return {
    async load(rootDigest, directories, signal) {
      const root = await loadRoot(rootDigest, directories, signal);
      if (!root.ok) return root;
      const files = new Map<string, Digest>();
      const executables = new Map<string, Digest>();
      let bytes = 0;
      eachFile(root.value.root, ({ digest, executable }) => {
        const key = digestKey(digest);
        if (executable) executables.set(key, digest);
        if (files.has(key)) return;
        files.set(key, digest);
        bytes += digest.sizeBytes;
      });
      if (bytes > limits.inputBytesMax) return err(fault('bad-input', `the inputs have ${bytes} bytes; at most ${limits.inputBytesMax} are possible`));
      const all = [...files.values()];
      const release = store.pin(all);
      // Each file is looked at: what was changed under the store would give a wrong object here, and nobody would notice.
      const changedBefore = store.changedFiles();
      const missing = all.filter((digest) => store.path(digest) === undefined);
      const fetched = missing.length === 0 ? ok(0) : await fetchFiles(missing, signal);
      if (!fetched.ok) {
        release();
        return fetched;
      }
      for (const digest of executables.values()) {
        if (store.path(digest, { executable: true }) !== undefined) continue;
        release();
        return store.has(digest) ? err(fault('disk-full', 'there is no room for an executable')) : err(missingInput([digest]));
      }
      if (store.changedFiles() !== changedBefore) onChanged();
      return ok({ root: root.value.root, fetchedBytes: root.value.fetchedBytes + fetched.value, release });
    },
  };
}

const bytesOf = (digests: readonly Digest[]): number => digests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** What arrived is not what was asked for: as good as missing. */
function asInputFault(problem: Fault, digest: Digest): Result<never> {
  return err(problem.code === 'digest-mismatch' ? missingInput([digest]) : problem);
}

/** The first failure; all missing blobs together when that is what failed. */
function merge(results: readonly Result<void>[]): Result<void> {
  const failures = results.flatMap((result) => (result.ok ? [] : [result.error]));
  const other = failures.find((failure) => failure.code !== 'missing-input');
  if (other !== undefined) return err(other);
  return failures.length === 0 ? ok(undefined) : err(missingInput(failures.flatMap((failure) => failure.cause as Digest[])));
}

function groupForFetch(digests: readonly Digest[]): { digests: Digest[]; large: boolean }[] {
  const groups: { digests: Digest[]; large: boolean }[] = [];
  let open: Digest[] = [];
  let openBytes = 0;
  for (const digest of digests) {
    if (digest.sizeBytes > limits.batchBlobBytesMax) {
      groups.push({ digests: [digest], large: true });
      continue;
    }
    if (open.length === 0 || openBytes + digest.sizeBytes > limits.fetchBytesAtOnceMax) {
      open = [];
      openBytes = 0;
      groups.push({ digests: open, large: false });
    }
    open.push(digest);
    openBytes += digest.sizeBytes;
  }
  return groups;
}

interface Known {
  get(key: string): InputDirectory | undefined;
  put(directory: InputDirectory): void;
}

/** The root, or which messages are still unknown. */
function buildDirectories(
  rootDigest: Digest,
  messages: ReadonlyMap<string, Buffer>,
  known: Known,
): { root: Result<InputDirectory> | undefined; unknown: Digest[] } {
  const unknown = new Map<string, Digest>();
  const building = new Set<string>();
  // Held here as well: the cache may drop a directory while its parents are being made.
  const made = new Map<string, InputDirectory>();
  let failure: Result<InputDirectory> | undefined;

  const build = (digest: Digest, depth: number): InputDirectory | undefined => {
    const key = digestKey(digest);
    const cached = made.get(key) ?? known.get(key);
    if (cached !== undefined) return cached;
    const bytes = messages.get(key);
    if (bytes === undefined) {
      unknown.set(key, digest);
      return undefined;
    }
    if (building.has(key) || depth > limits.inputPathBytesMax / 2) {
      failure ??= err(fault('bad-input', 'the input root is nested too deeply'));
      return undefined;
    }
    const message = decode('Directory', bytes);
    if (!message.ok) {
      failure ??= err(fault('bad-input', message.error.message, { cause: message.error }));
      return undefined;
    }
    building.add(key);
    const children = new Map<string, InputDirectory>();
    for (const { digest: below } of message.value.directories) {
      if (below === null || !isHash(below.hash)) continue;
      const child = build(below, depth + 1);
      if (child !== undefined) children.set(digestKey(below), child);
    }
    building.delete(key);
    if (failure !== undefined || unknown.size > 0) return undefined;
    for (const { digest: file } of message.value.files) {
      if (file !== null && !isHash(file.hash)) failure ??= err(fault('bad-input', `${file.hash} is no digest`));
    }
    const directory = makeDirectory(key, message.value, (below) => children.get(digestKey(below)));
    if (!directory.ok) {
      failure ??= directory;
      return undefined;
    }
    made.set(key, directory.value);
    known.put(directory.value);
    return directory.value;
  };

  const root = build(rootDigest, 0);
  if (failure !== undefined) return { root: failure, unknown: [] };
  return { root: root === undefined ? undefined : ok(root), unknown: [...unknown.values()] };
}
