// All files that one compile can open on this machine, as a superset, at the paths where it looks for them.
import { err, limits, ok, type Result } from '@mosix/core';
import type { Compile } from '../command-line/index.js';
import { byFolder } from './by-folder.js';
import type { CompilerFacts } from './compiler-facts.js';
import type { DirectoryNode, FileNode, FilesystemView, LinkNode, Node } from './filesystem-view.js';
import { includeValueOf, type IncludeReference, type MacroValue } from './scan-source.js';
import { buildSearchPath, emptyFootprint, filesBelow, find, holderFor, open, resolveIncludes, secondVariant, trailInto } from './search-path.js';
import type { Footprint, Opened, SearchPath } from './search-path.js';
import type { SourceStore } from './source-store.js';
import { timeNames } from './time-names.js';

export interface Discovery {
  readonly files: readonly FileNode[];
  readonly links: readonly LinkNode[];
  /** Directories that must exist even where nothing is shipped in them. */
  readonly directories: readonly DirectoryNode[];
  /** Everything to be verified before the discovery is used; for directories also that no name has come or gone. */
  readonly nodes: readonly Node[];
  /** Directories that only have to be the same ones as before. */
  readonly existing: readonly DirectoryNode[];
  /** Names that no directory had; a compile that fails and names one of them is repeated here. */
  readonly unresolved: ReadonlySet<string>;
}

/** `ask-compiler`: the scan alone cannot tell; call again with the list that the compiler itself gives (`-M`). */
export type DiscoveryProblem = { readonly reason: 'ask-compiler' | HomeReason; readonly detail: string };

export type HomeReason =
  | 'missing-source'
  | 'missing-forced-include'
  | 'unreadable-input'
  | 'special-file'
  | 'embeds-time'
  | 'home-only-directive'
  | 'too-many-inputs'
  | 'path-too-long'
  | 'non-utf8-path'
  | 'clang-pch'
  | 'pch-variants';

export interface DiscoveryRequest {
  readonly compile: Compile;
  readonly facts: CompilerFacts;
  readonly cwd: string;
  /** `PWD` of the client: compilers take the working directory's name from it when it is true. */
  readonly logicalCwd: string | undefined;
  readonly sourceDateEpoch: boolean;
  /** More files that are read at other paths than the command line names: locale data and the like. */
  readonly environmentFiles: readonly string[];
  /** From the compiler's own `-M`, when the scan could not follow a computed include. */
  readonly dependencies?: readonly string[];
}

const LOOKS_MAX = 6;
const COMPUTED_ROUNDS_MAX = 16;
const SEARCH_PATHS_MAX = 256;

export interface Discoverer {
  discover(request: DiscoveryRequest): Result<Discovery, DiscoveryProblem>;
}

const problem = (reason: DiscoveryProblem['reason'], detail: string): { ok: false; error: DiscoveryProblem } => err({ reason, detail });

const isStale = (node: Node): boolean => node.stale;

const staleFootprint = (footprint: Footprint): boolean =>
  footprint.links.some(isStale) || footprint.directories.some(isStale) || footprint.negatives.some(isStale) || footprint.obstacles.some(isStale);

/** A file that was replaced by a file leaves the epoch as it is: whatever held on to the old one is worked out anew. */
const outdated = (opened: Opened): boolean => opened.children.some((child) => child.file.stale) || opened.blobs.some(isStale) || staleFootprint(opened.footprint);

