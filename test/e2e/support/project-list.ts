// The real projects of the tests and the benchmark, as build scripts over sources from the registry.

import { copyFileSync, mkdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Project } from './build.js';
import { fixtures } from './paths.js';
import { copySource } from './sources.js';

/** One way to compile: `label` for the test's name, `flags` for the compiler. */
export interface Variant {
  readonly label: string;
  readonly cc: 'gcc' | 'clang';
  readonly flags: string;
}

const cxxOf = (variant: Variant): string => (variant.cc === 'gcc' ? 'g++' : 'clang++');
const slug = (variant: Variant): string => `${variant.cc} ${variant.label}`.replace(/[^\w]+/g, '-');

/**
 * Where two native runs differ (stamps of gcc's coverage notes, names of its LTO sections) a seed makes them equal.
 * `level` is the optimisation of the variants that name none.
 */
export function variants(level: string): Variant[] {
  return (['gcc', 'clang'] as const).flatMap((cc): Variant[] => {
    const seed = cc === 'gcc' ? ' -frandom-seed=mosix' : '';
    return [
      { label: '-O2', cc, flags: '-O2' },
      { label: '-O0 -g', cc, flags: '-O0 -g' },
      { label: '-g -gsplit-dwarf', cc, flags: `${level} -g -gsplit-dwarf` },
      { label: '--coverage', cc, flags: `${level} --coverage${seed}` },
      { label: '-flto', cc, flags: `-O1 -flto${seed}` },
    ];
  });
}

export const lmdb = (source: string, variant: Variant): Project => ({
  name: `lmdb-${slug(variant)}`,
  prepare: (work) => copySource(join(source, 'dependencies/lmdb/libraries/liblmdb'), work),
  // clang's LTO objects need clang's own archive tools to link; the objects are what counts.
  // mdb.o and mdb.lo share the name of their .dwo: only one after the other gives the same one at the end.
  script: ({ make }) => `${make} -j${variant.flags.includes('split-dwarf') ? 1 : 4} CC=${variant.cc} OPT='${variant.flags}' LDFLAGS='-pthread ${variant.flags}' W=-Wall ${variant.cc === 'clang' && variant.label === '-flto' ? 'mdb.o midl.o mdb.lo midl.lo mdb_stat.o mtest.o' : ''}`,
});

export const leveldb = (source: string, variant: Variant): Project => ({
  name: `leveldb-${slug(variant)}`,
  prepare: (work) => {
    copySource(join(source, 'deps/leveldb/leveldb-1.20'), join(work, 'leveldb'));
    mkdirSync(join(work, 'out'));
    copyFileSync(join(fixtures, 'leveldb.mk'), join(work, 'out/Makefile'));
  },
  script: ({ make }) => `${make} -j4 -C out SRC=../leveldb CXX=${cxxOf(variant)} CXXFLAGS='${variant.flags}'`,
});

export const sqlite = (source: string, variant: Variant): Project => ({
  name: `sqlite-${slug(variant)}`,
  prepare: (work) => {
    copySource(join(source, 'deps/sqlite3'), join(work, 'sqlite'));
    mkdirSync(join(work, 'out'));
    copyFileSync(join(fixtures, 'units.mk'), join(work, 'out/Makefile'));
  },
  script: ({ make }) => `${make} -C out SRC=../sqlite UNITS=sqlite3.c CC=${variant.cc} FLAGS='${variant.flags} -DSQLITE_ENABLE_FTS5'`,
});

/** Sources of abseil's libraries, without tests and benchmarks. */
export function abseilUnits(vendor: string): string[] {
  const found = execFileSync('find', ['absl', '-name', '*.cc'], { cwd: join(vendor, 'abseil-cpp') }).toString().split('\n');
  return found.filter((name) => name !== '' && !/_test|_benchmark|test_|_testing|mock|testing|gaussian_distribution_gentables|print_hash_of|benchmarks/.test(name)).sort();
}

/** `count` names at even distances. */
export const evenly = <T>(all: readonly T[], count: number): T[] =>
  Array.from({ length: Math.min(count, all.length) }, (_, index) => all[Math.floor((index * all.length) / count)] as T);

export const abseilSubset = (source: string, variant: Variant, count: number): Project => ({
  name: `abseil-${slug(variant)}`,
  prepare: (work) => {
    copySource(join(source, 'vendor/abseil-cpp'), join(work, 'abseil'));
    mkdirSync(join(work, 'out'));
    copyFileSync(join(fixtures, 'units.mk'), join(work, 'out/Makefile'));
  },
  script: ({ make }) => `${make} -j4 -C out SRC=../abseil UNITS='${evenly(abseilUnits(join(source, 'vendor')), count).join(' ')}' CXX=${cxxOf(variant)} FLAGS='${variant.flags} -std=c++17'`,
});

/** All of abseil and re2 by CMake and ninja in a fresh build folder; the sources are copied only when they are not there yet. */
export const abseilAndRe2 = (source: string, flags: string): Project => ({
  name: 'abseil-and-re2',
  prepare: (work) => {
    copySource(join(source, 'vendor'), join(work, 'vendor'));
    copySource(join(fixtures, 're2'), join(work, 'top'));
  },
  script: ({ cmakeLaunchers }) =>
    `cmake -G Ninja -S top -B out -DVENDOR="$PWD/vendor" -DCMAKE_BUILD_TYPE= -DCMAKE_CXX_FLAGS='${flags}' ${cmakeLaunchers} && ninja -d keepdepfile -C out -j4 && ./out/testinstall`,
});
