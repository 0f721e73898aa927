// The compiler's search order for headers as directories of this machine, and include names resolved along it. Results are kept
// for as long as no name appears, vanishes or moves (the view's epoch), so that a warm walk over 400 headers is pointer chasing.
import type { Compile, Family } from '../command-line/index.js';
import type { CompilerFacts } from './compiler-facts.js';
import type { DirectoryNode, FileNode, FilesystemView, LinkNode, Node, SpecialNode, Trail } from './filesystem-view.js';
import type { IncludeReference } from './scan-source.js';

/** Everything some look-ups relied on. */
export interface Footprint {
  readonly links: LinkNode[];
  readonly directories: DirectoryNode[];
  readonly negatives: DirectoryNode[];
  readonly specials: SpecialNode[];
  readonly obstacles: (FileNode | DirectoryNode)[];
}

export const emptyFootprint = (): Footprint => ({ links: [], directories: [], negatives: [], specials: [], obstacles: [] });

export function trailInto(footprint: Footprint): Trail {
  const add = <T extends Node>(list: T[], node: T): void => {
    if (!list.includes(node)) list.push(node);
  };
  return {
    link: (node) => add(footprint.links, node),
    directory: (node) => add(footprint.directories, node),
    negative: (node) => add(footprint.negatives, node),
    special: (node) => add(footprint.specials, node),
    obstacle: (node) => add(footprint.obstacles, node),
  };
}

/** A file as the compiler opened it: `directory` is where its own `"x"` includes are looked for first. */
export interface Opened {
  readonly file: FileNode;
  readonly directory: DirectoryNode;
  /** Epoch in which `children` was worked out; 0 for never. */
  epoch: number;
  /** `changes` of the view when `children` were last found to be up to date. */
  changes: number;
  children: Opened[];
  /** Files opened, but not as source: `.incbin`, precompiled headers. */
  blobs: FileNode[];
  footprint: Footprint;
  unresolved: string[];
  stamp: number;
}

export interface SearchPath {
  readonly family: Family;
  readonly cwd: DirectoryNode;
  readonly quote: readonly DirectoryNode[];
  readonly angle: readonly DirectoryNode[];
  readonly assembler: readonly DirectoryNode[];
  readonly quoteOnly: boolean;
  /** Files given as search directories: compilers warn about them. */
  readonly misplaced: readonly string[];
  readonly footprint: Footprint;
  readonly opened: Map<number, Opened>;
  readonly epoch: number;
}

/**
 * Order and removal of duplicates as in gcc's incpath.c (clang does the same): a directory that is given as a user directory and
 * is a system directory too keeps only its later, system position.
 */
export function buildSearchPath(view: FilesystemView, cwd: DirectoryNode, compile: Compile, facts: CompilerFacts): SearchPath {
  const footprint = emptyFootprint();
  const trail = trailInto(footprint);
  const misplaced: string[] = [];
  const resolve = (paths: readonly string[]): DirectoryNode[] => {
    const found: DirectoryNode[] = [];
    for (const path of paths) {
      const node = view.lookup(cwd, path, trail);
      if (node?.kind === 'file') misplaced.push(path);
      if (node?.kind !== 'directory') continue;
      trail.directory(node);
      found.push(node);
    }
    return found;
  };
  resolve(facts.missingDirectories);
  const unique = (chain: DirectoryNode[], later: readonly DirectoryNode[]): DirectoryNode[] => {
    const taken = new Set(later.map((node) => node.inode));
    return chain.filter((node) => {
      if (taken.has(node.inode)) return false;
      taken.add(node.inode);
      return true;
    });
  };
  const { search } = compile;
  const system = unique(resolve([...search.system, ...facts.angleDirectories, ...search.after]), []);
  const user = unique(resolve(search.user), system);
  // gcc removes them from the `"x"` chain too; clang does not.
  const quote = unique(resolve([...search.quote, ...facts.quoteDirectories]), facts.family === 'gcc' ? system : []);
  return {
    family: facts.family,
    cwd,
    quote,
    angle: [...user, ...system],
    assembler: resolve(compile.assemblerSearch.directories),
    quoteOnly: search.quoteOnly,
    misplaced,
    footprint,
    opened: new Map(),
    epoch: view.epoch,
  };
}

/** Takes what is resolved on behalf of a file, into a footprint of the caller's choice. */
export const holderFor = (directory: DirectoryNode, file: FileNode, footprint: Footprint): Opened =>
  ({ file, directory, epoch: 0, changes: 0, children: [], blobs: [], footprint, unresolved: [], stamp: 0 });

