import { limits } from '@mosix/core';
import { decode, encode, type reapi } from '@mosix/protocol';
import { describe, expect, it } from 'vitest';
import { actionOfLease, newLeaseId } from './lease-id.js';
import { askedOf, requirementsOf } from './prepare.js';

const action = (more: reapi.ActionInput = {}): reapi.Action => {
  const decoded = decode('Action', encode('Action', more));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
};
const command = (more: reapi.CommandInput = {}): reapi.Command => {
  const decoded = decode('Command', encode('Command', { arguments: ['cc'], ...more }));
  if (!decoded.ok) throw new Error(decoded.error.message);
  return decoded.value;
};

describe('what a job asks for', () => {
  it('takes the platform of the action, else that of the command', () => {
    const platform = (value: string) => ({ properties: [{ name: 'ISA', value }] });
    expect(askedOf(action({ platform: platform('aarch64') }), command({ platform: platform('x86_64') }))).toMatchObject({ requirements: { instructionSets: ['aarch64'] } });
    expect(askedOf(action(), command({ platform: platform('x86_64') }))).toMatchObject({ requirements: { instructionSets: ['x86_64'] } });
  });

  it('knows its own properties and leaves all others to the labels of nodes', () => {
    const properties = [{ name: 'ISA', value: 'x86_64' }, { name: 'OSFamily', value: 'Linux' }, { name: 'mosix-root', value: 'input' }, { name: 'pool', value: 'big' }];
    expect(requirementsOf(properties)).toMatchObject({ requirements: { instructionSets: ['x86_64'], labels: [['pool', 'big']] }, movable: true });
    expect(requirementsOf([{ name: 'OSFamily', value: 'Windows' }])).toMatchObject({ requirements: { labels: [['OSFamily', 'Windows']] } });
    expect(requirementsOf([{ name: 'mosix-root', value: 'host' }])).toBe('mosix-root=host is unknown');
  });

  it('can name its node, and stay there', () => {
    const wanted = requirementsOf([{ name: 'ISA', value: 'x86_64' }, { name: 'mosix-node', value: 'n7' }, { name: 'mosix-movable', value: 'no' }]);
    expect(wanted).toMatchObject({ requirements: { instructionSets: ['x86_64'], labels: [], node: 'n7' }, movable: false });
    const keyOf = (properties: { name: string; value: string }[]): string => {
      const each = requirementsOf(properties);
      return typeof each === 'string' ? each : each.requirements.key;
    };
    // Jobs of one key can run on the same nodes.
    expect(keyOf([{ name: 'mosix-node', value: 'n7' }])).not.toBe(keyOf([{ name: 'mosix-node', value: 'n8' }]));
    expect(keyOf([{ name: 'mosix-movable', value: 'yes' }])).toBe(keyOf([]));
    expect(requirementsOf([{ name: 'mosix-movable', value: 'maybe' }])).toContain('mosix-movable=maybe');
    expect(requirementsOf([{ name: 'mosix-node', value: 'a' }, { name: 'mosix-node', value: 'b' }])).toContain('both a and b');
    expect(requirementsOf([{ name: 'mosix-node', value: '' }])).toContain('no node');
  });

  it('reads timeouts, with a default and a bound', () => {
    expect(askedOf(action(), command())).toMatchObject({ timeoutMs: limits.jobTimeoutMs });
    expect(askedOf(action({ timeout: { seconds: 1, nanos: 500_000_000 } }), command())).toMatchObject({ timeoutMs: 1_500 });
    expect(askedOf(action({ timeout: { seconds: 1_000_000 } }), command())).toContain('timeout');
  });

  it('accepts outputs in the old and the new form, none of them absolute', () => {
    expect(askedOf(action(), command({ outputPaths: ['x/a.o'] }))).toMatchObject({ label: 'x/a.o' });
    expect(askedOf(action(), command({ outputPaths: ['x/a.d', 'x/a.o'] }))).toMatchObject({ label: 'x/a.o' });
    expect(askedOf(action(), command({ outputPaths: ['x/a.d'] }))).toMatchObject({ label: 'x/a.d' });
    expect(askedOf(action(), command({ outputFiles: ['b.o'], outputDirectories: ['d'] }))).toMatchObject({ label: 'b.o' });
    expect(askedOf(action(), command({ outputPaths: ['/etc/passwd'] }))).toContain('relative');
    expect(askedOf(action(), command({ arguments: [] }))).toContain('no arguments');
  });
});

describe('names of leases', () => {
  it('differ each time and carry their action', () => {
    const hash = 'b'.repeat(64);
    const [one, two] = [newLeaseId(`${hash}/7`), newLeaseId(`${hash}/7`)];
    expect(one).not.toBe(two);
    expect(actionOfLease(one)).toEqual({ hash, sizeBytes: 7 });
    for (const strange of ['', 'x', `${hash}/7`, `${hash}/x/y`, `${hash}/7/y/z`]) expect(actionOfLease(strange), strange).toBeUndefined();
  });
});
