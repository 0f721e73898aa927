// Options that mean the same to gcc and clang as far as files are concerned. The families -W, -m, -g, -O and the plain
// -f flags are accepted by prefix, because none of them names a file; whatever reads or writes one has its own rule,
// here or in the family's table. A valued `-fNAME=` must be listed: a new one could name a file.

import { plain, type OptionRule } from './option-rule.js';
import { asks, collect, includeDirectory, local, notCacheable, keep, refuse, set, tells, type ParseState } from './parse-state.js';
import { languageNamed } from './languages.js';

const inner = { inner: true } as const;
const search = { search: true } as const;

function setLanguage(state: ParseState, value: string, option: string): void {
  if (/module|system-header|user-header/.test(value)) refuse(state, 'modules', option);
  state.language = value === 'none' ? undefined : (languageNamed(value) ?? 'foreign');
}

function define(state: ParseState, value: string): void {
  const equals = value.indexOf('=');
  if (equals < 0) state.macros.set(value, '1');
  else state.macros.set(value.slice(0, equals), value.slice(equals + 1));
}

function native(state: ParseState, value: string, option: string): void {
  if (value === 'native') state.nativeFlags = true;
  else if (value === 'help') asks(state, value, option);
}

function saveTemps(state: ParseState, value: string, option: string): void {
  if (value === '') {
    state.saveTemps ??= 'default';
    return;
  }
  if (value !== 'cwd' && value !== 'obj' && value !== 'object') refuse(state, 'bad-command-line', option);
  state.saveTemps = value === 'cwd' ? 'cwd' : 'obj';
  state.saveTempsOverridesDumpDirectory = true;
}

/** A `-f` option by prefix: fine as a flag, unknown when it carries a value that no rule has judged. */
const unlistedFlag = (state: ParseState, value: string, option: string): void => {
  if (value.includes('=')) refuse(state, 'unknown-option', option);
};

const judged = `
  -fabi-compat-version= -fabi-version= -falign-functions= -falign-jumps= -falign-labels= -falign-loops= -faligned-new=
  -fanalyzer-checker= -fanalyzer-verbosity= -fasan-shadow-offset= -fcf-protection= -fchecking= -fconcepts-diagnostics-depth=
  -fconst-string-class= -fconstant-string-class= -fconstexpr-backtrace-limit= -fconstexpr-cache-depth= -fconstexpr-depth= -fconstexpr-loop-limit=
  -fconstexpr-ops-limit= -fconstexpr-steps= -fcontract-continuation-mode= -fcontract-mode= -fcontract-role= -fdebug-prefix-map= -fdiagnostics-column-origin=
  -fdiagnostics-column-unit= -fdiagnostics-escape-format= -fdiagnostics-minimum-margin-width= -fdiagnostics-path-format=
  -fdiagnostics-show-location= -fdiagnostics-text-art-charset= -femit-struct-debug-detailed= -fexcess-precision= -fexec-charset=
  -ffile-prefix-map= -ffold-mem-offsets= -ffp-contract= -fhardcfr-check-noreturn-calls= -finline-limit= -finput-charset= -finstrument-functions-exclude-file-list=
  -finstrument-functions-exclude-function-list= -fira-algorithm= -fira-region= -fira-verbose= -flang-info-include-translate=
  -flarge-source-files= -flifetime-dse= -flinker-output= -flive-patching= -flto-compression-level= -flto-partition= -fmacro-prefix-map=
  -fmax-errors= -fmax-include-depth= -fmin-function-alignment= -fnew-inheriting-ctors= -fobjc-abi-version= -fobjc-std= -foffload-abi= -foffload-abi-host-opts= -foffload-options= -foffload=
  -fopenacc-dim= -fpack-struct= -fpatchable-function-entry= -fpermitted-flt-eval-methods= -fprofile-exclude-files=
  -fprofile-filter-files= -fprofile-generate= -fprofile-info-section= -fprofile-prefix-map= -fprofile-reproducible=
  -fprofile-update= -freorder-blocks-algorithm= -fsanitize-coverage= -fsanitize-recover= -fsanitize-sections= -fsanitize-trap=
  -fsanitize= -fno-sanitize= -fno-sanitize-recover= -fno-sanitize-trap= -fno-sanitize-coverage= -fsched-stalled-insns-dep=
  -fsched-stalled-insns= -fsched-verbose= -fsimd-cost-model= -fsso-struct= -fstack-check= -fstack-limit-register=
  -fstack-limit-symbol= -fstack-reuse= -fstrict-flex-arrays= -fstrong-eval-order= -fstrub= -ftabstop= -ftail-call-workaround=
  -ftemplate-backtrace-limit= -ftemplate-depth= -ftls-model= -ftrack-macro-expansion= -ftree-parallelize-loops=
  -ftree-vectorizer-verbose= -ftrivial-auto-var-init= -fuse-ld= -fvect-cost-model= -fvisibility= -fvtable-verify=
  -fwide-exec-charset= -fzero-call-used-regs= -fzero-init-padding-bits= -fbuiltin-printf=`;

