// Signals to trees of real processes that do their best to get away: threads that fork without end, sessions of their own.
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { until } from '../testing/test-coordinator.js';
import { continueTrees, stopTrees } from './processes.js';
import { parseStat, readAllProcesses, readSomeProcesses, treeOf, useOf } from './process-table.js';

const STORM = `
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
static void *breed(void *none) {
  for (;;) {
    pid_t child = fork();
    if (child == 0) {
      setsid();
      if (fork() == 0) { for (volatile int i = 0; i < 2000000; i++); _exit(0); }
      wait(NULL);
      _exit(0);
    }
    waitpid(child, NULL, 0);
  }
  return none;
}
int main(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  signal(SIGTERM, SIG_IGN);
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, breed, NULL);
  pthread_join(threads[0], NULL);
}
`;

let folder: string;
let running: ChildProcess | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mosix-processes-'));
  writeFileSync(join(folder, 'storm.c'), STORM);
  execFileSync('gcc', ['-O1', '-pthread', join(folder, 'storm.c'), '-o', join(folder, 'storm')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  const pid = running?.pid;
  running = undefined;
  if (pid === undefined) return;
  await stopTrees([pid], () => true);
  for (const each of treeOf(readAllProcesses(), pid)) {
    try {
      process.kill(each.pid, 'SIGKILL');
    } catch {
      // It has ended since it was listed.
    }
  }
  await until(() => treeOf(readAllProcesses(), pid).length === 0);
});

const storm = (): number => {
  running = spawn(join(folder, 'storm'), { stdio: 'ignore' });
  return running.pid ?? 0;
};
const tree = (pid: number) => treeOf(readAllProcesses(), pid);
const pids = (pid: number): number[] => tree(pid).map((each) => each.pid).sort((a, b) => a - b);

test('reads a line of stat whatever the program calls itself', () => {
  const rest = `7 1 1 0 -1 0 0 0 0 0 10 20 30 40 20 0 1 0 999 123456 77 18446744073709551615`;
  expect(parseStat(`42 (a) b (c) R ${rest}\n`)).toEqual({ pid: 42, parent: 7, state: 'R', cpuTicks: 100, residentPages: 77 });
  expect(parseStat(`42 (two\nlines) Z ${rest}`)).toMatchObject({ pid: 42, state: 'Z' });
  expect(parseStat('')).toBeUndefined();
});

test('a tree is stopped whole, stands still, and goes on', async () => {
  const pid = storm();
  await until(() => tree(pid).length > 4);
  expect(await stopTrees([pid], () => true)).toBe(true);
  const [before, used] = [pids(pid), useOf(tree(pid)).cpuUs];
  expect(tree(pid).every(({ state }) => ['T', 'Z'].includes(state))).toBe(true);
  // Others get their turn; were anything in there awake, it would breed in this time.
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(pids(pid)).toEqual(before);
  expect(useOf(tree(pid)).cpuUs).toBe(used);
  continueTrees([pid]);
  await until(() => pids(pid).some((each) => !before.includes(each)));
});

test('stopping ends when it is wanted no more', async () => {
  const pid = storm();
  await until(() => tree(pid).length > 4);
  let looks = 0;
  expect(await stopTrees([pid], () => (looks += 1) < 2)).toBe(false);
  continueTrees([pid]);
  const before = pids(pid);
  await until(() => pids(pid).some((each) => !before.includes(each)));
});

test('processes that are gone have no tree and use nothing; of some only those are read', async () => {
  const child = spawn('true', { stdio: 'ignore' });
  await new Promise((resolve) => child.once('exit', resolve));
  expect(tree(child.pid ?? 0)).toEqual([]);
  expect(useOf([])).toEqual({ cpuUs: 0, memoryBytes: 0 });
  expect(await stopTrees([child.pid ?? 0], () => true)).toBe(true);
  expect([...readSomeProcesses([process.pid, child.pid ?? 0]).byPid.keys()]).toEqual([process.pid]);
});
