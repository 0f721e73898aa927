// The one place where the descriptor becomes message and service definitions; each when it is first asked for.
import type { MethodDefinition } from '@grpc/grpc-js';
import { methodsOf, schemaOf, type Schema } from './schema.js';
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

/** Methods of a service by name. Throws when proto/ has no such service: a bug. */
export function serviceDefinition(fullName: string): ServiceMethods {
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