/** Of the -m options these pick no library variant on any target, so the compiler need not be asked anew for them. */
const instructionSets = `
  -msse -mssse -mavx -mfma -mf16c -mbmi -mpopcnt -mlzcnt -mabm -maes -mpclmul -msha -mrdrnd -mrdseed -madx -mmovbe -mcx16 -mmmx -m3dnow -mcrc -mfpmath= -mvzeroupper
  -mno-sse -mno-ssse -mno-avx -mno-fma -mno-bmi -mno-mmx -mno-3dnow -mno-80387 -mno-red-zone -mno-aes -mno-popcnt -mno-fp-ret-in-387 -mskip-rax-setup
  -mpreferred-stack-boundary= -mstack-alignment= -mstackrealign -mincoming-stack-boundary= -mindirect-branch -mfunction-return= -mretpoline -mharden-sls= -mstack-protector-guard
  -mrecord-mcount -mno-record-mcount -mfentry -mno-fentry -mnop-mcount -mprefer-vector-width= -mbranch-protection= -mbranches-within -momit-leaf-frame-pointer -mno-omit-leaf-frame-pointer`;

const linkerFlags = `
  -s -r -rdynamic -shared -static -static-pie -pie -no-pie -nopie -nostdlib -nodefaultlibs -nostartfiles -nolibc -symbolic -no-whole-archive
  -shared-libgcc -static-libgcc -static-libstdc++ -static-libasan -static-libtsan -static-liblsan -static-libubsan -static-libhwasan
  -static-libgfortran -static-libquadmath -static-libphobos -static-libgm2 -shared-libasan -shared-libsan -static-libsan -static-openmp -nostdlib++`;

