import { expect, test } from 'vitest';
import { nodeFailure } from './verdict.js';

const record = (kind: 'exit' | 'signal', value: number) => ({ exit: { kind, value }, userUs: 0, systemUs: 0, peakMemoryBytes: 0, wallUs: 0 });
const code = (kind: 'exit' | 'signal', value: number, stderr = '', memoryKilled = false): string | undefined =>
  nodeFailure({ record: record(kind, value), stderr, memoryKilled })?.code;

test('errors of the source are the compiler’s own', () => {
  expect(code('exit', 1, "a.c:1:1: error: expected ';' before '}' token")).toBeUndefined();
  expect(code('exit', 4, 'internal compiler error: Segmentation fault')).toBeUndefined();
  expect(code('signal', 11)).toBeUndefined();
});

test('success is success, whatever was written', () => {
  expect(code('exit', 0, 'No space left on device; Killed signal terminated program', true)).toBeUndefined();
});

test.each([
  ['g++: fatal error: Killed signal terminated program cc1plus', 'out-of-memory'],
  ['clang: error: unable to execute command: Killed', 'out-of-memory'],
  ['cc1plus: out of memory allocating 65536 bytes after a total of 1 bytes', 'out-of-memory'],
  ['/tmp/cc1.s: Error: can not write: No space left on device', 'disk-full'],
  ['gcc: fatal error: File size limit exceeded signal terminated program cc1', 'output-too-big'],
  ['gcc: fatal error: cannot execute: vfork: Resource temporarily unavailable', 'sandbox'],
])('%s', (stderr, expected) => expect(code('exit', 1, stderr)).toBe(expected));

test('a kill that the worker did not send, and a kill seen by the kernel, are for lack of memory', () => {
  expect(code('signal', 9)).toBe('out-of-memory');
  expect(code('exit', 1, 'error: whatever', true)).toBe('out-of-memory');
});
