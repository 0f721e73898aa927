// Real projects, built natively and with the farm at the same path: every object, depfile, archive and executable must
// be the same. MOSIX_TEST_FULL=1 builds each project in each variant; without it each variant is seen on some project.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareBuilds, farmBuild, nativeBuild, type Project } from './support/build.js';
import { startFarm, type Farm } from './support/farm.js';
import { isBuilt } from './support/paths.js';
import { abseilAndRe2, abseilSubset, leveldb, lmdb, sqlite, variants } from './support/project-list.js';
import { fetchSource } from './support/sources.js';
import { differences } from './support/tree.js';

const full = process.env['MOSIX_TEST_FULL'] === '1';
const all = variants(full ? '-O2' : '-O0');
const re2 = fetchSource('re2');
const sqlite3 = fetchSource('better-sqlite3');
const level = fetchSource('classic-level');
const lmdbSource = fetchSource('lmdb');

let farm: Farm;

beforeAll(async () => {
  if (!isBuilt()) throw new Error('run `npm run build` first');
  farm = await startFarm('projects', { workers: 2, slots: 2 });
});

afterAll(() => farm?.stop());

function sameAsNative(title: string, make: () => Project, units: number): void {
  test(title, async () => {
    const project = make();
    const comparison = await compareBuilds(project, farm, project.name);
    expect(comparison.differences).toEqual([]);
    expect(comparison.files).toBeGreaterThanOrEqual(units);
    const { compiles, localReasons } = await farm.counters(project.name);
    // Links and questions run here; the compiles must not.
    expect(compiles.remote + compiles.cacheHits, JSON.stringify(localReasons)).toBeGreaterThanOrEqual(units);
    expect(compiles.failed).toBe(0);
  });
}

describe.skipIf(lmdbSource === undefined)('lmdb by its own Makefile', () => {
  // Each way to compile with one of the compilers; units of abseil see all of them with both.
  const quick = ['gcc -O2', 'clang -O0 -g', 'gcc -g -gsplit-dwarf', 'clang --coverage', 'gcc -flto', 'clang -flto'];
  const chosen = full ? all : all.filter((variant) => quick.includes(`${variant.cc} ${variant.label}`));
  for (const variant of chosen) sameAsNative(`${variant.cc} ${variant.label}`, () => lmdb(lmdbSource as string, variant), 6);
});

describe.skipIf(level === undefined)('leveldb by a plain Makefile', () => {
  const chosen = full ? all : all.filter((variant) => variant.cc === 'gcc' && variant.label === '-O0 -g');
  for (const variant of chosen) sameAsNative(`${variant.cc} ${variant.label}`, () => leveldb(level as string, variant), 43);
});

describe.skipIf(sqlite3 === undefined)('SQLite, one huge unit', () => {
  const quick = ['gcc -O0 -g', 'clang -g -gsplit-dwarf'];
  const chosen = full ? all : all.filter((variant) => quick.includes(`${variant.cc} ${variant.label}`));
  for (const variant of chosen) sameAsNative(`${variant.cc} ${variant.label}`, () => sqlite(sqlite3 as string, variant), 1);
});

describe.skipIf(re2 === undefined)('units of abseil', () => {
  const count = full ? 200 : 4;
  for (const variant of all) sameAsNative(`${variant.cc} ${variant.label}`, () => abseilSubset(re2 as string, variant, count), full ? 100 : count);
});

describe.skipIf(re2 === undefined)('abseil and re2 by CMake and ninja', () => {
  test('the same files, and the second build comes from the cache', async () => {
    const project = abseilAndRe2(re2 as string, full ? '-O2' : '-O0');
    const work = farm.scratch.folder('build', project.name);
    const native = await nativeBuild(project, work, farm.scratch.folder('home'));
    expect([...native.keys()].filter((name) => name.endsWith('.o')).length).toBeGreaterThanOrEqual(159);

    const first = await farmBuild(project, work, farm, 'ninja-first');
    expect(differences(native, first)).toEqual([]);
    const cold = (await farm.counters('ninja-first')).compiles;
    expect(cold.remote + cold.cacheHits).toBeGreaterThanOrEqual(159);
    expect(readFileSync(join(work, 'out/compile_commands.json'), 'utf8').includes('mosix-cc')).toBe(false);

    const second = await farmBuild(project, work, farm, 'ninja-second');
    expect(differences(native, second)).toEqual([]);
    const warm = (await farm.counters('ninja-second')).compiles;
    expect(warm.cacheHits / (warm.cacheHits + warm.remote + warm.local)).toBeGreaterThanOrEqual(0.99);
  });
});
