// mosix.map: the list of a farm's nodes in MOSIX's own form, `first-number address count` a line, with columns of ours behind it.
//
//     # number  address     count  options
//     1         10.0.0.1    16     slots=8 labels=rack:a
//     17        build01     4      speed=1.4
//     21        big.example        name=big slots=64
//     17        10.9.0.1    alias
//
// With a count, the numbers at the end of the address go up with the node's number: 10.0.0.255 is followed by 10.0.1.0, build09 by
// build10. The count may be left out and is then 1. `alias` (openMosix) gives a node that is listed already another address.
import { err, limits, ok, type Result } from '@mosix/core';
import { isAddress, successor } from './node-map-address.js';

export interface MapNode {
  /** 1 to 65,535. */
  readonly number: number;
  /** What the node calls itself: `name=`, else its address. */
  readonly name: string;
  /** IPv4 or host name, its aliases after it. */
  readonly addresses: readonly string[];
  /** At most this many leases at a time. */
  readonly slots?: number;
  /** In place of the benchmark's; 1.0 is the reference node. */
  readonly speed?: number;
  readonly labels: ReadonlyMap<string, string>;
  /** Where it stands in the file, from 1. */
  readonly line: number;
}

export interface NodeMap {
  /** In the order of their numbers. */
  readonly nodes: ReadonlyMap<number, MapNode>;
  /** The node that has this name or address; letters of either case. */
  find(nameOrAddress: string): MapNode | undefined;
}

interface Options {
  readonly slots?: number;
  readonly speed?: number;
  readonly name?: string;
  readonly labels: ReadonlyMap<string, string>;
}

interface Line {
  readonly line: number;
  readonly first: number;
  readonly address: string;
  readonly count: number;
  readonly isAlias: boolean;
  readonly options: Options;
}

/** More than this are not listed: the rest of a file that is no map at all says nothing new. */
const problemsMax = 20;
const textMax = 40;

const quoted = (text: string): string => JSON.stringify(text.length > textMax ? `${text.slice(0, textMax)}…` : text);

/** The nodes by number, or what is wrong, each as `FILE:LINE: reason`. `file` only names the place. */
export const parseNodeMap = (text: string, file: string): Result<NodeMap, readonly string[]> => {
  const problems: string[] = [];
  const complain = (line: number, reason: string): void => void problems.push(`${file}:${line}: ${reason}`);
  const draft = createDraft(complain);
  for (const [index, raw] of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/).entries()) {
    const words = raw.replace(/(^|\s)#.*$/, '').trim().split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) continue;
    const read = readLine(words, index + 1);
    if (read.ok) draft.add(read.value);
    else complain(index + 1, read.error);
    if (problems.length > problemsMax) {
      problems.length = problemsMax;
      return err([...problems, `${file}: and more`]);
    }
  }
  draft.addAliases();
  return problems.length > 0 ? err(problems) : ok(draft.finish());
};

/** A map of no nodes, as an empty file gives it. */
export const emptyNodeMap: NodeMap = { nodes: new Map(), find: () => undefined };

const readLine = (words: readonly string[], line: number): Result<Line, string> => {
  const [number = '', address, ...rest] = words;
  const first = readWhole(number, 1, limits.nodesMax);
  if (first === undefined) return err(`${quoted(number)} is not a node's number (1 to ${limits.nodesMax})`);
  if (address === undefined) return err('an address must follow the number: FIRST-NUMBER ADDRESS COUNT');
  if (!isAddress(address)) return err(`${quoted(address)} is neither an IPv4 address nor a host name`);
  const counted = rest[0] !== undefined && !rest[0].includes('=');
  const isAlias = counted && rest[0]?.toLowerCase() === 'alias';
  const count = counted && !isAlias ? readWhole(rest[0] ?? '', 1, limits.nodesMax) : 1;
  if (count === undefined) return err(`${quoted(rest[0] ?? '')} is not a count of nodes (1 to ${limits.nodesMax})`);
  if (first + count - 1 > limits.nodesMax) return err(`${count} nodes from number ${first} on go beyond ${limits.nodesMax}`);
  const options = readOptions(counted ? rest.slice(1) : rest);
  if (!options.ok) return options;
  if (isAlias && rest.length > 1) return err('an alias takes no options: they belong to the line of the node itself');
  return ok({ line, first, address, count, isAlias, options: options.value });
};

const readWhole = (text: string, least: number, most: number): number | undefined => {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
};

