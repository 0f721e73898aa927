// Sequences on one live daemon and farm: something changes between two compiles, in a way that a cache could overlook.
// Every step is compared with the same step run natively.

import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const files = { 'a.c': '#include "x.h"\nint a = X;\n', 'i1/keep': '', 'i2/x.h': '#define X 2\n', 'x.h': '#define X 1\n' };
const searched = { ...files, 'a.c': '#include <x.h>\nint a = X;\n' };
const compile = '$CC -Ii1 -Ii2 -MD -c a.c';
const one = (name: string, run: string[], more: Partial<MatrixCase> = {}): MatrixCase => ({ name, files, run, families: ['gcc'], freshTimes: true, ...more });

export const sequenceCases: readonly MatrixCase[] = [
  one('the body changes', [compile, "sed -i 's/= X/= X + 1/' a.c", compile], { families: both, remote: 2 }),
  one('nothing changes', [compile, compile, 'rm a.o a.d', compile], { remote: 3 }),
  one('a header changes: same size, same time', [compile, "touch -r x.h ref; printf '#define X 7\\n' > x.h; touch -r ref x.h", compile], { families: both, remote: 2 }),
  one('a header is replaced by rename: same size, same time', [compile, "touch -r x.h ref; printf '#define X 7\\n' > new; touch -r ref new; mv new x.h", compile], { remote: 2 }),
  one('a source is replaced: same size, same time', [compile, "touch -r a.c ref; sed 's/int a/int b/' a.c > new; touch -r ref new; mv new a.c", compile], { remote: 2 }),
  one('a file changes within one tick', [`for i in 1 2 3 4 5; do printf "#define X $i\\n" > x.h; $CC -c a.c -o $i.o; done`], { remote: 5 }),
  one('a file changes within one tick, through a mapping of the same inode', [`for i in 1 2 3 4 5; do printf "$i" | dd of=x.h bs=1 seek=10 conv=notrunc 2>/dev/null; $CC -c a.c -o $i.o; done; cat x.h`], { remote: 5 }),
  one('a new header shadows an old one', [compile, "printf '#define X 3\\n' > i1/x.h", compile, 'rm i1/x.h', compile], { families: both, files: searched, remote: 3 }),
  one('a new header beside the source shadows -I', ['$CC -Ii2 -MD -c sub/a.c', "printf '#define X 5\\n' > sub/x.h", '$CC -Ii2 -MD -c sub/a.c'], { files: { 'sub/a.c': '#include "x.h"\nint a = X;\n', 'i2/x.h': '#define X 2\n' }, remote: 2 }),
  one('the folder of a shadowing header appears', ['$CC -Inew -Ii2 -MD -c a.c', "mkdir new; printf '#define X 9\\n' > new/x.h", '$CC -Inew -Ii2 -MD -c a.c', 'rm -r new', '$CC -Inew -Ii2 -MD -c a.c'], { files: searched, families: both, remote: 3 }),
  one('a shadowing header deep below a missing folder', ['$CC -Inew -Ii2 -c a.c', "mkdir -p new/p/q; printf '#define X 9\\n' > new/p/q/x.h", '$CC -Inew -Ii2 -c a.c'], { files: { 'a.c': '#include <p/q/x.h>\nint a = X;\n', 'i2/p/q/x.h': '#define X 2\n' }, remote: 2 }),
  one('a file appears for __has_include', [compile, 'touch opt.h', compile, 'rm opt.h', compile], { families: both, files: { 'a.c': '#if __has_include("opt.h")\nint has;\n#else\nint hasnt;\n#endif\n' }, remote: 3 }),
  one('a header is deleted', [compile, 'rm x.h i2/x.h', compile, "printf '#define X 4\\n' > x.h", compile], { families: both }),
  one('a header is deleted and another takes its place', [compile, 'rm x.h', compile], { remote: 2 }),
  one('a header becomes a folder', [compile, 'rm x.h; mkdir x.h', compile]),
  one('a symlink is turned', ['$CC -MD -c b.c', 'ln -sfn v2 cur', '$CC -MD -c b.c', 'ln -sfn ./v1 cur', '$CC -MD -c b.c'], { families: both, files: { 'b.c': '#include "cur/x.h"\nint a = X;\n', 'v1/x.h': '#define X 1\n', 'v2/x.h': '#define X 2\n' }, setup: 'ln -s v1 cur', remote: 3 }),
  one('a symlinked header is turned', ['$CC -Iinc -c b.c', 'ln -sf ../v2/x.h inc/x.h', '$CC -Iinc -c b.c', "printf '#define X 8\\n' > v2/x.h", '$CC -Iinc -c b.c'], { files: { 'b.c': '#include <x.h>\nint a = X;\n', 'v1/x.h': '#define X 1\n', 'v2/x.h': '#define X 2\n', 'inc/y': '' }, setup: 'ln -s ../v1/x.h inc/x.h', remote: 3 }),
  one('the target of an absolute link out of the project changes', ['$CC -c b.c', `printf '#define X 2\\n' > "$OUTSIDE/x.h"`, '$CC -c b.c'], { files: { 'b.c': '#include "l/x.h"\nint a = X;\n' }, setup: `printf '#define X 1\\n' > "$OUTSIDE/x.h"; ln -s "$OUTSIDE" l`, remote: 2 }),
  one('folders trade their names', ['$CC -Ip -MD -c b.c', 'mv p t; mv q p; mv t q', '$CC -Ip -MD -c b.c'], { families: both, files: { 'b.c': '#include <x.h>\nint a = X;\n', 'p/x.h': '#define X 1\n', 'q/x.h': '#define X 2\n' }, remote: 2 }),
  one('a folder above is renamed away and made anew', ['$CC -Ip/q/r -MD -c b.c', 'mv p old; mkdir -p p/q/r; printf "#define X 2\\n" > p/q/r/x.h', '$CC -Ip/q/r -MD -c b.c'], { files: { 'b.c': '#include <x.h>\nint a = X;\n', 'p/q/r/x.h': '#define X 1\n' }, remote: 2 }),
  one('a generated header is written mid-build', ['printf "#define X 1\\n" > gen.h; $CC -c b.c -o 1.o; printf "#define X 2\\n" > gen.h; $CC -c b.c -o 2.o; printf "#define X 3\\n" > gen.t; mv gen.t gen.h; $CC -c b.c -o 3.o', 'rm gen.h; $CC -c b.c -o 4.o', 'printf "#define X 2\\n" > gen.h; $CC -c b.c -o 5.o'], { families: both, files: { 'b.c': '#include "gen.h"\nint a = X;\n' } }),
  one('a generated source', ['for i in 1 2 3; do echo "int a$i;" > g.c; $CC -MD -c g.c -o g$i.o; done'], { remote: 3 }),
  one('a header gains an include', ['$CC -MD -c a.c', `printf '#define X 1\\n#include "more.h"\\n' > x.h; printf 'int more;\\n' > more.h`, '$CC -MD -c a.c', "printf 'int other;\\n' > more.h", '$CC -MD -c a.c'], { families: both, remote: 3 }),
  one('a computed include turns elsewhere', ['$CC -MD -c b.c', `printf '#define H "two.h"\\n' > config.h`, '$CC -MD -c b.c'], { files: { 'b.c': '#include "config.h"\n#include H\nint a = X;\n', 'config.h': '#define H "one.h"\n', 'one.h': '#define X 1\n', 'two.h': '#define X 2\n' }, remote: 2 }),
  one('-D changes', ['$CC -DV=1 -c b.c', '$CC -DV=2 -c b.c', '$CC -DV=1 -c b.c', '$CC -DV=1 -UV -DV=3 -c b.c', "$CC '-DV=1 + 1' -c b.c"], { files: { 'b.c': 'int a = V;\n' }, families: both, remote: 5 }),
  one('options trade places', ['$CC -Ii1 -Ii2 -c b.c -o 1.o', '$CC -Ii2 -Ii1 -c b.c -o 2.o', '$CC -O2 -O0 -Ii1 -c b.c -o 3.o', '$CC -O0 -O2 -Ii1 -c b.c -o 4.o'], { files: { 'b.c': '#include <x.h>\nint a = X;\n', 'i1/x.h': '#define X 1\n', 'i2/x.h': '#define X 2\n' }, remote: 4 }),
  one('CPATH changes', ['CPATH="$PWD/i1" $CC -MD -c b.c', 'CPATH="$PWD/i2" $CC -MD -c b.c', 'CPATH="$PWD/i1" $CC -MD -c b.c', '$CC -Ii2 -MD -c b.c'], { families: both, files: { 'b.c': '#include <x.h>\nint a = X;\n', 'i1/x.h': '#define X 1\n', 'i2/x.h': '#define X 2\n' }, remote: 4 }),
  one('C_INCLUDE_PATH changes', ['C_INCLUDE_PATH="$PWD/i1" $CC -MD -c b.c', 'C_INCLUDE_PATH="$PWD/i2" $CC -MD -c b.c', 'C_INCLUDE_PATH="$PWD/i1" $CC -MD -c b.c', 'C_INCLUDE_PATH="$PWD/i2:$PWD/i1" $CC -MD -c b.c'], { families: both, files: { 'b.c': '#include <x.h>\nint a = X;\n', 'i1/x.h': '#define X 1\n', 'i2/x.h': '#define X 2\n' }, remote: 4 }),
  // clang 14 knows no epoch.
  one('SOURCE_DATE_EPOCH changes', ['SOURCE_DATE_EPOCH=0 $CC -c b.c', 'SOURCE_DATE_EPOCH=86400 $CC -c b.c', 'SOURCE_DATE_EPOCH=0 $CC -c b.c', 'SOURCE_DATE_EPOCH=1000000000 $CC -c b.c'], { files: { 'b.c': 'const char *t = __DATE__ " " __TIME__;\n' }, remote: 4 }),
  one('GCC_COLORS changes', ["GCC_COLORS='warning=01;32' $CC -Wall -fdiagnostics-color=always -c b.c", "GCC_COLORS='warning=01;34' $CC -Wall -fdiagnostics-color=always -c b.c", "GCC_COLORS='' $CC -Wall -fdiagnostics-color=always -c b.c", '$CC -Wall -fdiagnostics-color=always -c b.c', "GCC_COLORS='warning=01;32' $CC -Wall -fdiagnostics-color=always -c b.c"], { files: { 'b.c': 'static int u;\n' }, remote: 5 }),
  one('a variable that nobody knows changes: the same object, each time by its own look', ['UNHEARD=1 $CC -c b.c', 'UNHEARD=2 $CC -c b.c', 'UNHEARD=1 $CC -c b.c'], { files: { 'b.c': 'int a;\n' }, remote: 3 }),
  one('the locale changes', ['LC_ALL=C $CC -c b.c', 'LC_ALL=C.UTF-8 $CC -c b.c', 'LC_ALL=C $CC -c b.c'], { files: { 'b.c': "int a = 'undeclared thing';\nint b = nope;\n" } }),
  one('colour changes', ['$CC -Wall -c b.c', '$CC -Wall -fdiagnostics-color=always -c b.c', '$CC -Wall -c b.c'], { files: { 'b.c': 'static int u;\n' }, families: both, remote: 3 }),
  one('the same bytes at another place', ['mkdir p q; cp b.c p; cp b.c q; (cd p; $CC -g -c b.c); (cd q; $CC -g -c b.c)', 'cmp p/b.o q/b.o >/dev/null; echo $?'], { files: { 'b.c': 'const char *w = __FILE__;\n' }, remote: 2 }),
  one('the same command in a renamed folder', ['(cd p; $CC -g -MD -c b.c)', 'mv p q; (cd q; $CC -g -MD -c b.c)', 'mv q p; (cd p; $CC -g -MD -c b.c)'], { files: { 'p/b.c': 'const char *w = __FILE__;\n' }, remote: 3 }),
  one('error, mended, broken again', ['$CC -c b.c', "echo 'int a;' > b.c; $CC -c b.c", "echo 'int a = no;' > b.c; $CC -c b.c", "echo 'int a;' > b.c; $CC -c b.c"], { files: { 'b.c': 'int a = no;\n' }, families: both, remote: 4 }),
  one('a missing header arrives', ['$CC -c b.c', "mkdir inc; echo 'int h;' > inc/h.h; $CC -Iinc -c b.c", "echo 'int h2;' > h.h; $CC -Iinc -c b.c"], { files: { 'b.c': '#include "h.h"\n' }, families: both }),
  one('the object is damaged, then made again', ['$CC -c b.c; echo junk > b.o; $CC -c b.c', 'rm b.o; mkdir b.o; $CC -c b.c; rmdir b.o; $CC -c b.c'], { files: { 'b.c': 'int a;\n' } }),
  one('a link takes the place of the object', ['$CC -c b.c; cp b.o keep.o; rm b.o; ln -s keep.o b.o; echo "int b;" > b.c; $CC -c b.c'], { files: { 'b.c': 'int a;\n' } }),
  one('a file of a binary include changes', ['$CC -c b.c', 'printf two > data.bin; $CC -c b.c'], { files: { 'b.c': '__asm__(".section .rodata; .incbin \\"data.bin\\"");\n', 'data.bin': 'one' } }),
  one('an assembly include changes', ['$CC -c b.S', "printf '.byte 2\\n' > m.inc; $CC -c b.S"], { files: { 'b.S': '.include "m.inc"\n', 'm.inc': '.byte 1\n' } }),
  one('a precompiled header appears and goes', ['$CC -c b.c', '$CC -x c-header h.h -o h.h.gch; $CC -H -c b.c', 'rm h.h.gch; $CC -H -c b.c'], { files: { 'b.c': '#include "h.h"\nint a = H;\n', 'h.h': '#define H 1\n' }, unstable: /\.gch$/ }),
  one('a precompiled header hides a changed header', ['$CC -x c-header h.h -o h.h.gch; $CC -c b.c', "printf '#define H 2\\n' > h.h; $CC -c b.c", '$CC -x c-header h.h -o h.h.gch; $CC -c b.c'], { files: { 'b.c': '#include "h.h"\nint a = H;\n', 'h.h': '#define H 1\n' }, unstable: /\.gch$/ }),
  one('a header of the system changes', ['$CC -MD -c b.c', "printf '#define P 2\\n' > /usr/local/include/mosix-probe.h; $CC -MD -c b.c", "mkdir -p /usr/local/include/sub; printf '#define S 3\\n' > /usr/local/include/sub/s.h; $CC -MD -c c.c", 'rm /usr/local/include/mosix-probe.h; $CC -MD -c b.c'], {
    ownMounts: true,
    families: both,
    files: { 'b.c': '#include <mosix-probe.h>\nint a = P;\n', 'c.c': '#include <sub/s.h>\nint a = S;\n' },
    setup: "printf '#define P 1\\n' > /usr/local/include/mosix-probe.h",
  }),
  one('a header of the system is shadowed by a new one', ['$CC -MD -c b.c', "printf '#include_next <stddef.h>\\n#define MINE 1\\n' > /usr/local/include/stdint.h; printf '#define MINE 2\\n' > /usr/local/include/errno.h; $CC -MD -c b.c"], {
    ownMounts: true,
    files: { 'b.c': '#include <errno.h>\n#ifdef MINE\nint mine = MINE;\n#endif\nint a;\n' },
  }),
  one('a sysroot changes', ['$CC --sysroot="$PWD/root" -MD -c b.c', "printf '#define P 2\\n' > root/usr/include/p.h; $CC --sysroot=\"$PWD/root\" -MD -c b.c", "mkdir -p root/usr/local/include; printf '#define P 3\\n' > root/usr/local/include/p.h; $CC --sysroot=\"$PWD/root\" -MD -c b.c"], { families: both, files: { 'b.c': '#include <p.h>\nint a = P;\n', 'root/usr/include/p.h': '#define P 1\n' } }),
  one('two builds at once in one tree', ['for i in 1 2 3 4 5 6; do (printf "#define Y $i\\n" > y$i.h; $CC -include y$i.h -c b.c -o $i.o) & done; wait'], { files: { 'b.c': 'int a = Y;\n' }, remote: 6 }),
];
