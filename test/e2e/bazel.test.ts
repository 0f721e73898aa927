// A client of the Remote Execution API that is not ours: Bazel builds a C++ library and program, and a step of a shell script, with
// every action on the farm; again, and all of it comes from the cache. Needs Debian's bazel-bootstrap, bazel-rules-java and
// bazel-rules-proto, which are not installed for it: they bring a JDK.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environment } from './support/environment.js';
import { startFarm, type Farm } from './support/farm.js';
import { copyToolchain } from './support/hermetic-tools.js';
import { isBuilt, which } from './support/paths.js';
import { describe as tell, run, type Outcome } from './support/run.js';

const rules = (name: string): string => `/usr/share/bazel/rules/${name}`;
const needed = ['java', 'proto'].map(rules).filter((path) => !existsSync(path));
const missing = which('bazel') === undefined ? 'bazel' : needed[0];

const workspace: Readonly<Record<string, string>> = {
  WORKSPACE: 'workspace(name = "greeting")\n',
  BUILD: `filegroup(name = "tools", srcs = glob(["bin/**", "usr/**", "lib/**", "lib64/**"]), visibility = ["//visibility:public"])
cc_library(name = "greet", srcs = ["greet.cc"], hdrs = ["greet.h"])
cc_binary(name = "main", srcs = ["main.cc"], deps = [":greet"])
genrule(name = "shout", srcs = ["in.txt", ":tools"], outs = ["out.txt"], cmd = "/usr/bin/tr a-z A-Z < $(location in.txt) > $@")
genrule(name = "object", srcs = ["greet.cc", "greet.h", ":tools"], outs = ["greet.o"], cmd = "PATH=/usr/bin:/bin /usr/bin/g++ -O2 -c greet.cc -o $@")
genrule(name = "broken", srcs = ["bad.cc", ":tools"], outs = ["bad.o"], cmd = "PATH=/usr/bin:/bin /usr/bin/g++ -c bad.cc -o $@")
genrule(name = "naked", srcs = ["in.txt"], outs = ["naked.txt"], cmd = "true > $@")
`,
  'in.txt': 'hello\n',
  'greet.h': 'const char *greet();\n',
  'greet.cc': '#include "greet.h"\nconst char *greet() { return "hi"; }\n',
  'main.cc': '#include "greet.h"\nextern "C" int puts(const char *);\nint main() { puts(greet()); }\n',
  'bad.cc': 'int f() { return undeclared; }\n',
  // The rules for C++ of this Bazel are built in; its own files want to load them from here.
  'rules_cc/WORKSPACE': 'workspace(name = "rules_cc")\n',
  'rules_cc/BUILD': '',
  'rules_cc/cc/BUILD': '',
  'rules_cc/cc/defs.bzl': ['cc_library', 'cc_binary', 'cc_import', 'cc_test', 'cc_toolchain', 'cc_toolchain_suite', 'cc_toolchain_alias', 'cc_libc_top_alias', 'cc_proto_library', 'objc_library']
    .map((name) => `${name} = native.${name}\n`)
    .join(''),
  'tc/config.bzl': `load("@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl", "tool_path")
def _config(ctx):
    tools = [("gcc", "g++"), ("ld", "ld"), ("ar", "ar"), ("cpp", "cpp"), ("gcov", "gcov"), ("nm", "nm"), ("objdump", "objdump"), ("strip", "strip")]
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx, toolchain_identifier = "brought", host_system_name = "local", target_system_name = "local", target_cpu = "k8", target_libc = "glibc",
        compiler = "gcc", abi_version = "gcc", abi_libc_version = "glibc", cxx_builtin_include_directories = ["/usr/include", "/usr/lib"],
        tool_paths = [tool_path(name = name, path = "/usr/bin/" + program) for name, program in tools])
config = rule(implementation = _config, attrs = {}, provides = [CcToolchainConfigInfo])
`,
  'tc/BUILD': `load(":config.bzl", "config")
config(name = "config")
filegroup(name = "none")
cc_toolchain(name = "gcc", toolchain_identifier = "brought", toolchain_config = ":config", all_files = "//:tools", ar_files = "//:tools", as_files = "//:tools",
    compiler_files = "//:tools", linker_files = "//:tools", dwp_files = ":none", objcopy_files = ":none", strip_files = "//:tools", supports_param_files = 1)
cc_toolchain_suite(name = "suite", toolchains = {"k8": ":gcc", "k8|gcc": ":gcc"})
`,
};

