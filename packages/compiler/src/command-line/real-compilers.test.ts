// Runs the installed gcc and clang and checks that the files they create are the files that were predicted: all the
// required ones, and none that is not listed. A compiler that is not installed is skipped.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine } from './index.js';
import type { Compile, Family } from './types.js';

const c = 'int f(int a) { int b[20]; b[a] = 1; for (int i = 0; i < a; i++) b[i] += a; return b[a]; }\n';
const assembly = '.globl x\nx: .long 1\n';
const sources: Record<string, string> = {
  'a.c': c, 'sub/b.c': c, 'two.dots.c': c, 'noext': c, 'a b.c': c, "q'uote\"d.c": c, 'new\nline.c': c, 'ünï.c': c, '-dash.c': c,
  'a.cc': `struct S { virtual int v(); };\n${c}`, 'sub/b.cpp': c, 'C.C': c, 'p.i': c, 'q.ii': c, 'r.s': assembly, 't.S': assembly, 'empty.c': '', 'sub/h.h': 'int g(void);\n', 'h.hpp': 'int g();\n',
  'err.c': '#error no\n', 'opt.rsp': '-MD "-o" \'out/from rsp.o\'\n', 'nest.rsp': '@opt.rsp -gsplit-dwarf\n', 'sp/ok.specs': '*cc1:\n+ -fno-common\n\n',
};

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mosix-command-line-'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function filesUnder(directory: string, prefix = ''): string[] {
  return readdirSync(join(directory, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix + entry.name;
    return entry.isDirectory() ? filesUnder(directory, `${path}/`) : [path];
  });
}

const readFile = (path: string): Buffer | undefined => (existsSync(path) && lstatSync(path).isFile() ? readFileSync(path) : undefined);

interface Ran {
  compile: Compile;
  status: number | null;
  created: string[];
  directory: string;
  stderr: string;
}

let runs = 0;
/** Parses, then runs the real compiler in a fresh directory with only the named source and the fixed extras. */
function run(compiler: string, list: readonly string[], before: Record<string, string> = {}): Ran {
  const directory = join(root, String(runs++));
  mkdirSync(join(directory, 'out'), { recursive: true });
  mkdirSync(join(directory, 'sub'), { recursive: true });
  const wanted = Object.keys(sources).filter((path) => list.some((a) => a === path || a === `./${path}` || a.includes(path)) || path.endsWith('.rsp'));
  for (const path of wanted) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), sources[path] ?? '');
  }
  for (const [path, text] of Object.entries(before)) writeFileSync(join(directory, path), text);
  const list2 = list.map((argument) => argument.replaceAll('{cwd}', directory));
  const family: Family = compiler.includes('clang') ? 'clang' : 'gcc';
  const environment = new Map(Object.entries({ PATH: process.env['PATH'] ?? '', PWD: directory, LC_ALL: 'C.UTF-8' }));
  const parsed = parseCommandLine({ family, compilerName: compiler, arguments: list2, cwd: directory, environment, readFile });
  if (parsed.kind === 'local') throw new Error(`local: ${parsed.reason} ${parsed.detail ?? ''}`);
  const old = new Set(filesUnder(directory));
  const result = spawnSync(compiler, parsed.compile.remoteArguments, { cwd: directory, env: Object.fromEntries(environment), stdio: ['ignore', 'pipe', 'pipe'] });
  const created = filesUnder(directory).filter((path) => !old.has(path)).sort();
  return { compile: parsed.compile, status: result.status, created, directory, stderr: result.stderr.toString() };
}

const relative = (directory: string, path: string): string => normalize(path.startsWith(directory) ? path.slice(directory.length + 1) : path);

function check(compiler: string, list: readonly string[]): void {
  const { compile, status, created, directory } = run(compiler, list);
  const named = compile.outputs.map(({ path }) => relative(directory, path));
  const required = compile.outputs.filter((output) => output.required).map(({ path }) => relative(directory, path));
  expect({ status, missing: required.filter((path) => !created.includes(path)), unforeseen: created.filter((path) => !named.includes(path)) }).toEqual({
    status: 0,
    missing: [],
    unforeseen: [],
  });
}

const all = '-MD -gsplit-dwarf -fstack-usage --coverage';

