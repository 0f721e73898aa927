// Programs that mosix needs or works with: node, compilers, build tools, bubblewrap and the kernel's namespaces behind it.

import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { install, launcherBuilt } from '../install.js';
import { broken, good, note, warning, type Finding } from './check.js';

export const nodeVersionLeast = '20.19.0';

const answerMsMax = 10_000;

interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

const ask = (program: string, args: readonly string[]): Promise<Answer> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: answerMsMax, env: { ...process.env, LC_ALL: 'C', MOSIX_DISABLE: '1' } }, (problem, stdout, stderr) => {
      resolve({ ok: problem === null, text: `${stdout}${stderr}`.trim() || (problem?.message ?? '') });
    });
  });

export const onPath = (name: string, path: string = process.env['PATH'] ?? ''): string | undefined =>
  path.split(delimiter).map((folder) => join(folder || '.', name)).find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

export const checkNode = (version: string = process.versions.node): Finding => {
  const compare = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
  return compare(version, nodeVersionLeast) >= 0
    ? good('node', `node ${version}`)
    : broken('node', `node ${version} is too old, mosix needs ${nodeVersionLeast}`, 'install a newer Node.js');
};

export const checkLauncher = (): Finding =>
  launcherBuilt() ? good('launcher', `launcher ${install.launcher}`) : broken('launcher', `the compiler launcher is not built (${install.launcher})`, `make -C ${install.root} build`);

/** `clang`, `cmake` and `ninja` are the user's choice; a C compiler and make are what this is about. */
export const checkTools = async (): Promise<Finding[]> => {
  const wanted: [name: string, least: Finding['state'], fix: string][] = [
    ['gcc', 'warning', 'apt-get install gcc'],
    ['g++', 'warning', 'apt-get install g++'],
    ['clang', 'note', 'apt-get install clang'],
    ['make', 'warning', 'apt-get install make'],
    ['cmake', 'note', 'apt-get install cmake'],
    ['ninja', 'note', 'apt-get install ninja-build'],
  ];
  const findings = await Promise.all(wanted.map(async ([name, state, fix]): Promise<Finding> => {
    const path = onPath(name);
    if (path === undefined) return { name, state, message: `${name} is not installed`, fix };
    const { ok, text } = await ask(path, ['--version']);
    return ok ? good(name, `${name}: ${text.split('\n')[0] ?? ''} (${path})`) : warning(name, `${path} --version fails: ${text}`, fix);
  }));
  const compilers = findings.filter((one) => ['gcc', 'g++', 'clang'].includes(one.name));
  return compilers.some((one) => one.state === 'ok') ? findings : [broken('compiler', 'no C or C++ compiler is installed', 'apt-get install gcc g++'), ...findings];
};

/** Workers on this machine cannot do without; a machine that only sends compiles elsewhere can. */
export const checkSandbox = async (workersHere: boolean): Promise<Finding[]> => {
  const bad = workersHere ? broken : note;
  const bwrap = onPath('bwrap');
  if (bwrap === undefined) return [bad('bubblewrap', 'bubblewrap is not installed; workers cannot run on this machine', 'apt-get install bubblewrap')];
  const version = await ask(bwrap, ['--version']);
  const attempt = await ask(bwrap, ['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--ro-bind', '/', '/', '--dev', '/dev', '/bin/true']);
  const found = good('bubblewrap', `${version.text} (${bwrap})`);
  if (attempt.ok) return [found, good('namespaces', 'a sandbox with namespaces of its own works')];
  return [found, bad('namespaces', `a sandbox does not start: ${attempt.text.split('\n')[0] ?? ''}`, namespaceFix())];
};

const kernelSetting = (name: string): string | undefined => {
  try {
    return readFileSync(`/proc/sys/${name}`, 'utf8').trim();
  } catch {
    return undefined;
  }
};

const namespaceFix = (): string => {
  if (kernelSetting('kernel/unprivileged_userns_clone') === '0') return 'sysctl -w kernel.unprivileged_userns_clone=1';
  if (kernelSetting('kernel/apparmor_restrict_unprivileged_userns') === '1') return 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  if (kernelSetting('user/max_user_namespaces') === '0') return 'sysctl -w user.max_user_namespaces=10000';
  return 'in a container: start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or --privileged';
};
