import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseInitError, parseRecord, readPlainFile } from './record.js';

const WHOLE = 'exit 1\nuser_us 1200\nsystem_us 300\nmaxrss_kb 2048\nwall_us 1600\n';

test('a whole record says how the job ended and what it used', () => {
  expect(parseRecord(WHOLE)).toEqual({ exit: { kind: 'exit', value: 1 }, userUs: 1200, systemUs: 300, peakMemoryBytes: 2_097_152, wallUs: 1600 });
  expect(parseRecord(WHOLE.replace('exit 1', 'signal 11'))).toMatchObject({ exit: { kind: 'signal', value: 11 } });
  expect(parseRecord('failed exec 2\n')).toEqual({ step: 'exec', errno: 2 });
});

test('anything else is no record', () => {
  for (const text of ['', 'exit', WHOLE.slice(0, -1), `${WHOLE}x`, `junk\n${WHOLE}`, WHOLE + WHOLE, 'failed exec x\n']) expect(parseRecord(text)).toBeUndefined();
});

test('the error line of mosix-init is found among others', () => {
  expect(parseInitError('noise\nmosix-init\tlink\t31\ta b.h\n')).toEqual({ step: 'link', errno: 31, subject: 'a b.h' });
  expect(parseInitError('bwrap: whatever')).toBeUndefined();
});

test('links, pipes, directories and files that are too long are not read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mosix-record-'));
  writeFileSync(join(folder, 'file'), 'content');
  symlinkSync('file', join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  expect(readPlainFile(join(folder, 'file'), 100)?.toString()).toBe('content');
  for (const [name, most] of [['file', 6], ['link', 100], ['pipe', 100], ['.', 100], ['absent', 100]] as const) expect(readPlainFile(join(folder, name), most)).toBeUndefined();
  rmSync(folder, { recursive: true });
});
