// Options that change code or add products beside the object: debug info, profiles, link-time optimisation, listings.

import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const code = {
  'src/a.c': '#include "a.h"\n#include <string.h>\nint g(struct s *p, int n) { int t = 0; for (int i = 0; i < n; i++) t += p[i].x; return t + (int)strlen("abc"); }\n',
  'src/a.h': 'struct s { int x; char y[3]; };\n',
};
const one = (name: string, run: string | string[], more: Partial<MatrixCase> = {}): MatrixCase => ({ name, files: code, setup: 'mkdir out', run, families: both, remote: true, ...more });
const simple = (flags: string, families: MatrixCase['families'] = both, remote: boolean | 'unsaid' = true): MatrixCase =>
  one(flags, `$CC ${flags} -c src/a.c -o out/a.o`, { families, remote: remote === 'unsaid' ? undefined : remote });

export const codeGenerationCases: readonly MatrixCase[] = [
  simple('-O0'), simple('-O2'), simple('-Os -fno-inline'), simple('-O3 -funroll-loops -ffast-math'), simple('-Og -g3'), simple('-g -gdwarf-4'), simple('-ggdb3 -O1'),
  simple('-g1'), simple('-gz'), simple('-fPIC -fvisibility=hidden'), simple('-fstack-protector-strong -D_FORTIFY_SOURCE=2 -O2'), simple('-std=gnu11'), simple('-std=c89'),
  simple('-pthread -fopenmp', both, 'unsaid'), simple('-fsanitize=address,undefined -g', both, 'unsaid'), simple('-pg', both, 'unsaid'), simple('-m32', both, 'unsaid'), simple('-mavx2 -O3'),
  simple('-march=x86-64-v3 -O2', both, 'unsaid'), simple('-march=native -O2', ['gcc']), simple('-march=native -O2', ['clang'], 'unsaid'), simple('-march=native -mtune=native -g -frecord-gcc-switches', ['gcc'], 'unsaid'),
  simple('-grecord-gcc-switches -g'), simple('-frecord-gcc-switches', both, 'unsaid'), simple('-fcommon -fshort-enums -funsigned-char'), simple('-ffunction-sections -fdata-sections'),
  simple('-finstrument-functions'), simple('-fno-ident'), simple('-mcmodel=large -fno-pic'), simple('-fcf-protection=none'), simple('-ftrapv'),
  simple('-mllvm -inline-threshold=1 -O2', ['clang'], 'unsaid'), simple('-Xclang -fno-validate-pch', ['clang'], 'unsaid'), { ...simple('-Xclang -ast-dump -fsyntax-only', ['clang'], 'unsaid'), unstableText: /0x[0-9a-f]+/g },
  simple('-target x86_64-linux-gnu', ['clang'], 'unsaid'), simple('--target=aarch64-linux-gnu -nostdinc -ffreestanding', ['clang'], 'unsaid'), simple('-Wa,--noexecstack -Wa,-L'),
  { ...simple('-Wa,-al=out/list.txt', ['gcc'], 'unsaid'), unstable: /list\.txt$/ }, simple('-Wa,-adhln', ['gcc'], 'unsaid'), simple('-Wl,-z,now'), simple('-Xassembler --noexecstack', both, 'unsaid'),
  simple('-Xpreprocessor -DX=1', both, 'unsaid'), simple('-Wp,-DX=1,-UY', both, 'unsaid'), simple('-DX -DY=2 -D Z="a b" -UX -U Y'), simple('-undef -nostdinc -Dstrlen=x', both, 'unsaid'),
  simple('-fdebug-prefix-map="$PWD"=/mapped -g'), simple('-ffile-prefix-map="$PWD"=. -g'), simple('-fmacro-prefix-map=src=SRC'), simple('-fno-working-directory -g', ['gcc'], 'unsaid'),
  simple('-fdebug-compilation-dir=/elsewhere -g', ['clang'], 'unsaid'), simple('-gsplit-dwarf'), simple('-g -gsplit-dwarf -gz -O2'), simple('-g -gsplit-dwarf -gdwarf-4 -ggnu-pubnames'),
  one('-gsplit-dwarf beside the source', '$CC -g -gsplit-dwarf -c src/a.c'),
  one('-gsplit-dwarf without a suffix', '$CC -g -gsplit-dwarf -c src/a.c -o out/object', { remote: undefined }),
  one('-gsplit-dwarf -save-temps', '$CC -g -gsplit-dwarf -save-temps=obj -c src/a.c -o out/a.o', { remote: undefined }),
  one('--coverage', '$CC --coverage -frandom-seed=1 -c src/a.c -o out/a.o', { families: ['gcc'] }),
  one('--coverage, clang', '$CC --coverage -c src/a.c -o out/a.o', { families: ['clang'], remote: undefined }),
  one('--coverage without -o', '$CC -fprofile-arcs -ftest-coverage -frandom-seed=1 -c src/a.c', { families: ['gcc'] }),
  one('--coverage with -fprofile-dir', '$CC --coverage -fprofile-dir=out/prof -frandom-seed=x -c src/a.c -o out/a.o', { families: ['gcc'], remote: undefined }),
  one('--coverage with -fprofile-update and absolute names', '$CC --coverage -fprofile-abs-path -fprofile-update=atomic -frandom-seed=x -c src/a.c -o out/a.o', { families: ['gcc'], remote: undefined }),
  one('--coverage without a seed: all but the stamp', '$CC --coverage -c src/a.c -o out/a.o', { families: ['gcc'], unstable: /\.(o|gcno)$/, remote: undefined }),
  one('-fprofile-generate and -fprofile-use', [
    'echo "int g(void*, int); int main(void) { int v[2] = {1, 2}; return g(v, 1) != 4; }" > main.c; $CC -fprofile-generate -fprofile-update=single -frandom-seed=1 -O1 src/a.c main.c -o prog && ./prog; rm -f prog *main.gcda; ls',
    'for f in *.gcda; do mv "$f" out/a.gcda; done; $CC -fprofile-use -frandom-seed=1 -O2 -c src/a.c -o out/a.o',
    '$CC -fprofile-use=out/a.gcda -frandom-seed=1 -O2 -c src/a.c -o out/b.o',
    'rm out/a.gcda; $CC -fprofile-use -Wmissing-profile -frandom-seed=1 -O2 -c src/a.c -o out/a.o',
  ], { families: ['gcc'], folder: 'profile', remote: undefined, unstable: /\.gcda$|^out\/[ab]\.o$/ }),
  one('-fprofile-use that is missing', '$CC -fprofile-use=none.profdata -O2 -c src/a.c -o out/a.o', { remote: undefined }),
  one('-fauto-profile that is missing', '$CC -fauto-profile=none.afdo -O2 -c src/a.c -o out/a.o', { families: ['gcc'], remote: undefined }),
  one('-flto', '$CC -O2 -flto -frandom-seed=1 -c src/a.c -o out/a.o', { families: ['gcc'] }),
  one('-flto -ffat-lto-objects', '$CC -O2 -flto -ffat-lto-objects -frandom-seed=1 -c src/a.c -o out/a.o', { families: ['gcc'] }),
  one('-flto of clang', '$CC -O2 -flto -c src/a.c -o out/a.o; $CC -O2 -flto=thin -c src/a.c -o out/b.o', { families: ['clang'], remote: 2 }),
  one('-flto, then link', ['echo "int g(void*, int); int main(void) { return g(0, 0) - 3; }" > main.c; $CC -O2 -flto -frandom-seed=1 -c src/a.c; $CC -O2 -flto -frandom-seed=2 -c main.c', '$CC -O2 -flto -frandom-seed=1 a.o main.o -o prog; ./prog'], { families: ['gcc'], folder: 'lto', remote: 2 }),
  one('-fstack-usage', '$CC -fstack-usage -c src/a.c -o out/a.o', { families: ['gcc'] }),
  one('-fcallgraph-info', '$CC -fcallgraph-info=su -c src/a.c -o out/a.o', { families: ['gcc'], remote: undefined }),
  one('-aux-info', '$CC -aux-info protos.txt -c src/a.c', { families: ['gcc'], remote: undefined }),
  one('-fdump-tree-optimized', '$CC -O1 -fdump-tree-optimized -c src/a.c -o out/a.o', { families: ['gcc'], remote: undefined }),
  one('-fdump-rtl-expand with -dumpdir', '$CC -O1 -fdump-rtl-expand -dumpdir out/d. -c src/a.c -o out/a.o', { families: ['gcc'], remote: undefined }),
  one('-dumpbase', '$CC -O1 -fstack-usage -dumpbase named.c -c src/a.c -o out/a.o', { families: ['gcc'], remote: undefined }),
  one('-fsave-optimization-record', '$CC -O2 -fsave-optimization-record -c src/a.c -o out/a.o', { families: ['gcc', 'clang'], remote: undefined, unstable: /\.json\.gz$/ }),
  one('-MJ', '$CC -MJ out/a.json -c src/a.c -o out/a.o', { families: ['clang'], remote: undefined }),
  one('-ftime-trace', '$CC -ftime-trace -c src/a.c -o out/a.o', { families: ['clang'], remote: undefined, unstable: /\.json$/ }),
  one('-fcoverage-mapping', '$CC -fprofile-instr-generate -fcoverage-mapping -c src/a.c -o out/a.o', { families: ['clang'], remote: undefined }),
  one('-fembed-bitcode', '$CC -fembed-bitcode -c src/a.c -o out/a.o', { families: ['clang'], remote: undefined }),
  one('-fmerge-all-constants and long options', '$CC --std=c11 --include-directory=src --define-macro=Q=1 --output=out/a.o --compile src/a.c', { families: ['gcc'], remote: undefined }),
  one('--include-directory, --output as words', '$CC --include-directory src --output out/a.o --compile src/a.c', { families: ['gcc'], remote: undefined }),
];
