// Input that is missing, odd or huge: the answer is the compiler's.

import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const one = (name: string, run: string | string[], more: Partial<MatrixCase> = {}): MatrixCase => ({ name, run, families: both, ...more });

export const badInputCases: readonly MatrixCase[] = [
  one('missing source', '$CC -c nothere.c; $CC -c nothere.c -o x.o'),
  one('folder as source', 'mkdir d.c; $CC -c d.c'),
  one('dangling symlink as source', 'ln -s nowhere a.c; $CC -c a.c'),
  one('a symlink loop as source and as header', 'ln -s b.c a.c; ln -s a.c b.c; $CC -c a.c; ln -s y.h x.h; ln -s x.h y.h; echo "#include \\"x.h\\"" > c.c; $CC -c c.c'),
  one('dangling symlink as header', 'ln -s nowhere x.h; $CC -MD -c a.c', { files: { 'a.c': '#include "x.h"\n' } }),
  one('dangling symlink as header, another further on', 'ln -s nowhere i1/x.h; $CC -Ii1 -Ii2 -MD -c a.c', { files: { 'a.c': '#include <x.h>\n', 'i1/y': '', 'i2/x.h': 'int x;\n' } }),
  one('an object as source', 'echo junk > a.o; $CC -c a.o'),
  one('a binary as source', 'head -c 4096 /usr/bin/env > a.c; $CC -c a.c 2>&1 | md5sum'),
  one('a device as source', '$CC -x c -c /dev/null -o a.o; $CC -c /dev/null'),
  one('a named pipe as source', 'mkfifo a.c; (echo "int a;" > a.c & $CC -c a.c; wait)'),
  one('a named pipe as header', 'mkfifo h.h; (echo "int h;" > h.h & $CC -c a.c; wait)', { files: { 'a.c': '#include "h.h"\n' } }),
  one('a source of 50 MB', '$CC -c a.c -o a.o', { setup: `(yes '// ${'a comment of some length '.repeat(4)}' | head -c 52428800; echo; echo 'int a;') > a.c`, folder: 'huge' }),
  one('50 MB taken in by .incbin', '$CC -c a.c -o a.o; $CC -c a.c -o b.o', { files: { 'a.c': '__asm__(".incbin \\"data.bin\\"");\n' }, setup: 'head -c 52428800 /dev/zero > data.bin; printf end >> data.bin', folder: 'huge', families: ['gcc'] }),
  one('one line of 4 MB', '$CC -c a.c', { setup: `(printf 'int a[] = {'; yes '1,' | head -n 1000000 | tr -d '\\n'; echo '1};') > a.c`, families: ['gcc'] }),
  one('paths of 4,000 characters', [
    '$CC -MD -c "$LONG/a.c" -o a.o',
    '$CC -g -I"$LONG" -MD -c b.c',
    'cd "$LONG" && $CC -g -c a.c && ls',
  ], {
    files: { 'b.c': '#include <deep.h>\n' },
    // From the case's own folder to 4,000 characters in all, in components of 199 and a last one that fits.
    setup: 'mkdir -p "$LONG"; (cd "$LONG"; echo "#include \\"deep.h\\"" > a.c; echo "const char *f = __FILE__;" > deep.h)',
    env: { LONG: `${`${'x'.repeat(199)}/`.repeat(19)}${'y'.repeat(80)}` },
    folder: 'l',
  }),
  one('a path that is too long', '$CC -c "$LONG.c"; $CC -I"$LONG" -c a.c; $CC -c a.c -o "$LONG.o"', { files: { 'a.c': '#include "a.h"\nint a;\n', 'a.h': '' }, env: { LONG: 'z/'.repeat(2500) + 'z'.repeat(300) }, folder: 'long' }),
  one('100,000 arguments through a response file', '$CC @args -c a.c', { files: { 'a.c': 'int a = X1 + X100000;\n' }, setup: 'seq -f "-DX%.0f=1" 100000 > args', folder: 'arguments' }),
  one('4,000 arguments through a response file', '$CC @args -c a.c', { files: { 'a.c': 'int a = X1 + X4000;\n' }, setup: 'seq -f "-DX%.0f=1" 4000 > args', remote: true }),
  one('many arguments on the command line', '$CC $(seq -f "-DX%.0f=1" 5000) -c a.c', { files: { 'a.c': 'int a = X1 + X5000;\n' }, folder: 'arguments' }),
  one('response files, nested and quoted', `$CC @one.rsp -c a.c`, { files: { 'a.c': 'const char *a = A, *b = B; int c = C; char d = D;\n', 'one.rsp': `-DC=1 "-DA=\\"two words\\"" @two.rsp\n`, 'two.rsp': `'-DB="single quoted"'  -DD=\\'x\\' -O1\n` }, remote: true }),
  one('the source is in the response file', '$CC @all.rsp', { files: { 'a.c': 'int a;\n', 'all.rsp': '-c a.c -o "out dir/a.o" -MD' }, setup: 'mkdir "out dir"', remote: true }),
  one('a response file that changes', ['$CC @r -c a.c', 'sed -i s/1/2/ r; $CC @r -c a.c'], { files: { 'a.c': 'int a = A;\n', r: '-DA=1\n' }, remote: 2 }),
  one('a response file that is missing, a folder or its own', '$CC @none -c a.c; mkdir d; $CC @d -c a.c; echo @loop > loop; $CC @loop -c a.c', { files: { 'a.c': 'int a;\n' } }),
  one('an empty argument', `$CC '' -c a.c; $CC -c a.c -I '' -D X`, { files: { 'a.c': 'int a;\n' } }),
  one('an option without its argument', '$CC -c a.c -include; $CC -c a.c -I; $CC -c a.c -MF; $CC -c a.c -x', { files: { 'a.c': 'int a;\n' } }),
  one('-MF without -MD', '$CC -MF x.d -c a.c; $CC -MT x -c a.c', { files: { 'a.c': 'int a;\n' } }),
  one('conflicting modes', '$CC -c -S a.c -o 1; $CC -E -c a.c -o 2; $CC -S -fsyntax-only a.c -o 3', { files: { 'a.c': 'int a;\n' } }),
  one('an unknown -std', '$CC -std=c7 -c a.c', { files: { 'a.c': 'int a;\n' } }),
  one('the compiler dies of a signal', 'ulimit -v 60000; ulimit -c 0; $CC -O2 -c a.c 2>&1 | head -c 0; true', { files: { 'a.c': 'int a;\n' }, skip: () => 'limits of address space stop the launcher\'s farm as well; the fault tests cover a killed compiler' }),
  one('deep nesting', '$CC -c a.c 2>&1 | tail -n 3', { setup: `(printf 'int a = '; printf '(%.0s' $(seq 2000); printf 1; printf ')%.0s' $(seq 2000); echo ';') > a.c` }),
];