const anyFamily = [
  '-c a.c', '-c sub/b.c', '-c two.dots.c', '-c -x c noext', '-S a.c', '-S a.c -o out/x', '-c a.c -oout/x.o', '-c -S a.c', '-S -c a.c -o out/x.s',
  '-c a.c -MD', '-c a.c -MMD -o out/x.y.o', '-c a.c -MD -o out/.foo', '-c a.c -MD -o out/foo', '-c a.c -MD -MF out/q.d', '-c a.c -MD -MFout/q.d -MT z -MQ y -MP',
  '-c a.c -MD -MF out/q.d -MF out/r.d', '-c -MD sub/b.c', '-c -Wp,-MD,out/r.d a.c', '-c -Wp,-MMD,out/r.d -Wp,-MT,foo -Wp,-MP a.c', '-c -MD -MF - a.c', '-c -MD -MF /dev/null a.c',
  '-c -MD -o {cwd}/out/abs.o a.c', '-c -MD {cwd}/a.c', '-c -MD -o ./out/../out/x.o a.c',
  `-c ${all} -g a.c`, `-c ${all} -g sub/b.c`, `-c ${all} -g a.c -o out/x.y.o`, `-c ${all} -g a.c -o out/foo`, `-c ${all} -g a.c -o foo`, `-c ${all} -g -O2 two.dots.c`, `-c ${all} -g -x c noext`,
  '-c -g -gsplit-dwarf -gno-split-dwarf a.c', '-c -gsplit-dwarf -g0 a.c', '-c -gsplit-dwarf a.c', '-c -gsplit-dwarf -g -flto a.c -o out/x.o', '-S -g -gsplit-dwarf a.c -o out/x.s',
  '-c -save-temps a.c', '-c -save-temps sub/b.c -o out/x.o', '-c -save-temps=cwd sub/b.c -o out/x.o', '-c -save-temps=obj sub/b.c -o out/x.y.o', '-c -save-temps=obj sub/b.c', '-S -save-temps a.c', '-S -save-temps=obj a.c -o out/z.s',
  `-c -g -save-temps=obj ${all} a.c -o out/x.o`, '-c p.i', '-c p.i -save-temps -o out/x.o', '-c r.s', '-c r.s -o out/x.o -MD', '-c t.S -MD', '-c t.S -MD -o out/x.o -save-temps', '-c t.S -g -gsplit-dwarf -o out/x.o', '-c r.s -g -gsplit-dwarf -o out/x.o',
  '-c -x assembler-with-cpp r.s -MD', '-c -x c++ a.c -save-temps', '-c -x c -x none a.c', '-fsyntax-only a.c', '-fsyntax-only -c a.c -MD', '-fsyntax-only a.c -MD -MF out/q.d', '-fsyntax-only a.c -o out/x.o',
  '-c empty.c -MD -o out/e.o', '-c --coverage a.c -o out/x.o', '-c -ftest-coverage a.c', '-c -fprofile-arcs a.c', '-c -coverage -O2 a.c', '-c -ftest-coverage -fno-test-coverage a.c', '-c --coverage -frandom-seed=1 a.c -o out/x.o',
  '-c -fprofile-generate a.c', '-c -fstack-usage sub/b.c', '-c -flto a.c', '-c -O3 -march=native a.c', '-c -pipe a.c', '-c @opt.rsp a.c', '-c -g @nest.rsp a.c',
  '-c -include sub/h.h a.c -MD', '-c -imacros sub/h.h a.c', '-c -DX=1 -UX -Isub -iquote sub -isystem sub -idirafter sub a.c', '-c -fno-exceptions -fPIC -fvisibility=hidden -ffile-prefix-map=/x=/y -fdebug-prefix-map=/x=/y -g3 a.c',
  '-c -Wall -Wextra -Werror -Wno-unused -w -pedantic -std=gnu11 a.c', '-c a.c -lfoo -L/x -shared -pthread -o out/l.o', '-c -fdiagnostics-color=always -fmessage-length=70 a.c', '-c -Wa,--noexecstack a.c', '-c -Wa,-Isub t.S',
  '-c -fsanitize=undefined a.c -o out/x.o', '-c -fopenmp -g -O2 a.c', '-c --param ssp-buffer-size=4 -fstack-protector-strong a.c',
];

