// The one place where the descriptor becomes message and service definitions; each when it is first asked for.
//
// Services that go through grpc-js take those of @grpc/proto-loader. Blobs, whose bytes must be canonical, and the calls of the lean connection
// take the table of wire-read.ts and wire-write.ts: a client daemon would not earn back the code that proto-loader makes for each message.
import { createRequire } from 'node:module';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { descriptor, methodsOf, schemaOf, type Schema } from './schema.js';
import { readBytes } from './wire-read.js';
import { writeBytes } from './wire-write.js';

export interface MessageDefinition {
  serialize(value: object): Buffer;
  /** Throws on bytes that are no such message. */
  deserialize(bytes: Buffer): object;
}

/** Resolved at the first use: a service has messages that this process will never see. */
function messageAt(schema: () => Schema): MessageDefinition {
  let known: Schema | undefined;
  return {
    serialize: (value) => writeBytes((known ??= schema()), value),
    deserialize: (bytes) => readBytes((known ??= schema()), bytes),
  };
}

/** `fullName` without a leading dot. Throws when proto/ has no such message: a bug. */
export function messageDefinition(fullName: string): MessageDefinition {
  const schema = schemaOf(`.${fullName}`);
  return messageAt(() => schema);
}

export type ServiceMethods = Readonly<Record<string, MethodDefinition<object, object>>>;

let packages: PackageDefinition | undefined;

/** By name, not imported: who asks for no service of grpc-js spends nothing on it. */
function loadPackages(): PackageDefinition {
  const { fromJSON } = createRequire(import.meta.url)('@grpc/proto-loader') as typeof import('@grpc/proto-loader');
  return fromJSON(descriptor as Parameters<typeof fromJSON>[0], { longs: Number, enums: String, bytes: Buffer, defaults: true, oneofs: true });
}

/** Methods of a service by name, for grpc-js. Throws when proto/ has no such service: a bug. */
export function serviceDefinition(fullName: string): ServiceMethods {
  const found = (packages ??= loadPackages())[fullName];
  if (found === undefined || 'format' in found) throw new Error(`no service ${fullName}`);
  return found as ServiceMethods;
}

/** The same methods, for calls that do not go through grpc-js. */
export function leanServiceDefinition(fullName: string): ServiceMethods {
  const scope = fullName.split('.').slice(0, -1);
  return Object.fromEntries(
    Object.entries(methodsOf(fullName)).map(([name, { requestType, responseType, requestStream = false, responseStream = false }]) => {
      const request = messageAt(() => schemaOf(requestType, scope));
      const response = messageAt(() => schemaOf(responseType, scope));
      return [name, {
        path: `/${fullName}/${name}`,
        requestStream,
        responseStream,
        requestSerialize: request.serialize,
        requestDeserialize: request.deserialize,
        responseSerialize: response.serialize,
        responseDeserialize: response.deserialize,
      }];
    }),
  );
}