/** Ids stay far below 2^26, so the pair is one safe integer. */
const pairKey = (directory: DirectoryNode, file: FileNode): number => directory.id * 2 ** 26 + file.id;

export function open(path: SearchPath, directory: DirectoryNode, file: FileNode): Opened {
  const key = pairKey(directory, file);
  let opened = path.opened.get(key);
  if (opened === undefined) {
    opened = holderFor(directory, file, emptyFootprint());
    path.opened.set(key, opened);
  }
  return opened;
}

/** Finds `name` below `base`; the answer's `directory` is where the name itself stands, behind no last link. */
export function find(view: FilesystemView, base: DirectoryNode, name: string, trail: Trail): { directory: DirectoryNode; file: FileNode } | undefined {
  const slash = name.lastIndexOf('/');
  let directory = base;
  if (slash >= 0) {
    const parent = view.lookup(base, slash === 0 ? '/' : name.slice(0, slash), trail);
    if (parent?.kind === 'file') trail.obstacle(parent);
    if (parent?.kind !== 'directory') return undefined;
    directory = parent;
    trail.directory(parent);
  }
  const file = view.lookup(directory, name.slice(slash + 1), trail);
  if (file?.kind === 'file') return { directory, file };
  if (file !== undefined) trail.obstacle(file);
  return undefined;
}

function directoriesFor(path: SearchPath, includer: DirectoryNode, form: IncludeReference['form']): readonly DirectoryNode[] {
  switch (form) {
    case 'angle':
      return path.angle;
    case 'quote':
      return path.quoteOnly ? [...path.quote, ...path.angle] : [includer, ...path.quote, ...path.angle];
    case 'next':
      return [includer, ...path.quote, ...path.angle];
    case 'assembler':
      return [path.cwd, includer, ...path.assembler, ...path.angle];
  }
}

/** gcc looks for `name.gch`, a file or a directory of variants, before it opens `name`. */
function addPrecompiled(view: FilesystemView, base: DirectoryNode, name: string, into: Opened, trail: Trail): void {
  const found = view.lookup(base, `${name}.gch`, trail);
  if (found === undefined) return;
  if (found.kind === 'file') into.blobs.push(found);
  else into.blobs.push(...filesBelow(view, found, trail));
}

/**
 * The second file of a directory of variants, if there is one: gcc takes the first that suits it in the order in which the directory gives
 * them, and tells why others do not; and that order is another one on every file system.
 */
export function secondVariant(files: readonly FileNode[]): FileNode | undefined {
  let first: FileNode | undefined;
  for (const file of files) {
    if (!file.directory.name.endsWith('.gch')) continue;
    if (first !== undefined && first.directory === file.directory) return file;
    first = file;
  }
  return undefined;
}

export function filesBelow(view: FilesystemView, directory: DirectoryNode, trail: Trail): FileNode[] {
  const files: FileNode[] = [];
  trail.directory(directory);
  trail.negative(directory);
  for (const name of view.list(directory)) {
    const node = view.lookup(directory, name, trail);
    if (node?.kind === 'file') files.push(node);
    else if (node?.kind === 'directory') files.push(...filesBelow(view, node, trail));
  }
  return files;
}

/** Resolves what `from` includes. `precompiled`: look for precompiled headers too (only a unit's first headers can have one). */
export function resolveIncludes(
  view: FilesystemView,
  path: SearchPath,
  from: Opened,
  references: readonly IncludeReference[],
  precompiled: boolean,
): void {
  const trail = trailInto(from.footprint);
  for (const reference of references) {
    const { form, name } = reference;
    let resolved = false;
    const bases = name.startsWith('/') ? [view.root] : directoriesFor(path, from.directory, form);
    for (const base of bases) {
      if (precompiled && path.family === 'gcc') addPrecompiled(view, base, name, from, trail);
      const found = find(view, base, name, trail);
      if (found === undefined) continue;
      resolved = true;
      if (form === 'assembler') from.blobs.push(found.file);
      // An assembler `.include` can include in its turn; a scan of a binary `.incbin` finds nothing and costs little.
      from.children.push(open(path, found.directory, found.file));
      // `#include_next` goes on behind the place where the includer was found: every further match is possible.
      if (form !== 'next') break;
    }
    if (!resolved) from.unresolved.push(name);
  }
}
