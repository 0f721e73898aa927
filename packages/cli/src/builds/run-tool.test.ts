import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { descriptorsFor, runTool } from './run-tool.js';

test('standard descriptors alone, unless a jobserver is open', () => {
  expect(descriptorsFor({})).toEqual(['inherit', 'inherit', 'inherit']);
  expect(descriptorsFor({ MAKEFLAGS: 'j8 --jobserver-auth=fifo:/tmp/x' })).toEqual(['inherit', 'inherit', 'inherit']);
  // Numbers that were handed down by a make that closed them, or that are nonsense.
  expect(descriptorsFor({ MAKEFLAGS: '--jobserver-fds=99998,99999' })).toEqual(['inherit', 'inherit', 'inherit']);
  expect(descriptorsFor({ MAKEFLAGS: '--jobserver-auth=1,2' })).toEqual(['inherit', 'inherit', 'inherit']);
});

test('exit status, signal, and a tool that is not there', async () => {
  expect(await runTool(['sh', '-c', 'exit 7'], process.env)).toEqual({ ok: true, value: 7 });
  expect(await runTool(['sh', '-c', 'kill -SEGV $$'], process.env)).toEqual({ ok: true, value: 128 + 11 });
  expect(await runTool(['no-such-tool'], process.env)).toMatchObject({ ok: false, error: { code: 'tool-missing' } });
  expect(await runTool(['/etc/passwd'], process.env)).toMatchObject({ ok: false, error: { code: 'tool-start' } });
});

test('SIGTERM for us is passed on, SIGINT is left to the process group', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mosix-tool-'));
  const ready = join(folder, 'ready');
  const running = runTool(['sh', '-c', "trap 'exit 9' TERM; : > \"$1\"; while :; do sleep 0.05; done", 'sh', ready], process.env);
  while (!existsSync(ready)) await new Promise((resolve) => setTimeout(resolve, 10));
  process.emit('SIGINT');
  process.emit('SIGTERM');
  expect(await running).toEqual({ ok: true, value: 9 });
  rmSync(folder, { recursive: true });
  expect(process.listenerCount('SIGINT')).toBe(0);
  expect(spawnSync('true').status).toBe(0);
});
