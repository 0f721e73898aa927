// Directory messages from their bytes, without a protobuf library: the counterpart of reapi-encoding.ts for whoever walks input roots.
import type { Digest } from './digest.js';
import type { DirectoryEntry, DirectoryValue, FileEntry, SymlinkEntry } from './reapi-encoding.js';
import { err, fault, ok } from './result.js';
import type { Result } from './result.js';

class Damage extends Error {}

const textDecoder = new TextDecoder('utf-8', { fatal: true });

/** A window into encoded bytes. Throws Damage inside this file only. */
class Reader {
  private readonly bytes: Uint8Array;
  private position: number;
  private readonly end: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get more(): boolean {
    return this.position < this.end;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      if (this.position >= this.end) throw new Damage('it ends inside a number');
      const byte = this.bytes[this.position++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new Damage('a number has no end');
  }

  private take(): number {
    const length = this.varint();
    const start = this.position;
    if (length > this.end - start) throw new Damage('a field is longer than the message');
    this.position = start + length;
    return start;
  }

  message(): Reader {
    const start = this.take();
    return new Reader(this.bytes, start, this.position);
  }

  text(): string {
    const start = this.take();
    const end = this.position;
    if (end - start > 100) return this.longText(start, end);
    let text = '';
    for (let i = start; i < end; i += 1) {
      const byte = this.bytes[i] as number;
      if (byte >= 0x80) return this.longText(start, end);
      text += String.fromCharCode(byte);
    }
    return text;
  }

  private longText(start: number, end: number): string {
    try {
      return textDecoder.decode(this.bytes.subarray(start, end));
    } catch {
      throw new Damage('a name is not UTF-8');
    }
  }

  skip(tag: number): void {
    const kind = tag & 7;
    if (kind === 0) this.varint();
    else if (kind === 2) this.take();
    else if (kind === 1 || kind === 5) {
      this.position += kind === 1 ? 8 : 4;
      if (this.position > this.end) throw new Damage('it ends inside a field');
    } else throw new Damage(`field type ${kind} is not known`);
  }
}

function readDigest(reader: Reader): Digest {
  let hash = '';
  let sizeBytes = 0;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) hash = reader.text();
    else if (tag === 0x10) sizeBytes = reader.varint();
    else reader.skip(tag);
  }
  return { hash, sizeBytes };
}

function readNode(reader: Reader): { name: string; digest: Digest; isExecutable: boolean } {
  let name = '';
  let digest: Digest | undefined;
  let isExecutable = false;
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) name = reader.text();
    else if (tag === 0x12) digest = readDigest(reader.message());
    else if (tag === 0x20) isExecutable = reader.varint() !== 0;
    else reader.skip(tag);
  }
  if (digest === undefined) throw new Damage(`the entry "${name}" has no digest`);
  return { name, digest, isExecutable };
}

function readSymlink(reader: Reader): SymlinkEntry {
  let name = '';
  let target = '';
  while (reader.more) {
    const tag = reader.varint();
    if (tag === 0x0a) name = reader.text();
    else if (tag === 0x12) target = reader.text();
    else reader.skip(tag);
  }
  return { name, target };
}

/** Reads a `Directory` as sent, without judging names or order. Unknown fields are skipped. Code on damage: `bad-message`. */
export function decodeDirectory(bytes: Uint8Array): Result<DirectoryValue> {
  const files: FileEntry[] = [];
  const directories: DirectoryEntry[] = [];
  const symlinks: SymlinkEntry[] = [];
  try {
    const reader = new Reader(bytes, 0, bytes.length);
    while (reader.more) {
      const tag = reader.varint();
      if (tag === 0x0a) files.push(readNode(reader.message()));
      else if (tag === 0x12) {
        const { name, digest } = readNode(reader.message());
        directories.push({ name, digest });
      } else if (tag === 0x1a) symlinks.push(readSymlink(reader.message()));
      else reader.skip(tag);
    }
  } catch (problem) {
    if (!(problem instanceof Damage)) throw problem;
    return err(fault('bad-message', `these ${bytes.length} bytes are no Directory: ${problem.message}`));
  }
  return ok({ files, directories, symlinks });
}
