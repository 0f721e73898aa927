import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '@mosix/core';
import { parseNodeMap, type NodeMap } from './node-map.js';
import { isAddress, successor } from './node-map-address.js';

const parse = (text: string) => parseNodeMap(text, 'mosix.map');
const parsed = (text: string): NodeMap => {
  const map = parse(text);
  if (!map.ok) throw new Error(map.error.join('\n'));
  return map.value;
};
const list = (text: string): string[] => [...parsed(text).nodes.values()].map((node) => `${node.number} ${node.addresses.join('=')}${node.name === node.addresses[0] ? '' : ` ${node.name}`}`);
const problems = (text: string): readonly string[] => {
  const map = parse(text);
  return map.ok ? [] : map.error;
};

describe('what stands in a map', () => {
  test("MOSIX's own form: number, address, count; comments and blank lines", () => {
    expect(list('# the farm\n\n1 10.0.0.1 3\n\t4   build01\t2  # the new ones\r\n6 big.example 1\n')).toEqual(['1 10.0.0.1', '2 10.0.0.2', '3 10.0.0.3', '4 build01', '5 build02', '6 big.example']);
  });

  test('an address goes over the end of its last number, a name keeps its width', () => {
    expect(list('1 10.0.0.254 4')).toEqual(['1 10.0.0.254', '2 10.0.0.255', '3 10.0.1.0', '4 10.0.1.1']);
    expect(list('1 n08 3')).toEqual(['1 n08', '2 n09', '3 n10']);
    expect(list('1 n9.rack2.example 2')).toEqual(['1 n9.rack2.example', '2 n10.rack2.example']);
  });

  test('the count may be left out, the last line may lack its end, an editor may have put a mark first', () => {
    expect(list('\uFEFF7 one\n8 two slots=3')).toEqual(['7 one', '8 two']);
  });

  test('our columns', () => {
    const node = parsed('3 10.0.0.9 1 slots=8 speed=1.25 labels=rack:a,disk:nvme:2 name=fast').nodes.get(3);
    expect(node).toMatchObject({ number: 3, name: 'fast', addresses: ['10.0.0.9'], slots: 8, speed: 1.25, line: 1 });
    expect([...(node?.labels ?? [])]).toEqual([['rack', 'a'], ['disk', 'nvme:2']]);
    expect(list('1 10.0.0.1 3 name=w08')).toEqual(['1 10.0.0.1 w08', '2 10.0.0.2 w09', '3 10.0.0.3 w10']);
  });

  test('a node is found by name and by any address, letters of either case', () => {
    const map = parsed('2 second\n1 10.9.9.9 alias\n1 10.0.0.1 name=First\n');
    expect(map.nodes.get(1)?.addresses).toEqual(['10.0.0.1', '10.9.9.9']);
    for (const name of ['first', 'FIRST', '10.0.0.1', '10.9.9.9']) expect(map.find(name)?.number).toBe(1);
    expect(map.find('Second')?.number).toBe(2);
    expect(map.find('third')).toBeUndefined();
  });

  test('in the order of numbers, and nothing in an empty file', () => {
    expect(list('9 c\n1 a\n5 b')).toEqual(['1 a', '5 b', '9 c']);
    expect(list('')).toEqual([]);
    expect(list('# nothing yet\n')).toEqual([]);
  });

  test('as many nodes as a farm may have', () => {
    expect(parsed(`1 10.0.0.1 ${limits.nodesMax}`).nodes.size).toBe(limits.nodesMax);
  });
});

