// clang's own options (14, and what 11 to 18 are known to have), over the common ones, and what cc1 may be told
// through -Xclang.

import { indexOptions, plain, type OptionRule } from './option-rule.js';
import { commonOptions } from './common-options.js';
import { asks, collect, includeDirectory, keep, local, notCacheable, readsFile, readsFiles, refuse, set, type ParseState } from './parse-state.js';

const search = { search: true } as const;

/** Options of LLVM itself: those that name files or write statistics are told by their words. */
function llvmOption(state: ParseState, value: string): void {
  if (/file|output|dump|dot|dir|path|record|stat|time|profile|list|load|cache|print|debug|view|trace/.test(value) || value.includes('/')) {
    refuse(state, 'unknown-option', `-mllvm ${value}`);
  }
}

function optimizationRecord(state: ParseState, value: string, option: string): void {
  if (value === '' || value === 'yaml') state.optimizationRecord = 'yaml';
  else if (value === 'bitstream') state.optimizationRecord = 'bitstream';
  else refuse(state, 'unknown-option', option);
}

const judged = `
  -faltivec-src-compat= -fbasic-block-address-map= -fbinutils-version= -fbuild-session-timestamp= -fc++-abi= -fclang-abi-compat= -fcomment-block-commands=
  -fcomplex-arithmetic= -fcoverage-compilation-dir= -fcoverage-prefix-map= -fcrash-diagnostics-dir= -fcrash-diagnostics= -fcs-profile-generate=
  -fdebug-compilation-dir= -fdebug-default-version= -fdiagnostics-hotness-threshold= -fdiagnostics-misexpect-tolerance= -fembed-bitcode= -fexperimental-max-bitint-width=
  -fextend-arguments= -ffile-compilation-dir= -ffp-eval-method= -ffp-exception-behavior= -ffp-model= -ffuchsia-api-level= -fgnuc-version=
  -fgpu-inline-threshold= -flax-vector-conversions= -flto-jobs= -fmax-tokens= -fmax-type-align= -fmemory-profile=
  -fms-compatibility-version= -fms-runtime-lib= -fmsc-version= -fnew-alignment= -fobjc-runtime= -foffload-lto= -fopenmp-version= -fopenmp=
  -foptimization-record-passes= -foverride-record-layout= -fpatchable-function-entry-offset= -fprofile-function-groups= -fprofile-instr-generate= -fprofile-selected-function-group=
  -fsanitize-address-destructor= -fsanitize-address-field-padding= -fsanitize-address-use-after-return= -fsanitize-hwaddress-abi=
  -fsanitize-memory-track-origins= -fsanitize-undefined-strip-path-components= -fshow-overloads= -fskip-odr-check-in-gmf= -fspell-checking-limit= -fbracket-depth= -fmacro-backtrace-limit= -fcaret-diagnostics-max-lines=
  -fswift-async-fp= -ftime-trace-granularity= -ftrap-function= -ftrapv-handler= -ftrivial-auto-var-init-stop-after= -ftrivial-auto-var-init-max-size= -ftype-visibility= -fuse-cuid=
  -fveclib= -fvisibility-dllexport= -fvisibility-externs-dllimport= -fvisibility-externs-nodllstorageclass= -fvisibility-nodllstorageclass= -fvisibility-global-new-delete= 
  -fxray-function-groups= -fxray-instruction-threshold= -fxray-instrumentation-bundle= -fxray-modes= -fxray-selected-function-group= -fzos-extensions=
  -fconstexpr-depth= -fconstexpr-steps= -fconstexpr-backtrace-limit= -ferror-limit= -fdiagnostics-format= -fdiagnostics-show-category= -ffixed-point= -falign-commons= -fdenormal-fp-math= -fdenormal-fp-math-f32= -fdirect-access-external-data=`;

