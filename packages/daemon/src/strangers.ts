// A dependency file says what the compiler read. What it names and was not sent came from somewhere else than this machine: then the
// result proves nothing about the sources here, whatever the sandbox was meant to keep out.
import { nullTrail, type FileNode, type FilesystemView, type Output } from '@mosix/compiler';
import { parseMakeRule } from './compilers.js';
import { relativeTo } from './outputs.js';

/** The prerequisites in those of `contents` (by path relative to `cwd`) that are dependency files. */
export function namedDependencies(outputs: readonly Output[], cwd: string, contents: ReadonlyMap<string, Uint8Array>): string[] {
  const names: string[] = [];
  for (const output of outputs) {
    const bytes = output.kind === 'depfile' ? contents.get(relativeTo(cwd, output.path)) : undefined;
    if (bytes !== undefined) names.push(...parseMakeRule(Buffer.from(bytes).toString('utf8')));
  }
  return names;
}

/** The first of `names` that leads to none of `files`. Only names through links or `..` cost a look-up. */
export function findStranger(view: FilesystemView, cwd: string, files: readonly FileNode[], names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const sent = new Set(files.map((file) => file.path));
  return names.find((name) => {
    if (name === '/dev/null' || sent.has(name) || sent.has(`${cwd}/${name}`)) return false;
    const here = view.lookup(view.root, cwd, nullTrail);
    const node = here?.kind === 'directory' ? view.lookup(here, name, nullTrail) : undefined;
    if (node?.kind === 'file' && sent.has(node.path)) return false;
    // clang writes every backslash of a name as a slash.
    const spelled = name.startsWith('/') ? name : `${cwd}/${name}`;
    return !files.some((file) => file.path.includes('\\') && file.path.replaceAll('\\', '/') === spelled.replaceAll('\\', '/'));
  });
}
