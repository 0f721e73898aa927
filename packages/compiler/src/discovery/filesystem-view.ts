// What the daemon knows of this machine's files: a cache of directory entries, filled by lstat and never trusted by itself.
//
// Every answer is remembered, also «there is no such name», and each node can be written as one VERIFY entry. Before an answer is
// used the launcher compares all entries a compile relies on with the file system, natively and in its own process; what has
// changed comes back here through `refresh`. So a warm look-up costs a Map access, and is still right.
import { lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs';

/** Two stamps this close to the moment of reading may hide a later write within the same clock tick. */
const RACY_NS = 20_000_000n;
/** The same for file systems that keep whole seconds only (FAT keeps even ones). */
const RACY_COARSE_NS = 2_000_000_000n;

/** VERIFY: size or times that are not compared. */
const ANY_SIZE = 0xffff_ffff_ffff_ffffn;
const ANY_TIME = -0x8000_0000_0000_0000n;

/** Directory listings are read whole when more names than this are known to be absent. */
const PROBE_ONE_BY_ONE_MAX = 40;

const SYMLINK_HOPS_MAX = 40;

interface NodeBase {
  readonly id: number;
  readonly path: string;
  readonly name: string;
  /** VERIFY entry: path and expected identity; see docs/protocols.md. */
  verify: Buffer;
  /** The file system has moved on: a newer node, or none, stands at this path. */
  stale: boolean;
  /** Number of the last walk that saw this node; lets a walk collect nodes once without a Set. */
  stamp: number;
  /** Number of the look (see `beginLook`) in which lstat gave this node. */
  readonly look: number;
  /** A file or directory written so shortly before it was read that its stamps prove nothing: read it again next time. */
  racy: boolean;
}

export interface FileNode extends NodeBase {
  readonly kind: 'file';
  readonly directory: DirectoryNode;
  readonly sizeBytes: number;
  readonly executable: boolean;
  readonly readable: boolean;
  readonly identity: string;
  /** Whole seconds, and device with inode: by these compilers tell whether two files of one content are the same file. */
  readonly mtimeSeconds: number;
  readonly inode: string;
  contents: unknown;
}

export interface DirectoryNode extends NodeBase {
  readonly kind: 'directory';
  readonly parent: DirectoryNode | undefined;
  readonly children: Map<string, Node>;
  /** Number of the last walk that ships this directory though nothing be in it. */
  shipped: number;
  absentCount: number;
  /** Grows when a name below appears, vanishes or changes its kind: what followed from a failed look-up here is void then. */
  version: number;
  /** VERIFY entry that asks only whether this is still the same directory, whatever names it holds. */
  readonly verifySame: Buffer;
  /** Device and inode: two paths of one directory are one entry of a compiler's search path. */
  readonly inode: string;
}

export interface LinkNode extends NodeBase {
  readonly kind: 'symlink';
  readonly directory: DirectoryNode;
  readonly target: string;
}

export interface AbsentNode extends NodeBase {
  readonly kind: 'absent';
}

/** A device, socket or pipe: nothing that can be shipped. */
export interface SpecialNode extends NodeBase {
  readonly kind: 'special';
}

export type Node = FileNode | DirectoryNode | LinkNode | AbsentNode | SpecialNode;

/** Collects what a look-up relied on, so that it can be shipped and verified. */
export interface Trail {
  link(node: LinkNode): void;
  /** A directory that must exist in the input root: before `..`, or on a search path. */
  directory(node: DirectoryNode): void;
  /** A name was not found in this directory. */
  negative(node: DirectoryNode): void;
  /** A device or the like, or something that we may not even look at, stood in the way. */
  special(node: SpecialNode): void;
  /** A file where a directory was wanted, or the reverse: the search went on, and must begin anew when that changes. */
  obstacle(node: FileNode | DirectoryNode): void;
}

export interface FilesystemView {
  readonly root: DirectoryNode;
  /** Grows whenever a name appears, vanishes or changes its kind or target: what was derived from look-ups is void then. */
  readonly epoch: number;
  /** Grows with every node that becomes stale and every directory's version: as long as it stays, so does every node. */
  readonly changes: number;
  /** Begins a new look: nodes that are racy and older than it should be refreshed before they are used. */
  beginLook(): number;
  /** Resolves `path` (relative to `from`, symbolic links followed as the kernel does). `undefined`: no such file. */
  lookup(from: DirectoryNode, path: string, trail: Trail): FileNode | DirectoryNode | undefined;
  /** The names in a directory right now. A caller that relies on the list puts the directory among its negatives. */
  list(directory: DirectoryNode): string[];
  /** Looks at the file system again after a VERIFY entry did not match. */
  refresh(node: Node): void;
  /** The same by name, for an entry that came from a saved record. */
  forget(path: string): void;
}

const encodeVerify = (path: string, stats: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint; ctimeNs: bigint } | undefined): Buffer => {
  const pathBytes = Buffer.byteLength(path);
  const entry = Buffer.allocUnsafe(2 + pathBytes + 40);
  entry.writeUInt16LE(pathBytes, 0);
  entry.write(path, 2, 'utf8');
  // Buffer's own writers of 64 bits take a number apart byte by byte.
  const numbers = new DataView(entry.buffer, entry.byteOffset + 2 + pathBytes, 40);
  numbers.setBigUint64(0, stats?.dev ?? 0n, true);
  numbers.setBigUint64(8, stats?.ino ?? 0n, true);
  numbers.setBigUint64(16, stats?.size ?? 0n, true);
  numbers.setBigInt64(24, stats?.mtimeNs ?? 0n, true);
  numbers.setBigInt64(32, stats?.ctimeNs ?? 0n, true);
  return entry;
};

