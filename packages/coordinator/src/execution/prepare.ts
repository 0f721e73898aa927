// From the digest of an action to a job that can run: reads Action and Command, walks the input root, pins and checks all inputs.
import { costKeys, limits, readCommand, type Digest, type Requirements } from '@mosix/core';
import type { DiskStore } from '@mosix/cas';
import { decode, type MessageName, type Messages, type reapi } from '@mosix/protocol';
import { bulkKey, withoutFile } from '../store/bulk.js';
import type { InputRoots } from '../store/input-root.js';
import { isDigest } from '../services/requests.js';

/** All that a worker has to be told, and what is held for the job meanwhile. */
export interface Prepared {
  readonly actionDigest: Digest;
  readonly action: reapi.Action;
  readonly command: reapi.Command;
  /** Every Directory blob of the input root, the root first. */
  readonly directories: readonly Digest[];
  /** Everything the job reads from the store: action, command, directories, files. As far as it can be walked now. */
  inputs(): Promise<Digest[]>;
  readonly requirements: Requirements;
  readonly timeoutMs: number;
  readonly label: string;
  /** False: the client wants it to stay where it began. */
  readonly movable: boolean;
  /** What the scheduler foretells its cost by: see JobSpec. */
  readonly costKeys: readonly string[];
  readonly sourceBytes: number;
  readonly bulkKey: string;
  readonly bulkBytes: number;
  /** Time of day. */
  readonly queuedAtMs: number;
  /** Lets the inputs be evicted again. */
  release(): void;
}

export type Preparation =
  | { readonly kind: 'ready'; readonly job: Prepared }
  /** These blobs are not in the store. */
  | { readonly kind: 'missing'; readonly digests: readonly Digest[] }
  | { readonly kind: 'invalid'; readonly reason: string };

export type Prepare = (actionDigest: Digest) => Promise<Preparation>;

const missing = (...digests: Digest[]): Preparation => ({ kind: 'missing', digests });
const invalid = (reason: string): Preparation => ({ kind: 'invalid', reason });

export function createPrepare(store: DiskStore, inputRoots: InputRoots): Prepare {
  /** Undefined: absent. A blob that the index names and the disk does not have is taken out of the index. */
  const readMessage = async <Name extends MessageName>(name: Name, digest: Digest): Promise<Messages[Name][1] | undefined | string> => {
    const bytes = await store.read(digest);
    if (bytes === undefined) {
      if (store.has(digest)) await store.drop(digest);
      return undefined;
    }
    const decoded = decode(name, bytes);
    return decoded.ok ? decoded.value : decoded.error.message;
  };

  return async (actionDigest) => {
    const action = await readMessage('Action', actionDigest);
    if (action === undefined) return missing(actionDigest);
    if (typeof action === 'string') return invalid(action);
    const { commandDigest, inputRootDigest } = action;
    if (!isDigest(commandDigest) || !isDigest(inputRootDigest)) return invalid('the action has no valid command and input root digests');
    const command = await readMessage('Command', commandDigest);
    if (typeof command === 'string') return invalid(command);
    const own = [actionDigest, commandDigest];
    const unpin = store.pin(own);
    const root = await inputRoots.hold(inputRootDigest);
    const release = (): void => {
      unpin();
      if (root.kind === 'found') root.release();
    };
    const absent = [...(command === undefined ? [commandDigest] : []), ...(root.kind === 'missing' ? root.digests : [])];
    if (root.kind === 'invalid' || command === undefined || root.kind === 'missing') {
      release();
      return root.kind === 'invalid' ? invalid(root.reason) : missing(...absent);
    }
    const asked = askedOf(action, command);
    if (typeof asked === 'string') {
      release();
      return invalid(asked);
    }
    const inputs = async (): Promise<Digest[]> => [...own, ...(await inputRoots.list(inputRootDigest))];
    const facts = readCommand({ arguments: command.arguments, workingDirectory: command.workingDirectory, platform: platformOf(action, command) });
    const source = facts.source === undefined ? undefined : root.find(facts.source);
    const sourceBytes = source?.sizeBytes ?? 0;
    const bulk = source === undefined ? root.bulk : withoutFile(root.bulk, source);
    const cost = { costKeys: costKeys(facts, sourceBytes), sourceBytes, bulkKey: bulkKey(bulk), bulkBytes: bulk.sizeBytes };
    return { kind: 'ready', job: { actionDigest, action, command, directories: root.directories, inputs, ...asked, ...cost, queuedAtMs: Date.now(), release } };
  };
}

const platformOf = (action: reapi.Action, command: reapi.Command): readonly reapi.Platform_Property[] => (action.platform ?? command.platform)?.properties ?? [];

/** What the job asks for, or what is wrong with it. */
export function askedOf(action: reapi.Action, command: reapi.Command): Pick<Prepared, 'requirements' | 'timeoutMs' | 'label' | 'movable'> | string {
  if (command.arguments.length === 0) return 'the command has no arguments';
  const outputs = [...command.outputPaths, ...command.outputFiles, ...command.outputDirectories];
  const absolute = [command.workingDirectory, ...outputs].find((path) => path.startsWith('/'));
  if (absolute !== undefined) return `"${absolute}" must be relative`;
  const wanted = requirementsOf(platformOf(action, command));
  if (typeof wanted === 'string') return wanted;
  const timeoutMs = action.timeout === null ? limits.jobTimeoutMs : action.timeout.seconds * 1000 + Math.ceil(action.timeout.nanos / 1e6);
  if (timeoutMs > limits.actionTimeoutMsMax) return `a timeout of ${timeoutMs} ms; at most ${limits.actionTimeoutMsMax} are allowed`;
  return { ...wanted, timeoutMs: timeoutMs > 0 ? timeoutMs : limits.jobTimeoutMs, label: labelOf(outputs) ?? command.arguments[0] ?? '' };
}

/** What people call the job: the thing it makes, and not what it notes down beside it. Outputs come sorted, so the depfile is first. */
const labelOf = (outputs: readonly string[]): string | undefined => outputs.find((path) => !/\.(?:d|dwo|gcno|su|dia)$/.test(path)) ?? outputs[0];

/**
 * `ISA` names an instruction set, `OSFamily` is always Linux, `mosix-root` is for the worker, `mosix-node` names the node,
 * `mosix-movable=no` keeps the job where it began; all others must be labels of the node.
 */
export function requirementsOf(properties: readonly reapi.Platform_Property[]): { readonly requirements: Requirements; readonly movable: boolean } | string {
  const instructionSets: string[] = [];
  const labels: [string, string][] = [];
  let node: string | undefined;
  let movable = true;
  for (const { name, value } of properties) {
    switch (name) {
      case 'ISA':
        instructionSets.push(value);
        break;
      case 'mosix-root':
        if (value !== 'input') return `mosix-root=${value} is unknown`;
        break;
      case 'mosix-node':
        if (value === '') return 'mosix-node names no node';
        if (node !== undefined && node !== value) return `mosix-node is both ${node} and ${value}`;
        node = value;
        break;
      case 'mosix-movable':
        if (value !== 'yes' && value !== 'no') return `mosix-movable=${value} is unknown: yes or no`;
        movable = value === 'yes';
        break;
      default:
        if (name !== 'OSFamily' || value.toLowerCase() !== 'linux') labels.push([name, value]);
    }
  }
  const key = JSON.stringify([instructionSets, labels, node ?? '']);
  return { requirements: { key, instructionSets, labels, ...(node === undefined ? {} : { node }) }, movable };
}
