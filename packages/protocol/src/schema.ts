// What the descriptor says of a message, in the form that wire-read.ts and wire-write.ts go through: fields by number, types resolved. Made when first asked for,
// because a process uses few of the messages.
import { descriptorJson } from './generated/descriptor.js';

/** A node of the descriptor: a namespace, message, enum or service, as protobufjs writes them to JSON. */
export interface DescriptorNode {
  readonly nested?: Readonly<Record<string, DescriptorNode>>;
  readonly fields?: Readonly<Record<string, { readonly type: string; readonly id: number; readonly rule?: string; readonly keyType?: string }>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly methods?: Readonly<Record<string, MethodNode>>;
}

export interface MethodNode {
  readonly requestType: string;
  readonly requestStream?: boolean;
  readonly responseType: string;
  readonly responseStream?: boolean;
}

/** Protobuf's wire types. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, group: 3, groupEnd: 4, fixed32: 5 } as const;

/** Tags inside a map's entry, which is a message of its own; to the second one comes the value's wire type. */
export const KEY_TAG = 8 + WIRE.bytes;
export const VALUE_TAG = 16;

/** All that proto/ uses. `map`: string keys; its entries are messages. */
export type Kind = 'string' | 'bytes' | 'bool' | 'int32' | 'uint32' | 'sint32' | 'int64' | 'uint64' | 'double' | 'float' | 'enum' | 'message';

export interface Field {
  readonly name: string;
  readonly id: number;
  readonly kind: Kind;
  readonly form: 'one' | 'list' | 'map';
  /** Of one value. */
  readonly wireType: number;
  /** A list of numbers, which is written as one run of bytes. */
  readonly packed: boolean;
  /** As it is written in front of the field, and its length in bytes. */
  readonly tag: number;
  readonly tagLength: number;
  /** Name of the oneof that it is a member of: such a field is written though it be empty, and absent from the object when it was not sent. */
  readonly oneof: string | undefined;
  /** Of messages. A function, because types may contain themselves. */
  readonly inner: () => Schema;
  /** Of enums. */
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
  /** What an object holds when the field was not sent; lists and maps are made anew each time. */
  readonly empty: unknown;
}

export interface Schema {
  readonly fullName: string;
  /** In the order of their numbers, in which canonical bytes have them. */
  readonly fields: readonly Field[];
  /** By number, with holes. */
  readonly byId: readonly (Field | undefined)[];
}

export const descriptor = JSON.parse(descriptorJson) as DescriptorNode;

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

function wireTypeOf(kind: Kind): number {
  switch (kind) {
    case 'string':
    case 'bytes':
    case 'message':
      return WIRE.bytes;
    case 'double':
      return WIRE.fixed64;
    case 'float':
      return WIRE.fixed32;
    default:
      return WIRE.varint;
  }
}

const EMPTY = Buffer.alloc(0);

function emptyOf(kind: Kind, names: ReadonlyMap<number, string>): unknown {
  switch (kind) {
    case 'message':
      return null;
    case 'string':
      return '';
    case 'bytes':
      return EMPTY;
    case 'bool':
      return false;
    case 'enum':
      return names.get(0) ?? 0;
    default:
      return 0;
  }
}

const noMessage = (): never => {
  throw new Error('no message');
};

function makeField(name: string, id: number, form: Field['form'], kind: Kind, more: Partial<Pick<Field, 'oneof' | 'inner' | 'numbers'>> = {}): Field {
  const { oneof, inner = noMessage, numbers = new Map<string, number>() } = more;
  const wireType = wireTypeOf(kind);
  const packed = form === 'list' && wireType !== WIRE.bytes;
  const tag = id * 8 + (packed || form === 'map' ? WIRE.bytes : wireType);
  const names = new Map([...numbers].reverse().map(([one, number]) => [number, one]));
  return { name, id, kind, form, wireType, packed, tag, tagLength: tag < 128 ? 1 : tag < 16_384 ? 2 : 3, oneof, inner, numbers, names, empty: emptyOf(kind, names) };
}

export const ENTRY_KEY = makeField('key', 1, 'one', 'string');

const SCALARS: ReadonlySet<string> = new Set<Kind>(['string', 'bytes', 'bool', 'int32', 'uint32', 'sint32', 'int64', 'uint64', 'double', 'float']);

function fieldOf(name: string, given: NonNullable<DescriptorNode['fields']>[string], oneof: string | undefined, scope: readonly string[]): Field {
  const { id, type } = given;
  if (given.keyType !== undefined && given.keyType !== 'string') throw new Error(`${scope.join('.')}.${name}: maps have string keys here`);
  const form = given.keyType !== undefined ? 'map' : given.rule === 'repeated' ? 'list' : 'one';
  if (SCALARS.has(type)) return makeField(name, id, form, type as Kind, { oneof });
  const { node, path } = lookUp(type, scope);
  let inner: Schema | undefined;
  return node.values === undefined
    ? makeField(name, id, form, 'message', { oneof, inner: () => (inner ??= schemaAt(path, node)) })
    : makeField(name, id, form, 'enum', { oneof, numbers: new Map(Object.entries(node.values)) });
}

const schemas = new Map<string, Schema>();

function schemaAt(path: readonly string[], node: DescriptorNode): Schema {
  const fullName = path.join('.');
  const known = schemas.get(fullName);
  if (known !== undefined) return known;
  if (node.fields === undefined && node.nested !== undefined && node.methods === undefined && node.values === undefined) throw new Error(`${fullName} is no message`);
  const oneofs = new Map(Object.entries(node.oneofs ?? {}).flatMap(([name, { oneof }]) => oneof.map((member) => [member, name] as const)));
  const fields = Object.entries(node.fields ?? {}).map(([name, field]) => fieldOf(name, field, oneofs.get(name), path)).sort((a, b) => a.id - b.id);
  const byId: (Field | undefined)[] = [];
  for (const field of fields) byId[field.id] = field;
  const schema = { fullName, fields, byId };
  schemas.set(fullName, schema);
  return schema;
}

/** `name`: full, or as seen from `scope`. Throws when proto/ has no such message: a bug. */
export function schemaOf(name: string, scope: readonly string[] = []): Schema {
  const { node, path } = lookUp(name, scope);
  return schemaAt(path, node);
}

/** Methods of a service by name. Throws when proto/ has no such service: a bug. */
export function methodsOf(fullName: string): Readonly<Record<string, MethodNode>> {
  const { methods } = lookUp(`.${fullName}`, []).node;
  if (methods === undefined) throw new Error(`no service ${fullName}`);
  return methods;
}
