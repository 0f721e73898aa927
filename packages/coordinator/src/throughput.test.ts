// Jobs per second through one coordinator, the data path included. Runs only when asked for: MOSIX_BENCH=1, after a build.
//
// A job is shaped like a C++ unit: 40 directories and 400 files of which only the source and its folders are new, an object of
// 60 KB that is stored by the worker and comes back inside the answer.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from '@mosix/protocol';
import { expect, it } from 'vitest';
import { blobOf, makeAction, runToEnd, upload, type Blob } from './testing/actions.js';
import { startTestWorker, type RunJob } from './testing/worker.js';

const JOBS = Number(process.env['MOSIX_BENCH_JOBS'] ?? 3_000);
const AT_ONCE = 64;

const runJob: RunJob = async (assign, worker) => {
  const source = await worker.channel.cas.batchReadBlobs({ digests: assign.directories.slice(0, 4) });
  const output = blobOf(Buffer.alloc(60_000, assign.actionDigest?.hash));
  const stored = await worker.channel.cas.batchUpdateBlobs({ requests: [output] });
  if (!source.ok || !stored.ok) return { leaseId: assign.leaseId, failed: { code: 'test', message: 'rpc' } };
  return { leaseId: assign.leaseId, finished: { result: { outputFiles: [{ path: 'a.o', digest: output.digest }] }, usage: { userUs: 1000 } } };
};

it.runIf(process.env['MOSIX_BENCH'] === '1')('throughput', { timeout: 300_000 }, async () => {
  const data = await mkdtemp(join(process.env['MOSIX_BENCH_DIR'] ?? tmpdir(), 'mosix-bench-'));
  const child = spawn(process.execPath, [...(process.env['MOSIX_BENCH_NODE'] ?? '').split(' ').filter((flag) => flag !== ''), ...(process.env['MOSIX_BENCH_PROFILE'] === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env['MOSIX_BENCH_PROFILE']}`]), new URL('./testing/coordinator-process.mjs', import.meta.url).pathname, data], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const address = String((await lines.next()).value);
  const usage = async (): Promise<{ cpuMs: number; rssMiB: number }> => {
    child.stdin.write('\n');
    const [cpuMs = 0, rssMiB = 0] = String((await lines.next()).value).split(' ').map(Number);
    return { cpuMs, rssMiB };
  };
  const connected = connect(address);
  if (!connected.ok) throw new Error(connected.error.message);
  const channel = connected.value;
  const workers = ['a', 'b', 'c', 'd'].map((name) => startTestWorker(address, name, { hello: { slots: 16 }, runJob }));

  const headers = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`usr/include/d${index % 35}/f${index}.h`, `header ${index}`]));
  const known = new Set<string>();
  const fresh = (blobs: readonly Blob[]): Blob[] => blobs.filter(({ digest }) => !known.has(digest.hash) && known.add(digest.hash));
  const actions = Array.from({ length: JOBS }, (_, index) => {
    const action = makeAction({ files: { ...headers, [`home/me/project/src/f${index}.cc`]: `int f${index};` }, arguments: ['cc', '-c', `f${index}.cc`] });
    return { digest: action.digest, blobs: fresh(action.blobs) };
  });

  const one = async ({ digest, blobs }: (typeof actions)[number]): Promise<void> => {
    await channel.actionCache.getActionResult({ actionDigest: digest });
    await upload(channel, blobs);
    const last = await runToEnd(channel, digest, { skipCacheLookup: true, inlineOutputFiles: ['a.o'], inlineStderr: true });
    if (last.error !== undefined) throw new Error(`${last.error.code}: ${last.error.message}`);
    expect(last.response?.result?.outputFiles[0]?.contents).toHaveLength(60_000);
  };
  const all = async (list: typeof actions, each: (action: (typeof actions)[number]) => Promise<void>): Promise<{ perSecond: number; cpuMs: number; rssMiB: number }> => {
    const before = await usage();
    const start = performance.now();
    let next = 0;
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let action = list[next++]; action !== undefined; action = list[next++]) await each(action);
    }));
    const seconds = (performance.now() - start) / 1000;
    const after = await usage();
    return { perSecond: list.length / seconds, cpuMs: (after.cpuMs - before.cpuMs) / list.length, rssMiB: after.rssMiB };
  };
  const report = (what: string, { perSecond, cpuMs, rssMiB }: Awaited<ReturnType<typeof all>>): void =>
    console.log(`${what}: ${perSecond.toFixed(0)}/s here, ${cpuMs.toFixed(2)} ms CPU of the coordinator each = ${(1000 / cpuMs).toFixed(0)}/s on one core, ${rssMiB.toFixed(0)} MiB`);
  await all(actions.slice(0, 1), one); // what all jobs share
  await all(actions.slice(1, 300), one);
  report('empty calls (the floor of this machine)', await all(actions, async () => {
    expect((await channel.cas.findMissingBlobs({ blobDigests: [] })).ok).toBe(true);
  }));
  report('jobs', await all(actions.slice(300), one));
  report('hits', await all(actions, async ({ digest }) => {
    const hit = await channel.actionCache.getActionResult({ actionDigest: digest, inlineOutputFiles: ['a.o'], inlineStderr: true });
    expect(hit.ok).toBe(true);
  }));

  for (const worker of workers) worker.kill();
  channel.close();
  child.stdin.end();
  await new Promise((resolve) => child.once('exit', resolve));
  await rm(data, { recursive: true, force: true });
});
