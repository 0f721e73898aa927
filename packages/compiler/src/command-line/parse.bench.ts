// Time to parse a command line of the length that real projects have. Run: npx vitest bench --project unit.

import { bench, describe } from 'vitest';
import { parseCommandLine } from './index.js';

const forty =
  '-DNDEBUG -DFOO=1 -DBAR="x" -I/s/include -I/s/src -I/b/gen -isystem /usr/include/libxml2 -isystem /opt/x/include -O2 -g -fPIC -fno-exceptions -fno-rtti -fvisibility=hidden -fvisibility-inlines-hidden -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wshadow -Wpedantic -Werror=return-type -std=gnu++17 -march=x86-64-v2 -mtune=generic -pthread -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections -fdiagnostics-color=always -MD -MT CMakeFiles/f.dir/a.cc.o -MF CMakeFiles/f.dir/a.cc.o.d -o CMakeFiles/f.dir/a.cc.o -c /s/src/a.cc'.split(' ');

const environment = new Map(Array.from({ length: 60 }, (_, i) => [`VARIABLE_${i}`, 'value'] as const));

describe(`${forty.length} arguments`, () => {
  for (const family of ['gcc', 'clang'] as const) {
    bench(family, () => {
      parseCommandLine({ family, compilerName: family === 'gcc' ? 'g++' : 'clang++', arguments: forty, cwd: '/b', environment, readFile: () => undefined });
    });
  }
});
