// ByteStream.Write for large blobs over an HTTP/2 connection of its own. The bytes on the wire are those of any gRPC client; what is
// spared is memory: grpc-js copies every message twice into fresh buffers. 37 MB cost 90 ms of CPU that way, 20 ms this way.
import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { MethodDefinition } from '@grpc/grpc-js';
import { err, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import { leanServiceDefinition } from './load.js';
import { rpcError } from './rpc-error.js';
import type { RpcError } from './rpc-error.js';
import { SERVICE_NAMES } from './services.js';
import { statusOfHeaders } from './status.js';
import type * as bytestream from './generated/bytestream.js';

export interface BulkBlob {
  /** `uploads/UUID/blobs/HASH/SIZE` */
  readonly resourceName: string;
  readonly sizeBytes: number;
  /** Fills the buffer from the blob's next bytes; 0 when there are no more. The buffer is used again for a later piece. */
  readonly read: (into: Buffer) => number;
}

export interface BulkWriter {
  /**
   * Sends one blob, one at a time; well too when the server has it already. `data-loss`: `read` gave fewer bytes than it should, or the server took fewer.
   * `deadline-exceeded`: nothing has moved for `silenceMs`. A slow line may take as long as it needs, so the whole has no deadline.
   */
  write(blob: BulkBlob, options: { readonly silenceMs: number; readonly signal: AbortSignal }): Promise<Result<void, RpcError>>;
  /** Ends what is still under way. */
  close(): void;
}

const PREFIX_BYTES = 5;

function writeMethod(): MethodDefinition<object, bytestream.WriteResponse> {
  const method = leanServiceDefinition(SERVICE_NAMES.byteStream)['Write'];
  if (method === undefined) throw new Error('ByteStream has no Write');
  return method as MethodDefinition<object, bytestream.WriteResponse>;
}

const { path, responseDeserialize } = writeMethod();

/** Protobuf's base-128 numbers. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

/** All of a framed WriteRequest but the payload, which is its last field. Field numbers: google/bytestream/bytestream.proto. */
function headOf(resourceName: string, offset: number, finish: boolean, payloadBytes: number): Buffer {
  const name = Buffer.from(resourceName);
  const fields = Buffer.concat([
    ...(name.length === 0 ? [] : [Buffer.from([0x0a, ...varint(name.length)]), name]),
    Buffer.from([...(offset === 0 ? [] : [0x10, ...varint(offset)]), ...(finish ? [0x18, 1] : []), 0x52, ...varint(payloadBytes)]),
  ]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(fields.length + payloadBytes, 1);
  return Buffer.concat([prefix, fields]);
}

function checkReply(framed: Buffer, sizeBytes: number): Result<void, RpcError> {
  if (framed.length <= PREFIX_BYTES) return err(rpcError('data-loss', 'the server does not say how much it took'));
  const { committedSize } = responseDeserialize(framed.subarray(PREFIX_BYTES));
  return committedSize === sizeBytes ? ok(undefined) : err(rpcError('data-loss', `the server took ${committedSize} of ${sizeBytes} bytes`));
}

/** What the server says at the end, by whichever of the ways in which a call can end. */
function answerTo(stream: ClientHttp2Stream, sizeBytes: number): Promise<Result<void, RpcError>> {
  return new Promise((resolve) => {
    const body: Buffer[] = [];
    stream.on('data', (piece: Buffer) => body.push(piece));
    stream.on('response', (headers) => {
      if (headers['grpc-status'] !== undefined) resolve(statusOfHeaders(headers));
      else if (headers[':status'] !== 200) resolve(err(rpcError('unavailable', `HTTP status ${String(headers[':status'])}`)));
    });
    stream.on('trailers', (headers) => {
      const status = statusOfHeaders(headers);
      resolve(status.ok ? checkReply(Buffer.concat(body), sizeBytes) : status);
    });
    stream.on('error', (problem) => resolve(err(rpcError('unavailable', problem.message, { cause: problem }))));
    stream.on('close', () => resolve(err(rpcError('unavailable', 'the server ended the call'))));
  });
}

/** `buffers`: two; one is filled while the other is on its way. */
async function send(stream: ClientHttp2Stream, blob: BulkBlob, buffers: readonly Buffer[], over: () => boolean, moved: () => unknown): Promise<Result<void, RpcError>> {
  let written = Promise.resolve();
  let offset = 0;
  for (let turn = 0; offset < blob.sizeBytes; turn += 1) {
    const buffer = buffers[turn % 2] as Buffer;
    const count = blob.read(buffer);
    if (count === 0) return err(rpcError('data-loss', `${offset} of ${blob.sizeBytes} bytes are there`));
    const payload = buffer.subarray(0, Math.min(count, blob.sizeBytes - offset));
    await written;
    if (over()) return ok(undefined);
    moved();
    const head = headOf(offset === 0 ? blob.resourceName : '', offset, offset + payload.length === blob.sizeBytes, payload.length);
    stream.write(head);
    // Called with an error too when the stream breaks; `over` tells then.
    written = new Promise((resolve) => void stream.write(payload, () => resolve()));
    offset += payload.length;
  }
  void written.then(moved);
  stream.end();
  return ok(undefined);
}

/** `connect` is called at the first blob. */
export function createBulkWriter(connect: () => ClientHttp2Session): BulkWriter {
  let session: ClientHttp2Session | undefined;
  // Used for blob after blob. A stream that was answered early may still hold one: what it sends then is read by nobody.
  let buffers: readonly Buffer[] | undefined;
  return {
    async write(blob, { silenceMs, signal }) {
      if (signal.aborted) return err(rpcError('cancelled', 'cancelled before it began'));
      if (session === undefined || session.closed || session.destroyed) {
        session = connect();
        session.on('error', () => undefined); // its streams say the same
      }
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' }, { endStream: false });
      let ending: Result<void, RpcError> | undefined;
      const finish = (result: Result<void, RpcError>): void => {
        if (ending !== undefined) return;
        ending = result;
        stream.close(constants.NGHTTP2_CANCEL);
      };
      const cancel = (): void => finish(err(rpcError('cancelled', 'cancelled')));
      signal.addEventListener('abort', cancel, { once: true });
      const timer = setTimeout(() => finish(err(rpcError('deadline-exceeded', `nothing moved for ${silenceMs} ms`))), silenceMs);
      try {
        const answer = answerTo(stream, blob.sizeBytes).then((result) => (ending ??= result));
        buffers ??= [0, 1].map(() => Buffer.allocUnsafeSlow(limits.byteStreamChunkBytes));
        const sent = await send(stream, blob, buffers, () => ending !== undefined, () => ending ?? timer.refresh());
        if (!sent.ok) finish(sent);
        return await answer;
      } catch (problem) {
        finish(err(rpcError('cancelled', 'the source of the bytes failed'))); // half a blob must not look like a whole one
        throw problem;
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        if (!stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
      }
    },
    close: () => session?.destroy(),
  };
}
