// Finding headers: options and orders of search, computed includes, probes, links. What is not shipped, or shipped at
// another place, shows here.

import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const one = (name: string, files: Record<string, string>, run: string, more: Partial<MatrixCase> = {}): MatrixCase => ({ name, files, run, families: both, remote: true, ...more });

const layered = {
  'a.c': '#include <x.h>\nint which = X;\n',
  'i1/x.h': '#define X 1\n',
  'i2/x.h': '#define X 2\n',
  'i3/x.h': '#define X 3\n',
};

const chain = {
  'a.c': '#include "x.h"\nint sum = X1 + X2 + X3;\n',
  'i1/x.h': '#define X1 1\n#include_next <x.h>\n',
  'i2/x.h': '#define X2 2\n#include_next "x.h"\n',
  'i3/x.h': '#define X3 3\n',
};

export const includeCases: readonly MatrixCase[] = [
  one('-I order', layered, '$CC -Ii2 -Ii1 -S a.c -o -; $CC -Ii2 -Ii1 -c a.c', { remote: 1 }),
  one('-I with a separate word', layered, '$CC -I i2 -I i1 -c a.c'),
  one('-isystem before built-in, after -I', layered, '$CC -isystem i1 -Ii2 -c a.c'),
  one('same folder as -I and -isystem', layered, '$CC -Ii1 -isystem i2 -isystem i1 -c a.c'),
  one('-idirafter', layered, '$CC -idirafter i1 -isystem i3 -c a.c'),
  one('-iquote is not for angles', layered, '$CC -iquote i1 -Ii2 -c a.c'),
  one('-iquote for quotes', { ...layered, 'a.c': '#include "x.h"\nint which = X;\n' }, '$CC -iquote i3 -Ii2 -c a.c'),
  one('-I- is refused or obsolete', layered, '$CC -Ii1 -I- -Ii2 -c a.c', { remote: undefined }),
  one('-iprefix with -iwithprefix', layered, '$CC -iprefix "$PWD/" -iwithprefix i2 -iwithprefixbefore i1 -c a.c', { remote: undefined }),
  one('-include', { 'a.c': 'int a = FORCED;\n', 'forced.h': '#include "deep.h"\n', 'deep.h': '#define FORCED 7\n' }, '$CC -include forced.h -c a.c'),
  one('-include found by -I', { 'a.c': 'int a = FORCED;\n', 'inc/forced.h': '#define FORCED 7\n' }, '$CC -Iinc -include forced.h -MD -c a.c'),
  one('-include of a missing file', { 'a.c': 'int a;\n' }, '$CC -include nothere.h -c a.c', { remote: undefined, colour: true }),
  one('-imacros', { 'a.c': 'int a = M;\n', 'm.h': '#define M 3\nint not_kept;\n' }, '$CC -imacros m.h -MD -c a.c'),
  one('two -include and one -imacros', { 'a.c': 'int a = M + N;\n', 'm.h': '#define M 3\n', 'n.h': '#define N M\n' }, '$CC -imacros m.h -include n.h -include m.h -MD -c a.c'),
  one('--sysroot', { 'a.c': '#include <probe.h>\nint a = PROBE;\n', 'root/usr/include/probe.h': '#define PROBE 9\n' }, '$CC --sysroot="$PWD/root" -MD -c a.c'),
  one('--sysroot and -I=', { 'a.c': '#include <probe.h>\nint a = PROBE;\n', 'root/opt/probe.h': '#define PROBE 9\n' }, '$CC --sysroot="$PWD/root" -I=/opt -MD -c a.c', { remote: undefined }),
  one('-isysroot', { 'a.c': '#include <probe.h>\nint a = PROBE;\n', 'root/usr/include/probe.h': '#define PROBE 4\n' }, '$CC -isysroot "$PWD/root" -c a.c', { remote: undefined }),
  one('-nostdinc', { 'a.c': '#include <stddef.h>\nint a = MINE;\n', 'mine/stddef.h': '#define MINE 1\n' }, '$CC -nostdinc -isystem mine -MD -c a.c'),
  one('-nostdinc without the header', { 'a.c': '#include <stddef.h>\n' }, '$CC -nostdinc -c a.c', { remote: undefined }),
  one('-nostdinc++', { 'a.cc': '#include <cstddef>\nint a = MINE;\n', 'mine/cstddef': '#define MINE 1\n' }, '$CXX -nostdinc++ -isystem mine -MD -c a.cc'),
  one('#include_next', chain, '$CC -Ii1 -Ii2 -Ii3 -MD -c a.c'),
  one('#include_next from the first file', { ...chain, 'a.c': '#include_next <x.h>\nint a = X3;\n' }, '$CC -Ii3 -c a.c'),
  one('#include_next with the system', { 'a.c': '#include <limits.h>\nint a = MINE + INT_MAX - 1;\n', 'w/limits.h': '#define MINE 0\n#include_next <limits.h>\n' }, '$CC -Iw -MD -c a.c'),
  one('#import', { 'a.c': '#import "x.h"\n#import "x.h"\nint a = X;\n', 'x.h': '#define X 1\nint once;\n' }, '$CC -c a.c'),
  one('__has_include decides', { 'a.c': '#if __has_include("opt.h")\nint has;\n#else\nint hasnt;\n#endif\n#if __has_include(<no/such.h>)\nint wrong;\n#endif\n', 'opt.h': '#error never included\n' }, '$CC -c a.c'),
  one('__has_include_next', { 'a.c': '#include <x.h>\nint a = NEXT;\n', 'i1/x.h': '#if __has_include_next(<x.h>)\n#define NEXT 1\n#else\n#define NEXT 0\n#endif\n', 'i2/x.h': '#error not included\n' }, '$CC -Ii1 -Ii2 -c a.c'),
  one('__has_include of a macro', { 'a.c': '#define H "opt.h"\n#if __has_include(H)\nint has;\n#else\nint hasnt;\n#endif\n', 'opt.h': '' }, '$CC -c a.c', { remote: undefined }),
  one('computed include from a macro', { 'a.c': '#define H "x.h"\n#include H\nint a = X;\n', 'x.h': '#define X 1\n' }, '$CC -MD -c a.c'),
  one('computed include with angles', { 'a.c': '#define H <x.h>\n#include H\nint a = X;\n', 'inc/x.h': '#define X 1\n' }, '$CC -Iinc -MD -c a.c'),
  one('computed include through two macros', { 'a.c': '#define G "x.h"\n#define H G\n#include H\nint a = X;\n', 'x.h': '#define X 1\n' }, '$CC -MD -c a.c'),
  one('computed include from -D', { 'a.c': '#include H\nint a = X;\n', 'x.h': '#define X 1\n', 'y.h': '#define X 2\n' }, `$CC -MD '-DH="x.h"' -c a.c -o x.o; $CC -MD '-DH="y.h"' -c a.c -o y.o`, { remote: 2 }),
  one('computed include from a header', { 'a.c': '#include "config.h"\n#include H\nint a = X;\n', 'config.h': '#define H "sub/x.h"\n', 'sub/x.h': '#define X 1\n' }, '$CC -MD -c a.c'),
  one('computed include by a function-like macro', { 'a.c': '#define STR(x) #x\n#define FILE(x) STR(gen/x.h)\n#include FILE(one)\nint a = X;\n', 'gen/one.h': '#define X 1\n' }, '$CC -MD -c a.c', { remote: undefined }),
  one('computed include by pasting and prefix', { 'a.c': '#define CAT(a,b) a##b\n#define ANGLE(x) <gen/x.h>\n#define WHICH CAT(on,e)\n#include ANGLE(one)\nint a = X;\n', 'inc/gen/one.h': '#define X 1\n' }, '$CC -Iinc -MD -c a.c', { remote: undefined }),
  one('computed include of a missing file', { 'a.c': '#include H\n' }, `$CC '-DH="none.h"' -c a.c`, { remote: undefined, colour: true }),
  one('.incbin in inline assembly', { 'a.c': '__asm__(".section .rodata\\n.global blob\\nblob: .incbin \\"data.bin\\"\\n.previous");\n', 'data.bin': 'binary\n' }, '$CC -c a.c'),
  one('.incbin found by -I', { 'a.S': '.section .rodata\nblob: .incbin "data.bin"\n', 'inc/data.bin': 'binary\n' }, '$CC -Iinc -c a.S', { remote: undefined }),
  one('symlinked header, relative', { 'a.c': '#include "inc/link.h"\nint a = X;\n', 'real/x.h': '#include "y.h"\n', 'inc/y.h': '#define X 1\n', 'real/y.h': '#define X 2\n' }, '$CC -MD -c a.c', { setup: 'ln -s ../real/x.h inc/link.h' }),
  one('symlinked header, absolute, out of the project', { 'a.c': '#include "link.h"\nint a = X;\n' }, '$CC -MD -c a.c', { setup: 'echo "#define X 5" > "$OUTSIDE/x.h"; ln -s "$OUTSIDE/x.h" link.h' }),
  one('symlinked folder on the path', { 'a.c': '#include <x.h>\nint a = X;\n', 'real/deep/x.h': '#include "../up.h"\n', 'real/up.h': '#define X 6\n' }, '$CC -Iinc -MD -c a.c', { setup: 'ln -s real/deep inc' }),
  one('link to a link to a folder out of the project', { 'a.c': '#include "l/x.h"\nint a = X;\n' }, '$CC -MD -c a.c', { setup: 'echo "#define X 5" > "$OUTSIDE/x.h"; ln -s "$OUTSIDE" m; ln -s m l' }),
  one('symlinked source', { 'real/a.c': '#include "x.h"\nint a = X; const char *f = __FILE__;\n', 'x.h': '#define X 1\n', 'real/x.h': '#define X 2\n' }, '$CC -g -MD -c a.c', { setup: 'ln -s real/a.c a.c' }),
  one('dot-dot through a link', { 'a.c': '#include "l/../x.h"\nint a = X;\n', 'x.h': '#define X 1\n', 'real/x.h': '#define X 2\n', 'real/deep/y.h': '' }, '$CC -MD -c a.c', { setup: 'ln -s real/deep l' }),
  one('dot-dot out of a folder that holds nothing else', { 'src/a.c': '#include "../empty/../inc/x.h"\nint a = X;\n', 'inc/x.h': '#define X 1\n' }, '$CC -MD -c src/a.c', { setup: 'mkdir empty' }),
  one('-I of a missing folder, a file and an empty folder', { 'a.c': 'int a;\n', 'file': '' }, '$CC -Wmissing-include-dirs -Inone -Ifile -Iempty -c a.c', { setup: 'mkdir empty', remote: false }),
  one('identical files at two paths', { 'a.c': '#include "p/x.h"\n#include "q/x.h"\nint a = X;\nconst char *w = WHERE;\n', 'p/x.h': '#pragma once\n#define X 1\n#define WHERE __FILE__\n', 'q/x.h': '#pragma once\n#define X 1\n#define WHERE __FILE__\n' }, '$CC -g -MD -c a.c'),
  one('identical sources at two paths', { 'p/a.c': 'const char *w = __FILE__;\n', 'q/a.c': 'const char *w = __FILE__;\n' }, '$CC -g -c p/a.c -o p.o; $CC -g -c q/a.c -o q.o; (cd p; $CC -g -c a.c); (cd q; $CC -g -c a.c)', { remote: 4 }),
  one('#pragma once twins by hard link and by symlink', { 'a.c': '#include "x.h"\n#include "y.h"\n#include "z.h"\nint a = X;\n', 'x.h': '#pragma once\n#define X 1\nint twin[X];\n' }, '$CC -MD -c a.c', { setup: 'ln x.h y.h; ln -s x.h z.h' }),
  one('include in the middle of a comment, a string and a raw string', { 'a.cc': '/* \n#include "gone1.h"\n*/\nconst char *s = R"(\n#include "gone2.h"\n)";\n#include /* x */ "x.h" // y\n#  \\\n  include "y.h"\n', 'x.h': 'int x;\n', 'y.h': 'int y;\n' }, '$CXX -MD -c a.cc'),
  one('trigraph and digraph includes', { 'a.c': '%:include "x.h"\n??=include "y.h"\nint a = X + Y;\n', 'x.h': '#define X 1\n', 'y.h': '#define Y 1\n' }, '$CC -std=c99 -MD -c a.c', { remote: undefined }),
  one('include in another case of letters', { 'a.c': '#include "X.h"\n', 'x.h': '' }, '$CC -c a.c', { remote: undefined }),
  one('include of an absolute path', {}, `printf '#include "%s/x y.h"\\nint a = X;\\n' "$PWD" > 'a.c'; $CC -MD -c a.c`, { setup: 'echo "#define X 1" > "x y.h"', folder: 'abs olute' }),
  one('include of a folder', { 'a.c': '#include "x.h"\n', 'x.h/y': '' }, '$CC -c a.c', { remote: undefined, colour: true }),
  one('include that is skipped although it exists', { 'a.c': '#if 0\n#include "bad.h"\n#endif\nint a;\n', 'bad.h': '#error no\n' }, '$CC -MD -c a.c'),
  one('-I with a trailing slash, dots and doubles', layered, '$CC -I./i2/ -Ii1/../i2//. -I. -MD -c a.c'),
  one('header beside the includer wins', { 'src/a.c': '#include "sub/x.h"\n', 'src/sub/x.h': '#include "y.h"\nint a = Y;\n', 'src/sub/y.h': '#define Y 1\n', 'inc/y.h': '#define Y 2\n' }, '$CC -Iinc -MD -c src/a.c'),
  one('a long chain of headers', {}, '$CC -MD -c a.c', { setup: 'for i in $(seq 150); do echo "#include \\"h$((i+1)).h\\"" > h$i.h; done; echo "int deep;" > h151.h; echo "#include \\"h1.h\\"" > a.c' }),
  one('a header that includes itself up to the limit', { 'a.c': '#include "a.c"\n' }, '$CC -c a.c', { remote: undefined }),
  one('C++ standard headers', { 'a.cc': '#include <vector>\n#include <string>\n#include <cstdlib>\n#include <cmath>\nstd::string f(std::vector<int> v) { return std::to_string(v.size() + std::abs(-1)); }\n' }, '$CXX -O1 -MD -c a.cc'),
  one('CPATH and friends', { ...layered, 'a.cc': '#include <x.h>\nint which = X;\n' }, 'CPATH=i1 $CC -MD -c a.c -o 1.o; C_INCLUDE_PATH=i2 $CC -MD -c a.c -o 2.o; CPLUS_INCLUDE_PATH=i3 $CXX -MD -c a.cc -o 3.o; CPATH=:i2 $CC -c a.c -o 4.o', { remote: undefined }),
];