const gccOnly = [
  '-c -fcallgraph-info a.c', '-c -fcallgraph-info=su,da -o out/x.y.o a.c', `-c ${all} a.c -o out/.foo`, '-c -MD -Wp,-MD,out/r.d a.c', '-c -MF out/q.d -Wp,-MD,out/r.d a.c', '-c -Wp,-MD,out/r.d,-MT,foo a.c',
  '-c -Xpreprocessor -MD -Xpreprocessor out/r.d a.c', `-c -dumpdir out/p- ${all} sub/b.c`, `-c -dumpdir out/p- ${all} sub/b.c -o sub/x.o`, `-c -save-temps -dumpdir out/p- ${all} sub/b.c`,
  `-c -save-temps=cwd -dumpdir out/p- ${all} sub/b.c -o out/x.o`, `-c -dumpdir out/p- -save-temps=cwd ${all} sub/b.c -o out/x.o`, `-c -dumpdir out/p- -save-temps=obj ${all} sub/b.c -o out/x.o`, `-c -dumpbase foo.bar ${all} sub/b.c -o sub/x.o`,
  `-c -dumpbase foo.bar -dumpbase-ext .bar ${all} sub/b.c -o sub/x.o`, `-c -dumpbase foo.bar -dumpbase-ext .baz ${all} sub/b.c`, `-c -dumpbase out/foo.bar -dumpbase-ext .bar ${all} sub/b.c -o sub/x.o`,
  `-c -dumpbase out/foo.bar -dumpdir sub/ ${all} sub/b.c`, `-c -dumpbase .bar -dumpbase-ext .bar ${all} sub/b.c`, `-S ${all} -save-temps sub/b.c -o out/x.y.s`, '-S -dumpdir out/ -fstack-usage a.c',
  '-c -gsplit-dwarf r.s', '-c -gsplit-dwarf t.S -save-temps -o out/z.o', `-c -flto ${all} -save-temps a.c`, '-c -fprofile-note=out/n.gcno -ftest-coverage a.c', '-c --coverage -fno-test-coverage a.c', '-c -Wa,-ahls=out/l.lst -g a.c', '-c -Wa,-ahls a.c',
  '-c -Wa,--MD,out/as.d a.c', '-c -Wa,--MD=out/as.d a.c', '-c -Xassembler --MD -Xassembler out/as.d a.c', 'sub/h.h', '-c sub/h.h', 'sub/h.h -o out/h.h.gch -MD', '-c -x c-header sub/h.h -o out/pch -MD', '-c -MD sub/h.h', '-x c++-header sub/h.h -o out/x.gch', '-c sub/h.h -x none',
  '-c -save-temps -pipe a.c', '-c -no-integrated-cpp -MD a.c -o out/x.o', '-c -traditional-cpp -MD a.c', '-c -dA -dp -dP a.c', '-c -dD -dU a.c', '-c -fopt-info a.c -O2', '-c -fopt-info-vec-missed a.c -O2', '-c -O2 -fprofile-use a.c', '-c -fno-lto -O2 -fprofile-use=out a.c',
  '-c -I sub -I- -I out a.c', '-c -frecord-gcc-switches -g a.c', '-c -fverbose-asm -save-temps a.c', '-c -g -gz a.c', '-c -ftime-report a.c', '-c -specs=./sp/ok.specs a.c', '-c -fdiagnostics-format=json a.c', '-c -iprefix {cwd}/ -iwithprefix sub -iwithprefixbefore out a.c',
  '-c -fanalyzer a.c', '-c -fdump-noaddr a.c', '-c -m32 -fno-pic a.c',
];