describe.skipIf(missing !== undefined)(`Bazel${missing === undefined ? '' : ` (skipped: no ${missing} here)`}`, () => {
  let farm: Farm;
  let folder: string;
  let call: (...words: string[]) => Promise<Outcome>;
  let build: (...targets: string[]) => Promise<Outcome>;

  beforeAll(async () => {
    if (!isBuilt()) throw new Error('run `npm run build` first');
    farm = await startFarm('bazel', { workers: 2, slots: 2 });
    folder = farm.scratch.folder('workspace');
    for (const [name, text] of Object.entries(workspace)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    copyToolchain(folder);
    const env = { ...environment({ home: farm.scratch.folder('home'), directory: farm.directory }), USER: 'tester' };
    const startup = [`--output_user_root=${farm.scratch.folder('bazel')}`, '--host_jvm_args=-Xmx512m', '--max_idle_secs=120'];
    call = (...words) => run(['bazel', ...startup, ...words], { cwd: folder, env, timeoutMs: 300_000 });
    farm.scratch.onRemove(() => execFileSync('bazel', [...startup, 'shutdown'], { cwd: folder, env, stdio: 'ignore' }));
    const options = [
      `--remote_executor=grpc://${farm.address}`, '--spawn_strategy=remote', '--noremote_local_fallback', '--crosstool_top=//tc:suite', '--host_crosstool_top=//tc:suite',
      `--override_repository=rules_cc=${folder}/rules_cc`, ...['java', 'proto'].map((name) => `--override_repository=rules_${name}=${rules(name)}`), '--color=no', '--curses=no',
    ]; // prettier-ignore
    build = (...targets) => call('build', ...options, ...targets);
  });
  afterAll(() => farm?.stop());

  const targets = ['//:main', '//:shout', '//:object'];
  const remote = (outcome: Outcome, how: string): number => Number(new RegExp(`(\\d+) ${how}[.,]`).exec(outcome.stderr.toString())?.[1] ?? 0);
  const output = (name: string): Buffer => readFileSync(join(folder, 'bazel-bin', name));

  test('compiles, links and runs scripts on the farm, and a second time has it all from the cache', async () => {
    const first = await build(...targets);
    expect(first.status, tell(first)).toBe(0);
    expect(remote(first, 'remote')).toBeGreaterThanOrEqual(6);
    expect(output('out.txt').toString()).toBe('HELLO\n');
    expect(execFileSync(join(folder, 'bazel-bin/main')).toString()).toBe('hi\n');
    execFileSync('g++', ['-O2', '-c', 'greet.cc', '-o', 'native.o'], { cwd: folder });
    expect(output('greet.o').equals(readFileSync(join(folder, 'native.o')))).toBe(true);
    const program = output('main');

    expect((await call('clean')).status).toBe(0);
    const second = await build(...targets);
    expect(second.status, tell(second)).toBe(0);
    expect(remote(second, 'remote')).toBe(0);
    expect(remote(second, 'remote cache hit')).toBe(remote(first, 'remote') + remote(first, 'remote cache hit'));
    expect(output('main').equals(program)).toBe(true);
  });

  test('gets a compile error as the answer of the compiler', async () => {
    const outcome = await build('//:broken');
    expect(outcome.status).toBe(1);
    expect(outcome.stderr.toString()).toMatch(/bad\.cc:1:\d+: error: .*undeclared/);
  });

  test('is told what is wrong with an action that does not bring its shell', async () => {
    const outcome = await build('//:naked');
    expect(outcome.status).not.toBe(0);
    expect(outcome.stderr.toString()).toContain('/bin/bash could not be started');
    expect(outcome.stderr.toString()).toContain('input root');
  });
});