/**
 * Nodes of all kinds have the same fields in the same order, whether they mean anything for the kind or not, so that all code that goes
 * over nodes of all kinds sees objects of one shape. (V8 gave nearly every node that was made by object spread a shape of its own, and each
 * access to a field was a look-up by name.)
 */
const makeNode = (kind: Node['kind'], id: number, path: string, name: string, look: number, verify: Buffer) => ({
  kind,
  id,
  path,
  name,
  verify,
  stale: false,
  stamp: 0,
  look,
  racy: false,
  // Files and links.
  directory: undefined as DirectoryNode | undefined,
  sizeBytes: 0,
  executable: false,
  readable: true,
  identity: '',
  mtimeSeconds: 0,
  inode: '',
  contents: undefined as unknown,
  target: '',
  // Directories.
  parent: undefined as DirectoryNode | undefined,
  children: undefined as Map<string, Node> | undefined,
  shipped: 0,
  absentCount: 0,
  version: 0,
  verifySame: undefined as Buffer | undefined,
});

const join = (directory: DirectoryNode, name: string): string => (directory.path === '/' ? `/${name}` : `${directory.path}/${name}`);

/** `nowNs`: wall clock in nanoseconds since 1970, the clock that file stamps come from. */
export function createFilesystemView(nowNs: () => bigint = () => BigInt(Date.now()) * 1_000_000n): FilesystemView {
  let nextId = 1;
  let epoch = 1;
  let changes = 1;
  let look = 1;

  const isRacy = (stats: BigIntStats): boolean => {
    const newest = stats.mtimeNs > stats.ctimeNs ? stats.mtimeNs : stats.ctimeNs;
    const coarse = stats.mtimeNs % 1_000_000_000n === 0n && stats.ctimeNs % 1_000_000_000n === 0n;
    return newest > nowNs() - (coarse ? RACY_COARSE_NS : RACY_NS);
  };

  const makeDirectory = (parent: DirectoryNode | undefined, path: string, name: string, stats: BigIntStats): DirectoryNode => {
    const verify = encodeVerify(path, { dev: stats.dev, ino: stats.ino, size: ANY_SIZE, mtimeNs: stats.mtimeNs, ctimeNs: ANY_TIME });
    const node = makeNode('directory', nextId++, path, name, look, verify);
    node.parent = parent;
    node.children = new Map();
    node.racy = isRacy(stats);
    node.verifySame = encodeVerify(path, { dev: stats.dev, ino: stats.ino, size: ANY_SIZE, mtimeNs: ANY_TIME, ctimeNs: ANY_TIME });
    node.inode = `${stats.dev}:${stats.ino}`;
    return node as DirectoryNode;
  };

  const examine = (directory: DirectoryNode, name: string): Node => {
    const path = join(directory, name);
    let stats: BigIntStats | undefined;
    try {
      stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    } catch {
      return makeNode('special', nextId++, path, name, look, encodeVerify(path, undefined)) as SpecialNode; // forbidden, or a path that is too long
    }
    if (stats === undefined) return makeNode('absent', nextId++, path, name, look, encodeVerify(path, undefined)) as AbsentNode;
    if (stats.isDirectory()) return makeDirectory(directory, path, name, stats);
    const verify = encodeVerify(path, stats);
    if (stats.isFile()) {
      const node = makeNode('file', nextId++, path, name, look, verify);
      node.directory = directory;
      node.sizeBytes = Number(stats.size);
      node.executable = (stats.mode & 0o111n) !== 0n;
      node.identity = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
      node.mtimeSeconds = Number(stats.mtimeNs / 1_000_000_000n);
      node.inode = `${stats.dev}:${stats.ino}`;
      node.racy = isRacy(stats);
      return node as FileNode;
    }
    if (!stats.isSymbolicLink()) return makeNode('special', nextId++, path, name, look, verify) as SpecialNode;
    const node = makeNode('symlink', nextId++, path, name, look, verify);
    node.directory = directory;
    node.target = readlinkSync(path);
    return node as LinkNode;
  };

  const child = (directory: DirectoryNode, name: string): Node => {
    const known = directory.children.get(name);
    if (known !== undefined) return known;
    const found = examine(directory, name);
    // A change of permissions shows in no stamp that is compared: such a node is looked at anew each time.
    if (found.kind !== 'special') directory.children.set(name, found);
    if (found.kind === 'absent') directory.absentCount += 1;
    return found;
  };

  const markStale = (node: Node): void => {
    node.stale = true;
    changes += 1;
    if (node.kind === 'directory') for (const below of node.children.values()) markStale(below);
  };

  const replace = (directory: DirectoryNode, old: Node): void => {
    if (directory.children.get(old.name) !== old) return;
    const fresh = examine(directory, old.name);
    if (old.kind === fresh.kind && old.verify.equals(fresh.verify) && !old.racy) return;
    if (old.kind === 'directory' && fresh.kind === 'directory' && old.inode === fresh.inode) {
      recheckAbsent(old, fresh);
      return;
    }
    const sameShape = old.kind === 'file' && fresh.kind === 'file';
    markStale(old);
    directory.children.set(old.name, fresh);
    if (old.kind === 'absent') directory.absentCount -= 1;
    if (fresh.kind === 'absent') directory.absentCount += 1;
    // A file whose bytes changed is a new node: what hangs on the old one is dropped with it, and no name has moved.
    if (sameShape) return;
    epoch += 1;
    directory.version += 1;
  };

  /** The directory's stamp moved: find out whether a name that we hold to be absent has appeared. */
  const recheckAbsent = (directory: DirectoryNode, fresh: { verify: Buffer; racy: boolean }): void => {
    directory.verify = fresh.verify;
    directory.racy = fresh.racy;
    if (directory.absentCount === 0) return;
    const appeared: string[] = [];
    if (directory.absentCount <= PROBE_ONE_BY_ONE_MAX) {
      for (const [name, node] of directory.children) {
        if (node.kind === 'absent' && lstatSync(node.path, { throwIfNoEntry: false }) !== undefined) appeared.push(name);
      }
    } else {
      for (const name of readdirSync(directory.path)) {
        if (directory.children.get(name)?.kind === 'absent') appeared.push(name);
      }
    }
    for (const name of appeared) {
      const old = directory.children.get(name);
      if (old !== undefined) replace(directory, old);
    }
  };

  const rootStats = lstatSync('/', { bigint: true });
  const root = makeDirectory(undefined, '/', '', rootStats);

  const walk = (from: DirectoryNode, path: string, trail: Trail, hops: number): FileNode | DirectoryNode | undefined => {
    if (hops > SYMLINK_HOPS_MAX) return undefined;
    let at: DirectoryNode = path.startsWith('/') ? root : from;
    const parts = path.split('/');
    const last = parts.length - 1;
    for (let index = 0; index <= last; index += 1) {
      const part = parts[index] as string;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        trail.directory(at);
        at = at.parent ?? root;
        continue;
      }
      const node = child(at, part);
      switch (node.kind) {
        case 'directory':
          at = node;
          continue;
        case 'file':
          if (index === last) return node;
          trail.obstacle(node);
          return undefined;
        case 'absent':
          trail.negative(at);
          return undefined;
        case 'special':
          trail.special(node);
          return undefined;
        case 'symlink': {
          trail.link(node);
          const behind = walk(at, node.target, trail, hops + 1);
          if (behind === undefined) return undefined;
          if (behind.kind === 'file') {
            if (index === last) return behind;
            trail.obstacle(behind);
            return undefined;
          }
          at = behind;
        }
      }
    }
    return at;
  };

  return {
    root,
    get epoch() {
      return epoch;
    },
    get changes() {
      return changes;
    },
    beginLook: () => (look += 1),
    lookup: (from, path, trail) => walk(from, path, trail, 0),
    list(directory) {
      try {
        return readdirSync(directory.path).sort();
      } catch {
        return [];
      }
    },
    refresh(node) {
      if (node.stale) return;
      if (node.kind === 'directory') {
        if (node.parent === undefined) return recheckAbsent(node, makeDirectory(undefined, '/', '', lstatSync('/', { bigint: true })));
        return replace(node.parent, node);
      }
      const parentPath = node.path.slice(0, node.path.lastIndexOf('/')) || '/';
      const parent = node.kind === 'file' || node.kind === 'symlink' ? node.directory : walk(root, parentPath, nullTrail, 0);
      if (parent?.kind === 'directory') replace(parent, node);
    },
    forget(path) {
      let at: DirectoryNode = root;
      for (const part of path.split('/').filter((name) => name !== '')) {
        const node: Node | undefined = at.children.get(part);
        if (node === undefined) return;
        if (node.kind === 'directory' && node.path !== path) {
          at = node;
          continue;
        }
        replace(at, node);
        return;
      }
    },
  };
}

export const nullTrail: Trail = { link() {}, directory() {}, negative() {}, special() {}, obstacle() {} };
