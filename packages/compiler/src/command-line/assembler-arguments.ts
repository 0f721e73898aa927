// What reaches the assembler through -Wa, and -Xassembler: include directories to search, listing and dependency files
// that it writes, and the many options that touch no file. An unlisted one keeps the command local.

import { refuse, type ParseState } from './parse-state.js';

const harmless = new Set(
  `--32 --64 --x32 -J -K -k -L -R -Z -W -w -q -n -O -O1 -O2 -g -D -s -Q --fatal-warnings --no-warn --warn --keep-locals --gen-debug --gdwarf-2 --gdwarf-3 --gdwarf-4 --gdwarf-5 --gdwarf-sections
   --gstabs --gstabs+ --noexecstack --execstack --no-pad-sections --nocompress-debug-sections --compress-debug-sections --divide --strip-local-absolute --traditional-format
   --reduce-memory-overheads --alternate --sectname-subst --dump-config --longcalls --no-longcalls -many -mregnames -mbooke -maltivec -mpower4 -me500 -mrelax -mno-relax -mthumb -mthumb-interwork -mapcs`.split(/\s+/),
);

/** Joined options that touch no file. */
const harmlessPrefixes = [
  '-march=', '-mtune=', '-mcpu=', '-mfpu=', '-mfloat-abi=', '-meabi=', '-mabi=', '-mimplicit-it=', '-misa-spec=', '-mpriv-spec=', '-marm', '-mwarn-', '-mno-', '-mmnemonic=', '-msyntax=',
  '-mnaked-reg', '-madd-bnd-prefix', '-mshared', '-mx86-used-note=', '-mrelax-relocations=', '-mbranches-within-32B-boundaries', '-malign-branch', '-moperand-check=', '-msse', '-mavx', '-mevex',
  '-mvex', '-mamd64', '-mintel64', '-mlfence-', '-mfence-as-lock-add=', '-momit-lock-prefix=', '-mlittle', '-mbig', '-EL', '-EB', '--compress-debug-sections=', '--elf-stt-common=', '--size-check=',
  '--generate-missing-build-notes=', '--hash-size=', '--gdwarf-cie-version=', '--multibyte-handling=', '--listing-', '--debug-prefix-map', '--defsym=', '--statistics',
];

/** Reads the collected assembler arguments of `state`. */
export function readAssemblerArguments(state: ParseState): void {
  const list = state.assemblerArguments;
  for (let at = 0; at < list.length; at++) {
    const argument = list[at] ?? '';
    if (harmless.has(argument) || argument === '') continue;
    if (argument === '-I') {
      const directory = list[++at];
      if (directory !== undefined) state.assemblerDirectories.push(directory);
    } else if (argument.startsWith('-I')) {
      state.assemblerDirectories.push(argument.slice(2));
    } else if (argument === '--defsym' || argument === '--debug-prefix-map') {
      at++;
    } else if (/^-a[cdghilmns]*(=|$)/.test(argument)) {
      readListing(state, argument);
    } else if (argument === '--MD' || argument === '-MD') {
      const path = list[++at];
      if (path !== undefined) state.namedOutputs.push({ path, kind: 'aux', required: true });
    } else if (argument.startsWith('--MD=')) {
      state.namedOutputs.push({ path: argument.slice(5), kind: 'aux', required: true });
    } else if (!harmlessPrefixes.some((prefix) => argument.startsWith(prefix))) {
      refuse(state, 'unknown-option', `-Wa,${argument}`);
      return;
    }
  }
}

/** A listing goes to stdout or a file. It names a temporary file, and with `g` the time. */
function readListing(state: ParseState, argument: string): void {
  const equals = argument.indexOf('=');
  const letters = equals < 0 ? argument : argument.slice(0, equals);
  if (letters.includes('g')) refuse(state, 'assembler-listing', `-Wa,${argument}`);
  if (equals >= 0) state.namedOutputs.push({ path: argument.slice(equals + 1), kind: 'aux', required: true });
  state.cacheable = false;
}
