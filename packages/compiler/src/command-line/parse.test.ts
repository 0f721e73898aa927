// Command lines and what is made of them, one row each. No compiler runs here: see real-compilers.test.ts.

import { describe, expect, test } from 'vitest';
import { localReasons, parseCommandLine } from './index.js';
import type { Compile, LocalReason, LocalWeight, Parsed } from './types.js';

const files: Record<string, string> = {
  '/w/plain.rsp': '-c a.c -o a.o',
  '/w/quoted.rsp': `-c "a b.c" '-DX="y z"' -DT=\\"q\\" -o 'o ut.o'\n`,
  '/w/outer.rsp': '-O2\n@inner.rsp\t-g',
  '/w/inner.rsp': '-DIN=1 @/abs/deep.rsp',
  '/abs/deep.rsp': '-DDEEP',
  '/w/self.rsp': '-DA @self.rsp',
  '/w/empty.rsp': ' \n',
  '/w/pre.h.pch': 'x',
  '/w/dir/good.specs': '*cc1:\n+ -fno-common\n',
  '/w/dir/bad.specs': '*cc1:\n+ -fplugin=annobin\n',
};

function parse(line: string | readonly string[], environment: Record<string, string> = {}): Parsed {
  const [compilerName = '', ...list] = typeof line === 'string' ? line.split(' ') : line;
  return parseCommandLine({
    family: compilerName.includes('clang') ? 'clang' : 'gcc',
    compilerName,
    arguments: list,
    cwd: '/w',
    environment: new Map(Object.entries(environment)),
    readFile: (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
  });
}

function remote(line: string | readonly string[], environment: Record<string, string> = {}): Compile {
  const parsed = parse(line, environment);
  if (parsed.kind === 'local') throw new Error(`local: ${parsed.reason} ${parsed.detail ?? ''}`);
  return parsed.compile;
}

describe('what stays here, why, and how heavy it is', () => {
  const rows: [string, LocalReason, LocalWeight, string?][] = [
    ['gcc a.c', 'link', 'heavy'],
    ['gcc a.o -o a', 'link', 'heavy'],
    ['g++ -shared a.o b.o -o lib.so -Wl,-soname,x', 'link', 'heavy'],
    ['gcc a.c -funheard-of=1', 'link', 'heavy'],
    ['gcc -Wl,--version', 'no-source', 'light'],
    ['gcc -E a.c', 'preprocess-only', 'light'],
    ['gcc -E -P -x c -', 'preprocess-only', 'light'],
    ['gcc -c -E a.c', 'preprocess-only', 'light'],
    ['gcc -M a.c', 'dependencies-only', 'light'],
    ['gcc -MM -MF x a.c b.c', 'dependencies-only', 'light'],
    ['clang -MM -MG a.c', 'dependencies-only', 'light'],
    ['gcc -c a.c b.c', 'several-sources', 'heavy', 'b.c'],
    ['gcc -c a.c foo.o', 'several-sources', 'heavy', 'foo.o'],
    ['gcc', 'no-source', 'light'],
    ['gcc -c', 'no-source', 'light'],
    ['gcc -c foo.o', 'no-source', 'light', 'foo.o'],
    ['gcc --version', 'version-or-help', 'light', '--version'],
    ['gcc -v', 'version-or-help', 'light', '-v'],
    ['clang --print-target-triple', 'version-or-help', 'light', '--print-target-triple'],
    ['gcc -print-file-name=crt1.o', 'version-or-help', 'light'],
    ['gcc -dumpversion', 'version-or-help', 'light'],
    ['gcc -dumpmachine', 'version-or-help', 'light'],
    ['gcc --help=optimizers', 'version-or-help', 'light'],
    ['gcc -Q --help=target', 'version-or-help', 'light', '-Q'],
    ['gcc -### -c a.c', 'version-or-help', 'light', '-###'],
    ['gcc -v -c a.c', 'version-or-help', 'heavy', '-v'],
    ['gcc -Q -c a.c', 'version-or-help', 'heavy', '-Q'],
    ['gcc -march=help -c a.c', 'version-or-help', 'light'],
    ['gcc -c -x c - -o a.o', 'stdin-source', 'light'],
    ['gcc -x c -c /dev/stdin', 'stdin-source', 'light'],
    ['gcc -c /proc/self/fd/3 -x c', 'no-source', 'light'],
    ['gcc -c a.c -unheard', 'unknown-option', 'heavy', '-unheard'],
    ['gcc -c a.c -o -', 'output-is-stdout', 'heavy'],
    ['gcc -S a.c -o -', 'output-is-stdout', 'heavy'],
    ['gcc -S a.S', 'output-is-stdout', 'heavy'],
    ['gcc -c a.c -o /dev/null', 'output-is-special', 'heavy', '/dev/null'],
    ['gcc -c a.c -o /dev/stdout', 'output-is-special', 'heavy'],
    ['gcc -c a.c -o a.c', 'bad-command-line', 'heavy'],
    ['gcc -c a.c -o a.o -o b.o', 'bad-command-line', 'heavy'],
    ['gcc -c a.c -o', 'bad-command-line', 'heavy', '-o'],
    ['gcc -c a.c -include', 'bad-command-line', 'heavy', '-include'],
    ['gcc -c a.c -fno-such-value=3', 'unknown-option', 'heavy', '-fno-such-value=3'],
    ['gcc -c a.c --unheard-of', 'unknown-option', 'heavy', '--unheard-of'],
    ['gcc -c a.c -jaunty', 'unknown-option', 'heavy', '-jaunty'],
    ['clang -c a.c -arch x86_64', 'unknown-option', 'heavy', '-arch'],
    ['clang -c a.c --config x.cfg', 'unknown-option', 'heavy', '--config'],
    ['clang -c a.c --driver-mode=g++', 'unknown-option', 'heavy'],
    ['clang -c -- a.c', 'unknown-option', 'heavy', '--'],
    ['clang -c a.m -ObjC', 'unknown-option', 'heavy', '-ObjC'],
    ['clang -c a.c -object-file-name=x', 'unknown-option', 'heavy'],
    ['clang -c a.c -isystem-after d', 'unknown-option', 'heavy', '-isystem-after'],
    ['clang --analyze a.c -c', 'unknown-option', 'heavy'],
    ['clang -c a.c -mllvm -pgo-test-profile-file=x', 'unknown-option', 'heavy'],
    ['clang -c a.c -Xclang -dump-tokens', 'unknown-option', 'heavy', '-Xclang -dump-tokens'],
    ['clang -c a.c -Wp,-MMD,a.d,-MT,x', 'unknown-option', 'heavy'],
    ['clang -c a.c -Xpreprocessor -MD', 'unknown-option', 'heavy'],
    ['gcc -c a.c -Wp,-unheard', 'unknown-option', 'heavy', '-Wp,-unheard'],
    ['gcc -c a.c -Wa,-unheard', 'unknown-option', 'heavy', '-Wa,-unheard'],
    ['gcc -c a.c -Wa,@file', 'unknown-option', 'heavy'],
    ['gcc -c a.c -iframework F', 'unknown-option', 'heavy'],
    ['gcc -c a.c -iwithprefix x', 'unknown-option', 'heavy'],
    ['gcc -c a.f90', 'unknown-language', 'heavy', 'a.f90'],
    ['gcc -c a.d', 'unknown-language', 'heavy'],
    ['gcc -c -x ada a', 'unknown-language', 'heavy'],
    ['clang -c a.cu', 'unknown-language', 'heavy'],
    ['clang -c a.bc', 'unknown-language', 'heavy'],
    ['clang++ -std=c++20 -c m.cppm', 'unknown-language', 'heavy'],
    ['gcc -c a.c -I=usr/include', 'sysroot-relative', 'heavy'],
    ['gcc -c a.c -isystem $SYSROOT/x', 'sysroot-relative', 'heavy'],
    ['clang -c a.c -iwithsysroot /x', 'sysroot-relative', 'heavy'],
    ['clang -c a.c -fmodules', 'modules', 'heavy'],
    ['g++ -c a.cc -fmodules-ts', 'modules', 'heavy'],
    ['g++ -c a.cc -fmodule-mapper=x', 'modules', 'heavy'],
    ['g++ -c -x c++-system-header iostream', 'modules', 'heavy'],
    ['g++ -c a.cc -fdeps-format=p1689r5', 'modules', 'heavy'],
    ['clang++ -c a.cc -fprebuilt-module-path=x', 'modules', 'heavy'],
    ['clang++ -c a.cc -gmodules', 'modules', 'heavy'],
    ['clang -c a.h', 'clang-pch', 'heavy', 'a.h'],
    ['clang -c a.c -include-pch a.pch', 'clang-pch', 'heavy'],
    ['clang -c a.c -Xclang -include-pch -Xclang a.pch', 'clang-pch', 'heavy'],
    ['clang -c a.c -include pre.h', 'clang-pch', 'heavy', 'pre.h.pch'],
    ['gcc -c a.c -Wa,-ag=x.lst', 'assembler-listing', 'heavy'],
    ['gcc -c a.c -fprofile-use=p -fprofile-prefix-path=/x', 'profile', 'heavy'],
    ['gcc -c a.c --coverage -frandom-seed=1 -fprofile-dir=p', 'profile', 'heavy'],
    ['gcc -c ../a.c -o ../x.o -fprofile-use=p', 'profile', 'heavy'],
    ['gcc -c a.c -fplugin=./p.so', 'plugin', 'heavy'],
    ['gcc -c a.c -fplugin-arg-p-k=v', 'plugin', 'heavy'],
    ['clang -c a.c -Xclang -load -Xclang x.so', 'plugin', 'heavy'],
    ['gcc -c a.c -wrapper gdb,--args', 'wrapper', 'heavy'],
    ['gcc -c a.c -fdump-tree-all', 'dump-files', 'heavy'],
    ['gcc -c a.c -da', 'dump-files', 'heavy'],
    ['gcc -c a.c -fdump-go-spec=x', 'dump-files', 'heavy'],
    ['gcc -c a.c -fopt-info-vec=x.txt', 'dump-files', 'heavy'],
    ['gcc -c a.c -fcompare-debug', 'dump-files', 'heavy'],
    ['gcc -c a.c -fsave-optimization-record', 'dump-files', 'heavy'],
    ['gcc -c a.c -fdiagnostics-format=sarif-file', 'dump-files', 'heavy'],
    ['gcc -c a.c -fdiagnostics-add-output=sarif', 'dump-files', 'heavy'],
    ['gcc -c a.c -aux-info x', 'dump-files', 'heavy'],
    ['gcc -c a.c -time=log', 'dump-files', 'heavy'],
    ['clang -c a.c -ftime-trace=x.json', 'dump-files', 'heavy'],
    ['clang -c a.c -fproc-stat-report=x', 'dump-files', 'heavy'],
    ['gcc -c a.c -remap', 'header-map', 'heavy'],
    ['clang -c a.c -I x.hmap', 'header-map', 'heavy'],
    ['clang -c a.c -ivfsoverlay x.yaml', 'header-map', 'heavy'],
    ['clang -c a.c -working-directory=/x', 'header-map', 'heavy'],
    ['clang -c a.c -fopenmp-targets=nvptx64', 'offload', 'heavy'],
    ['gcc -c a.c @missing.rsp', 'response-file', 'heavy', '@missing.rsp'],
    ['gcc -E a.c @missing.rsp', 'response-file', 'light'],
    ['gcc -c a.c @self.rsp', 'response-file', 'heavy'],
    ['gcc -c a.h -fstack-usage', 'unusual-output-name', 'heavy'],
    ['gcc a.h -MD', 'unusual-output-name', 'heavy'],
    ['gcc -fsyntax-only -save-temps a.c', 'unusual-output-name', 'heavy'],
    ['gcc -c a.c -MD -MF a.o', 'unusual-output-name', 'heavy', 'a.o'],
    ['clang -c -emit-llvm -save-temps a.c', 'unusual-output-name', 'heavy'],
    ['gcc -c a.c -specs=nosys.specs', 'spec-file', 'heavy', 'nosys.specs'],
    ['gcc -c a.c -specs=dir/bad.specs', 'spec-file', 'heavy'],
    ['gcc -c a.c -DX=\ufffd', 'non-utf8', 'heavy'],
    ['gcc -c a.c -include \ufffd.h', 'non-utf8', 'heavy'],
  ];
  test.each(rows)('%s: %s, %s', (line, reason, weight, detail) => {
    expect(parse(line)).toMatchObject({ kind: 'local', reason, weight, ...(detail === undefined ? {} : { detail }) });
  });

  test.each([
    ['gcc', 'DEPENDENCIES_OUTPUT'], ['gcc', 'SUNPRO_DEPENDENCIES'], ['gcc', 'COMPILER_PATH'], ['gcc', 'GCC_EXEC_PREFIX'], ['gcc', 'GCC_COMPARE_DEBUG'],
    ['clang', 'CCC_OVERRIDE_OPTIONS'], ['clang', 'COMPILER_PATH'], ['clang', 'CC_PRINT_HEADERS'],
  ])('%s with %s in the environment', (compiler, name) => {
    expect(parse(`${compiler} -c a.c`, { [name]: 'x' })).toEqual({ kind: 'local', weight: 'heavy', reason: 'compiler-environment', detail: name });
  });

  test.each(['LIBRARY_PATH', 'MAKEFLAGS', 'TMPDIR', 'LD_LIBRARY_PATH', 'PATH'])('%s changes nothing', (name) => {
    expect(parse('gcc -c a.c', { [name]: 'x' }).kind).toBe('remote');
  });

  test('every reason can be explained', () => {
    for (const [, reason] of rows) expect(localReasons[reason]).toMatch(/^\w.*[^.]$/);
  });
});

describe('source and language', () => {
  test.each([
    ['gcc -c a.c', 'c'], ['g++ -c a.c', 'c++'], ['x86_64-linux-gnu-g++-12 -c a.c', 'c++'], ['/usr/bin/c++ -c a.c', 'c++'], ['clang++-14 -c a.c', 'c++'], ['cc -c a.c', 'c'],
    ['gcc -c a.cc', 'c++'], ['gcc -c a.cpp', 'c++'], ['gcc -c a.cxx', 'c++'], ['gcc -c a.C', 'c++'], ['gcc -c a.c++', 'c++'], ['clang -c a.CC', 'c++'],
    ['gcc -c a.i', 'cpp-output'], ['g++ -c a.i', 'c++-cpp-output'], ['gcc -c a.ii', 'c++-cpp-output'], ['gcc -c a.s', 'assembler'], ['g++ -c a.S', 'assembler-with-cpp'], ['gcc -c a.sx', 'assembler-with-cpp'],
    ['gcc -c a.h', 'c-header'], ['g++ -c a.h', 'c++-header'], ['gcc a.hpp', 'c++-header'], ['gcc -c a.m', 'objective-c'], ['gcc -c a.mm', 'objective-c++'],
    ['gcc -x c++ -c a.c', 'c++'], ['gcc -xc++ -c a.c', 'c++'], ['g++ -x c -c a.cc', 'c'], ['gcc -c a.c -x c++', 'c'], ['gcc -x c++ -x none -c a.c', 'c'], ['gcc -x assembler-with-cpp -c a.asm', 'assembler-with-cpp'],
    ['gcc -x c -c noextension', 'c'], ['gcc -c d.ir/a.c', 'c'],
  ])('%s: %s', (line, language) => {
    expect(remote(line).language).toBe(language);
  });

  test.each([['a.i', false], ['a.ii', false], ['a.s', false], ['a.S', true], ['a.c', true], ['a.h', true]])('%s is preprocessed: %s', (source, preprocesses) => {
    expect(remote(`gcc -c ${source}`).preprocesses).toBe(preprocesses);
  });
});

describe('search directories, macros, forced includes', () => {
  const search = (line: string, environment: Record<string, string> = {}) => {
    const { quote, user, system, after } = remote(line, environment).search;
    return [quote, user, system, after].map((list) => list.join(' ')).join('|');
  };
  test.each([
    ['gcc -c a.c -I x -Iy', '|x y||'], ['gcc -c a.c -iquote q -iquoter', 'q r|||'], ['gcc -c a.c -isystem s -isystemt', '||s t|'], ['gcc -c a.c -idirafter d -idiraftere', '|||d e'],
    ['gcc -c a.c -I x -I- -I y', 'x|y||'], ['gcc -c a.c -Wp,-Ix,-isystem,y', '|x|y|'], ['gcc -c a.c -Xpreprocessor -I -Xpreprocessor x', '|x||'], ['gcc -c a.c -iprefix /p/ -iwithprefix a -iwithprefixbefore b -I c', '|c /p/b|/p/a|'],
    ['clang -c a.c -iprefix /p/ -iwithprefix a', '|||/p/a'], ['clang++ -c a.cc -cxx-isystem x', '||x|'], ['clang -c a.c -Xclang -I -Xclang x', '|x||'],
  ])('%s: %s', (line, expected) => {
    expect(search(line)).toBe(expected);
  });

  test('environment directories', () => {
    const environment = { CPATH: 'u::', C_INCLUDE_PATH: 's:t', CPLUS_INCLUDE_PATH: 'p' };
    expect(search('gcc -c a.c -Ix -isystem y', environment)).toBe('|x u . .|y s t|');
    expect(search('g++ -c a.cc', environment)).toBe('|u . .|p|');
    expect(search('gcc -c a.i', environment)).toBe('|||');
  });

  test('flags', () => {
    expect(remote('gcc -c a.c -nostdinc').search).toMatchObject({ noStandard: true, noStandardPlusPlus: false, quoteOnly: false });
    expect(remote('g++ -c a.cc -nostdinc++').search.noStandardPlusPlus).toBe(true);
    expect(remote('gcc -c a.c -I-').search.quoteOnly).toBe(true);
  });

  test.each([
    ['-DX', [{ name: 'X', value: '1' }]], ['-D X=', [{ name: 'X', value: '' }]], ['-DX="a.h" -DX="b.h"', [{ name: 'X', value: '"b.h"' }]], ['-DX -UX', []], ['-UX -DX=2', [{ name: 'X', value: '2' }]], ['-DF(a)=a=b', [{ name: 'F(a)', value: 'a=b' }]], ['-Wp,-DX=y', [{ name: 'X', value: 'y' }]],
  ])('%s', (options, expected) => {
    expect(remote(`gcc -c a.c ${options}`).commandLineMacros).toEqual(expected);
  });

  test('forced includes', () => {
    expect(remote('gcc -c a.c -include x.h -imacros y.h -includez.h -Wp,-include,w.h').forcedIncludes).toEqual([
      { path: 'x.h', kind: 'include' }, { path: 'y.h', kind: 'imacros' }, { path: 'z.h', kind: 'include' }, { path: 'w.h', kind: 'include' },
    ]);
    expect(remote('clang -c a.c -Xclang -include -Xclang x.h').forcedIncludes).toEqual([{ path: 'x.h', kind: 'include' }]);
  });

  test.each([
    ['gcc -c a.c -O2 -Wall', ''], ['gcc -c a.c -m32', '-m32'], ['gcc -c a.c --sysroot=/s -isysroot /t', '--sysroot=/s -isysroot /t'], ['gcc -c a.c --sysroot /s', '--sysroot /s'], ['gcc -c a.c -B tools -Bmore', '-B tools -Bmore'],
    ['g++ -c a.cc -nostdinc -nostdinc++', '-nostdinc -nostdinc++'], ['clang++ -c a.cc -stdlib=libc++ -target arm-linux-gnueabi --gcc-toolchain=/g', '-stdlib=libc++ -target arm-linux-gnueabi --gcc-toolchain=/g'], ['clang -c a.c -resource-dir /r', '-resource-dir /r'],
    ['gcc -c a.c -msse4.2 -mavx2 -mno-red-zone -mfpmath=sse', ''], ['gcc -c a.c -mthumb -mfloat-abi=hard', '-mthumb -mfloat-abi=hard'], ['gcc -c a.c -march=x86-64-v3 -mtune=generic', '-march=x86-64-v3'], ['gcc -c a.c -specs=dir/good.specs', '-specs=dir/good.specs'],
  ])('%s asks the compiler with: %s', (line, expected) => {
    expect(remote(line).searchArguments.join(' ')).toBe(expected);
  });
});

describe('files read besides', () => {
  test.each([
    ['gcc @plain.rsp', 'plain.rsp'], ['gcc -c a.c @outer.rsp', 'outer.rsp inner.rsp /abs/deep.rsp'], ['gcc -c a.c @empty.rsp', 'empty.rsp'], ['gcc -c a.c -specs=dir/good.specs', 'dir/good.specs'],
    ['gcc -c d/a.c -o o/x.o -fprofile-use', 'o/x.gcda'], ['gcc -c a.c -o o/x.o -fprofile-use=p', 'o/x.gcda p p/o/x.gcda p/#w#o#x.gcda'], ['gcc -c a.c -fauto-profile', 'fbdata.afdo'], ['gcc -c a.c -fauto-profile=p', 'p'],
    ['clang -c a.c -fprofile-use=p', 'p p/default.profdata'], ['clang -c a.c -fprofile-instr-use=p', 'p'], ['clang -c a.c -fprofile-sample-use=p', 'p'], ['clang -c a.c -fsanitize-ignorelist=a,b -fsanitize-blacklist=c', 'a b c'],
    ['clang -c a.c -fprofile-use', 'default.profdata'], ['clang -c a.c -fthinlto-index=i -fxray-attr-list=x', 'i x'], ['clang -c a.c -fbasic-block-sections=list=b', 'b'], ['clang -c a.c -fbasic-block-sections=all', ''],
  ])('%s: %s', (line, expected) => {
    expect(remote(line).extraInputs.join(' ')).toBe(expected);
  });

  test('assembler directories', () => {
    expect(remote('gcc -c a.S -I i -Wa,-Ij,-I,k -Xassembler -Il').assemblerSearch.directories).toEqual(['i', 'j', 'k', 'l']);
  });
  test('tool directories', () => {
    expect(remote('gcc -c a.c -B tools').extraDirectories).toEqual(['tools']);
  });
});

describe('response files', () => {
  test('quotes', () => {
    const compile = remote('gcc @quoted.rsp');
    expect(compile.source).toBe('a b.c');
    expect(compile.commandLineMacros).toEqual([{ name: 'X', value: '"y z"' }, { name: 'T', value: '"q"' }]);
    expect(compile.outputs[0]?.path).toBe('o ut.o');
    expect(compile.remoteArguments).toEqual(['@quoted.rsp']);
  });
  test('nested ones keep their place', () => {
    expect(remote('gcc -c a.c @outer.rsp').commandLineMacros.map(({ name }) => name)).toEqual(['IN', 'DEEP']);
  });
});

describe('odds and ends', () => {
  test.each([
    ['gcc -c a.c -march=native', true], ['gcc -c a.c -mtune=native', true], ['clang -c a.c -mcpu=native', true], ['gcc -c a.c -march=x86-64', false],
  ])('%s is for this machine: %s', (line, nativeFlags) => {
    expect(remote(line).nativeFlags).toBe(nativeFlags);
  });
  test.each([
    ['gcc -c a.c', true], ['gcc -c a.c -ftime-report', false], ['gcc -c a.c -time', false], ['gcc -c a.c -fmem-report', false], ['clang -c a.c -ftime-trace', false], ['gcc -c a.c -Wa,-ahl', false], ['gcc -c a.c --coverage', true],
  ])('%s may be cached: %s', (line, cacheable) => {
    expect(remote(line).cacheable).toBe(cacheable);
  });
  test.each([
    ['gcc -c a.c', 'as'], ['gcc -S a.c', ''], ['gcc -c -gsplit-dwarf a.c', 'as objcopy'], ['clang -c a.c', ''], ['clang -c -fno-integrated-as a.c', 'as'], ['clang -c -gsplit-dwarf a.s', ''],
  ])('%s also runs: %s', (line, tools) => {
    expect(remote(line).tools.join(' ')).toBe(tools);
  });
  test('no depfile for what is preprocessed already', () => {
    expect(remote('gcc -c -MD a.i').depfile).toBeUndefined();
    expect(remote('gcc -c -MD a.S').depfile).toBe('a.d');
    expect(remote('gcc -c -MD -MF - a.c').depfile).toBeUndefined();
  });
  test('what make projects write', () => {
    const compile = remote(
      'gcc -Wp,-MMD,init/.main.o.d -nostdinc -I./arch/x86/include -include ./include/linux/kconfig.h -D__KERNEL__ -fmacro-prefix-map=./= -std=gnu11 -fshort-wchar -mno-sse -mcmodel=kernel -fno-allow-store-data-races -fzero-call-used-regs=used-gpr -fstrict-flex-arrays=3 -DKBUILD_MODNAME="main" -c -o init/main.o init/main.c',
    );
    expect(compile.outputs).toEqual([{ path: 'init/main.o', kind: 'object', required: true }, { path: 'init/.main.o.d', kind: 'depfile', required: true }]);
  });
  test('what CMake writes', () => {
    const compile = remote('g++ -DFOO_EXPORTS -I/s/include -isystem /d -O3 -DNDEBUG -fPIC -fdiagnostics-color=always -std=gnu++17 -Winvalid-pch -include /b/cmake_pch.hxx -MD -MT CMakeFiles/f.dir/a.cc.o -MF CMakeFiles/f.dir/a.cc.o.d -o CMakeFiles/f.dir/a.cc.o -c /s/a.cc');
    expect(compile.outputs.map(({ path }) => path)).toEqual(['CMakeFiles/f.dir/a.cc.o', 'CMakeFiles/f.dir/a.cc.o.d']);
  });
  test('100,000 arguments', () => {
    const list = ['gcc', '-c', 'a.c', ...Array.from({ length: 100_000 }, (_, i) => `-DN${i}=${i}`)];
    expect(remote(list).commandLineMacros).toHaveLength(100_000);
  });
});
