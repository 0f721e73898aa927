// The input root of one action: a Merkle tree of REAPI Directory messages, rooted at this machine's `/`.
import { encodeDirectory, type Digest, type Sha256 } from '@mosix/core';
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

      const seal = (draft: Draft): DirectoryBlob => {
        const children = draft.children.map((child) => ({ name: child.node.name, digest: seal(child).digest }));
        let signature = '';
        for (const file of draft.files) {
          const digest = digestOf(file);
          files.push({ digest, node: file });
          sizeBytes += digest.sizeBytes;
          signature += `f${file.id} `;
        }
        for (const link of draft.links) signature += `l${link.id} `;
        for (const child of children) signature += `d${child.name}/${child.digest.hash} `;
        let blob = memo.get(signature);
        if (blob === undefined) {
          const bytes = encodeDirectory({
            files: draft.files.map((file) => ({ name: file.name, digest: digestOf(file), isExecutable: file.executable })),
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
