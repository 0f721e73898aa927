// A project made for faults: C++ units that take long enough to be caught in the middle, a plain Makefile, and the tree
// that a native build leaves, to compare with.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from './environment.js';
import { mustRun } from './run.js';
import { differences, snapshot, type Tree } from './tree.js';

export interface SmallProject {
  readonly folder: string;
  readonly units: number;
  /** The folder after a native build. */
  readonly expected: Tree;
  clean(): Promise<void>;
  /** What differs from a native build; empty when all is right. */
  faults(): string[];
}

export interface SmallProjectOptions {
  readonly units: number;
  /** Compile-time steps of each unit, in hundred thousands: about a third of a second each. */
  readonly steps?: number;
  /** `-DBIG=N`: each object holds an array of so many integers besides. */
  readonly flags?: string;
  /** Trees of native builds in this folder so far: those of the same options are not built again. */
  readonly known?: Map<string, Tree>;
}

/** Beyond the time in which a stamp proves nothing: what was just written would be read again and again. */
const settleMs = 50;

const unit = (index: number, steps: number): string => `#include <stddef.h>
#include "shared.h"
constexpr long work${index}() { long sum = 0; for (long i = 0; i < ${Math.round(steps * 100_000)}; i++) sum += i ^ ${index}; return sum; }
constexpr long result${index} = work${index}();
#ifdef BIG
int big${index}[BIG] = {${index + 1}};
#endif
const char *unit${index}(long *result) { *result = result${index}; return SHARED; }
`;

const makefile = (units: number, flags: string): string => `OBJECTS := ${Array.from({ length: units }, (_, index) => `unit${index}.o`).join(' ')}
libsmall.a: $(OBJECTS)
	rm -f $@
	$(AR) rcs $@ $(OBJECTS)
%.o: %.cc
	g++ -O1 -g -fconstexpr-ops-limit=4000000000 -fconstexpr-loop-limit=2000000000 ${flags} -MD -c $< -o $@
clean:
	rm -f *.o *.d *.a
`;

export async function makeSmallProject(folder: string, home: string, options: SmallProjectOptions): Promise<SmallProject> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'shared.h'), '#define SHARED "shared"\n');
  for (let index = 0; index < options.units; index += 1) writeFileSync(join(folder, `unit${index}.cc`), unit(index, options.steps ?? 0));
  writeFileSync(join(folder, 'Makefile'), makefile(options.units, options.flags ?? ''));
  const env = environment({ home });
  const clean = async (): Promise<void> => void (await mustRun(['make', 'clean'], { cwd: folder, env }));
  const key = JSON.stringify([folder, options.units, options.steps, options.flags]);
  let expected = options.known?.get(key);
  if (expected === undefined) {
    await mustRun(['make', '-j2'], { cwd: folder, env, timeoutMs: 300_000 });
    expected = snapshot(folder);
    options.known?.set(key, expected);
    await clean();
  } else await new Promise((resolve) => setTimeout(resolve, settleMs));
  const native = expected;
  return { folder, units: options.units, expected: native, clean, faults: () => differences(native, snapshot(folder)) };
}
