import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fault } from '@mosix/core';
import { explainSandbox, findBubblewrap, findInit, isReachable } from './checks.js';

const explain = (message: string, settings: Record<string, string> = {}) => {
  const { code, hint } = explainSandbox(fault('sandbox', message), { uid: 65534, gid: 65534 }, (path) => settings[path]);
  return [code, hint ?? ''];
};
const DENIED = 'the sandbox ended with status 1: bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.';

test('each way in which user namespaces can be forbidden has the command that permits them', () => {
  expect(explain(DENIED, { 'kernel/unprivileged_userns_clone': '0' })).toEqual(['no-user-namespaces', 'sudo sysctl kernel.unprivileged_userns_clone=1']);
  expect(explain(DENIED, { 'user/max_user_namespaces': '0' })).toEqual(['no-user-namespaces', 'sudo sysctl user.max_user_namespaces=15000']);
  expect(explain('bwrap: setting up uid map: Permission denied', { 'kernel/apparmor_restrict_unprivileged_userns': '1' })).toEqual([
    'no-user-namespaces', 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
  ]); // prettier-ignore
  expect(explain(DENIED)).toEqual(['no-user-namespaces', expect.stringContaining('seccomp=unconfined')]);
  expect(explain("bwrap: Can't mount proc on /newroot/proc: Operation not permitted")).toEqual(['no-user-namespaces', expect.stringContaining('systempaths')]);
});

test('other failures keep their own words', () => {
  expect(explain('the sandbox ended with status 1: bwrap: Unknown option --as-pid-1')).toEqual(['sandbox', '']);
  expect(explain('hide of unshare: EPERM')).toEqual(['data-directory', expect.stringContaining('--data')]);
  expect(explain('user of setresuid: EPERM')).toEqual(['sandbox', expect.stringContaining('ordinary user')]);
});

test('programs are found, or named with what installs them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mosix-checks-'));
  expect(findInit(folder)).toMatchObject({ ok: false, error: { code: 'no-init', hint: 'make -C packages/launcher' } });
  writeFileSync(join(folder, 'mosix-init'), '', { mode: 0o755 });
  expect(findInit(folder)).toEqual({ ok: true, value: join(folder, 'mosix-init') });
  writeFileSync(join(folder, 'bwrap'), '', { mode: 0o755 });
  expect(findBubblewrap(`/nonexistent:${folder}`)).toEqual({ ok: true, value: join(folder, 'bwrap') });
  rmSync(folder, { recursive: true });
});

test('a directory counts as reachable only when others may search every component', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mosix-checks-'));
  mkdirSync(join(folder, 'inner'));
  expect(isReachable(join(folder, 'inner'))).toBe(false);
  chmodSync(folder, 0o711);
  expect(isReachable(join(folder, 'inner'))).toBe(true);
  rmSync(folder, { recursive: true });
});
