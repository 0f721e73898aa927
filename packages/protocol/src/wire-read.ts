// Bytes to protobuf messages, by going through a schema; why so is said in wire-write.ts.
//
// What is read holds every field: lists and maps empty, messages null, enums by name; of a oneof the member that was sent, and its name under
// the oneof's. Byte fields are views, 64-bit numbers are numbers.
import { ENTRY_KEY, KEY_TAG, VALUE_TAG, WIRE, type Field, type Schema } from './schema.js';

type Message = Record<string, unknown>;

const DEPTH_MAX = 100;

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** The lower 53 bits, as JavaScript numbers have no more. */
function readVarint(cursor: Cursor): number {
  const { bytes } = cursor;
  const first = bytes[cursor.at];
  if (first !== undefined && first < 128) {
    cursor.at += 1;
    return first;
  }
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 10; count += 1) {
    const byte = bytes[cursor.at++];
    if (byte === undefined) break;
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  throw new RangeError('a number that does not end');
}

/** 64 bits, signed or not. */
function readLong(cursor: Cursor, signed: boolean): number {
  const from = cursor.at;
  const value = readVarint(cursor);
  if (value <= Number.MAX_SAFE_INTEGER) return value;
  let exact = 0n;
  for (let index = cursor.at - 1; index >= from; index -= 1) exact = (exact << 7n) | BigInt((cursor.bytes[index] as number) & 127);
  return Number(signed ? BigInt.asIntN(64, exact) : BigInt.asUintN(64, exact));
}

/** The end of what a length in front of it announces. */
function readEnd(cursor: Cursor, end: number): number {
  const length = readVarint(cursor);
  if (cursor.at + length > end) throw new RangeError('a length beyond the end');
  return cursor.at + length;
}

function readFixed(cursor: Cursor, size: 4 | 8, end: number): number {
  if (cursor.at + size > end) throw new RangeError('a number beyond the end');
  const value = size === 8 ? cursor.bytes.readDoubleLE(cursor.at) : cursor.bytes.readFloatLE(cursor.at);
  cursor.at += size;
  return value;
}

function skip(cursor: Cursor, wireType: number, end: number, depth: number): void {
  if (wireType === WIRE.varint) readLong(cursor, false);
  else if (wireType === WIRE.fixed64) cursor.at += 8;
  else if (wireType === WIRE.bytes) cursor.at = readEnd(cursor, end);
  else if (wireType === WIRE.fixed32) cursor.at += 4;
  else if (wireType === WIRE.group && depth < DEPTH_MAX) {
    for (;;) {
      const inner = readVarint(cursor) % 8;
      if (inner === WIRE.groupEnd) break;
      skip(cursor, inner, end, depth + 1);
    }
  } else throw new RangeError(`no such wire type: ${wireType}`);
  if (cursor.at > end) throw new RangeError('a field beyond the end');
}

function readValue(field: Field, cursor: Cursor, end: number, depth: number): unknown {
  switch (field.kind) {
    case 'message': {
      const inner = readEnd(cursor, end);
      return readMessage(field.inner(), cursor, inner, depth + 1);
    }
    case 'string': {
      const from = readEnd(cursor, end);
      const text = cursor.bytes.toString('utf8', cursor.at, from);
      cursor.at = from;
      return text;
    }
    case 'bytes': {
      const from = readEnd(cursor, end);
      const view = cursor.bytes.subarray(cursor.at, from);
      cursor.at = from;
      return view;
    }
    case 'double':
      return readFixed(cursor, 8, end);
    case 'float':
      return readFixed(cursor, 4, end);
    case 'bool':
      return readLong(cursor, false) !== 0;
    case 'int32':
      return readLong(cursor, true) | 0;
    case 'uint32':
      return readLong(cursor, false) >>> 0;
    case 'sint32': {
      const folded = readLong(cursor, false) >>> 0;
      return (folded >>> 1) ^ -(folded & 1);
    }
    case 'enum': {
      const number = readLong(cursor, true) | 0;
      return field.names.get(number) ?? number;
    }
    case 'int64':
      return readLong(cursor, true);
    case 'uint64':
      return readLong(cursor, false);
  }
}

function readEntry(field: Field, cursor: Cursor, end: number, depth: number, into: Record<string, unknown>): void {
  let key = '';
  let value: unknown;
  while (cursor.at < end) {
    const tag = readVarint(cursor);
    if (tag === KEY_TAG) key = readValue(ENTRY_KEY, cursor, end, depth) as string;
    else if (tag === VALUE_TAG + field.wireType) value = readValue(field, cursor, end, depth);
    else skip(cursor, tag % 8, end, depth);
  }
  if (cursor.at !== end) throw new RangeError('a map entry beyond its end');
  const held = value ?? (field.kind === 'message' ? readMessage(field.inner(), cursor, cursor.at, depth + 1) : field.empty);
  Object.defineProperty(into, key, { value: held, enumerable: true, configurable: true, writable: true }); // a key may be `__proto__`
}

function readMessage(schema: Schema, cursor: Cursor, end: number, depth: number): Message {
  if (depth > DEPTH_MAX) throw new RangeError('nested too deeply');
  const message: Message = {};
  for (const field of schema.fields) if (field.oneof === undefined) message[field.name] = field.form === 'one' ? field.empty : field.form === 'list' ? [] : {};
  while (cursor.at < end) {
    const tag = readVarint(cursor);
    const wireType = tag & 7;
    const field = schema.byId[tag < 128 ? tag >> 3 : Math.floor(tag / 8)];
    if (field === undefined || (tag !== field.tag && !(field.packed && wireType === field.wireType))) skip(cursor, wireType, end, depth);
    else if (field.form === 'map') {
      const entryEnd = readEnd(cursor, end);
      readEntry(field, cursor, entryEnd, depth + 1, message[field.name] as Record<string, unknown>);
    } else if (field.form === 'list') {
      const list = message[field.name] as unknown[];
      if (wireType === field.wireType) list.push(readValue(field, cursor, end, depth)); // packed or not, readers take both
      else {
        const packedEnd = readEnd(cursor, end);
        while (cursor.at < packedEnd) list.push(readValue(field, cursor, packedEnd, depth));
        if (cursor.at !== packedEnd) throw new RangeError('a list beyond its end');
      }
    } else {
      if (field.oneof !== undefined) {
        const before = message[field.oneof];
        if (before !== undefined && before !== field.name) delete message[before as string];
        message[field.oneof] = field.name;
      }
      message[field.name] = readValue(field, cursor, end, depth);
    }
  }
  if (cursor.at !== end) throw new RangeError('a field beyond the end');
  return message;
}

/** Throws a RangeError on bytes that are no such message. */
export function readBytes(schema: Schema, bytes: Buffer): object {
  return readMessage(schema, { bytes, at: 0 }, bytes.length, 0);
}
