// Directory, Command and Action to their canonical bytes, without a protobuf library.
//
// A client encodes some 40 directories with 400 entries for every compile, and the digests of these bytes are what the farm
// knows inputs by. Through a general library that costs milliseconds; these few functions write straight into one buffer. They
// equal the library byte for byte (a property test in the protocol package holds them to it): fields in order of their numbers,
// defaults left out, entries sorted by the UTF-8 bytes of their names.
import type { Digest } from './digest.js';
import { compareUtf8, isPair, utf8Length } from './utf8.js';

/** What a file is besides its content; only where a compiler could tell (files of equal content at two paths). */
export interface FileProperties {
  /** Whole seconds since 1970, not negative. */
  readonly mtimeSeconds?: number;
  /** Any order; sorted by name, then value. */
  readonly properties?: readonly NamedValue[];
}

export interface FileEntry {
  readonly name: string;
  readonly digest: Digest;
  readonly isExecutable?: boolean;
  readonly nodeProperties?: FileProperties;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly digest: Digest;
}

export interface SymlinkEntry {
  readonly name: string;
  readonly target: string;
}

export interface DirectoryValue {
  readonly files: readonly FileEntry[];
  readonly directories: readonly DirectoryEntry[];
  readonly symlinks: readonly SymlinkEntry[];
}

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

export interface CommandValue {
  readonly arguments: readonly string[];
  /** Any order; sorted by name here. */
  readonly environmentVariables: readonly NamedValue[];
  /** Relative to the working directory. Any order; sorted here. */
  readonly outputPaths: readonly string[];
  /** Without a leading slash. */
  readonly workingDirectory: string;
  /** For servers before API 2.2; newer ones read it from the Action. */
  readonly platform?: readonly NamedValue[];
}