export const commonOptions: readonly OptionRule[] = [
  // What to do.
  { name: '-c', style: 'flag', apply: set('compile', true) },
  { name: '-S', style: 'flag', apply: set('assembly', true) },
  { name: '-E', style: 'flag', apply: set('preprocessOnly', true) },
  { name: '-M', style: 'flag', apply: set('dependenciesOnly', true) },
  { name: '-MM', style: 'flag', apply: set('dependenciesOnly', true) },
  { name: '-fsyntax-only', style: 'flag', apply: set('syntaxOnly', true) },
  ...plain('--version --help -help --target-help -dumpversion -dumpmachine -dumpfullversion -dumpspecs', 'flag', { apply: asks }),
  ...plain('--help= --print- -print-', 'joined', { apply: asks }),
  ...plain('-v --verbose -Q', 'flag', { apply: tells }),
  { name: '-###', style: 'flag', apply: asks },
  { name: '-x', style: 'joined-or-separate', apply: setLanguage },
  {
    name: '-o',
    style: 'joined-or-separate',
    apply: (state, value) => {
      state.output = value;
      state.outputs++;
    },
  },

  // Where headers are found.
  { name: '-I', style: 'joined-or-separate', apply: includeDirectory('user'), ...inner },
  { name: '-iquote', style: 'joined-or-separate', apply: includeDirectory('quote'), ...inner },
  { name: '-isystem', style: 'joined-or-separate', apply: includeDirectory('system'), ...inner },
  { name: '-idirafter', style: 'joined-or-separate', apply: includeDirectory('after'), ...inner },
  { name: '-iprefix', style: 'joined-or-separate', apply: keep('includePrefix') },
  {
    name: '-iwithprefixbefore',
    style: 'joined-or-separate',
    apply: (state, value, option) => {
      if (state.includePrefix === undefined) refuse(state, 'unknown-option', option);
      else state.prefixedUser.push(state.includePrefix + value);
    },
  },
  {
    name: '-nostdinc',
    style: 'flag',
    ...search,
    apply: (state) => {
      state.search.noStandard = true;
    },
  },
  {
    name: '-nostdinc++',
    style: 'flag',
    ...search,
    apply: (state) => {
      state.search.noStandardPlusPlus = true;
    },
  },
  { name: '--sysroot=', style: 'joined', ...search },
  { name: '--sysroot', style: 'separate', ...search },
  { name: '-isysroot', style: 'joined-or-separate', ...search },
  { name: '-B', style: 'joined-or-separate', ...search, apply: collect('extraDirectories') },
  ...plain('-no-canonical-prefixes -canonical-prefixes', 'flag', search),
  { name: '-include', style: 'joined-or-separate', ...inner, apply: (state, value) => state.forcedIncludes.push({ path: value, kind: 'include' }) },
  { name: '-imacros', style: 'joined-or-separate', ...inner, apply: (state, value) => state.forcedIncludes.push({ path: value, kind: 'imacros' }) },
  ...plain('-iframework -F -framework', 'joined-or-separate', { apply: local('unknown-option') }),

  // Macros.
  { name: '-D', style: 'joined-or-separate', ...inner, apply: define },
  {
    name: '-U',
    style: 'joined-or-separate',
    ...inner,
    apply: (state, value) => {
      state.macros.delete(value);
    },
  },
  { name: '-A', style: 'joined-or-separate', ...inner },
  ...plain('-undef -trigraphs -traditional -traditional-cpp -C -CC -P -H', 'flag', inner),

  // Dependencies.
  { name: '-MD', style: 'flag', apply: set('depfileWanted', true) },
  { name: '-MMD', style: 'flag', apply: set('depfileWanted', true) },
  { name: '-MF', style: 'joined-or-separate', apply: keep('depfileNamed') },
  ...plain('-MT -MQ', 'joined-or-separate', inner),
  { name: '-MP', style: 'flag', ...inner },
  // An error of both compilers unless -M or -MM is given too.
  { name: '-MG', style: 'flag' },

  // Handed on to other programs.
  {
    name: '-Wp,',
    style: 'joined',
    apply: (state, value) => {
      state.preprocessorArguments.push(...value.split(','));
    },
  },
  { name: '-Xpreprocessor', style: 'separate', apply: collect('preprocessorArguments') },
  {
    name: '-Wa,',
    style: 'joined',
    apply: (state, value) => {
      state.assemblerArguments.push(...value.split(','));
    },
  },
  { name: '-Xassembler', style: 'separate', apply: collect('assemblerArguments') },
  { name: '-Wl,', style: 'joined' },
  ...plain('-Xlinker -Xanalyzer', 'separate'),
  { name: '-wrapper', style: 'separate', apply: local('wrapper') },

  // For the linker, which does not run.
  ...plain(linkerFlags),
  ...plain('-L -l -T', 'joined-or-separate'),
  // Joined forms of these exist, and look like any unknown option.
  ...plain('-u -z -e -Tbss -Tdata -Ttext', 'separate'),
  ...plain('-export-dynamic -znow -zrelro -zdefs'),
  ...plain('-Tbss= -Tdata= -Ttext= -rtlib= --rtlib= -unwindlib= --unwindlib=', 'joined'),

  // How to go about it.
  ...plain('-pipe -pass-exit-codes -no-integrated-cpp -integrated-as --integrated-as -w -ansi --ansi -pedantic -pedantic-errors -pthread -pthreads -p -pg'),
  { name: '-time', style: 'flag', apply: notCacheable },
  { name: '--param', style: 'separate' },
  { name: '--param=', style: 'joined' },
  { name: '-std=', style: 'joined', ...inner },
  { name: '--std=', style: 'joined' },
  ...plain('-save-temps --save-temps', 'flag', { apply: saveTemps }),
  ...plain('-save-temps= --save-temps=', 'joined', { apply: saveTemps }),

  // Code generation, by family.
  { name: '-W', style: 'joined', ...inner },
  { name: '-O', style: 'joined', ...inner },
  {
    name: '-g',
    style: 'joined',
    apply: (state, value) => {
      if (value !== '0') state.debugInfo = true;
    },
  },
  { name: '-g0', style: 'flag', apply: set('debugInfo', false) },
  { name: '-m', style: 'joined', ...search, ...inner },
  ...plain(instructionSets, 'joined', inner),
  ...plain('-march= -mcpu=', 'joined', { ...search, apply: native }),
  { name: '-mtune=', style: 'joined', apply: native },
  { name: '-mtune', style: 'joined' },
  { name: '-f', style: 'joined', ...inner, apply: unlistedFlag },
  ...plain(judged, 'joined', inner),

  // Profiles and coverage, the part that is common.
  ...plain('--coverage -coverage', 'flag', { apply: set('coverage', true) }),
  { name: '-ftest-coverage', style: 'flag', apply: set('testCoverage', true) },
  { name: '-fno-test-coverage', style: 'flag', apply: set('testCoverage', false) },
  { name: '-fstack-usage', style: 'flag', apply: set('stackUsage', true) },
  {
    name: '-gsplit-dwarf',
    style: 'flag',
    apply: (state) => {
      state.splitDwarf = true;
      state.debugInfo = true;
    },
  },
  { name: '-gno-split-dwarf', style: 'flag', apply: set('splitDwarf', false) },
  ...plain('-flto', 'flag', { apply: set('lto', true) }),
  ...plain('-flto=', 'joined', { apply: set('lto', true) }),
  { name: '-frandom-seed=', style: 'joined', apply: set('randomSeed', true) },
  ...plain('-fprofile-arcs -fno-profile-arcs -fprofile-generate -fprofile-values -fprofile-info-section'),

  // Messages.
  { name: '-fdiagnostics-color', style: 'flag', apply: set('color', 'always') },
  { name: '-fno-diagnostics-color', style: 'flag', apply: set('color', 'never') },
  {
    name: '-fdiagnostics-color=',
    style: 'joined',
    apply: (state, value) => {
      state.color = value === 'always' || value === 'never' ? value : 'auto';
    },
  },
  { name: '-fmessage-length=', style: 'joined', apply: set('messageLength', true) },
  { name: '-fverbose-asm', style: 'flag', apply: set('verboseAssembly', true) },
  ...plain('-ftime-report -fmem-report -ftime-report-details -fpre-ipa-mem-report -fpost-ipa-mem-report', 'flag', { apply: notCacheable }),
  ...plain('-ftime-report=', 'joined', { apply: notCacheable }),
  // Writers to files of their own, or of names that follow from the compiler's version.
  ...plain('-fdiagnostics-add-output= -fdiagnostics-set-output=', 'joined', { apply: local('dump-files') }),
  ...plain('-fmodules -fmodules-ts -fcxx-modules -fimplicit-modules -fimplicit-module-maps', 'flag', { apply: local('modules') }),
  ...plain('-fmodule -fmodules- -fdeps- -fprebuilt-', 'joined', { apply: local('modules') }),
  ...plain('-fmodule-file= -fmodule-header= -fmodule-mapper= -fmodule-map-file= -fmodule-name= -fmodules-cache-path= -fprebuilt-module-path= -fmodule-output=', 'joined', {
    apply: local('modules'),
  }),
  { name: '-fopenmp-targets=', style: 'joined', apply: local('offload') },
  { name: '-fplugin', style: 'joined', apply: local('plugin') },
  { name: '-fplugin=', style: 'joined', apply: local('plugin') },
];
