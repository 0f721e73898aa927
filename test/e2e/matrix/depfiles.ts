// Dependency files: every option of the -M family, in the places where build systems put them.

import type { MatrixCase } from './case.js';

const files = {
  'src/a.c': '#include "a.h"\n#include "sub/b.h"\n#include <stddef.h>\nint f(void) { return A + B + (int)sizeof(size_t); }\n',
  'src/a.h': '#define A 1\n',
  'inc/sub/b.h': '#define B 2\n',
};
const both = ['gcc', 'clang'] as const;
const flags: readonly (readonly [name: string, line: string, remote?: boolean])[] = [
  ['-MD', '$CC -Iinc -MD -c src/a.c', true],
  ['-MMD', '$CC -Iinc -MMD -c src/a.c', true],
  ['-MD with -o', '$CC -Iinc -MD -c src/a.c -o out.o', true],
  ['-MD -MF', '$CC -Iinc -MD -MF deps/x.d -c src/a.c -o out.o', true],
  ['-MF joined', '$CC -Iinc -MMD -MFdeps/x.d -c src/a.c', true],
  ['-MT and -MP', '$CC -Iinc -MD -MP -MT "some target" -MT other -c src/a.c', true],
  ['-MQ', `$CC -Iinc -MD -MQ 'we$ird #t' -c src/a.c`, true],
  ['-MMD -MP -MT -MF as CMake', '$CC -Iinc -MD -MT obj/a.c.o -MF obj/a.c.o.d -o obj/a.c.o -c "$PWD/src/a.c"', true],
  ['-MF to stdout', '$CC -Iinc -MD -MF /dev/stdout -c src/a.c'],
  ['-MF to the null device', '$CC -Iinc -MD -MF /dev/null -c src/a.c'],
  ['-Wp,-MD', '$CC -Iinc -Wp,-MD,deps/wp.d -c src/a.c -o out.o'],
  ['-Wp,-MMD,x,-MT,y', '$CC -Iinc -Wp,-MMD,deps/wp.d,-MT,other -c src/a.c -o out.o'],
  ['-M alone', '$CC -Iinc -M src/a.c', false],
  ['-MM -MG with a missing header', '$CC -MM -MG src/a.c', false],
  ['-E -MD', '$CC -Iinc -E -MD -MF deps/e.d src/a.c -o a.i'],
  ['depfile into a missing folder', '$CC -Iinc -MD -MF nowhere/x.d -c src/a.c'],
  ['-MD and -S', '$CC -Iinc -MD -S src/a.c', true],
  ['two sources with -MD', 'cp src/a.c src/b.c; $CC -Iinc -MD -c src/a.c src/b.c'],
];

export const depfileCases: readonly MatrixCase[] = [
  ...flags.map(
    ([name, run, remote]): MatrixCase => ({ name, files, setup: 'mkdir -p deps obj', run, families: both, ...(remote === undefined ? {} : { remote }) }),
  ),
  {
    name: 'depfile of a header with spaces, dollars and hashes',
    files: { 'a.c': '#include "h dr $x #y.h"\nint a;\n', 'h dr $x #y.h': 'int b;\n' },
    run: '$CC -MD -MP -c a.c',
    families: both,
    remote: true,
  },
  // Text of the user's own that reads like a prerequisite: the result cannot be told from one made of other files.
  {
    name: 'a target that looks like a prerequisite which was not sent',
    files: { 'a.c': 'int a;\n' },
    run: "$CC -MD -MT 'a.o: stranger.h' -c a.c",
    families: both,
    remote: false,
  },
  {
    name: 'depfile of headers reached through links and dots',
    files: { 'src/a.c': '#include "../link/b.h"\n#include "c.h"\nint a = B;\n', 'real/b.h': '#define B 1\n', 'src/d.h': 'int c;\n' },
    setup: 'ln -s real link; ln -s d.h src/c.h; ln -s src other',
    run: ['$CC -MD -c src/a.c', '$CC -MMD -c "$PWD/other/../src/a.c"', 'cd other; $CC -MD -MP -c a.c'],
    families: both,
    remote: true,
  },
  {
    name: 'depfile survives from the last run when the compile fails',
    files: { 'a.c': '#include "a.h"\nint a = UNKNOWN;\n', 'a.h': '\n' },
    run: ['echo old > a.d; $CC -MD -c a.c', 'echo "int a;" > a.c; $CC -MD -c a.c'],
    families: both,
  },
  {
    name: 'the environment asks for dependencies',
    files: { 'a.c': '#include "a.h"\nint a;\n', 'a.h': '\n' },
    run: ['DEPENDENCIES_OUTPUT="deps.d tgt" $CC -c a.c', 'SUNPRO_DEPENDENCIES="sun.d" $CC -c a.c', 'DEPENDENCIES_OUTPUT="deps.d tgt" $CC -c a.c'],
    families: both,
  },
];
