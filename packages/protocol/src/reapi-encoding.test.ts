// The hand-written encoders of core against the library's, on random values: equal byte for byte, or digests would differ.
import { expect, test } from 'vitest';
import { compareUtf8, decodeDirectory, encodeAction, encodeCommand, encodeDirectory } from '@mosix/core';
import type { CommandValue, DirectoryValue, NamedValue } from '@mosix/core';
import { encode } from './index.js';

/** mulberry32: small, seeded, good enough to choose test values. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const ALPHABET = ['a', 'b', 'Z', '.', '-', ' ', '\n', '"', '\u007f', '\u0080', 'é', '߿', 'ࠀ', '€', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'];

type Random = ReturnType<typeof randomFrom>;
const text = (random: Random, lengthMax: number): string => Array.from({ length: random(lengthMax + 1) }, () => ALPHABET[random(ALPHABET.length)]).join('');
const size = (random: Random): number => [0, 1, 127, 128, 16383, 16384, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 49 + 5, 2 ** 53 - 1][random(12)] ?? 0;
const digest = (random: Random) => ({ hash: Array.from({ length: 64 }, () => random(16).toString(16)).join(''), sizeBytes: size(random) });
const list = <T>(random: Random, countMax: number, make: () => T): T[] => Array.from({ length: random(countMax + 1) }, make);
const pairs = (random: Random, countMax: number): NamedValue[] => list(random, countMax, () => ({ name: text(random, 6), value: text(random, 200) }));

const bytesOrder = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byName = <T extends { name: string }>(items: readonly T[]): T[] => [...items].sort((a, b) => bytesOrder(a.name, b.name));
const byNameAndValue = (items: readonly NamedValue[]): NamedValue[] => [...items].sort((a, b) => bytesOrder(a.name, b.name) || bytesOrder(a.value, b.value));

function randomDirectory(random: Random): DirectoryValue {
  return {
    files: list(random, 12, () => ({ name: text(random, random(10) === 0 ? 300 : 12), digest: digest(random), isExecutable: random(2) === 0 })),
    directories: list(random, 6, () => ({ name: text(random, 12), digest: digest(random) })),
    symlinks: list(random, 6, () => ({ name: text(random, 12), target: text(random, 60) })),
  };
}

test('order of text is the order of its UTF-8 bytes', () => {
  const random = randomFrom(1);
  for (let i = 0; i < 5000; i += 1) {
    const [a, b] = [text(random, 5), text(random, 5)];
    expect(Math.sign(compareUtf8(a, b)), JSON.stringify([a, b])).toBe(bytesOrder(a, b));
  }
});

test('Directory: the same bytes as the library, and back', () => {
  for (let seed = 0; seed < 1500; seed += 1) {
    const directory = randomDirectory(randomFrom(seed));
    const ours = encodeDirectory(directory);
    const sorted = { files: byName(directory.files), directories: byName(directory.directories), symlinks: byName(directory.symlinks) };
    expect(Buffer.compare(ours, encode('Directory', sorted)), `seed ${seed}`).toBe(0);
    expect(decodeDirectory(ours), `seed ${seed}`).toEqual({ ok: true, value: sorted });
  }
});

test('Directory with properties of files: the same bytes as the library', () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const random = randomFrom(seed);
    const files = list(random, 5, () => {
      const mtimeSeconds = random(3) === 0 ? undefined : size(random);
      const properties = random(3) === 0 ? undefined : pairs(random, 3);
      return {
        name: text(random, 12),
        digest: digest(random),
        isExecutable: random(2) === 0,
        ...(random(3) === 0 ? {} : { nodeProperties: { ...(mtimeSeconds === undefined ? {} : { mtimeSeconds }), ...(properties === undefined ? {} : { properties }) } }),
      };
    });
    const ours = encodeDirectory({ files, directories: [], symlinks: [] });
    expect(Buffer.compare(ours, encode('Directory', {
      files: byName(files).map(({ nodeProperties, ...file }) => ({
        ...file,
        nodeProperties: nodeProperties === undefined ? null : {
          mtime: nodeProperties.mtimeSeconds === undefined ? null : { seconds: nodeProperties.mtimeSeconds },
          properties: byNameAndValue(nodeProperties.properties ?? []),
        },
      })),
    })), `seed ${seed}`).toBe(0);
  }
});

test('Command and Action: the same bytes as the library', () => {
  for (let seed = 0; seed < 800; seed += 1) {
    const random = randomFrom(seed);
    const platform = random(2) === 0 ? pairs(random, 3) : undefined;
    const command: CommandValue = {
      arguments: list(random, 20, () => text(random, random(20) === 0 ? 3000 : 20)),
      environmentVariables: [...new Map(pairs(random, 8).map((pair) => [pair.name, pair])).values()],
      outputPaths: list(random, 4, () => text(random, 20)),
      workingDirectory: text(random, 3),
      ...(platform === undefined ? {} : { platform }),
    };
    expect(Buffer.compare(encodeCommand(command), encode('Command', {
      ...command,
      environmentVariables: byName(command.environmentVariables),
      outputPaths: [...command.outputPaths].sort(bytesOrder),
      platform: platform === undefined ? null : { properties: byNameAndValue(platform) },
    })), `seed ${seed}`).toBe(0);

    const salt = Buffer.from(text(random, 100));
    const action = { commandDigest: digest(random), inputRootDigest: digest(random), timeoutSeconds: size(random), doNotCache: random(2) === 0, salt };
    expect(Buffer.compare(encodeAction({ ...action, ...(platform === undefined ? {} : { platform }) }), encode('Action', {
      ...action,
      timeout: action.timeoutSeconds === 0 ? null : { seconds: action.timeoutSeconds },
      platform: platform === undefined ? null : { properties: byNameAndValue(platform) },
    })), `seed ${seed}`).toBe(0);
  }
});

test('damaged directories are refused or read, never a crash or a hang', () => {
  for (let seed = 0; seed < 3000; seed += 1) {
    const random = randomFrom(seed);
    const bytes = encodeDirectory(randomDirectory(random));
    if (bytes.length === 0) continue;
    const damaged = bytes.slice(0, 1 + random(bytes.length));
    for (let flips = random(3); flips > 0; flips -= 1) damaged[random(damaged.length)] = random(256);
    const result = decodeDirectory(damaged);
    if (!result.ok) expect(result.error.code).toBe('bad-message');
  }
});

test('unknown fields are skipped', () => {
  const withProperties = encode('Directory', {
    files: [{ name: 'a', digest: { hash: 'ab', sizeBytes: 3 }, nodeProperties: { mtime: { seconds: 5 } } }],
    nodeProperties: { properties: [{ name: 'x', value: 'y' }] },
  });
  expect(decodeDirectory(withProperties)).toEqual({
    ok: true,
    value: { files: [{ name: 'a', digest: { hash: 'ab', sizeBytes: 3 }, isExecutable: false }], directories: [], symlinks: [] },
  });
});
