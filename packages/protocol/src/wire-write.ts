// Protobuf messages to bytes, by going through a schema. Code that is generated for each message, as protobufjs does, has to be made, compiled
// and warmed up message by message in every process, which a client daemon's few messages never pay back; and this is no slower.
//
// What is written is canonical: fields by number, defaults left out; only what has presence (messages, list entries, map entries, members of a
// oneof) is there though it be empty.
import { varintLength } from '@mosix/core';
import { ENTRY_KEY, KEY_TAG, VALUE_TAG, type Field, type Kind, type Schema } from './schema.js';

type Message = Readonly<Record<string, unknown>>;

/** Lengths of nested messages and packed lists in the order in which they are written: found first, used second. */
let lengths: number[] = [];
let next = 0;
let out: Buffer = Buffer.alloc(0);
let at = 0;

function writeVarint(value: number): void {
  let rest = value;
  while (rest > 0x7fff_ffff) {
    out[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    out[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[at++] = rest;
}

/** A number as its varint holds it; negative ones as 64 bits. What is no whole number is cut as protobuf libraries for JavaScript do it. */
function wholeOf(kind: Kind, value: unknown, field: Field): number {
  switch (kind) {
    case 'bool':
      return value === true ? 1 : 0;
    case 'enum': {
      if (typeof value === 'number') return value | 0;
      const number = field.numbers.get(value as string);
      if (number === undefined) throw new TypeError(`${field.name} has no value ${String(value)}`);
      return number;
    }
    case 'int32':
      return (value as number) | 0;
    case 'uint32':
      return (value as number) >>> 0;
    case 'sint32': {
      const whole = (value as number) | 0;
      return ((whole << 1) ^ (whole >> 31)) >>> 0;
    }
    default: {
      if (typeof value !== 'number') throw new TypeError(`${field.name} must be a number`);
      const whole = Math.trunc(value);
      return Number.isNaN(whole) ? 0 : kind === 'uint64' ? Math.max(0, whole) : whole;
    }
  }
}

const wholeLength = (whole: number): number => (whole < 0 ? 10 : varintLength(whole));

function writeWhole(whole: number): void {
  if (whole >= 0 && whole <= Number.MAX_SAFE_INTEGER) return writeVarint(whole);
  let rest = BigInt.asUintN(64, BigInt(whole));
  for (; rest > 127n; rest >>= 7n) out[at++] = Number(rest & 127n) | 128;
  out[at++] = Number(rest);
}

/** Length of one value without its tag; nested lengths are noted on the way. */
function valueLength(field: Field, value: unknown): number {
  switch (field.kind) {
    case 'message': {
      const slot = lengths.push(0) - 1;
      const length = messageLength(field.inner(), value as Message);
      lengths[slot] = length;
      return varintLength(length) + length;
    }
    case 'string': {
      if (typeof value !== 'string') throw new TypeError(`${field.name} must be a string`);
      const length = Buffer.byteLength(value);
      return varintLength(length) + length;
    }
    case 'bytes': {
      const { length } = value as Uint8Array;
      return varintLength(length) + length;
    }
    case 'double':
      return 8;
    case 'float':
      return 4;
    default:
      return wholeLength(wholeOf(field.kind, value, field));
  }
}

function writeValue(field: Field, value: unknown): void {
  switch (field.kind) {
    case 'message':
      writeVarint(lengths[next++] as number);
      return writeMessage(field.inner(), value as Message);
    case 'string': {
      const length = Buffer.byteLength(value as string);
      writeVarint(length);
      at += out.write(value as string, at, length, 'utf8');
      return;
    }
    case 'bytes':
      writeVarint((value as Uint8Array).length);
      out.set(value as Uint8Array, at);
      at += (value as Uint8Array).length;
      return;
    case 'double':
      at = out.writeDoubleLE(value as number, at);
      return;
    case 'float':
      at = out.writeFloatLE(value as number, at);
      return;
    default:
      writeWhole(wholeOf(field.kind, value, field));
  }
}

/** Is this what a reader takes for granted when nothing is written? */
function isDefault(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case 'message':
      return false;
    case 'string':
      return value === '';
    case 'bytes':
      return (value as Uint8Array).length === 0;
    case 'double':
    case 'float':
      return Object.is(value, 0);
    default:
      return wholeOf(field.kind, value, field) === 0;
  }
}

const listOf = (field: Field, value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new TypeError(`${field.name} must be an array`);
  return value as unknown[];
};

function mapLength(field: Field, value: Message): number {
  let length = 0;
  for (const [key, item] of Object.entries(value)) {
    const slot = lengths.push(0) - 1;
    const entry = 2 + valueLength(ENTRY_KEY, key) + valueLength(field, item);
    lengths[slot] = entry;
    length += field.tagLength + varintLength(entry) + entry;
  }
  return length;
}

function messageLength(schema: Schema, message: Message): number {
  let length = 0;
  for (const field of schema.fields) {
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    if (field.form === 'map') length += mapLength(field, value as Message);
    else if (field.form === 'one') {
      if (field.oneof !== undefined || !isDefault(field, value)) length += field.tagLength + valueLength(field, value);
    } else {
      const list = listOf(field, value);
      if (!field.packed) for (const item of list) length += field.tagLength + valueLength(field, item);
      else if (list.length > 0) {
        let packed = 0;
        for (const item of list) packed += valueLength(field, item);
        lengths.push(packed);
        length += field.tagLength + varintLength(packed) + packed;
      }
    }
  }
  return length;
}

function writeMessage(schema: Schema, message: Message): void {
  for (const field of schema.fields) {
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    if (field.form === 'map') {
      for (const [key, item] of Object.entries(value as Message)) {
        writeVarint(field.tag);
        writeVarint(lengths[next++] as number);
        out[at++] = KEY_TAG;
        writeValue(ENTRY_KEY, key);
        out[at++] = VALUE_TAG + field.wireType;
        writeValue(field, item);
      }
    } else if (field.form === 'one') {
      if (field.oneof === undefined && isDefault(field, value)) continue;
      writeVarint(field.tag);
      writeValue(field, value);
    } else if (!field.packed) {
      for (const item of value as readonly unknown[]) {
        writeVarint(field.tag);
        writeValue(field, item);
      }
    } else if ((value as readonly unknown[]).length > 0) {
      writeVarint(field.tag);
      writeVarint(lengths[next++] as number);
      for (const item of value as readonly unknown[]) writeValue(field, item);
    }
  }
}

/** Throws on a value of the wrong shape, which types exclude. */
export function writeBytes(schema: Schema, message: object): Buffer {
  lengths = [];
  const bytes = Buffer.allocUnsafe(messageLength(schema, message as Message));
  out = bytes;
  at = 0;
  next = 0;
  writeMessage(schema, message as Message);
  return bytes;
}
