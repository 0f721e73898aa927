// Messages to bytes and back, outside of calls: blobs of the store, action-cache entries, Any payloads, trailers.
//
// `encode` is canonical, because digests depend on it: protobufjs writes a default that is set explicitly (two bytes for
// `isExecutable: false`), so defaults are taken out first. Sorting of entries stays with the caller.
import { err, fault, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import { descriptor, messageDefinition } from './load.js';
import type { DescriptorField, DescriptorNode } from './load.js';
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

type Strip = (value: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/** Finds a type the way .proto files name one: from the innermost scope outwards. */
function lookUp(name: string, scope: readonly string[]): { node: DescriptorNode; path: string[] } {
  const wanted = name.replace(/^\./, '').split('.');
  for (let depth = name.startsWith('.') ? 0 : scope.length; depth >= 0; depth -= 1) {
    const path = [...scope.slice(0, depth), ...wanted];
    let node: DescriptorNode | undefined = descriptor;
    for (const part of path) node = node?.nested?.[part];
    if (node !== undefined) return { node, path };
  }
  throw new Error(`no type ${name} in ${scope.join('.')}`);
}

const NUMERIC = /^(double|float|s?fixed(32|64)|[su]?int(32|64)|sfixed(32|64))$/;

function isDefault(kind: string, firstEnumValue: string | undefined, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (firstEnumValue !== undefined) return value === firstEnumValue || value === 0;
  if (kind === 'bool') return value === false;
  if (kind === 'string') return value === '';
  if (kind === 'bytes') return (value as Uint8Array).length === 0;
  return NUMERIC.test(kind) && value === 0;
}

const strippers = new Map<string, Strip>();

function stripperOf(path: readonly string[], node: DescriptorNode): Strip {
  const key = path.join('.');
  const known = strippers.get(key);
  if (known !== undefined) return known;
  const inOneof = new Set(Object.values(node.oneofs ?? {}).flatMap((oneof) => oneof.oneof));
  const fields: { name: string; field: DescriptorField; first: string | undefined; inner: Strip | undefined; presence: boolean }[] = [];
  const strip: Strip = (value) => {
    const result: Record<string, unknown> = {};
    for (const { name, field, first, inner, presence } of fields) {
      const item = value[name];
      if (item === undefined || item === null) continue;
      if (field.rule === 'repeated') {
        if (!Array.isArray(item)) throw new TypeError(`${key}.${name} must be an array`);
        result[name] = inner === undefined ? item : item.map(inner);
      } else if (field.keyType !== undefined) {
        const entries = Object.entries(item as Record<string, Record<string, unknown>>);
        result[name] = inner === undefined ? item : Object.fromEntries(entries.map(([entry, message]) => [entry, inner(message)]));
      } else if (inner !== undefined) result[name] = inner(item as Record<string, unknown>);
      else if (presence || !isDefault(field.type, first, item)) result[name] = item;
    }
    return result;
  };
  strippers.set(key, strip); // before the fields: types may contain themselves
  for (const [name, field] of Object.entries(node.fields ?? {})) {
    const scalar = NUMERIC.test(field.type) || ['bool', 'string', 'bytes'].includes(field.type);
    const found = scalar ? undefined : lookUp(field.type, path);
    const first = found?.node.values === undefined ? undefined : Object.keys(found.node.values)[0];
    const inner = found?.node.fields === undefined ? undefined : stripperOf(found.path, found.node);
    fields.push({ name, field, first, inner, presence: inOneof.has(name) || field.options?.proto3_optional === true });
  }
  return strip;
}

const codecs = new Map<string, { serialize: (value: object) => Buffer; deserialize: (bytes: Buffer) => object; strip: Strip }>();

function codecOf(fullName: string): NonNullable<ReturnType<typeof codecs.get>> {
  const known = codecs.get(fullName);
  if (known !== undefined) return known;
  const { serialize, deserialize } = messageDefinition(fullName);
  const { node, path } = lookUp(`.${fullName}`, []);
  const codec = { serialize, deserialize, strip: stripperOf(path, node) };
  codecs.set(fullName, codec);
  return codec;
}

/** Canonical bytes: fields by number, defaults left out. Throws on a value of the wrong shape, which types exclude. */
export function encode<Name extends MessageName>(name: Name, message: Messages[Name][0]): Buffer {
  const codec = codecOf(FULL_NAMES[name]);
  return codec.serialize(codec.strip(message as Record<string, unknown>));
}

/** Every field is present in the value. Byte fields are views of `bytes`, not copies. Code on damage: `bad-message`. */
export function decode<Name extends MessageName>(name: Name, bytes: Uint8Array): Result<Messages[Name][1]> {
  const view = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return ok(codecOf(FULL_NAMES[name]).deserialize(view) as Messages[Name][1]);
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