describe('what is refused, with file, line and reason', () => {
  test.each([
    ['zero 10.0.0.1 1', '1: "zero" is not a node\'s number (1 to 65535)'],
    ['0 10.0.0.1 1', '1: "0" is not a node\'s number'],
    ['-1 10.0.0.1 1', '1: "-1" is not a node\'s number'],
    ['1.5 10.0.0.1 1', '1: "1.5" is not a node\'s number'],
    ['65536 10.0.0.1 1', '1: "65536" is not a node\'s number'],
    ['\n\n1', '3: an address must follow the number'],
    ['1 10.0.0.256 1', '1: "10.0.0.256" is neither an IPv4 address nor a host name'],
    ['1 10.0.0 1', '1: "10.0.0" is neither'],
    ['1 010.0.0.1 1', '1: "010.0.0.1" is neither'],
    ['1 fe80::1 1', '1: "fe80::1" is neither'],
    ['1 -x 1', '1: "-x" is neither'],
    ['1 a..b 1', '1: "a..b" is neither'],
    ['1 10.0.0.1 0', '1: "0" is not a count of nodes'],
    ['1 10.0.0.1 -4', '1: "-4" is not a count of nodes'],
    ['1 10.0.0.1 65536', '1: "65536" is not a count of nodes'],
    ['1 10.0.0.1 99999999999999999999', '1: "99999999999999999999" is not a count of nodes'],
    ['2 10.0.0.1 65535', '1: 65535 nodes from number 2 on go beyond 65535'],
    ['1 10.0.0.1 many', '1: "many" is not a count of nodes'],
    ['1 255.255.255.254 3', '1: 255.255.255.254 has no 2 successors: addresses end there'],
    ['1 build 2', '1: build has no 1 successors: it must end in a number'],
    ['1 10.0.0.1 2 name=w', '1: name=w must end in a number, since the line stands for 2 nodes'],
    ['1 a 1 slots=0', '1: slots=0 is not a whole number from 1 to 4096'],
    ['1 a 1 slots=2.5', '1: slots=2.5 is not'],
    ['1 a 1 speed=-1', '1: speed=-1 is not a number from 0.01 to 100'],
    ['1 a 1 speed=0', '1: speed=0 is not'],
    ['1 a 1 speed=1e3', '1: speed=1e3 is not'],
    ['1 a 1 speed=NaN', '1: speed=NaN is not'],
    ['1 a 1 speed=', '1: speed= is not'],
    ['1 a 1 colour=blue', '1: "colour=blue" is none of slots=N'],
    ['1 a 1 fast', '1: "fast" is none of'],
    ['1 a 1 slots=1 slots=2', '1: slots= is given twice'],
    ['1 a 1 labels=rack', '1: label "rack" is not NAME:VALUE'],
    ['1 a 1 labels=rack:a,', '1: label "" is not NAME:VALUE'],
    ['1 a 1 labels=r:1,r:2', '1: label "r" is given twice'],
    ['1 a 1 name=x/y', '1: name="x/y" is not a node\'s name'],
    ['1 a\n1 b', '2: number 1 is taken by a (line 1) already'],
    ['1 a1 3\n3 b', '2: number 3 is taken by a3 (line 1) already'],
    ['1 a\n2 A', '2: address A belongs to node 1 (line 1) already'],
    ['1 10.0.0.1 4\n9 10.0.0.4 4', '2: address 10.0.0.4 belongs to node 4 (line 1) already'],
    ['1 a\n2 b name=a', '2: name a belongs to node 1 (line 1) already'],
    ['1 b alias', '1: b is an alias of node 1, which is not listed'],
    ['1 a\n1 a alias', '2: a names node 1 already'],
    ['1 a\n2 b\n1 b alias', '3: address b belongs to node 2 (line 2) already'],
    ['1 a\n1 b alias slots=2', '2: an alias takes no options'],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual([expect.stringContaining(`mosix.map:${expected}`)]);
  });

  test('every bad line is named, good ones between them change nothing', () => {
    expect(problems('1 a\nx b\n2 c\n3 d slots=0\n')).toEqual([expect.stringMatching(/^mosix\.map:2: /), expect.stringMatching(/^mosix\.map:4: /)]);
  });

  test('a file that is no map at all gives a short list, and no line of it in full', () => {
    const found = problems(`${'x'.repeat(1000)}\n`.repeat(1000));
    expect(found.length).toBe(21);
    expect(found.at(-1)).toBe('mosix.map: and more');
    expect(Math.max(...found.map((one) => one.length))).toBeLessThan(150);
  });
});

describe('properties', () => {
  const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));
  const host = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z]\d{1,6}(\.[a-z]{1,8}){0,2}$/);

  test('no text makes it throw, and a problem always names a line or the file', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('1', '65535', '10.0.0.1', 'n1', 'alias', 'slots=1', 'speed=2', 'labels=a:b', 'name=n1', '#', '=', '\n', ' '));
    fc.assert(fc.property(fc.array(word, { maxLength: 40 }), (words) => {
      const map = parse(words.join(' '));
      if (map.ok) for (const [number, node] of map.value.nodes) expect(map.value.find(node.name)?.number).toBe(number);
      else for (const problem of map.error) expect(problem).toMatch(/^mosix\.map(:\d+)?: /);
    }), { numRuns: 500 });
  });

  test('a range holds as many nodes as its count says, each with a number, a name and an address of its own', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 60_000 }), fc.oneof(address, host), fc.integer({ min: 1, max: 300 }), (first, start, count) => {
      const map = parse(`${first} ${start} ${count}`);
      // Near the end of all addresses there may be too few.
      fc.pre(map.ok);
      if (!map.ok) return;
      const nodes = [...map.value.nodes.values()];
      expect(nodes.map((node) => node.number)).toEqual(Array.from({ length: count }, (_, step) => first + step));
      expect(new Set(nodes.map((node) => node.addresses[0]?.toLowerCase())).size).toBe(count);
      for (const node of nodes) expect(map.value.find(node.addresses[0] ?? '')).toBe(node);
    }), { numRuns: 300 });
  });

  test('steps add up, and every successor is an address again', () => {
    fc.assert(fc.property(fc.oneof(address, host), fc.nat(70_000), fc.nat(70_000), (start, a, b) => {
      const there = successor(start, a);
      fc.pre(there !== undefined && successor(start, a + b) !== undefined);
      if (there === undefined) return;
      expect(isAddress(there)).toBe(true);
      expect(successor(there, b)).toBe(successor(start, a + b));
    }), { numRuns: 500 });
  });
});
