import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchDesktop, watchOwnerSigns, watchTerminals } from './owner-signs.js';
import { until } from './testing/test-coordinator.js';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mosix-owner-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A device whose input was last read then; what was written to it does not matter. */
const terminal = (name: string, readAtSeconds: number): void => {
  writeFileSync(join(folder, name), '');
  utimesSync(join(folder, name), readAtSeconds, 4e9);
};

test('the terminal that was typed at last counts, by the time of its last read', () => {
  terminal('1', 1_000);
  terminal('2', 1_500);
  terminal('ptmx', 1_999);
  const signs = watchTerminals([[folder, /^\d+$/]], () => 50_000, () => 2_000_000);
  expect(signs.lastUse()).toEqual({ secondsAgo: 500, what: 'terminal 2' });
});

test('a clock that jumps neither makes a use nor hides one', () => {
  let nowMs = 0;
  let wallMs = 2_000_000;
  terminal('1', 1_000);
  const signs = watchTerminals([[folder, /^\d+$/]], () => nowMs, () => wallMs);
  expect(signs.lastUse()?.secondsAgo).toBe(1_000);
  wallMs = 1_001_000; // back to just after the last use
  nowMs = 100_000;
  expect(signs.lastUse()?.secondsAgo).toBe(1_100);
  terminal('1', 999); // used, and stamped by the clock that went back
  nowMs = 200_000;
  expect(signs.lastUse()?.secondsAgo).toBe(0);
  nowMs = 205_000;
  expect(signs.lastUse()?.secondsAgo).toBe(5);
});

test('terminals come and go; the use of one that was closed stands', () => {
  let nowMs = 0;
  const signs = watchTerminals([[folder, /^\d+$/], [join(folder, 'absent'), /./]], () => nowMs, () => 2_000_000);
  expect(signs.lastUse()).toBeUndefined();
  terminal('7', 1_990);
  nowMs = 5_000;
  expect(signs.lastUse()).toEqual({ secondsAgo: 10, what: 'terminal 7' });
  rmSync(join(folder, '7'));
  nowMs = 10_000;
  expect(signs.lastUse()).toEqual({ secondsAgo: 15, what: 'terminal 7' });
  terminal('7', 1_900); // another one of this name, unused for longer
  nowMs = 20_000;
  expect(signs.lastUse()).toEqual({ secondsAgo: 25, what: 'terminal 7' });
});

test('typing at a real terminal is seen', async () => {
  // `script` holds a new terminal open; its own input is what is typed there.
  const program = spawn('script', ['-qc', 'tty; cat', '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  let said = '';
  program.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  try {
    await until(() => /\/dev\/pts\/\d+/.test(said));
    const path = /\/dev\/(pts\/\d+)/.exec(said)?.[0] ?? '';
    utimesSync(path, 1_000, 1_000); // long unused
    const before = statSync(path).atimeMs;
    const signs = watchTerminals([['/dev/pts', new RegExp(`^${path.replace('/dev/pts/', '')}$`)]]);
    expect(signs.lastUse()?.secondsAgo).toBeGreaterThan(1e6);
    program.stdin.write('x\n');
    await until(() => statSync(path).atimeMs !== before);
    expect(signs.lastUse()).toMatchObject({ what: path.replace('/dev/', 'terminal ') });
    expect(signs.lastUse()?.secondsAgo).toBeLessThan(60);
  } finally {
    program.stdin.end();
    program.kill('SIGKILL');
  }
});

test('a desktop is asked whether it is idle, and only where somebody has one', async () => {
  const asked = join(folder, 'asked');
  const loginctl = join(folder, 'loginctl');
  writeFileSync(loginctl, `#!/bin/sh\necho "$@" >> ${asked}\nfor f in ${folder}/answer; do cat $f; done\n`);
  chmodSync(loginctl, 0o755);
  const sessions = mkdtempSync(join(folder, 'sessions-'));
  writeFileSync(join(sessions, '3'), 'UID=1000\nTYPE=tty\nCLASS=user\n');
  writeFileSync(join(sessions, 'c1'), 'UID=120\nTYPE=wayland\nCLASS=greeter\n');
  expect(watchDesktop(sessions, loginctl).lastUse()).toBeUndefined();
  expect(() => statSync(asked)).toThrow();

  writeFileSync(join(sessions, '4'), 'UID=1000\nTYPE=wayland\nCLASS=user\nACTIVE=1\n');
  writeFileSync(join(folder, 'answer'), 'IdleHint=no\n');
  const desktop = watchDesktop(sessions, loginctl);
  await until(() => desktop.lastUse() !== undefined);
  expect(desktop.lastUse()).toEqual({ secondsAgo: 0, what: 'desktop in use' });
  expect(watchOwnerSigns({ lastUse: () => ({ secondsAgo: 5, what: 'terminal 1' }) }, desktop).lastUse()?.what).toBe('desktop in use');
  writeFileSync(join(folder, 'answer'), 'IdleHint=yes\n');
  await until(() => desktop.lastUse() === undefined);
  expect(watchOwnerSigns({ lastUse: () => ({ secondsAgo: 5, what: 'terminal 1' }) }, desktop).lastUse()?.what).toBe('terminal 1');
});