const clangOptions: readonly OptionRule[] = [
  // `-I-` is an error of clang's.
  { name: '-I-', style: 'flag', apply: local('bad-command-line') },
  {
    name: '-iwithprefix',
    style: 'joined-or-separate',
    apply: (state, value, option) => {
      if (state.includePrefix === undefined) refuse(state, 'unknown-option', option);
      else state.search.after.push(state.includePrefix + value);
    },
  },
  {
    name: '-iwithsysroot',
    style: 'joined-or-separate',
    apply: local('sysroot-relative'),
  },
  {
    name: '-cxx-isystem',
    style: 'joined-or-separate',
    apply: (state, value, option) => {
      includeDirectory('system')(state, value, option);
    },
  },
  ...plain('-target -gcc-toolchain -resource-dir', 'separate', search),
  ...plain('--target= --gcc-toolchain= --gcc-install-dir= --gcc-triple= -stdlib= --stdlib= -resource-dir= --cuda-path= --hip-path=', 'joined', search),
  { name: '-stdlib++-isystem', style: 'joined-or-separate', ...search },
  ...plain('-nobuiltininc -nostdlibinc -nogpuinc -nogpulib -nohipwrapperinc', 'flag', search),
  ...plain('--system-header-prefix= --no-system-header-prefix=', 'joined'),
  ...plain('--system-header-prefix --no-system-header-prefix', 'separate'),
  ...plain('-ivfsoverlay -working-directory', 'joined-or-separate', { apply: local('header-map') }),
  ...plain('-working-directory=', 'joined', { apply: local('header-map') }),
  { name: '-index-header-map', style: 'flag', apply: local('header-map') },
  // These begin like known options with a joined value, and mean something else.
  ...plain('-isystem-after -object-file-name -iframeworkwithsysroot -c-isystem', 'joined-or-separate', { apply: local('unknown-option') }),
  ...plain('-objc -ObjC', 'joined', { apply: local('unknown-option') }),
  // `-specs` and `-remap` mean nothing to clang; it says so and goes on.
  ...plain('-specs= --specs= -dumpdir=', 'joined', { apply: local('unknown-option') }),
  ...plain('--config -dumpdir -dumpbase -imultilib -ccc-install-dir -ccc-gcc-name -gen-cdb-fragment-path -dependency-dot -dependency-file -module-dependency-dir -dsym-dir', 'separate', {
    apply: local('unknown-option'),
  }),
  { name: '-gen-reproducer', style: 'joined', apply: local('unknown-option') },

  { name: '-emit-llvm', style: 'flag', apply: set('emitLlvm', true) },
  // Other things to make than objects: rare, and left to this machine.
  ...plain('-emit-ast --precompile --analyze -rewrite-objc -rewrite-legacy-objc -emit-interface-stubs -emit-merged-ifs -extract-api -verify-pch -module-file-info -via-file-asm -relocatable-pch', 'flag', {
    apply: local('unknown-option'),
  }),
  { name: '-include-pch', style: 'separate', apply: local('clang-pch') },
  ...plain('-arch -Xarch_device -Xarch_host', 'separate', { apply: local('unknown-option') }),
  ...plain('-Xopenmp-target -Xcuda-fatbinary -Xcuda-ptxas', 'separate', { apply: local('offload') }),
  ...plain('--offload-arch= --offload= --cuda-gpu-arch= -fembed-offload-object=', 'joined', { apply: local('offload') }),
  { name: '-Xclang', style: 'separate', apply: collect('clangArguments') },
  { name: '-mllvm', style: 'separate', apply: llvmOption },
  { name: '-mllvm=', style: 'joined', apply: llvmOption },
  ...plain('-meabi -mthread-model', 'separate'),

  { name: '-MJ', style: 'joined-or-separate', apply: (state, value) => state.namedOutputs.push({ path: value, kind: 'aux', required: true }) },
  { name: '-MV', style: 'flag' },
  ...plain('-serialize-diagnostics --serialize-diagnostics', 'separate', {
    apply: (state, value) => state.namedOutputs.push({ path: value, kind: 'diagnostics', required: true }),
  }),
  {
    name: '-gsplit-dwarf=',
    style: 'joined',
    apply: (state, value) => {
      state.splitDwarf = value !== 'single';
      state.debugInfo = true;
    },
  },
  ...plain('-gmodules -fbuiltin-module-map', 'flag', { apply: local('modules') }),
  {
    name: '-ftime-trace',
    style: 'flag',
    apply: (state) => {
      state.timeTrace = true;
      state.cacheable = false;
    },
  },
  { name: '-ftime-trace=', style: 'joined', apply: local('dump-files') },
  ...plain('-fproc-stat-report', 'joined', { apply: local('dump-files') }),
  ...plain('-fproc-stat-report= -fthin-link-bitcode= -fbuild-session-file= -fpass-plugin=', 'joined', { apply: local('dump-files') }),
  { name: '-fsave-optimization-record', style: 'flag', apply: optimizationRecord },
  { name: '-fsave-optimization-record=', style: 'joined', apply: optimizationRecord },
  { name: '-fno-save-optimization-record', style: 'flag', apply: set('optimizationRecord', undefined) },
  { name: '-foptimization-record-file=', style: 'joined', apply: keep('optimizationRecordFile') },
  { name: '-save-stats', style: 'flag', apply: set('saveStats', 'cwd') },
  {
    name: '-save-stats=',
    style: 'joined',
    apply: (state, value) => {
      state.saveStats = value === 'obj' ? 'obj' : 'cwd';
    },
  },

  ...plain('-fauto-profile= -fprofile-sample-use= -fprofile-instr-use= -fprofile-remapping-file= -fprofile-list= -fthinlto-index= -fsanitize-stats-file=', 'joined', { apply: readsFile }),
  ...plain(
    `-fsanitize-blacklist= -fsanitize-ignorelist= -fsanitize-system-blacklist= -fsanitize-system-ignorelist= -fsanitize-coverage-allowlist=
     -fsanitize-coverage-blacklist= -fsanitize-coverage-ignorelist= -fsanitize-coverage-whitelist= -fxray-always-instrument= -fxray-attr-list= -fxray-never-instrument=
     -frandomize-layout-seed-file= -fbasic-block-sections=list=`,
    'joined',
    { apply: readsFiles },
  ),
  // `all`, `labels`, `none`, or `list=FILE`.
  { name: '-fbasic-block-sections=', style: 'joined', apply: (state, value) => {
    if (value.startsWith('list=')) state.extraInputs.push(value.slice(5));
  } },
  { name: '-frandomize-layout-seed=', style: 'joined' },
  {
    name: '-fprofile-use',
    style: 'flag',
    apply: (state) => {
      readsFile(state, 'default.profdata', '');
    },
  },
  {
    name: '-fprofile-instr-use',
    style: 'flag',
    apply: (state) => {
      readsFile(state, 'default.profdata', '');
    },
  },
  // A directory stands for the default name in it.
  {
    name: '-fprofile-use=',
    style: 'joined',
    apply: (state, value) => {
      state.extraInputs.push(value, value.endsWith('/') ? `${value}default.profdata` : `${value}/default.profdata`);
    },
  },

  { name: '-fcolor-diagnostics', style: 'flag', apply: set('color', 'always') },
  { name: '-fno-color-diagnostics', style: 'flag', apply: set('color', 'never') },
  ...plain('-frecord-command-line -grecord-command-line -frecord-gcc-switches -grecord-gcc-switches', 'flag', { apply: set('recordsCommandLine', true) }),
  ...plain('-fintegrated-as -integrated-as', 'flag', { apply: set('integratedAssembler', true) }),
  ...plain('-fno-integrated-as -no-integrated-as', 'flag', { apply: set('integratedAssembler', false) }),
  ...plain('-no-pthread -Qunused-arguments -Qn -Qy --start-no-unused-arguments --end-no-unused-arguments -dA -dD -dI -static-libclosure -undefined'),
  // The price that clang 8 to 15 ask for -ftrivial-auto-var-init=zero.
  ...plain('-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang'),
  { name: '-Xopenmp-target=', style: 'joined', apply: local('offload') },
  { name: '-R', style: 'joined' },
  { name: '--print-', style: 'joined', apply: asks },
  { name: '-version', style: 'flag', apply: asks },
  ...plain('-ftime-report', 'flag', { apply: notCacheable }),
  ...plain('-fsycl', 'joined', { apply: local('offload') }),
  ...plain(judged, 'joined', { inner: true }),
];

export const clangIndex = indexOptions([commonOptions, clangOptions]);

/** cc1 options that take the next `-Xclang` argument as a value and touch no file. */
export const cc1Valued = new Set('-target-feature -target-cpu -tune-cpu -mrelocation-model -pic-level -mllvm -debugger-tuning -fnew-alignment -vtordisp-mode'.split(' '));

/** cc1 flags without a driver spelling that touch no file. */
export const cc1Flags = new Set(
  '-disable-O0-optnone -disable-llvm-passes -disable-llvm-verifier -disable-lifetime-markers -no-opaque-pointers -opaque-pointers -no-enable-noundef-analysis -enable-noundef-analysis -vectorize-loops -vectorize-slp -target-sdk-version -menable-no-infs -menable-no-nans -munwind-tables -emit-llvm-uselists -cl-kernel-arg-info'.split(' '),
);