const readOptions = (words: readonly string[]): Result<Options, string> => {
  const given = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    const key = word.slice(0, Math.max(0, at)).toLowerCase();
    if (!['slots', 'speed', 'labels', 'name'].includes(key)) return err(`${quoted(word)} is none of slots=N, speed=X, labels=NAME:VALUE,…, name=NAME`);
    if (given.has(key)) return err(`${key}= is given twice`);
    given.set(key, word.slice(at + 1));
  }
  const slots = given.get('slots');
  if (slots !== undefined && readWhole(slots, 1, limits.nodeSlotsMax) === undefined) return err(`slots=${slots.slice(0, textMax)} is not a whole number from 1 to ${limits.nodeSlotsMax}`);
  const speed = given.get('speed');
  const { nodeSpeedMin, nodeSpeedMax } = limits;
  if (speed !== undefined && !(/^(\d+(\.\d*)?|\.\d+)$/.test(speed) && Number(speed) >= nodeSpeedMin && Number(speed) <= nodeSpeedMax)) {
    return err(`speed=${speed.slice(0, textMax)} is not a number from ${nodeSpeedMin} to ${nodeSpeedMax} (1 is the reference node)`);
  }
  const name = given.get('name');
  if (name !== undefined && !/^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/.test(name)) return err(`name=${quoted(name)} is not a node's name`);
  const labels = readLabels(given.get('labels'));
  if (!labels.ok) return labels;
  return ok({
    labels: labels.value,
    ...(slots === undefined ? {} : { slots: Number(slots) }),
    ...(speed === undefined ? {} : { speed: Number(speed) }),
    ...(name === undefined ? {} : { name }),
  });
};

const readLabels = (text: string | undefined): Result<ReadonlyMap<string, string>, string> => {
  const labels = new Map<string, string>();
  for (const pair of text === undefined ? [] : text.split(',')) {
    const match = /^([A-Za-z0-9._-]+):([^\s,]+)$/.exec(pair);
    if (match?.[1] === undefined || match[2] === undefined) return err(`label ${quoted(pair)} is not NAME:VALUE`);
    if (labels.has(match[1])) return err(`label ${quoted(match[1])} is given twice`);
    labels.set(match[1], match[2]);
  }
  return ok(labels);
};

/** Collects the lines' nodes and finds what only shows between lines: numbers, names and addresses that are taken. */
const createDraft = (complain: (line: number, reason: string) => void) => {
  const nodes = new Map<number, MapNode>();
  const byName = new Map<string, MapNode>();
  const aliases: Line[] = [];

  const claim = (name: string, node: MapNode, line: number, what: string): boolean => {
    const taken = byName.get(name.toLowerCase());
    if (taken !== undefined && taken.number !== node.number) {
      complain(line, `${what} ${name} belongs to node ${taken.number} (line ${taken.line}) already`);
      return false;
    }
    byName.set(name.toLowerCase(), node);
    return true;
  };

  const addOne = (node: MapNode): boolean => {
    const taken = nodes.get(node.number);
    if (taken !== undefined) {
      complain(node.line, `number ${node.number} is taken by ${taken.name} (line ${taken.line}) already`);
      return false;
    }
    if (!claim(node.addresses[0] ?? '', node, node.line, 'address') || !claim(node.name, node, node.line, 'name')) return false;
    nodes.set(node.number, node);
    return true;
  };

  const addLine = ({ line, first, address, count, options }: Line): void => {
    const { name: firstName, ...facts } = options;
    for (let step = 0; step < count; step += 1) {
      const own = successor(address, step);
      if (own === undefined) return complain(line, `${address} has no ${step} successors: ${/^[\d.]+$/.test(address) ? 'addresses end there' : 'it must end in a number'}`);
      const name = firstName === undefined ? own : successor(firstName, step);
      if (name === undefined) return complain(line, `name=${firstName ?? ''} must end in a number, since the line stands for ${count} nodes`);
      // One complaint a line: a range that overlaps another does so many times.
      if (!addOne({ ...facts, number: first + step, name, addresses: [own], line })) return;
    }
  };

  const addAlias = ({ line, first, address }: Line): void => {
    const node = nodes.get(first);
    if (node === undefined) return complain(line, `${address} is an alias of node ${first}, which is not listed`);
    if (byName.get(address.toLowerCase())?.number === first) return complain(line, `${address} names node ${first} already`);
    const more = { ...node, addresses: [...node.addresses, address] };
    if (!claim(address, more, line, 'address')) return;
    nodes.set(first, more);
    for (const name of [node.name, ...node.addresses]) byName.set(name.toLowerCase(), more);
  };

  return {
    add: (line: Line): void => (line.isAlias ? void aliases.push(line) : addLine(line)),
    finish(): NodeMap {
      const sorted = new Map([...nodes].sort(([a], [b]) => a - b));
      return { nodes: sorted, find: (name) => byName.get(name.toLowerCase()) };
    },
    /** Once all lines are in: an alias may stand before its node. */
    addAliases: (): void => aliases.forEach(addAlias),
  };
};