export function createDiscoverer(view: FilesystemView, store: SourceStore): Discoverer {
  const searchPaths = new Map<string, SearchPath>();
  const tools = new WeakMap<CompilerFacts, { epoch: number; files: FileNode[]; footprint: Footprint }>();
  let walkNumber = 0;

  const searchPathFor = (cwd: DirectoryNode, request: DiscoveryRequest): SearchPath => {
    const { compile, facts } = request;
    const key = JSON.stringify([cwd.path, compile.search, compile.assemblerSearch, facts.family, facts.angleDirectories, facts.quoteDirectories]);
    const known = searchPaths.get(key);
    if (known !== undefined && known.epoch === view.epoch && !staleFootprint(known.footprint)) return known;
    const built = buildSearchPath(view, cwd, compile, facts);
    if (searchPaths.size >= SEARCH_PATHS_MAX) searchPaths.clear();
    searchPaths.set(key, built);
    return built;
  };

  const toolsOf = (facts: CompilerFacts): { files: FileNode[]; footprint: Footprint } => {
    const known = tools.get(facts);
    if (known !== undefined && known.epoch === view.epoch && !known.files.some((file) => file.stale) && !staleFootprint(known.footprint)) return known;
    const footprint = emptyFootprint();
    const trail = trailInto(footprint);
    const files: FileNode[] = [];
    for (const path of facts.toolFiles) {
      const node = view.lookup(view.root, path, trail);
      if (node?.kind === 'file') files.push(node);
    }
    for (const path of facts.absentNames) view.lookup(view.root, path, trail);
    for (const path of facts.toolDirectories) {
      const node = view.lookup(view.root, path, trail);
      if (node?.kind === 'directory') trail.directory(node);
    }
    const entry = { epoch: view.epoch, files, footprint };
    tools.set(facts, entry);
    return entry;
  };

  /** One attempt against what the view holds now. */
  const walkOnce = (request: DiscoveryRequest): Result<Discovery, DiscoveryProblem> => {
    const { compile, facts } = request;
    const stamp = ++walkNumber;
    const files: FileNode[] = [];
    const links: LinkNode[] = [];
    const directories: DirectoryNode[] = [];
    const others: Node[] = [];
    const unresolved = new Set<string>();
    let special: string | undefined;

    const addFile = (file: FileNode): void => {
      if (file.stamp === stamp) return;
      file.stamp = stamp;
      files.push(file);
    };
    const addFootprint = (footprint: Footprint): void => {
      for (const node of footprint.links) {
        if (node.stamp === stamp) continue;
        node.stamp = stamp;
        links.push(node);
      }
      for (const node of footprint.directories) {
        if (node.shipped === stamp) continue;
        node.shipped = stamp;
        directories.push(node);
      }
      for (const node of footprint.negatives) {
        if (node.stamp === stamp) continue;
        node.stamp = stamp;
        others.push(node);
      }
      // Not stamped: what is in the way of one look-up may be found by another, and must be shipped then.
      others.push(...footprint.obstacles);
      for (const node of footprint.specials) {
        if (node.path !== '/dev/null') special = node.path;
      }
    };

    const base = emptyFootprint();
    const trail = trailInto(base);
    const cwd = view.lookup(view.root, request.cwd, trail);
    if (cwd?.kind !== 'directory') return problem('missing-source', request.cwd);
    trail.directory(cwd);
    if (request.logicalCwd?.startsWith('/') === true) view.lookup(view.root, request.logicalCwd, trail);
    for (const output of compile.outputs) {
      const slash = output.path.lastIndexOf('/');
      if (slash < 0) continue;
      const directory = view.lookup(cwd, slash === 0 ? '/' : output.path.slice(0, slash), trail);
      if (directory?.kind === 'directory') trail.directory(directory);
    }

    const path = searchPathFor(cwd, request);
    if (path.misplaced[0] !== undefined) return problem('special-file', path.misplaced[0]);
    addFootprint(path.footprint);
    const toolchain = toolsOf(facts);
    addFootprint(toolchain.footprint);
    for (const file of toolchain.files) addFile(file);
    for (const name of [...compile.extraInputs, ...request.environmentFiles]) {
      const node = view.lookup(cwd, name, trail);
      if (node?.kind === 'file') addFile(node);
    }
    for (const name of compile.extraDirectories) {
      const node = view.lookup(cwd, name, trail);
      if (node?.kind === 'directory') for (const file of filesBelow(view, node, trail)) addFile(file);
      if (files.length > limits.inputFilesMax) return problem('too-many-inputs', name);
    }

    const source = find(view, cwd, compile.source, trail);
    if (source === undefined) return problem('missing-source', compile.source);
    const main = open(path, source.directory, source.file);
    const pending: Opened[] = [main];
    if (compile.preprocesses && facts.family === 'gcc') {
      // gcc reads this header before anything else wherever there is one (C17 7.1 macros that the library defines).
      const holder = holderFor(cwd, source.file, base);
      resolveIncludes(view, path, holder, [{ form: 'angle', name: 'stdc-predef.h' }], false);
      pending.push(...holder.children);
    }
    for (const forced of compile.forcedIncludes) {
      const holder = holderFor(cwd, source.file, base);
      resolveIncludes(view, path, holder, [{ form: 'quote', name: forced.path }], true);
      if (holder.children.length === 0 && holder.blobs.length === 0) return problem('missing-forced-include', forced.path);
      if (facts.family === 'clang' && ['.pch', '.gch'].some((end) => find(view, cwd, forced.path + end, trail) !== undefined)) {
        return problem('clang-pch', forced.path);
      }
      pending.push(...holder.children);
      for (const file of holder.blobs) addFile(file);
    }
    for (const dependency of request.dependencies ?? []) {
      const found = find(view, cwd, dependency, trail);
      if (found === undefined) return problem('missing-source', dependency);
      pending.push(open(path, found.directory, found.file));
      // The file was found by a name that the scan does not know; a newer one earlier on the path would be found first.
      for (const directory of [...path.quote, ...path.angle]) {
        if (found.file.path.startsWith(`${directory.path}/`)) {
          const name = found.file.path.slice(directory.path.length + 1);
          for (const earlier of [cwd, ...path.quote, ...path.angle]) find(view, earlier, name, trail);
        }
      }
    }

    const computed = new Map<string, Opened[]>();
    const probed = new Set<string>();
    const probeMacros = new Set<string>();
    const units: Opened[] = [];
    let embedsTime: string | undefined;
    let frame = false;
    let word: string | undefined;
    for (const macro of compile.commandLineMacros) {
      const named = timeNames(macro.value);
      frame ||= named.frame;
      if (named.word) word = macro.name;
    }
    let opaque: string | undefined;
    const drain = (): DiscoveryProblem | undefined => {
      for (let opened = pending.pop(); opened !== undefined; opened = pending.pop()) {
        if (opened.stamp === stamp) continue;
        opened.stamp = stamp;
        addFile(opened.file);
        if (files.length > limits.includeFilesMax) return { reason: 'too-many-inputs', detail: opened.file.path };
        units.push(opened);
        const known = store.facts(opened.file, true);
        if (known?.source === undefined) return { reason: 'unreadable-input', detail: opened.file.path };
        const scanned = known.source;
        const followed = opened === main && !compile.preprocesses ? scanned.includes.filter((reference) => reference.form === 'assembler') : scanned.includes;
        if (facts.family === 'gcc') {
          for (const name of scanned.marked) {
            const node = view.lookup(cwd, name, trail);
            if (node?.kind === 'file') addFile(node);
          }
        }
        if (scanned.homeOnly) return { reason: 'home-only-directive', detail: opened.file.path };
        if (compile.preprocesses) {
          if (scanned.namesTimestamp || (scanned.namesDate && !request.sourceDateEpoch)) embedsTime = opened.file.path;
          frame ||= scanned.framesName;
          if (scanned.wordOfTime) word = opened.file.path;
          if (scanned.opaque) opaque = opened.file.path;
          for (const name of scanned.probeMacros) probeMacros.add(name);
          for (const name of scanned.probed) probed.add(name);
          for (const name of scanned.probed.length === 0 ? scanned.computed : [...scanned.computed, ...scanned.probed]) {
            const askers = computed.get(name);
            if (askers === undefined) computed.set(name, [opened]);
            else askers.push(opened);
          }
        }
        if (opened.epoch !== view.epoch || (opened.changes !== view.changes && outdated(opened))) {
          opened.children = [];
          opened.blobs = [];
          opened.unresolved = [];
          opened.footprint = emptyFootprint();
          resolveIncludes(view, path, opened, followed, opened === main);
          opened.epoch = view.epoch;
        }
        opened.changes = view.changes;
        addFootprint(opened.footprint);
        for (const file of opened.blobs) addFile(file);
        for (const name of opened.unresolved) unresolved.add(name);
        for (const child of opened.children) if (child.stamp !== stamp) pending.push(child);
      }
      return undefined;
    };

    const stopped = drain();
    if (stopped !== undefined) return err(stopped);
    for (const name of probeMacros) {
      // Files that come in through these probes may use them in their turn; `units` grows while it is walked.
      for (let index = 0; index < units.length; index += 1) {
        const unit = units[index] as Opened;
        const references = store.probes(unit.file, name);
        if (references === undefined) return problem('home-only-directive', unit.file.path);
        if (references.length === 0) continue;
        const holder = holderFor(unit.directory, unit.file, base);
        resolveIncludes(view, path, holder, references, false);
        pending.push(...holder.children);
        const stoppedHere = drain();
        if (stoppedHere !== undefined) return err(stoppedHere);
      }
    }
    if (computed.size > 0 && (request.dependencies === undefined || probed.size > 0)) {
      const outcome = followComputed(request, path, computed, units, pending, drain, base, unresolved, addFile);
      if (outcome === 'opaque' && probed.size > 0) return problem('home-only-directive', [...probed].join(', '));
      if (outcome === 'opaque') opaque ??= [...computed.keys()].join(', ');
      else if (outcome !== undefined) return err(outcome);
    }
    if (opaque !== undefined && request.dependencies === undefined) return problem('ask-compiler', opaque);
    if (frame) embedsTime ??= word;
    if (embedsTime !== undefined) return problem('embeds-time', embedsTime);
    addFootprint(base);
    if (special !== undefined) return problem('special-file', special);
    for (const node of [...files, ...links]) {
      if (node.path.length > limits.inputPathBytesMax / 3 && Buffer.byteLength(node.path) > limits.inputPathBytesMax) return problem('path-too-long', node.path.slice(0, 80));
      if (node.path.includes('\ufffd')) return problem('non-utf8-path', node.path);
    }
    const variant = secondVariant(files);
    if (variant !== undefined) return problem('pch-variants', variant.path);
    for (const file of files) if (store.facts(file, false) === undefined) return problem('unreadable-input', file.path);
    const existing = directories.filter((node) => node.stamp !== stamp);
    return ok({ files, links, directories, nodes: byFolder([...files, ...links, ...others]), existing: byFolder(existing), unresolved });
  };

  /** `#include NAME`: follows every value that any file of the closure, or the command line, gives NAME. */
  const followComputed = (
    request: DiscoveryRequest,
    path: SearchPath,
    computed: Map<string, Opened[]>,
    units: readonly Opened[],
    pending: Opened[],
    drain: () => DiscoveryProblem | undefined,
    base: Footprint,
    unresolved: Set<string>,
    addFile: (file: FileNode) => void,
  ): DiscoveryProblem | 'opaque' | undefined => {
    const given = new Map<string, MacroValue[]>();
    for (const macro of request.compile.commandLineMacros) {
      given.set(macro.name, [...(given.get(macro.name) ?? []), includeValueOf(macro.value)]);
    }
    const valuesOf = (name: string): MacroValue[] => {
      const values = [...(given.get(name) ?? [])];
      for (const unit of units) values.push(...store.defines(unit.file, name));
      return values;
    };
    const done = new Set<string>();
    for (let round = 0; round < COMPUTED_ROUNDS_MAX; round += 1) {
      const before = units.length;
      for (const [name, askers] of computed) {
        const references: IncludeReference[] = [];
        if (!expand(valuesOf, name, references, new Set())) return 'opaque';
        for (const asker of askers) {
          for (const reference of references) {
            const key = `${asker.directory.id} ${reference.form} ${reference.name}`;
            if (done.has(key)) continue;
            done.add(key);
            const holder = holderFor(asker.directory, asker.file, base);
            resolveIncludes(view, path, holder, [reference], false);
            for (const missing of holder.unresolved) unresolved.add(missing);
            for (const file of holder.blobs) addFile(file);
            pending.push(...holder.children);
          }
        }
      }
      const stopped = drain();
      if (stopped !== undefined) return stopped;
      if (units.length === before) return undefined;
    }
    return 'opaque';
  };

  return {
    discover(request) {
      for (let attempt = 0; attempt < LOOKS_MAX; attempt += 1) {
        const look = attempt === 0 ? view.beginLook() : undefined;
        const found = walkOnce(request);
        const current = look ?? 0;
        if (!found.ok) return found;
        if (current === 0) return found;
        // Entries that were read within one clock tick of being written are looked at again, once.
        const doubtful = found.value.nodes.filter((node) => node.racy && node.look < current);
        if (doubtful.length === 0) return found;
        for (const node of doubtful) view.refresh(node);
      }
      return problem('unreadable-input', request.compile.source);
    },
  };
}

const PREDEFINED: ReadonlySet<string> = new Set(['linux', 'unix', 'i386']);

/** False when a value of `name` is beyond the scan. A macro that nobody defines expands to nothing that could be opened. */
function expand(valuesOf: (name: string) => readonly MacroValue[], name: string, into: IncludeReference[], seen: Set<string>): boolean {
  if (seen.has(name)) return true;
  seen.add(name);
  for (const value of valuesOf(name)) {
    if (value.kind === 'opaque') return false;
    if (value.kind === 'include') {
      // Between < and > macros are expanded too; `linux` and `unix` are predefined in the dialects that users mostly have.
      if (value.form === 'angle' && (value.name.match(/[A-Za-z_]\w*/g) ?? []).some((word) => PREDEFINED.has(word) || valuesOf(word).length > 0)) return false;
      into.push({ form: value.form, name: value.name });
    } else if (!expand(valuesOf, value.to, into, seen)) return false;
  }
  return true;
}

