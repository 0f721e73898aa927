// Messages to bytes and back, outside of calls: blobs of the store, action-cache entries, Any payloads, trailers. Bytes are canonical, because
// digests depend on them; sorting of entries stays with the caller.
import { err, fault, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import { messageDefinition, type MessageDefinition } from './load.js';
import type * as reapi from './generated/reapi.js';
import type * as rpc from './generated/rpc.js';
import type * as longrunning from './generated/longrunning.js';
import type * as wellknown from './generated/wellknown.js';
import type * as farm from './generated/farm.js';

const REAPI = 'build.bazel.remote.execution.v2';

/** Message name to what `encode` takes and what `decode` gives. */
export interface Messages {
  Action: [reapi.ActionInput, reapi.Action];
  ActionResult: [reapi.ActionResultInput, reapi.ActionResult];
  Command: [reapi.CommandInput, reapi.Command];
  Digest: [reapi.DigestInput, reapi.Digest];
  Directory: [reapi.DirectoryInput, reapi.Directory];
  ExecutedActionMetadata: [reapi.ExecutedActionMetadataInput, reapi.ExecutedActionMetadata];
  ExecuteOperationMetadata: [reapi.ExecuteOperationMetadataInput, reapi.ExecuteOperationMetadata];
  ExecuteResponse: [reapi.ExecuteResponseInput, reapi.ExecuteResponse];
  RequestMetadata: [reapi.RequestMetadataInput, reapi.RequestMetadata];
  Tree: [reapi.TreeInput, reapi.Tree];
  Operation: [longrunning.OperationInput, longrunning.Operation];
  Status: [rpc.StatusInput, rpc.Status];
  PreconditionFailure: [rpc.PreconditionFailureInput, rpc.PreconditionFailure];
  RetryInfo: [rpc.RetryInfoInput, rpc.RetryInfo];
  Usage: [farm.UsageInput, farm.Usage];
}

export type MessageName = keyof Messages;

const FULL_NAMES: Readonly<Record<MessageName, string>> = {
  Action: `${REAPI}.Action`,
  ActionResult: `${REAPI}.ActionResult`,
  Command: `${REAPI}.Command`,
  Digest: `${REAPI}.Digest`,
  Directory: `${REAPI}.Directory`,
  ExecutedActionMetadata: `${REAPI}.ExecutedActionMetadata`,
  ExecuteOperationMetadata: `${REAPI}.ExecuteOperationMetadata`,
  ExecuteResponse: `${REAPI}.ExecuteResponse`,
  RequestMetadata: `${REAPI}.RequestMetadata`,
  Tree: `${REAPI}.Tree`,
  Operation: 'google.longrunning.Operation',
  Status: 'google.rpc.Status',
  PreconditionFailure: 'google.rpc.PreconditionFailure',
  RetryInfo: 'google.rpc.RetryInfo',
  Usage: 'mosix.farm.v1.Usage',
};

const definitions = new Map<string, MessageDefinition>();

function definitionOf(fullName: string): MessageDefinition {
  let known = definitions.get(fullName);
  if (known === undefined) {
    known = messageDefinition(fullName);
    definitions.set(fullName, known);
  }
  return known;
}

/** Canonical bytes: fields by number, defaults left out. Throws on a value of the wrong shape, which types exclude. */
export function encode<Name extends MessageName>(name: Name, message: Messages[Name][0]): Buffer {
  return definitionOf(FULL_NAMES[name]).serialize(message);
}

/** Every field is present in the value. Byte fields are views of `bytes`, not copies. Code on damage: `bad-message`. */
export function decode<Name extends MessageName>(name: Name, bytes: Uint8Array): Result<Messages[Name][1]> {
  const view = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return ok(definitionOf(FULL_NAMES[name]).deserialize(view) as Messages[Name][1]);
  } catch (cause) {
    return err(fault('bad-message', `these ${bytes.length} bytes are no ${name}`, { cause }));
  }
}

const TYPE_URL_PREFIX = 'type.googleapis.com/';

/** Wraps a message as `google.protobuf.Any`. */
export const packAny = <Name extends MessageName>(name: Name, message: Messages[Name][0]): wellknown.AnyInput => ({
  type_url: TYPE_URL_PREFIX + FULL_NAMES[name],
  value: encode(name, message),
});

/** The message inside an Any; undefined when it holds another type, or damaged bytes, or there is none. */
export function unpackAny<Name extends MessageName>(name: Name, any: wellknown.AnyInput | null | undefined): Messages[Name][1] | undefined {
  const url = any?.type_url ?? '';
  if (url.slice(url.lastIndexOf('/') + 1) !== FULL_NAMES[name]) return undefined;
  const decoded = decode(name, any?.value ?? Buffer.alloc(0));
  return decoded.ok ? decoded.value : undefined;
}