export interface ActionValue {
  readonly commandDigest: Digest;
  readonly inputRootDigest: Digest;
  /** Whole seconds; 0 or absent leaves it to the server. */
  readonly timeoutSeconds?: number;
  readonly doNotCache?: boolean;
  readonly salt?: Uint8Array;
  /** Any order; sorted by name, then value, here. */
  readonly platform?: readonly NamedValue[];
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => compareUtf8(a.name, b.name);
const byNameAndValue = (a: NamedValue, b: NamedValue): number => compareUtf8(a.name, b.name) || compareUtf8(a.value, b.value);

/** The list itself when it is in order already, as it mostly is. */
function sorted<T>(items: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  for (let i = 1; i < items.length; i += 1) {
    if (compare(items[i - 1] as T, items[i] as T) > 0) return [...items].sort(compare);
  }
  return items;
}

// ---- writing: one buffer, reused; every function below leaves `at` behind what it wrote ----

let buffer = new Uint8Array(64 * 1024);
let at = 0;

/** An upper bound on a digest message with its header. */
const DIGEST_BYTES_MAX = 2 + 2 + 64 + 1 + 8;

function reserve(bytes: number): void {
  if (at + bytes <= buffer.length) return;
  const bigger = new Uint8Array(Math.max(buffer.length * 2, at + bytes));
  bigger.set(buffer.subarray(0, at));
  buffer = bigger;
}

function finish(): Uint8Array {
  const bytes = buffer.slice(0, at);
  at = 0;
  return bytes;
}

/** Locals for the buffer and the position: as module variables they cost twice the time. */
function writeText(text: string): void {
  const target = buffer;
  let to = at;
  for (let i = 0; i < text.length; i += 1) {
    let point = text.charCodeAt(i);
    if (point < 0x80) {
      target[to++] = point;
      continue;
    }
    if (point < 0x800) {
      target[to++] = 0xc0 | (point >> 6);
      target[to++] = 0x80 | (point & 0x3f);
      continue;
    }
    if (isPair(text, i, point)) {
      point = 0x10000 + ((point & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff);
      target[to++] = 0xf0 | (point >> 18);
      target[to++] = 0x80 | ((point >> 12) & 0x3f);
    } else {
      if ((point & 0xf800) === 0xd800) point = 0xfffd; // half a pair: what TextEncoder writes
      target[to++] = 0xe0 | (point >> 12);
    }
    target[to++] = 0x80 | ((point >> 6) & 0x3f);
    target[to++] = 0x80 | (point & 0x3f);
  }
  at = to;
}

/** Up to 2^53 - 1. */
function writeVarint(value: number): void {
  while (value > 0x7fffffff) {
    buffer[at++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  while (value > 0x7f) {
    buffer[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  buffer[at++] = value;
}

/** Bytes of a protobuf number. `value`: not negative, below 2^53. */
export function varintLength(value: number): number {
  let length = 1;
  while (value > 0x7f) {
    value = Math.floor(value / 128);
    length += 1;
  }
  return length;
}

/** Tag and text, whether empty or not. */
function writeString(tag: number, text: string, length: number): void {
  buffer[at++] = tag;
  writeVarint(length);
  writeText(text);
}

const stringLength = (textLength: number): number => 1 + varintLength(textLength) + textLength;

/** Length of a string field that is left out when empty. */
const optionalLength = (textLength: number): number => (textLength === 0 ? 0 : stringLength(textLength));

const digestLength = (digest: Digest): number =>
  optionalLength(digest.hash.length) + (digest.sizeBytes === 0 ? 0 : 1 + varintLength(digest.sizeBytes));

/** Tag, length and digest. A hash is hex, so its length in bytes is that of the text. */
function writeDigest(tag: number, digest: Digest, length: number): void {
  buffer[at++] = tag;
  buffer[at++] = length; // always below 128
  if (digest.hash.length > 0) writeString(0x0a, digest.hash, digest.hash.length);
  if (digest.sizeBytes !== 0) {
    buffer[at++] = 0x10;
    writeVarint(digest.sizeBytes);
  }
}

function writeNode(tag: number, entry: FileEntry): void {
  reserve(entry.name.length * 3 + 20 + DIGEST_BYTES_MAX);
  const nameLength = utf8Length(entry.name);
  const inner = digestLength(entry.digest);
  const propertiesLength = entry.nodeProperties === undefined ? 0 : filePropertiesLength(entry.nodeProperties);
  buffer[at++] = tag;
  writeVarint(optionalLength(nameLength) + 2 + inner + (entry.isExecutable === true ? 2 : 0) + (entry.nodeProperties === undefined ? 0 : stringLength(propertiesLength)));
  if (nameLength > 0) writeString(0x0a, entry.name, nameLength);
  writeDigest(0x12, entry.digest, inner);
  if (entry.isExecutable === true) {
    buffer[at++] = 0x20;
    buffer[at++] = 1;
  }
  if (entry.nodeProperties !== undefined) writeFileProperties(0x32, entry.nodeProperties, propertiesLength);
}

/** A message of two strings, numbers 1 and 2. */
function writePair(tag: number, first: string, second: string): void {
  reserve((first.length + second.length) * 3 + 30);
  const firstLength = utf8Length(first);
  const secondLength = utf8Length(second);
  buffer[at++] = tag;
  writeVarint(optionalLength(firstLength) + optionalLength(secondLength));
  if (firstLength > 0) writeString(0x0a, first, firstLength);
  if (secondLength > 0) writeString(0x12, second, secondLength);
}

function writeItem(tag: number, text: string): void {
  reserve(text.length * 3 + 10);
  writeString(tag, text, utf8Length(text));
}

/** Length of a list of `{name, value}` messages, each with its tag and length. */
function pairsLength(pairs: readonly NamedValue[]): number {
  let length = 0;
  for (const { name, value } of pairs) length += stringLength(optionalLength(utf8Length(name)) + optionalLength(utf8Length(value)));
  return length;
}

function writePlatform(tag: number, properties: readonly NamedValue[]): void {
  reserve(10);
  buffer[at++] = tag;
  writeVarint(pairsLength(properties));
  for (const { name, value } of sorted(properties, byNameAndValue)) writePair(0x0a, name, value);
}

const timestampLength = (seconds: number): number => (seconds === 0 ? 0 : 1 + varintLength(seconds));

const filePropertiesLength = ({ mtimeSeconds, properties = [] }: FileProperties): number =>
  pairsLength(properties) + (mtimeSeconds === undefined ? 0 : 2 + timestampLength(mtimeSeconds));

function writeFileProperties(tag: number, { mtimeSeconds, properties = [] }: FileProperties, length: number): void {
  reserve(10);
  buffer[at++] = tag;
  writeVarint(length);
  for (const { name, value } of sorted(properties, byNameAndValue)) writePair(0x0a, name, value);
  if (mtimeSeconds === undefined) return;
  reserve(20);
  buffer[at++] = 0x12;
  buffer[at++] = timestampLength(mtimeSeconds);
  if (mtimeSeconds !== 0) {
    buffer[at++] = 0x08;
    writeVarint(mtimeSeconds);
  }
}

/** Canonical bytes of a `Directory`. Entries may come in any order. */
export function encodeDirectory(directory: DirectoryValue): Uint8Array {
  at = 0;
  for (const file of sorted(directory.files, byName)) writeNode(0x0a, file);
  for (const child of sorted(directory.directories, byName)) writeNode(0x12, child);
  for (const link of sorted(directory.symlinks, byName)) writePair(0x1a, link.name, link.target);
  return finish();
}

/** Canonical bytes of a `Command`. */
export function encodeCommand(command: CommandValue): Uint8Array {
  at = 0;
  for (const argument of command.arguments) writeItem(0x0a, argument);
  for (const { name, value } of sorted(command.environmentVariables, byName)) writePair(0x12, name, value);
  if (command.platform !== undefined) writePlatform(0x2a, command.platform);
  if (command.workingDirectory !== '') writeItem(0x32, command.workingDirectory);
  for (const path of sorted(command.outputPaths, compareUtf8)) writeItem(0x3a, path);
  return finish();
}

/** Canonical bytes of an `Action`. */
export function encodeAction(action: ActionValue): Uint8Array {
  at = 0;
  reserve(2 * DIGEST_BYTES_MAX + 40 + (action.salt?.length ?? 0));
  writeDigest(0x0a, action.commandDigest, digestLength(action.commandDigest));
  writeDigest(0x12, action.inputRootDigest, digestLength(action.inputRootDigest));
  if (action.timeoutSeconds !== undefined && action.timeoutSeconds > 0) {
    buffer[at++] = 0x32;
    buffer[at++] = 1 + varintLength(action.timeoutSeconds);
    buffer[at++] = 0x08;
    writeVarint(action.timeoutSeconds);
  }
  if (action.doNotCache === true) {
    buffer[at++] = 0x38;
    buffer[at++] = 1;
  }
  if (action.salt !== undefined && action.salt.length > 0) {
    buffer[at++] = 0x4a;
    writeVarint(action.salt.length);
    buffer.set(action.salt, at);
    at += action.salt.length;
  }
  if (action.platform !== undefined) writePlatform(0x52, action.platform);
  return finish();
}
