import { fault } from '@mosix/core';
import { describe, expect, it } from 'vitest';
import { nearest, noSuchNode, refusal } from './admin-errors.js';

describe('names that are meant perhaps', () => {
  it('are the most similar ones', () => {
    expect(nearest('noed3', ['node1', 'node2', 'node3', 'build-server'])).toEqual(['node3', 'node1', 'node2']);
    expect(nearest('build', ['a', 'build-server', 'b'])[0]).toBe('build-server');
    expect(nearest('x', [])).toEqual([]);
    expect(nearest('A', ['a', 'a', 'b'])).toEqual(['a', 'b']);
  });

  it('do not take long, whatever the farm and the name', () => {
    const names = Array.from({ length: 65_535 }, (_, index) => `node-${index}.example.org`);
    expect(nearest('n'.repeat(100_000), names)).toHaveLength(3);
  });

  it('stand in the error', () => {
    expect(noSuchNode('nod', ['node1'])).toMatchObject({ code: 'not-found', message: 'no node is called "nod": the nearest is node1' });
    expect(noSuchNode('nod', [])).toMatchObject({ message: 'no node is called "nod": no node has joined this farm' });
  });
});

describe('a refusal of the scheduler', () => {
  it('tells what is not there from what cannot be', () => {
    const codes = ['no-such-node', 'no-such-job', 'not-movable', 'node-away'].map((code) => refusal(fault(code, 'm'), ['a'], 'b').code);
    expect(codes).toEqual(['not-found', 'not-found', 'failed-precondition', 'failed-precondition']);
  });
});
