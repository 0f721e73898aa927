import { fault } from '@mosix/core';
import { describe, expect, it } from 'vitest';
import { noSuchNode, refusal } from './admin-errors.js';

describe('names that are meant perhaps', () => {
  it('stand in the error', () => {
    expect(noSuchNode('nod', ['node1'])).toMatchObject({ code: 'not-found', message: 'no node is called "nod": the nearest is node1' });
    expect(noSuchNode('nod', [])).toMatchObject({ message: 'no node is called "nod": no node has joined this farm' });
    expect(noSuchNode('zebra', ['node1'])).toMatchObject({ message: 'no node is called "zebra": no name in the farm is like it' });
  });
});

describe('a refusal of the scheduler', () => {
  it('tells what is not there from what cannot be', () => {
    const codes = ['no-such-node', 'no-such-job', 'not-movable', 'node-away'].map((code) => refusal(fault(code, 'm'), ['a'], 'b').code);
    expect(codes).toEqual(['not-found', 'not-found', 'failed-precondition', 'failed-precondition']);
  });
});
