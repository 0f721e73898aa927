import { limits } from '@mosix/core';
import { readOperation, type longrunning } from '@mosix/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOperations, type Operation, type Operations } from './operations.js';

const digest = { hash: 'c'.repeat(64), sizeBytes: 3 };
const nothing = { inlineStdout: false, inlineStderr: false, inlineOutputFiles: [] };
const done = { result: { exitCode: 0 }, status: { code: 0 } };

describe('operations', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const make = (): Operations => createOperations(() => Date.now(), async () => undefined);
  /** Collects what a watcher is told. */
  const watch = (operations: Operations, operation: Operation) => {
    const controller = new AbortController();
    const told: { stage: string; done: boolean }[] = [];
    const ended = (async () => {
      for await (const update of operations.watch(operation, controller.signal)) {
        if (!update.ok) throw new Error(update.error.message);
        const { stage, done: over } = readOperation({ metadata: null, result: update.value.response === undefined ? undefined : 'response', ...update.value } as longrunning.Operation);
        told.push({ stage, done: over });
      }
    })();
    return { told, leave: () => controller.abort(), ended };
  };

  it('have names that nobody can guess, under their instance', () => {
    const operations = make();
    const [one, two] = [operations.open('a/b', digest, nothing).name, operations.open('', digest, nothing).name];
    expect(one).toMatch(/^a\/b\/operations\/[\w-]{36}$/);
    expect(two).toMatch(/^operations\/[\w-]{36}$/);
  });

  it('tell the name at once and the end at once; a stage only when the job is not short', async () => {
    const operations = make();
    const short = operations.open('', digest, nothing);
    const first = watch(operations, short);
    await vi.advanceTimersByTimeAsync(1);
    operations.setStage(short, 'EXECUTING');
    await vi.advanceTimersByTimeAsync(limits.operationStageDelayMs / 2);
    operations.finish(short, done);
    await first.ended;
    expect(first.told).toEqual([{ stage: 'QUEUED', done: false }, { stage: 'COMPLETED', done: true }]);

    const long = operations.open('', digest, nothing);
    const second = watch(operations, long);
    await vi.advanceTimersByTimeAsync(1);
    operations.setStage(long, 'EXECUTING');
    await vi.advanceTimersByTimeAsync(limits.operationStageDelayMs + 1);
    expect(second.told.map((each) => each.stage)).toEqual(['QUEUED', 'EXECUTING']);
    operations.finish(long, done);
    await second.ended;
  });

  it('say that they live at least once a minute', async () => {
    const operations = make();
    const watcher = watch(operations, operations.open('', digest, nothing));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(watcher.told.length).toBeGreaterThanOrEqual(2);
    watcher.leave();
    await watcher.ended;
  });

  it('are given up some time after the last watcher left, unless one comes back', async () => {
    const operations = make();
    const operation = operations.open('', digest, nothing);
    const [one, two] = [watch(operations, operation), watch(operations, operation)];
    await vi.advanceTimersByTimeAsync(1);
    one.leave();
    await vi.advanceTimersByTimeAsync(limits.abandonedOperationMs + 1);
    expect(operations.sweep()).toEqual([]);
    two.leave();
    await vi.advanceTimersByTimeAsync(limits.abandonedOperationMs - 1);
    expect(operations.sweep()).toEqual([]);
    const back = watch(operations, operation);
    await vi.advanceTimersByTimeAsync(limits.abandonedOperationMs + 1);
    expect(operations.sweep()).toEqual([]);
    back.leave();
    await vi.advanceTimersByTimeAsync(limits.abandonedOperationMs + 1);
    expect(operations.sweep()).toEqual([operation]);
    expect(operations.sweep()).toEqual([]);
  });

  it('can be asked for after their end for some time, in a bounded number', async () => {
    const operations = make();
    const operation = operations.open('', digest, nothing);
    operations.finish(operation, done);
    operations.finish(operation, { status: { code: 13 } });
    expect(operations.get(operation.name)?.response).toBe(done);
    const late = watch(operations, operation);
    await late.ended;
    expect(late.told).toEqual([{ stage: 'COMPLETED', done: true }]);
    await vi.advanceTimersByTimeAsync(limits.finishedOperationMs + 1);
    operations.sweep();
    expect(operations.get(operation.name)).toBeUndefined();
    const many = Array.from({ length: limits.finishedOperationsMax + 1 }, () => operations.open('', digest, nothing));
    for (const each of many) operations.finish(each, done);
    expect(operations.get(many[0]?.name ?? '')).toBeUndefined();
    expect(operations.get(many.at(-1)?.name ?? '')).toBeDefined();
  });
});
