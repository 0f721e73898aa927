// One blob on its way to a server in pieces, pushed by its owner into one upload call.
import { err, fault, ok } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import type { RpcError } from '@mosix/protocol';
import type { BlobWriter } from './blob-store.js';
import { mismatch } from './hash.js';

type Send = (chunks: AsyncIterable<Uint8Array>, scope: { readonly signal: AbortSignal }) => Promise<Result<void, RpcError>>;

/** Pushes chunks into one upload call; `append` waits until the call has taken the chunk before. */
export function createStreamWriter(digest: Digest, send: Send): BlobWriter {
  const abort = new AbortController();
  let waiting: Uint8Array | undefined;
  let ended = false;
  let received = 0;
  let wakeSource = (): void => undefined;
  let wakeWriter = (): void => undefined;

  async function* source(): AsyncGenerator<Uint8Array> {
    for (;;) {
      while (waiting === undefined && !ended) await new Promise<void>((resolve) => (wakeSource = resolve));
      if (waiting === undefined) return;
      const chunk = waiting;
      waiting = undefined;
      wakeWriter();
      yield chunk;
    }
  }

  let outcome: Result<void> | undefined;
  const sending = send(source(), { signal: abort.signal }).then((result) => {
    outcome = result;
    wakeWriter();
    return result;
  });
  const finish = (): void => {
    ended = true;
    wakeSource();
  };

  return {
    append: async (chunk) => {
      if (ended) return err(fault('store-io', 'this write has ended'));
      received += chunk.length;
      if (received > digest.sizeBytes) {
        abort.abort();
        finish();
        return err(mismatch(digest, `at least ${received} bytes`));
      }
      while (waiting !== undefined && outcome === undefined) await new Promise<void>((resolve) => (wakeWriter = resolve));
      if (outcome !== undefined) return outcome; // failed, or the server has the blob already
      waiting = chunk;
      wakeSource();
      return ok(undefined);
    },
    commit: async () => {
      if (received !== digest.sizeBytes) {
        abort.abort();
        finish();
        return err(mismatch(digest, `${received} bytes`));
      }
      finish();
      return sending;
    },
    abort: async () => {
      abort.abort();
      finish();
      await sending;
    },
  };
}
