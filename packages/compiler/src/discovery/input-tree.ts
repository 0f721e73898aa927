// The input root of one action: a Merkle tree of REAPI Directory messages, rooted at this machine's `/`.
import { encodeDirectory, type Digest, type FileProperties, type Sha256 } from '@mosix/core';
import type { DirectoryNode, FileNode, LinkNode } from './filesystem-view.js';
import type { Discovery } from './discover.js';
import type { SourceStore } from './source-store.js';

export interface DirectoryBlob {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

export interface InputTree {
  readonly root: Digest;
  /** Every Directory message, children before parents. */
  readonly directories: readonly DirectoryBlob[];
  readonly files: readonly { readonly digest: Digest; readonly node: FileNode }[];
  /** Sum of the files' sizes. */
  readonly sizeBytes: number;
}

interface Draft {
  readonly node: DirectoryNode;
  readonly files: FileNode[];
  readonly links: LinkNode[];
  readonly children: Draft[];
}

const MEMO_MAX = 50_000;

/** Any time will do, as long as equal times stay equal and different ones different: actions then agree between machines. */
const TWIN_EPOCH_SECONDS = 1_000_000_000;

/**
 * Files of one content at several paths, where the content says `#pragma once` (or `#import` names it): gcc takes those for one file that have the same
 * modification time (in seconds), clang those that are one inode. A blob has neither, so both relations travel as node properties.
 */
function findTwins(files: readonly FileNode[], onceHash: (file: FileNode) => string | undefined): Map<FileNode, FileProperties> {
  const groups = new Map<string, FileNode[]>();
  for (const file of files) {
    const hash = onceHash(file);
    if (hash === undefined) continue;
    const group = groups.get(hash);
    if (group === undefined) groups.set(hash, [file]);
    else group.push(file);
  }
  const properties = new Map<FileNode, FileProperties>();
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    // In the order of paths, so that the walk's order does not show in the digest.
    group.sort((a, b) => (a.path < b.path ? -1 : 1));
    const times = [...new Set(group.map((file) => file.mtimeSeconds))];
    const inodes = [...new Set(group.map((file) => file.inode))];
    for (const file of group) {
      const inodeClass = inodes.indexOf(file.inode);
      const linked = group.filter((other) => other.inode === file.inode).length > 1;
      properties.set(file, {
        mtimeSeconds: TWIN_EPOCH_SECONDS + times.indexOf(file.mtimeSeconds),
        ...(linked ? { properties: [{ name: 'mosix-inode', value: String(inodeClass) }] } : {}),
      });
    }
  }
  return properties;
}

export interface TreeBuilder {
  build(discovery: Discovery): InputTree;
}

/** Directories with the same content come up again in unit after unit; each is encoded and hashed once. */
export function createTreeBuilder(store: SourceStore, sha256: Sha256): TreeBuilder {
  const memo = new Map<string, DirectoryBlob>();

  return {
    build(discovery) {
      const drafts = new Map<DirectoryNode, Draft>();
      const draftOf = (node: DirectoryNode): Draft => {
        const known = drafts.get(node);
        if (known !== undefined) return known;
        const draft: Draft = { node, files: [], links: [], children: [] };
        drafts.set(node, draft);
        if (node.parent !== undefined) draftOf(node.parent).children.push(draft);
        return draft;
      };
      for (const file of discovery.files) draftOf(file.directory).files.push(file);
      for (const link of discovery.links) draftOf(link.directory).links.push(link);
      for (const directory of discovery.directories) draftOf(directory);

      const files: { digest: Digest; node: FileNode }[] = [];
      const directories: DirectoryBlob[] = [];
      let sizeBytes = 0;

      const digestOf = (file: FileNode): Digest => {
        const facts = store.facts(file, false);
        // `discover` has read every file; one that is unreadable never gets here.
        if (facts === undefined) throw new Error(`no digest for ${file.path}`);
        return facts.digest;
      };

      const imported = discovery.files.some((file) => store.facts(file, false)?.source?.imports === true);
      const twins = findTwins(discovery.files, (file) => {
        const facts = store.facts(file, false);
        return facts?.source !== undefined && (facts.source.once || imported) ? facts.digest.hash : undefined;
      });

      const seal = (draft: Draft): DirectoryBlob => {
        const children = draft.children.map((child) => ({ name: child.node.name, digest: seal(child).digest }));
        let signature = '';
        // The walk comes to the files of a directory in another order in each unit.
        draft.files.sort((a, b) => a.id - b.id);
        for (const file of draft.files) {
          const digest = digestOf(file);
          files.push({ digest, node: file });
          sizeBytes += digest.sizeBytes;
          const twin = twins.get(file);
          signature += twin === undefined ? `f${file.id} ` : `f${file.id}${JSON.stringify(twin)} `;
        }
        for (const link of draft.links) signature += `l${link.id} `;
        for (const child of children) signature += `d${child.name}/${child.digest.hash} `;
        let blob = memo.get(signature);
        if (blob === undefined) {
          const bytes = encodeDirectory({
            files: draft.files.map((file) => {
              const twin = twins.get(file);
              return { name: file.name, digest: digestOf(file), isExecutable: file.executable, ...(twin === undefined ? {} : { nodeProperties: twin }) };
            }),
            directories: children,
            symlinks: draft.links.map((link) => ({ name: link.name, target: link.target })),
          });
          blob = { digest: { hash: sha256(bytes), sizeBytes: bytes.length }, bytes };
          if (memo.size >= MEMO_MAX) memo.clear();
          memo.set(signature, blob);
        }
        directories.push(blob);
        return blob;
      };

      const rootNode = [...drafts.keys()].find((node) => node.parent === undefined);
      const rootDraft = rootNode && drafts.get(rootNode);
      if (rootDraft === undefined) throw new Error('an input tree without a root');
      const root = seal(rootDraft).digest;
      return { root, directories, files, sizeBytes };
    },
  };
}
