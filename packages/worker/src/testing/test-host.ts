// What sandbox tests need of this machine: bubblewrap and a compiled mosix-init. Without them the tests are skipped, visibly.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuiltTree } from './tree-builder.js';

const launcher = fileURLToPath(new URL('../../../launcher', import.meta.url));

export const bubblewrap = '/usr/bin/bwrap';

/** Why sandboxes cannot be tested here; undefined when they can. */
export const sandboxMissing: string | undefined = (() => {
  if (!existsSync(bubblewrap)) return 'bubblewrap is not installed (apt-get install bubblewrap)';
  const probe = spawnSync(bubblewrap, ['--ro-bind', '/', '/', '--unshare-user', '--unshare-pid', '/bin/true']);
  return probe.status === 0 ? undefined : `user namespaces are not permitted: ${String(probe.stderr)}`;
})();

export const isRoot = process.getuid?.() === 0;

/** When the tests run as root: who plays the unprivileged worker, and who runs a root worker's jobs. */
export const nobody = { uid: 65534, gid: 65534 };

let initDirectory: string | undefined;

/** Compiled from the source beside us, so that a test never runs an old one. */
export function buildInit(): string {
  initDirectory ??= mkdtempSync(join(tmpdir(), 'mosix-init-'));
  const program = join(initDirectory, 'mosix-init');
  if (!existsSync(program)) execFileSync('gcc', ['-static', '-O2', '-Wall', '-Wextra', '-Werror', join(launcher, 'src/mosix-init.c'), '-o', program]);
  chmodSync(initDirectory, 0o755);
  return program;
}

export function removeInit(): void {
  if (initDirectory !== undefined) rmSync(initDirectory, { recursive: true, force: true });
  initDirectory = undefined;
}

/** Lays blobs out as the store does (`<2 hex>/<hash>`, and `<hash>.x` for executables). */
export function writeBlobs(directory: string, tree: BuiltTree, owner?: { uid: number; gid: number }): void {
  for (const { digest, bytes } of tree.blobs.values()) {
    for (const [suffix, mode] of [['', 0o444], ['.x', 0o555]] as const) {
      const path = join(directory, digest.hash.slice(0, 2), digest.hash + suffix);
      if (existsSync(path)) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
      chmodSync(path, mode);
      if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    }
  }
}

export const listRecursive = (directory: string): string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
