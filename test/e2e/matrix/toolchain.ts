// Options and variables that put other files into the compiler's hands: plugins, specs, other assemblers, wrappers.

import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const plain = { 'a.c': '#include "a.h"\nint a = A;\n', 'a.h': '#define A 1\n' };
const one = (name: string, run: string | string[], more: Partial<MatrixCase> = {}): MatrixCase => ({ name, files: plain, run, families: both, ...more });

/** A gcc plugin that needs no plugin headers: it says its argument when it is loaded. */
const plugin = `int plugin_is_GPL_compatible;
int puts(const char *);
struct argument { char *key; char *value; };
struct information { char *base_name; char *full_name; int argc; struct argument *argv; };
int plugin_init(struct information *info, void *version) { puts(info->argc > 0 ? info->argv[0].key : "no argument"); return 0; }
`;

const buildPlugin = 'gcc -shared -fPIC -x c plugin.txt -o say.so';

/** An assembler in a folder of its own that leaves a trace in what it makes. */
const otherAssembler = `mkdir -p tools; printf '#!/bin/sh\\nfor last; do :; done\\necho .globl marked >> "$last"\\nexec /usr/bin/as "$@"\\n' > tools/as; chmod +x tools/as`;

/** A gcc of some version as clang finds it: start files, and a C++ library of one header. */
const gccInstallation = (version: number): string =>
  `lib="tc/lib/gcc/x86_64-linux-gnu/${version}"; mkdir -p "$lib" tc/include/c++/${version}; touch "$lib/crtbegin.o"; echo '#define VERSION ${version}' > tc/include/c++/${version}/which.h`;

/** A compiler that is a script: it defines VERSION and calls the real one. */
const scriptCompiler = (version: number): string => `mkdir -p bin; printf '#!/bin/sh\\nexec /usr/bin/%s -DVERSION=${version} "$@"\\n' "$(basename "\${REAL}")" > bin/gcc; chmod +x bin/gcc`;

