// What must be true before a worker joins a farm: its programs are there, and a real sandbox runs. Each thing that can be missing
// has a code of its own and a hint with the command that mends it.
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { err, fault, ok } from '@mosix/core';
import type { Fault, Result } from '@mosix/core';
import { makeDirectory } from './sandbox/input-tree.js';
import { INIT_PATH } from './sandbox/plan.js';
import { startSandbox } from './sandbox/run.js';
import type { SandboxOptions, User } from './sandbox/run.js';

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** Code `no-bubblewrap`. */
export function findBubblewrap(path: string = process.env['PATH'] ?? ''): Result<string> {
  for (const directory of [...path.split(delimiter), '/usr/bin', '/bin', '/usr/local/bin']) {
    const program = join(directory, 'bwrap');
    if (directory !== '' && isExecutable(program)) return ok(program);
  }
  return err(fault('no-bubblewrap', 'bubblewrap is not installed; without it no job can be walled in', { hint: 'apt-get install bubblewrap' }));
}

/** Code `no-init`. */
export function findInit(launcherDirectory: string): Result<string> {
  const program = join(launcherDirectory, 'mosix-init');
  if (isExecutable(program)) return ok(program);
  return err(fault('no-init', `${program} is missing`, { hint: 'make -C packages/launcher' }));
}

/** A directory that a user without rights can walk to: every component allows others to search it. */
export function isReachable(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === '/') return true;
  }
}

/** Places that exist everywhere and that nothing of a sandbox needs: one of them hides a data directory that is not reachable. */
export const hidingPlace = (): string | undefined => ['/mnt', '/srv', '/media', '/opt'].find((place) => existsSync(place) && statSync(place).isDirectory());

/**
 * Runs a sandbox that does nothing, laid out like a job's. Codes: `no-user-namespaces`, `sandbox` (anything else; the message is
 * bubblewrap's own).
 */
export async function trySandbox(directory: string, options: SandboxOptions): Promise<Result<void>> {
  await mkdir(directory, { recursive: true });
  const root = makeDirectory('trial', { files: [], directories: [], symlinks: [] }, () => undefined);
  if (!root.ok) return root;
  const command = { arguments: [INIT_PATH, '--true'], environment: [], workingDirectory: '', outputPaths: [] };
  const sandbox = startSandbox({ directory, tree: undefined, runs: 0, intact: true }, root.value, command, options);
  if (!sandbox.ok) return sandbox;
  const ended = await sandbox.value.ended;
  if (!ended.ok) return err(explainSandbox(ended.error, options.jobUser, readSetting));
  const { kind, value } = ended.value.exit;
  return kind === 'exit' && value === 0 ? ok(undefined) : err(fault('sandbox', `a trial job ended with ${kind} ${value}`));
}

const readSetting = (path: string): string | undefined => {
  try {
    return readFileSync(`/proc/sys/${path}`, 'latin1').trim();
  } catch {
    return undefined;
  }
};

/** What keeps user namespaces from working, by the kernel's own settings. `setting` reads below /proc/sys. */
export function explainSandbox(problem: Fault, jobUser: User | undefined, setting: (path: string) => string | undefined): Fault {
  if (/^hide of/.test(problem.message)) {
    return fault('data-directory', `user ${jobUser?.uid} cannot reach the data directory, and it cannot be mounted elsewhere (${problem.message})`, {
      hint: 'choose a data directory that others may search: --data DIR', cause: problem,
    });
  }
  if (/^(user|chown) of/.test(problem.message)) {
    return fault('sandbox', `this root may not act as user ${jobUser?.uid} (${problem.message})`, { hint: 'start the worker as an ordinary user', cause: problem });
  }
  const denied = /namespace|uid map|gid map|Operation not permitted|RTM_NEWADDR|Permission denied/i.test(problem.message);
  if (!denied) return problem;
  const refuse = (why: string, hint: string): Fault => fault('no-user-namespaces', `${why} (${problem.message})`, { hint, cause: problem });
  if (setting('kernel/unprivileged_userns_clone') === '0') {
    return refuse('this kernel does not permit user namespaces', 'sudo sysctl kernel.unprivileged_userns_clone=1');
  }
  if (setting('user/max_user_namespaces') === '0') {
    return refuse('this kernel permits no user namespace', 'sudo sysctl user.max_user_namespaces=15000');
  }
  if (setting('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return refuse('AppArmor restricts user namespaces', 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0');
  }
  if (/mount proc/i.test(problem.message)) {
    return refuse('/proc cannot be mounted in a sandbox here', 'in a container, start it with: --security-opt systempaths=unconfined --security-opt seccomp=unconfined');
  }
  if (/uid map|gid map/i.test(problem.message) && jobUser !== undefined) {
    return refuse(`user ${jobUser.uid} may not map itself`, `choose another user for jobs, e.g. --job-user ${jobUser.uid + 1}`);
  }
  return refuse('user namespaces do not work here', 'in a container, start it with: --security-opt seccomp=unconfined --security-opt apparmor=unconfined');
}