const clangOnly = [
  '-c -g -gsplit-dwarf=single a.c -o out/x.o', '-c -g -gsplit-dwarf=split a.c -o out/x.o', '-c -emit-llvm a.c', '-S -emit-llvm a.c', '-c -emit-llvm -MD --coverage a.c -o out/x.bc', '-c -flto=thin -save-temps a.c -o out/x.o',
  '-c -Wp,-MD,out/r.d -MD -MF out/q.d a.c', '-c -MD -MF out/q.d -Wp,-MD,out/r.d a.c', '-c -MD -MJ out/c.json a.c', '-c -MD -MV a.c', '-c -ftime-trace a.c', '-c -ftime-trace a.c -o out/a.x.o', '-S -ftime-trace sub/b.c -o out/a.s',
  '-c -fsave-optimization-record a.c', '-c -fsave-optimization-record -O2 sub/b.c -o out/x.y.o', '-c -fsave-optimization-record=yaml -O2 p.i -o out/x.y.o', '-c -foptimization-record-file=out/oo -O2 sub/b.c', '-c -save-stats a.c -o out/x.o', '-c -save-stats=obj sub/b.c -o out/x.o',
  '-c -serialize-diagnostics out/x.dia a.c', '-c --serialize-diagnostics out/x.dia a.c -o out/x.o', '-c -fno-integrated-as -g -gsplit-dwarf -fstack-usage --coverage -MD a.c -o out/x.o', '-c -fno-integrated-as -save-temps a.c -o out/x.o', '-c -fno-integrated-as -Wa,-ahls=out/ls a.c',
  '-c -fembed-bitcode a.c -o out/x.o', '-c -fembed-bitcode -save-temps a.c -o out/x.o', '-c -fprofile-instr-generate -fcoverage-mapping a.c', '-c -Xclang -disable-O0-optnone a.c', '-c -mllvm -inline-threshold=100 -O2 a.c', '-c --target=x86_64-linux-gnu a.c', '-c -fcolor-diagnostics a.c',
  '-c -Qunused-arguments -MD p.i', '-fsyntax-only --coverage -fstack-usage -g -gsplit-dwarf a.c', '-c -fsyntax-only a.c -MD -o out/x.o', '-c -stdlib=libstdc++ a.c', '-c -Weverything a.c', '-c -grecord-command-line -g a.c', `-c ${all} -g a.c -o out/.foo`, '-c -save-temps=obj t.S -o out/w.o',
];

const plusPlus = ['-c a.cc', '-c sub/b.cpp -MD -o out/x.o', '-c C.C -save-temps', '-c a.c -save-temps', `-c ${all} -g a.cc -o out/x.y.o -save-temps=obj`, '-c q.ii', '-S a.cc -fno-rtti', '-c p.i -o out/p.o', '-std=c++20 -c a.cc -fno-exceptions -MD -MP'];

const has = (compiler: string): boolean => spawnSync(compiler, ['--version'], { stdio: 'ignore' }).status === 0;

for (const [compiler, lists] of [
  ['gcc', [...anyFamily, ...gccOnly]],
  ['g++', plusPlus],
  ['clang', [...anyFamily, ...clangOnly]],
  ['clang++', plusPlus],
] as const) {
  describe.skipIf(!has(compiler))(`${compiler} creates the predicted files`, () => {
    test.each(lists)('%s', (line) => {
      check(compiler, line.split(' '));
    });
  });
}

const awkward = ['a b.c', "q'uote\"d.c", 'new\nline.c', 'ünï.c', './-dash.c'];
for (const compiler of ['gcc', 'clang']) {
  describe.skipIf(!has(compiler))(`${compiler}, awkward names`, () => {
    test.each(awkward)('%j', (source) => {
      // gcc's objcopy takes `-dash.o` for an option.
      check(compiler, ['-c', source, '-MD', '-fstack-usage', '-g', ...(source.includes('dash') ? [] : ['-gsplit-dwarf'])]);
      check(compiler, ['-c', source, '-MD', '-save-temps=obj', '-o', `out/${source.replace('./-', '').replace(/c$/, 'o')}`]);
    });
  });
}

describe.skipIf(!has('gcc'))('what else a run does to files', () => {
  test('gcc deletes old counts when the seed is fixed, and the prediction says so', () => {
    const seeded = run('gcc', ['-c', '--coverage', '-frandom-seed=1', 'a.c', '-o', 'out/x.o'], { 'out/x.gcda': 'old', 'a.gcda': 'old' });
    expect(seeded.compile.removes).toEqual(['out/x.gcda']);
    expect(existsSync(join(seeded.directory, 'out/x.gcda'))).toBe(false);
    expect(existsSync(join(seeded.directory, 'a.gcda'))).toBe(true);
    const unseeded = run('gcc', ['-c', '--coverage', 'a.c', '-o', 'out/x.o'], { 'out/x.gcda': 'old' });
    expect(unseeded.compile.removes).toEqual([]);
    expect(existsSync(join(unseeded.directory, 'out/x.gcda'))).toBe(true);
  });

  test('gcc leaves an old object alone when it fails', () => {
    const ran = run('gcc', ['-c', '-MD', 'err.c'], { 'err.o': 'old' });
    expect(ran.status).toBe(1);
    expect(ran.compile.failureRemoves).toEqual([]);
    expect(readFileSync(join(ran.directory, 'err.o'), 'utf8')).toBe('old');
    expect(ran.created).toEqual(['err.d']);
  });
});