export const toolchainCases: readonly MatrixCase[] = [
  one('-fplugin', '$CC -fplugin=./say.so -fplugin-arg-say-hello -c a.c', { families: ['gcc'], files: { ...plain, 'plugin.txt': plugin }, setup: buildPlugin }),
  one('-fplugin that changes', ['$CC -fplugin=./say.so -c a.c', "sed -i 's/no argument/another/' plugin.txt; gcc -shared -fPIC -x c plugin.txt -o say.so; $CC -fplugin=./say.so -c a.c"], { families: ['gcc'], files: { ...plain, 'plugin.txt': plugin }, setup: buildPlugin }),
  one('-fplugin that is missing', '$CC -fplugin=./none.so -c a.c'),
  one('-specs', '$CC -specs=my.specs -c a.c', { families: ['gcc'], files: { ...plain, 'a.c': 'int a = FROM_SPECS;\n', 'my.specs': '*cpp:\n+ -DFROM_SPECS=5\n\n' } }),
  one('-specs that changes', ['$CC --specs=my.specs -c a.c', "sed -i s/=5/=6/ my.specs; $CC --specs=my.specs -c a.c"], { families: ['gcc'], files: { ...plain, 'a.c': 'int a = FROM_SPECS;\n', 'my.specs': '*cpp:\n+ -DFROM_SPECS=5\n\n' } }),
  one('-specs that is missing', '$CC -specs=none.specs -c a.c', { families: ['gcc'] }),
  one('-B with another assembler', '$CC -B"$PWD/tools" -c a.c', { families: ['gcc'], setup: otherAssembler }),
  one('-B relative', '$CC -Btools -c a.c; $CC -B tools/ -c a.c -o b.o', { families: ['gcc'], setup: otherAssembler }),
  one('-B with headers', '$CC -Btools -MD -c a.c', { files: { 'a.c': '#include <only-here.h>\nint a = ONLY;\n', 'tools/include/only-here.h': '#define ONLY 1\n' } }),
  one('COMPILER_PATH with another assembler', 'COMPILER_PATH="$PWD/tools" $CC -c a.c', { families: ['gcc'], setup: otherAssembler }),
  one('GCC_EXEC_PREFIX', 'GCC_EXEC_PREFIX=/nowhere/ $CC -c a.c; GCC_EXEC_PREFIX=/usr/lib/gcc/ $CC -c a.c -o b.o', { families: ['gcc'] }),
  one('-wrapper', '$CC -wrapper env,A=1 -c a.c', { families: ['gcc'] }),
  one('CCC_OVERRIDE_OPTIONS', 'CCC_OVERRIDE_OPTIONS="+-DMORE=1" $CC -c a.c', { families: ['clang'], files: { 'a.c': 'int a = MORE;\n' } }),
  one('clang configuration file', '$CC --config ./my.cfg -c a.c', { families: ['clang'], files: { 'a.c': 'int a = MORE;\n', 'my.cfg': '-DMORE=1 -Iinc\n' } }),
  one('-resource-dir elsewhere', '$CC -resource-dir="$PWD/res" -c a.c', { families: ['clang'], files: { 'a.c': '#include <stddef.h>\nint a = MINE;\n', 'res/include/stddef.h': '#define MINE 1\n' } }),
  one('--gcc-toolchain elsewhere', '$CXX --gcc-toolchain="$PWD" -c a.cc', { families: ['clang'], files: { 'a.cc': 'int a;\n' } }),
  one('a newer gcc appears, whose C++ library clang takes', ['$CXX --gcc-toolchain="$PWD/tc" -MD -c a.cc', `${gccInstallation(11)}; $CXX --gcc-toolchain="$PWD/tc" -MD -c a.cc`, 'rm -r tc/lib/gcc/x86_64-linux-gnu/11; $CXX --gcc-toolchain="$PWD/tc" -MD -c a.cc'], {
    families: ['clang'],
    files: { 'a.cc': '#include <which.h>\nint a = VERSION;\n' },
    setup: gccInstallation(9),
    remote: 3,
  }),
  one('an assembler appears earlier on PATH', ['PATH="$FIRST$PWD/tools:/usr/bin:/bin" gcc -c a.c', `${otherAssembler}; PATH="$FIRST$PWD/tools:/usr/bin:/bin" gcc -c a.c`, 'rm tools/as; PATH="$FIRST$PWD/tools:/usr/bin:/bin" gcc -c a.c'], { families: ['gcc'], setup: 'mkdir tools' }),
  one('triplet and versioned names', 'x86_64-linux-gnu-gcc -c a.c -o 1.o; gcc-12 -c a.c -o 2.o; x86_64-linux-gnu-g++-12 -x c++ -c a.c -o 3.o; cc -c a.c -o 4.o; c++ -x c++ -c a.c -o 5.o', { families: ['gcc'], remote: 5 }),
  one('a script found on PATH', ['PATH="$FIRST$PWD/bin:$PATH" gcc -c a.c', `${scriptCompiler(2)}; PATH="$FIRST$PWD/bin:$PATH" gcc -c a.c`], { families: both, files: { 'a.c': 'int a = VERSION;\n' }, setup: scriptCompiler(1) }),
  one('a script behind the launcher\'s name for it', ['$LAUNCH bin/gcc -c a.c', `${scriptCompiler(2)}; $LAUNCH bin/gcc -c a.c`], { families: both, files: { 'a.c': 'int a = VERSION;\n' }, setup: scriptCompiler(1) }),
  one('a script with the same size and time as before', ['$LAUNCH bin/gcc -c a.c', `touch -r bin/gcc ref; ${scriptCompiler(2)}; touch -r ref bin/gcc; $LAUNCH bin/gcc -c a.c`], { families: both, files: { 'a.c': 'int a = VERSION;\n' }, setup: scriptCompiler(1) }),
  one('a linked compiler under another name', '$LAUNCH ./my-gcc -c a.c', { families: both, setup: 'ln -s "$(command -v $REAL)" my-gcc', remote: undefined }),
  one('a copied compiler', '$LAUNCH ./bin/gcc -c a.c', { families: both, setup: 'mkdir bin; cp -L "$(command -v $REAL)" bin/gcc' }),
];
