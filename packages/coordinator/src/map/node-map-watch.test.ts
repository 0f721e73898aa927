import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchNodeMap, type NodeMapWatch } from './node-map-watch.js';

let folder: string;
let file: string;
let watching: NodeMapWatch | undefined;
let told: string[];
let wake: () => void;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mosix-map-'));
  file = join(folder, 'mosix.map');
  told = [];
  wake = () => undefined;
});
afterEach(async () => {
  await watching?.close();
  rmSync(folder, { recursive: true });
});

const start = (): void => {
  const tell = (what: string): void => {
    told.push(what);
    wake();
  };
  watching = watchNodeMap(
    file,
    (map) => tell(`map ${[...map.nodes.values()].map((node) => node.name).join(' ')}`),
    (problems) => tell(`problems ${problems.map((one) => one.replace(folder, '')).join('; ')}`),
  );
};

/** Resolves when the last thing told is `what`; the test's own time limit ends a wait in vain. */
const until = async (what: string): Promise<void> => {
  while (told.at(-1) !== what) await new Promise<void>((resolve) => (wake = resolve));
};

test('read at once, before anything is waited for', () => {
  writeFileSync(file, '1 a\n2 b\n');
  start();
  expect(told).toEqual(['map a b']);
});

test('written over, replaced by a rename as editors do, deleted and made anew', async () => {
  writeFileSync(file, '1 a\n');
  start();
  writeFileSync(file, '1 a\n2 b\n');
  await until('map a b');
  writeFileSync(`${file}~`, '1 c\n');
  renameSync(`${file}~`, file);
  await until('map c');
  rmSync(file);
  await until('problems /mosix.map: is not there');
  writeFileSync(file, '1 d\n');
  await until('map d');
  expect(told.filter((one) => one.startsWith('map'))).toEqual(['map a', 'map a b', 'map c', 'map d']);
});

test('a bad file is told with file, line and reason; a good one after it is a map again, even the old one', async () => {
  writeFileSync(file, '1 a\n');
  start();
  writeFileSync(file, '1 a\n2 b slo');
  await until('problems /mosix.map:2: "slo" is not a count of nodes (1 to 65535)');
  writeFileSync(file, '1 a\n2 b slots=2\n');
  await until('map a b');
  writeFileSync(file, '');
  await until('map ');
  expect(told.length).toBe(4);
});

test('a file that is not there yet', async () => {
  start();
  expect(told).toEqual(['problems /mosix.map: is not there']);
  writeFileSync(file, '1 late\n');
  await until('map late');
});

test('other files of the folder mean nothing, nor does a touch', async () => {
  writeFileSync(file, '1 a\n');
  start();
  writeFileSync(join(folder, 'other.map'), '1 x\n');
  writeFileSync(file, '1 a\n');
  writeFileSync(`${file}.new`, '1 b\n');
  renameSync(`${file}.new`, file);
  await until('map b');
  expect(told).toEqual(['map a', 'map b']);
});

test('nothing is told after the end', async () => {
  writeFileSync(file, '1 a\n');
  start();
  await watching?.close();
  writeFileSync(file, '1 b\n');
  expect(told).toEqual(['map a']);
});