describe.skipIf(!has('gcc'))('profiles that gcc looks for are among the inputs', () => {
  test.each([
    '-fprofile-use', '-fprofile-use=out', '-fprofile-use=nope', '-fprofile-use={cwd}/out', '-fprofile-use -fprofile-dir=out', '-fbranch-probabilities', '-fprofile-use=out/x.gcda',
  ].flatMap((option) => [`${option} a.c`, `${option} a.c -o out/x.y.o`, `${option} sub/b.c -o {cwd}/out/z.o`]))('%s', (line) => {
    const list = ['-c', '-O2', '-Wmissing-profile', ...line.split(' ')];
    const ran = run('gcc', list);
    const looked = /warning: ‘(.*)’ profile count data file not found/.exec(ran.stderr)?.[1];
    expect(looked).toBeDefined();
    const absolute = (path: string): string => normalize(path.startsWith('/') ? path : `${ran.directory}/${path}`);
    expect(ran.compile.extraInputs.map(absolute)).toContain(absolute(looked ?? ''));
  });
});

/** What `-E -v` says it searches: quote chain, then the rest, built-in directories included. */
function searched(stderr: string): { quote: string[]; rest: string[] } {
  const lines = stderr.split('\n');
  const from = (start: string, end: string): string[] => lines.slice(lines.findIndex((l) => l.startsWith(start)) + 1, lines.findIndex((l) => l.startsWith(end))).map((l) => l.trim());
  return { quote: from('#include "..."', '#include <...>'), rest: from('#include <...>', 'End of search') };
}

for (const compiler of ['gcc', 'clang']) {
  describe.skipIf(!has(compiler))(`${compiler} searches the directories that were read from its command line`, () => {
    test.each([
      ['-Id1 -I d2 -iquote d3 -isystem d4 -idirafter d5 -isystemd6', {}],
      ['-Id1', { CPATH: 'd2:d3', C_INCLUDE_PATH: 'd4' }],
      ['-I d1 -isystem d2', { CPATH: ':d3', C_INCLUDE_PATH: 'd4:d5', CPLUS_INCLUDE_PATH: 'd6' }],
      ['-x c++ -I d1', { CPLUS_INCLUDE_PATH: 'd6', C_INCLUDE_PATH: 'd5' }],
      ['-iprefix ./ -iwithprefixbefore d1 -iwithprefix d2 -I d3', {}],
      ['-Wp,-Id2 -Id1', {}],
      ...(compiler === 'gcc' ? ([['-Id1 -Id2 -I- -Id3 -iquote d4', {}]] as const) : []),
    ] as [string, Record<string, string>][])('%s %j', (line, more) => {
      const directory = join(root, `search${runs++}`);
      for (const name of ['d1', 'd2', 'd3', 'd4', 'd5', 'd6']) mkdirSync(join(directory, name), { recursive: true });
      writeFileSync(join(directory, 'a.c'), '');
      const environment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...more };
      const list = line.split(' ');
      const parsed = parseCommandLine({
        family: compiler === 'gcc' ? 'gcc' : 'clang', compilerName: compiler, arguments: [...list, '-c', 'a.c'], cwd: directory, environment: new Map(Object.entries(environment)), readFile,
      });
      if (parsed.kind === 'local') throw new Error(parsed.reason);
      const { quote, user, system, after } = parsed.compile.search;
      const real = searched(spawnSync(compiler, [...list, '-E', '-v', 'a.c', '-o', '/dev/null'], { cwd: directory, env: environment, encoding: 'utf8' }).stderr);
      const ours = (paths: string[]): string[] => paths.map((path) => normalize(path)).filter((path) => path === '.' || /^d\d$/.test(path));
      expect(ours(real.quote)).toEqual(ours(quote));
      expect(ours(real.rest)).toEqual(ours([...user, ...system, ...after]));
      expect(real.rest.slice(real.rest.length - after.length).map((path) => normalize(path))).toEqual(ours(after));
    });
  });
}

describe.skipIf(!has('clang'))('what a failing clang deletes', () => {
  test.each([[[]], [['-save-temps']]])('with %j', (more) => {
    const ran = run('clang', ['-c', '-MD', 'err.c', ...more], { 'err.o': 'old' });
    expect(ran.status).toBe(1);
    expect(existsSync(join(ran.directory, 'err.o'))).toBe(!ran.compile.failureRemoves.includes('err.o'));
  });
});
