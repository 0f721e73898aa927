// The codec against protobufjs, on random messages of every type in proto/.
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';
import { descriptorJson } from './generated/descriptor.js';
import { leanServiceDefinition, serviceDefinition } from './load.js';
import { schemaOf, type Field, type Schema } from './schema.js';
import { SERVICE_NAMES } from './services.js';
import { readBytes } from './wire-read.js';
import { writeBytes } from './wire-write.js';

const root = protobuf.Root.fromJSON(JSON.parse(descriptorJson) as protobuf.INamespace).resolveAll();

function* types(at: protobuf.NamespaceBase): Iterable<protobuf.Type> {
  for (const child of at.nestedArray) {
    if (child instanceof protobuf.Type) yield child;
    if (child instanceof protobuf.Namespace) yield* types(child);
  }
}

const reference = (fullName: string, bytes: Uint8Array): object => {
  const type = root.lookupType(fullName);
  return type.toObject(type.decode(Buffer.from(bytes)), { longs: Number, enums: String, bytes: Buffer as unknown as typeof String, defaults: true, oneofs: true });
};
const referenceBytes = (fullName: string, message: object): Buffer => {
  const type = root.lookupType(fullName);
  return Buffer.from(type.encode(type.fromObject(message as Record<string, unknown>)).finish());
};

const LONG_MAX = Number.MAX_SAFE_INTEGER;

function arbitraryOne(field: Field, depth: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'message':
      return arbitrary(field.inner(), depth + 1);
    case 'string':
      return fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'grapheme', maxLength: 200 }));
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    case 'bool':
      return fc.boolean();
    case 'enum':
      return fc.constantFrom(...field.numbers.keys());
    case 'int32':
    case 'sint32':
      return fc.oneof(fc.integer({ min: -3, max: 200 }), fc.integer());
    case 'uint32':
      return fc.oneof(fc.nat(200), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    case 'int64':
      return fc.oneof(fc.integer({ min: -3, max: 200 }), fc.maxSafeInteger());
    case 'uint64':
      return fc.oneof(fc.nat(200), fc.integer({ min: 0, max: LONG_MAX }));
    case 'double':
      return fc.double({ noNaN: true }).map((value) => value + 0);
    case 'float':
      return fc.float({ noNaN: true }).map((value) => value + 0);
  }
}

function arbitraryField(field: Field, depth: number): fc.Arbitrary<unknown> {
  if (depth > 3 && field.kind === 'message') return fc.constant(field.form === 'list' ? [] : field.form === 'map' ? {} : undefined);
  const one = arbitraryOne(field, depth);
  if (field.form === 'list') return fc.array(one, { maxLength: 3 });
  if (field.form === 'map') return fc.dictionary(fc.string({ maxLength: 5 }).filter((key) => key !== '__proto__'), one, { maxKeys: 3 });
  return fc.option(one, { nil: undefined });
}

/** At most one member of a oneof. */
function arbitrary(schema: Schema, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const parts = fc.record(Object.fromEntries(schema.fields.map((field) => [field.name, arbitraryField(field, depth)])));
  const oneofs = new Set(schema.fields.flatMap((field) => field.oneof ?? []));
  const members = [...oneofs].map((name) => schema.fields.filter((field) => field.oneof === name));
  return fc.tuple(parts, fc.nat()).map(([message, pick]) => {
    const result: Record<string, unknown> = { ...message };
    for (const group of members) group.forEach((field, index) => { if (index !== pick % group.length) delete result[field.name]; });
    return result;
  });
}

const names = [...types(root)].map((type) => type.fullName.slice(1)).filter((name) => !name.endsWith('Entry'));

describe('the codec and protobufjs', () => {
  test('know the same messages', () => expect(names.length).toBeGreaterThan(80));

  test.each(names)('%s', (name) => {
    const schema = schemaOf(`.${name}`);
    fc.assert(
      fc.property(arbitrary(schema), (message) => {
        const bytes = writeBytes(schema, message);
        const theirs = referenceBytes(name, message);
        // They write defaults that are set by hand; what is read is the same, from either's bytes.
        expect(bytes.length).toBeLessThanOrEqual(theirs.length);
        const read = readBytes(schema, bytes);
        expect(read).toEqual(reference(name, bytes));
        expect(read).toEqual(reference(name, theirs));
        expect(readBytes(schema, theirs)).toEqual(read);
        expect(writeBytes(schema, read)).toEqual(bytes);
      }),
      { numRuns: 40 },
    );
  });
});

test.each(Object.values(SERVICE_NAMES))('%s has the same methods with grpc-js and without', (name) => {
  const shapes = (definition: ReturnType<typeof serviceDefinition>): unknown =>
    Object.fromEntries(Object.entries(definition).map(([method, { path, requestStream, responseStream }]) => [method, { path, requestStream, responseStream }]));
  expect(shapes(leanServiceDefinition(name))).toEqual(shapes(serviceDefinition(name)));
  expect(Object.keys(serviceDefinition(name)).length).toBeGreaterThan(0);
});

describe('damaged bytes', () => {
  const schema = schemaOf('build.bazel.remote.execution.v2.ActionResult');
  const sample = writeBytes(schema, { outputFiles: [{ path: 'a.o', digest: { hash: 'ab'.repeat(32), sizeBytes: 3 }, contents: Buffer.from('xyz') }], exitCode: -1, executionMetadata: { worker: 'w' } });

  test('a message that ends anywhere is read as a shorter one or refused, never beyond its end', () => {
    for (let length = 0; length < sample.length; length += 1) {
      let theirs: unknown;
      try {
        theirs = reference('build.bazel.remote.execution.v2.ActionResult', sample.subarray(0, length));
      } catch {
        theirs = undefined;
      }
      let ours: unknown;
      try {
        ours = readBytes(schema, sample.subarray(0, length));
      } catch (problem) {
        expect(problem).toBeInstanceOf(RangeError);
      }
      expect(ours).toEqual(theirs);
    }
  });

  test('random bytes are refused with a RangeError or read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          readBytes(schema, Buffer.from(bytes));
        } catch (problem) {
          expect(problem).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('nesting has a bound', () => {
    const struct = schemaOf('google.rpc.Status');
    expect(() => readBytes(struct, Buffer.concat(Array.from({ length: 200 }, () => Buffer.from([0x0b]))))).toThrow(RangeError);
  });

  test('fields that nobody knows are passed over: numbers, runs, groups', () => {
    const unknown = Buffer.from([0xf8, 0x07, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0xfa, 0x07, 2, 1, 2, 0xfb, 0x07, 0x08, 1, 0xfc, 0x07, 0xfd, 0x07, 1, 2, 3, 4, 0xf9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(readBytes(schema, Buffer.concat([unknown, sample, unknown]))).toEqual(readBytes(schema, sample));
  });
});

test('numbers that do not fit are cut as other libraries for JavaScript cut them', () => {
  const usage = 'mosix.farm.v1.Usage';
  const schema = schemaOf(usage);
  for (const value of [1.9, -1.9, NaN, 2 ** 31 + 0.5, 2 ** 52 + 0.5]) {
    for (const field of schema.fields.filter((one) => ['int64', 'int32', 'uint32'].includes(one.kind))) {
      if (value < 0 && field.kind === 'uint32') continue;
      const message = { [field.name]: value };
      expect(readBytes(schema, writeBytes(schema, message)), `${field.name} ${value}`).toEqual(reference(usage, referenceBytes(usage, message)));
    }
  }
});
