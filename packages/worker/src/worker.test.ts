import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { decode } from '@mosix/protocol';
import { buildInit, sandboxMissing } from './testing/test-host.js';
import { until } from './testing/test-coordinator.js';
import { treeBuilder } from './testing/tree-builder.js';
import type { TreeBuilder } from './testing/tree-builder.js';
import { failureOf, processesWith, resultOf, useWorkers } from './testing/worker-fixture.js';
import { startWorker } from './worker.js';

const fixture = useWorkers();
const { start, assign, run, workers, options: workerOptions } = fixture;

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.skipIf(sandboxMissing !== undefined)(`worker${sandboxMissing === undefined ? '' : ` (skipped: ${sandboxMissing})`}`, () => {
  test('joins with its facts, runs a job, stores its outputs, and reports what it used', async () => {
    await start({ labels: { room: 'cellar' } });
    expect(fixture.coordinator.hellos[0]).toMatchObject({ name: 'w1', slots: 2, speed: 1, labels: { room: 'cellar' }, runningLeases: [] });
    expect(fixture.coordinator.hellos[0]?.instructionSets.length).toBeGreaterThan(0);
    expect(fixture.coordinator.hellos[0]?.memoryBytes).toBeGreaterThan(1e6);
    const update = await run('cat in.txt > out/result; echo out; echo problem >&2; exit 3', { fill: (tree) => void tree.text('/work/in.txt', 'input') });
    const result = resultOf(update);
    expect(result).toMatchObject({ exitCode: 3, stdoutRaw: Buffer.from('out\n'), stderrRaw: Buffer.from('problem\n') });
    expect(result.outputFiles).toMatchObject([{ path: 'out/result', contents: Buffer.from('input'), isExecutable: false }]);
    const digest = result.outputFiles[0]?.digest;
    expect(digest && (await fixture.coordinator.read(digest))?.toString()).toBe('input');
    expect(result.executionMetadata?.worker).toBe('w1');
    expect(result.executionMetadata?.executionStartTimestamp?.seconds).toBeGreaterThan(1e9);
    expect(update.state === 'finished' && update.finished.usage?.wallUs).toBeGreaterThan(0);
    expect(fixture.coordinator.updates[0]?.state).toBe('started');
  });

  test('collects directories, links and executables; what is missing is simply absent', async () => {
    await start();
    const script = 'mkdir -p out/tree/deep; cat in > out/tree/deep/file; ln -s deep/file out/tree/link; ln -s /nowhere out/link; cat in > out/run; chmod +x out/run';
    const result = resultOf(await run(script, { fill: (tree) => void tree.text('/work/in', 'x'), outputs: ['out/tree', 'out/link', 'out/run', 'out/absent', '../work/out/run'] }));
    expect(result.outputSymlinks).toMatchObject([{ path: 'out/link', target: '/nowhere' }]);
    expect(result.outputFiles).toMatchObject([{ path: 'out/run', isExecutable: true }, { path: '../work/out/run' }]);
    expect(result.outputDirectories).toMatchObject([{ path: 'out/tree' }]);
    const digest = result.outputDirectories[0]?.treeDigest;
    const tree = decode('Tree', (digest && (await fixture.coordinator.read(digest))) ?? Buffer.alloc(0));
    expect(tree).toMatchObject({ ok: true, value: { root: { symlinks: [{ name: 'link', target: 'deep/file' }], directories: [{ name: 'deep' }] }, children: [{ files: [{ name: 'file' }] }] } });
  });

  test('an output that is a way out of the sandbox is not followed', async () => {
    await start();
    writeFileSync(join(fixture.base, 'secret'), 'secret');
    const script = `ln -s ${fixture.base}/secret out/result; ln -s ${fixture.base} out/tree; rm() { :; }; ln -s ${fixture.base}/secret /.mosix/io/elsewhere`;
    const result = resultOf(await run(script, { outputs: ['out/result', 'out/tree'] }));
    expect(result.outputFiles).toEqual([]);
    expect(result.outputDirectories).toEqual([]);
    expect(result.outputSymlinks.map(({ path }) => path)).toEqual(['out/result', 'out/tree']);
  });

  test('long messages go to the store, large outputs as a stream', async () => {
    await start();
    const result = resultOf(await run('head -c 100000 /dev/zero >&2; head -c 6000000 /dev/zero > out/result'));
    expect(result.stderrRaw.length).toBe(0);
    expect(result.stderrDigest?.sizeBytes).toBe(100_000);
    expect(result.outputFiles[0]).toMatchObject({ digest: { sizeBytes: 6_000_000 }, contents: Buffer.alloc(0) });
    for (const digest of [result.stderrDigest, result.outputFiles[0]?.digest]) expect(digest && (await fixture.coordinator.read(digest))?.length).toBe(digest?.sizeBytes);
  });

  test('fetches each input once, however many jobs want it at the same time, and nothing again for the next job', async () => {
    await start();
    const big = Buffer.alloc(5_000_000, 7);
    const fill = (tree: TreeBuilder): void => {
      tree.text('/work/big', big);
      tree.text('/work/small', 'small');
    };
    const leases = [await assign('cat small > out/result', { fill }), await assign('cat small small > out/result', { fill })];
    for (const lease of leases) resultOf(await fixture.coordinator.outcome(lease));
    resultOf(await run('head -c 10 big > out/result', { fill }));
    const tree = treeBuilder();
    const digests = [tree.text('/x', big), tree.text('/y', 'small')];
    expect(digests.map(({ hash, sizeBytes }) => fixture.coordinator.reads.get(`${hash}/${sizeBytes}`))).toEqual([1, 1]);
  });

  test('an input that was changed under the store is fetched again, though the tree of the last job links to it', async () => {
    await start({ slots: 1 });
    let hash = '';
    const fill = (tree: TreeBuilder): void => {
      hash = tree.text('/work/in', 'as it was').hash;
    };
    const read = async (): Promise<string | undefined> => resultOf(await run('cat in > out/result', { fill })).outputFiles[0]?.contents.toString();
    expect(await read()).toBe('as it was');
    const blobs = readdirSync(fixture.base, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(`/${hash}`));
    expect(blobs.length).toBe(1);
    const blob = join(fixture.base, blobs[0] ?? '');
    chmodSync(blob, 0o644);
    writeFileSync(blob, 'as it is!');
    expect(await read()).toBe('as it was');
    expect(await read()).toBe('as it was');
  });

  test('a coordinator that lists no directories is asked for them level by level', async () => {
    await start();
    expect(resultOf(await run('cat a/b/c/d > out/result', { directories: 'none', fill: (tree) => void tree.text('/work/a/b/c/d', 'deep') })).outputFiles[0]?.contents.toString()).toBe('deep');
  });

  test('one job’s inputs are gone from the next job’s tree; changed ones are the new ones', async () => {
    await start({ slots: 1 });
    const script = 'for f in a b dir/c; do if [ -e $f ]; then cat $f; else echo "no $f"; fi; done > out/result';
    const first = await run(script, { fill: (tree) => (tree.text('/work/a', 'a1\n'), tree.text('/work/dir/c', 'c1\n'), void 0) });
    const second = await run(script, { fill: (tree) => (tree.text('/work/a', 'a2\n'), tree.text('/work/b', 'b2\n'), void 0) });
    const third = await run(script, { fill: (tree) => (tree.link('/work/a', 'b'), tree.text('/work/b/x', 'file became directory'), tree.text('/work/dir/c', 'c3\n'), void 0) });
    expect([first, second].map((update) => resultOf(update).outputFiles[0]?.contents.toString())).toEqual(['a1\nno b\nc1\n', 'a2\nb2\nno dir/c\n']);
    expect(resultOf(third).stderrRaw.toString()).toContain('Is a directory');
    expect(resultOf(third).outputFiles[0]?.contents.toString()).toBe('c3\n');
  });

  test('what one job leaves in its scratch is not seen by the next', async () => {
    await start({ slots: 1 });
    resultOf(await run('touch out/left /tmp/left /.mosix/io/left; mkdir out/dir; chmod 0 out/dir out'));
    const result = resultOf(await run('for f in out/* /tmp/* /.mosix/io/left; do if [ -e $f ]; then echo $f; fi; done; echo done > out/result'));
    expect(result.stdoutRaw.toString()).toBe('');
    expect(result.outputFiles[0]?.contents.toString()).toBe('done\n');
  });

  test('files of the same content are still different files, in every job that has them', async () => {
    await start({ slots: 1 });
    const twins = (tree: TreeBuilder): void => {
      for (const path of ['/work/p/x.h', '/work/q/x.h', '/work/out/x.h', '/work/out/y.h']) tree.text(path, '#pragma once\n');
    };
    const inodes = async (script: string, fill: (tree: TreeBuilder) => void): Promise<string[]> => {
      const result = resultOf(await run(script, { fill }));
      expect(result.stderrRaw.toString()).toBe('');
      return result.stdoutRaw.toString().trim().split('\n');
    };
    const all = 'stat -c %i p/x.h q/x.h out/x.h out/y.h';
    expect(new Set(await inodes(all, twins)).size).toBe(4);
    expect(new Set(await inodes('stat -c %Y p/x.h q/x.h out/x.h out/y.h', twins)).size).toBe(1);
    // Alone it is a link to the blob; with its twin again beside it, another file again.
    expect(await inodes('stat -c %h q/x.h', (tree) => void tree.text('/work/q/x.h', '#pragma once\n'))).not.toEqual(['1']);
    expect(new Set(await inodes(all, twins)).size).toBe(4);
  });

  test('names of every kind reach the job as they are', async () => {
    await start();
    const names = ['sp ace', 'new\nline', 'quo\'te"', 'Übung', '-dash', '$HOME', '*', 'back\\slash', 'tab\t', ' '];
    const fill = (tree: TreeBuilder): void => {
      for (const name of names) tree.text(`/work/${name}/${name}`, `${name}\n`);
      tree.link('/work/link\nwith line', 'sp ace/sp ace');
    };
    const outputs = names.map((name) => `${name}/out ${name}`);
    const result = resultOf(await run('', { fill, outputs, command: { arguments: ['/bin/sh', '-c', 'for d in "$@"; do cat "./$d/$d" > "./$d/out $d"; done; cat link*', 'sh', ...names] } }));
    expect(result.stderrRaw.toString()).toBe('');
    expect(result.outputFiles.map(({ path, contents }) => [path, contents.toString()])).toEqual(names.map((name) => [`${name}/out ${name}`, `${name}\n`]));
    expect(result.stdoutRaw.toString()).toBe('sp ace\n');
  });

  test('a project at the end of a very long path', async () => {
    await start();
    const deep = Array.from({ length: 16 }, (_, index) => String.fromCharCode(97 + index).repeat(200)).join('/');
    const result = resultOf(await run('cat sub/in > out/result; pwd', { fill: (tree) => (tree.directory(`/${deep}/out`), void tree.text(`/${deep}/sub/in`, 'far')), command: { workingDirectory: deep } }));
    expect(result.stdoutRaw.toString()).toBe(`/${deep}\n`);
    expect(result.outputFiles[0]?.contents.toString()).toBe('far');
  });

  test('inputs that do not fit into the store are a full disk', async () => {
    await start({ storeBytesMax: 500_000 });
    expect(failureOf(await run('true', { fill: (tree) => void tree.text('/work/big', Buffer.alloc(600_000)) }))).toMatchObject({ code: 'disk-full' });
  });

  test('blobs that the coordinator lacks or gives out damaged are named', async () => {
    await start();
    let lost: { hash: string; sizeBytes: number } | undefined;
    const absent = failureOf(await run('true', { fill: (tree) => void (lost = tree.text('/work/lost', 'lost')), stored: () => fixture.coordinator.drop(lost ?? { hash: '', sizeBytes: 0 }) }));
    expect(absent).toMatchObject({ code: 'missing-input', missing: [lost] });
    let bad: { hash: string; sizeBytes: number } | undefined;
    for (const size of [100, 4_000_000]) {
      const damaged = failureOf(await run('true', {
        fill: (tree) => void (bad = tree.text('/work/bad', Buffer.alloc(size, size % 251))),
        stored: () => fixture.coordinator.damaged.add(`${bad?.hash}/${bad?.sizeBytes}`),
      })); // prettier-ignore
      expect(damaged).toMatchObject({ code: 'missing-input', missing: [bad] });
    }
  });

  test('a file deleted from under the store is fetched again', async () => {
    await start();
    let digest = { hash: '', sizeBytes: 0 };
    const fill = (tree: TreeBuilder): void => void (digest = tree.text('/work/in', 'precious'));
    resultOf(await run('cat in > out/result', { fill }));
    const file = join(fixture.base, 'data/cas', digest.hash.slice(0, 2), digest.hash);
    rmSync(file);
    // Another tree, so that it must be linked again.
    const again = resultOf(await run('cat in2 > out/result', { fill: (tree) => (fill(tree), void tree.text('/work/in2', 'precious')) }));
    expect(again.outputFiles[0]?.contents.toString()).toBe('precious');
    expect(existsSync(file)).toBe(true);
  });

  test('nonsense in the input root is refused', async () => {
    await start();
    fixture.coordinator.send({ assign: { leaseId: 'odd', action: {}, command: {} } });
    expect(failureOf(await fixture.coordinator.outcome('odd'))).toMatchObject({ code: 'bad-input' });
    expect(failureOf(await run('true', { command: { workingDirectory: 'bin/sh' } }))).toMatchObject({ code: 'bad-input' });
    expect(failureOf(await run('true', { command: { arguments: ['/bin/absent'] } }))).toMatchObject({ code: 'bad-input' });
    expect(resultOf(await run('exit 0')).exitCode).toBe(0);
  });

  test('a compiler that is killed or finds no space is the node’s failure; one that crashes is not', async () => {
    await start();
    expect(failureOf(await run('kill -KILL $$'))).toMatchObject({ code: 'out-of-memory' });
    expect(failureOf(await run('echo "g++: fatal error: Killed signal terminated program cc1plus" >&2; exit 1'))).toMatchObject({ code: 'out-of-memory' });
    expect(failureOf(await run('echo "/tmp/x.s: No space left on device" >&2; exit 1'))).toMatchObject({ code: 'disk-full' });
    expect(resultOf(await run('echo "No space left on device" >&2; exit 0')).exitCode).toBe(0);
    expect(resultOf(await run('kill -SEGV $$')).exitCode).toBe(139);
  });

  test('a job past its timeout ends, and so does a cancelled one, with everything they started', async () => {
    await start();
    const marker = `987${process.pid}`;
    expect(failureOf(await run(`sleep ${marker} & sleep ${marker}`, { timeoutMs: 200 }))).toMatchObject({ code: 'timeout' });
    expect(processesWith(marker)).toEqual([]);
    const lease = await assign(`sleep ${marker} & sleep ${marker}`);
    await until(() => processesWith(marker).length > 1);
    fixture.coordinator.send({ cancel: { leaseId: lease, reason: 'nobody wants it' } });
    expect(failureOf(await fixture.coordinator.outcome(lease))).toMatchObject({ code: 'cancelled' });
    expect(processesWith(marker)).toEqual([]);
  });

  test('heartbeats tell the progress of running jobs and the state of the machine', async () => {
    await start();
    const lease = await assign('i=0; while [ $i -lt 100000000 ]; do i=$((i+1)); done');
    await until(() => fixture.coordinator.heartbeats.some(({ leases }) => leases.some(({ leaseId, cpuUs, memoryBytes }) => leaseId === lease && cpuUs > 50_000 && memoryBytes > 0)));
    expect(fixture.coordinator.heartbeats.at(-1)?.freeMemoryBytes).toBeGreaterThan(0);
    expect(fixture.coordinator.heartbeats.at(-1)?.freeDiskBytes).toBeGreaterThan(0);
    fixture.coordinator.send({ cancel: { leaseId: lease, reason: '' } });
    await fixture.coordinator.outcome(lease);
  });

  test('never runs more jobs at the same time than it has slots', async () => {
    await start({ slots: 2 });
    const leases = await Promise.all([1, 2, 3, 4, 5].map(() => assign('sleep 0.2; echo x > out/result')));
    let most = 0;
    const seen = setInterval(() => {
      const running = fixture.coordinator.heartbeats.at(-1)?.leases.filter(({ memoryBytes }) => memoryBytes > 0).length ?? 0;
      most = Math.max(most, running);
    }, 10);
    for (const lease of leases) resultOf(await fixture.coordinator.outcome(lease));
    clearInterval(seen);
    expect(most).toBeLessThanOrEqual(2);
  });

  test('after a broken stream it names what still runs, and results reach the coordinator once it is back', async () => {
    await start();
    const lease = await assign('sleep 0.6; echo x > out/result');
    await until(() => fixture.coordinator.updates.some((update) => update.leaseId === lease));
    fixture.coordinator.cutStream();
    await until(() => fixture.coordinator.hellos.length === 2);
    expect(fixture.coordinator.hellos[1]?.runningLeases).toEqual([lease]);
    expect(fixture.coordinator.hellos[1]?.instance).toBe(fixture.coordinator.hellos[0]?.instance);
    resultOf(await fixture.coordinator.outcome(lease));

    const other = await assign('sleep 0.3; echo y > out/result');
    await until(() => fixture.coordinator.updates.some((update) => update.leaseId === other));
    await fixture.coordinator.stop();
    await new Promise((resolve) => setTimeout(resolve, 600));
    await fixture.coordinator.start();
    expect(resultOf(await fixture.coordinator.outcome(other)).outputFiles[0]?.digest).not.toBeNull();
  });

  test('a lease that the coordinator has forgotten is stopped', async () => {
    await start();
    const marker = `986${process.pid}`;
    const lease = await assign(`sleep ${marker}`);
    await until(() => processesWith(marker).length > 1);
    fixture.coordinator.unknown = [lease];
    fixture.coordinator.cutStream();
    await until(() => processesWith(marker).length === 0);
  });

  test('draining takes no new jobs, finishes the running one, and leaves', async () => {
    const worker = await start();
    const running = await assign('sleep 0.3; echo x > out/result');
    await until(() => fixture.coordinator.updates.length > 0);
    const drained = worker.drain();
    await until(() => fixture.coordinator.drains === 1);
    const late = await assign('echo never > out/result');
    expect(failureOf(await fixture.coordinator.outcome(late))).toMatchObject({ code: 'draining' });
    resultOf(await fixture.coordinator.outcome(running));
    await drained;
    await worker.done;
    expect(existsSync(join(fixture.base, 'data/jobs'))).toBe(false);
  });

  test('stopping at once ends the jobs', async () => {
    const controller = new AbortController();
    const worker = await start({}, controller.signal);
    const marker = `985${process.pid}`;
    await assign(`sleep ${marker}`);
    await until(() => processesWith(marker).length > 1);
    controller.abort();
    await worker.done;
    expect(processesWith(marker)).toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)('on a disk that was filled under a job nothing is believed, not even success (needs root for a mount)', async () => {
    const data = join(fixture.base, 'data');
    mkdirSync(data);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=755', 'none', data]);
    try {
      await start({ slots: 1 });
      expect(resultOf(await run('echo fine > out/result')).exitCode).toBe(0);
      // Little is left, and what wrote last may have found nothing.
      expect(failureOf(await run('head -c 110000000 /dev/zero > out/filler; echo perhaps > out/result'))).toMatchObject({ code: 'disk-full' });
      // What finds no space says nothing and ends well: its result is cut short.
      expect(failureOf(await run('head -c 300000000 /dev/zero > out/filler 2>/dev/null; echo lost > out/result 2>/dev/null; exit 0'))).toMatchObject({ code: 'disk-full' });
      // An error may be one about the disk, in any language.
      expect(failureOf(await run('head -c 110000000 /dev/zero > out/filler; echo Kein Speicherplatz >&2; exit 1'))).toMatchObject({ code: 'disk-full' });
      await vi.waitFor(async () => expect(resultOf(await run('echo fine again > out/result')).outputFiles.length).toBe(1), { timeout: 30_000, interval: 100 });
      // No job begins where there is less room than a job is promised.
      writeFileSync(join(data, 'ballast'), Buffer.alloc(110_000_000));
      expect(failureOf(await run('echo never > out/result'))).toMatchObject({ code: 'disk-full', message: expect.stringContaining('free on the disk') });
    } finally {
      execFileSync('umount', ['-l', data]);
    }
  });

  test('two workers never share a data directory; a killed one leaves nothing that matters', async () => {
    mkdirSync(join(fixture.base, 'data/jobs/old/scratch-1-0'), { recursive: true });
    writeFileSync(join(fixture.base, 'data/jobs/old/scratch-1-0/file'), 'x');
    chmodSync(join(fixture.base, 'data/jobs/old/scratch-1-0'), 0);
    await start();
    expect(readdirSync(join(fixture.base, 'data/jobs'))).not.toContain('old');
    expect(await startWorker(workerOptions({ name: 'w2' }))).toMatchObject({ ok: false, error: { code: 'data-in-use' } });
  });

  test('a worker that is killed leaves no process, and its successor starts clean', async () => {
    const program = new URL('./testing/worker-process.mjs', import.meta.url).pathname;
    const child = spawn(process.execPath, [program, fixture.coordinator.address, join(fixture.base, 'data'), dirname(buildInit())], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const marker = `984${process.pid}`;
    await assign(`sleep ${marker} & sleep ${marker}`);
    await until(() => processesWith(marker).length > 1);
    child.kill('SIGKILL');
    await until(() => processesWith(marker).length === 0 && processesWith(join(fixture.base, 'data/lock')).length === 0);
    await start();
    expect(readdirSync(join(fixture.base, 'data/jobs'))).toEqual([]);
    expect(resultOf(await run('echo x > out/result')).exitCode).toBe(0);
  });

  test('a worker process that is asked to end ends in good order', async () => {
    const program = new URL('./testing/worker-process.mjs', import.meta.url).pathname;
    const child = spawn(process.execPath, [program, fixture.coordinator.address, join(fixture.base, 'data'), dirname(buildInit())], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until(() => said.includes('joined'));
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(said).toBe('joined\nended\n');
    await until(() => processesWith(join(fixture.base, 'data/lock')).length === 0);
  });

  test('a refused worker says why and does not stay', async () => {
    fixture.coordinator.refuse = { code: 'duplicate-name', message: 'a node called w1 is here already', hint: 'choose another name' };
    expect(await startWorker(workerOptions())).toMatchObject({ ok: false, error: { code: 'duplicate-name', hint: 'choose another name' } });
    fixture.coordinator.refuse = undefined;
    await start(); // the lock is free again
  });

  test('without mosix-init it does not start, and says what to do', async () => {
    const empty = join(fixture.base, 'empty');
    mkdirSync(empty);
    expect(await startWorker(workerOptions({ launcherDirectory: empty }))).toMatchObject({ ok: false, error: { code: 'no-init', hint: 'make -C packages/launcher' } });
    expect(await startWorker(workerOptions({ dataDirectory: '/dev/null/nowhere' }))).toMatchObject({ ok: false, error: { code: 'data-directory' } });
  });

  test('a lease that is cancelled while it waits for a slot never runs', async () => {
    await start({ slots: 1 });
    const first = await assign('sleep 0.5; echo x > out/result');
    await until(() => fixture.coordinator.updates.length > 0);
    const second = await assign('echo y > out/result');
    fixture.coordinator.send({ cancel: { leaseId: second, reason: 'taken back' } });
    expect(failureOf(await fixture.coordinator.outcome(second))).toMatchObject({ code: 'cancelled', message: 'taken back' });
    resultOf(await fixture.coordinator.outcome(first));
    resultOf(await run('echo z > out/result'));
    expect(fixture.coordinator.updates.filter(({ leaseId }) => leaseId === second)).toHaveLength(1);
  });

  test('measures its speed', async () => {
    const { speed: _speed, ...options } = workerOptions();
    const started = await startWorker(options);
    if (!started.ok) throw new Error(started.error.message);
    workers.push(started.value);
    expect(started.value.speed).toBeGreaterThan(0.01);
    expect(fixture.coordinator.hellos[0]?.speed).toBe(started.value.speed);
  });
});
