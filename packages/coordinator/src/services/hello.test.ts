import { createFarmState, limits, step } from '@mosix/core';
import type { farm } from '@mosix/protocol';
import { describe, expect, it } from 'vitest';
import { checkHello } from './hello.js';

const hello = (more: Partial<farm.Hello> = {}): farm.Hello => ({
  name: 'n1', slots: 4, speed: 1, instructionSets: ['x86_64'], memoryBytes: 1e9, version: '1', instance: 'i', runningLeases: [], labels: {}, cores: 4, liveMigration: false, ...more,
});
const empty = () => createFarmState({ newLeaseId: () => 'L' });
const codeOf = (more: Partial<farm.Hello>): string | undefined => {
  const checked = checkHello(empty(), hello(more));
  return checked.ok ? undefined : checked.error.code;
};

describe('checkHello', () => {
  it('takes ordinary nodes', () => {
    for (const name of ['n1', 'build-7.example.org', 'Rechner-ä', '10.0.0.7:8980']) expect(codeOf({ name }), name).toBeUndefined();
  });

  it('refuses absurd ones with a code and a hint', () => {
    expect(codeOf({ name: '' })).toBe('bad-name');
    expect(codeOf({ name: 'a b' })).toBe('bad-name');
    expect(codeOf({ name: 'a\n' })).toBe('bad-name');
    expect(codeOf({ name: '-x' })).toBe('bad-name');
    expect(codeOf({ slots: 0 })).toBe('bad-slots');
    expect(codeOf({ slots: limits.nodeSlotsMax + 1 })).toBe('bad-slots');
    for (const speed of [0, -1, NaN, Infinity, 1e9]) expect(codeOf({ speed }), `${speed}`).toBe('bad-speed');
    for (const cores of [-1, NaN, Infinity, 1e9]) expect(codeOf({ cores }), `${cores}`).toBe('bad-cores');
    for (const memoryBytes of [-1, NaN, Infinity, 2 ** 60]) expect(codeOf({ memoryBytes }), `${memoryBytes}`).toBe('bad-memory');
    expect(codeOf({ instructionSets: [] })).toBe('bad-instruction-sets');
    expect(codeOf({ instance: '' })).toBe('bad-hello');
    const refused = checkHello(empty(), hello({ slots: 0 }));
    expect(refused.ok ? '' : refused.error.hint).not.toBe('');
  });

  it('takes as many cores as slots from a worker that does not say', () => {
    expect(checkHello(empty(), hello({ slots: 6, cores: 0 }))).toMatchObject({ value: { cores: 6 } });
    expect(checkHello(empty(), hello({ slots: 6, cores: 0.25, liveMigration: true }))).toMatchObject({ value: { cores: 0.25, live: true } });
  });

  it('refuses a second holder of a live name, and takes the same instance or the heir of a dead stream', () => {
    const state = empty();
    const spec = checkHello(state, hello());
    if (!spec.ok) throw new Error(spec.error.message);
    step(state, { type: 'node-joined', node: spec.value, runningLeases: [] }, 0);
    expect(checkHello(state, hello({ instance: 'other' }))).toMatchObject({ ok: false, error: { code: 'duplicate-name' } });
    expect(checkHello(state, hello()).ok).toBe(true);
    step(state, { type: 'stream-broken', node: 'n1', instance: 'i' }, 1);
    expect(checkHello(state, hello({ instance: 'other' })).ok).toBe(true);
  });
});
