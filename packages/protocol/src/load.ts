// The one place where the descriptor becomes message and service definitions. Loading is done once, on first import.
import { fromJSON } from '@grpc/proto-loader';
import type { MessageTypeDefinition, PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { descriptorJson } from './generated/descriptor.js';

export interface DescriptorField {
  readonly type: string;
  readonly id: number;
  readonly rule?: string;
  readonly keyType?: string;
  readonly options?: { readonly proto3_optional?: boolean };
}

/** A node of the descriptor: a namespace, message, enum or service, as protobufjs writes them to JSON. */
export interface DescriptorNode {
  readonly nested?: Readonly<Record<string, DescriptorNode>>;
  readonly fields?: Readonly<Record<string, DescriptorField>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly values?: Readonly<Record<string, number>>;
}

export const descriptor = JSON.parse(descriptorJson) as DescriptorNode;

const definitions: PackageDefinition = fromJSON(descriptor as Parameters<typeof fromJSON>[0], {
  longs: Number,
  enums: String,
  bytes: Buffer,
  defaults: true,
  oneofs: true,
});

/** `fullName` without a leading dot. Throws when proto/ has no such message: a bug. */
export function messageDefinition(fullName: string): MessageTypeDefinition<object, object> {
  const found = definitions[fullName];
  if (found === undefined || !('type' in found) || !('serialize' in found)) throw new Error(`no message ${fullName}`);
  return found as unknown as MessageTypeDefinition<object, object>;
}

export function serviceDefinition(fullName: string): ServiceDefinition {
  const found = definitions[fullName];
  if (found === undefined || 'format' in found) throw new Error(`no service ${fullName}`);
  return found as ServiceDefinition;
}
