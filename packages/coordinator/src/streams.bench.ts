// What idle workers cost a coordinator: many synthetic ones from this process, each with a stream and a TCP connection of its own, all
// with nothing to do, a heartbeat every `limits.idleHeartbeatIntervalMs`. Prints CPU and memory of the coordinator, which runs in a
// process of its own, and what both come to for the largest farm. After a build: npm run bench:streams
//   MOSIX_BENCH_WORKERS (5,000), MOSIX_BENCH_SECONDS (30), MOSIX_BENCH_PROFILE (a folder for a CPU profile)
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { limits } from '@mosix/core';
import { connect } from '@mosix/protocol';
import { expect, it } from 'vitest';

const WORKERS = Number(process.env['MOSIX_BENCH_WORKERS'] ?? 5_000);
const SECONDS = Number(process.env['MOSIX_BENCH_SECONDS'] ?? 30);
const PROFILE = process.env['MOSIX_BENCH_PROFILE'];
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it.runIf(process.env['MOSIX_BENCH'] === '1')(`${WORKERS} idle workers`, async () => {
  const data = await mkdtemp(join(tmpdir(), 'mosix-streams-'));
  const program = new URL('./testing/coordinator-process.mjs', import.meta.url).pathname;
  const flags = PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILE}`];
  const child = spawn(process.execPath, [...flags, program, data, '0.0.0.0:0'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = /:(\d+)$/.exec(String((await lines.next()).value))?.[1] ?? '';
  const usage = async (): Promise<{ cpuMs: number; rssMiB: number }> => {
    child.stdin.write('\n');
    const [cpuMs = 0, rssMiB = 0] = String((await lines.next()).value).split(' ').map(Number);
    return { cpuMs, rssMiB };
  };
  /** Share of one core over `seconds`. */
  const load = async (seconds: number): Promise<number> => {
    const before = await usage();
    const start = performance.now();
    await sleep(seconds * 1000);
    return ((await usage()).cpuMs - before.cpuMs) / (performance.now() - start);
  };
  /** grpc-js shares connections to one address, and all of 127.0.0.0/8 is this machine. */
  const open = (index: number): { channel: ReturnType<typeof channelTo>; send: (sequence: number) => void; welcome: Promise<boolean> } => {
    const channel = channelTo(`127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}:${port}`);
    const stream = channel.farm.attach();
    stream.send({ hello: { name: `node-${index}`, slots: 16, cores: 16, speed: 1, instructionSets: ['x86_64'], memoryBytes: 64e9, version: '0.1.0', instance: `${index}`, labels: { os: 'linux' } } });
    let answered: (good: boolean) => void = () => undefined;
    const welcome = new Promise<boolean>((resolve) => (answered = resolve));
    void (async () => {
      for await (const message of stream.received) if (message.ok) answered(message.value.message === 'welcome');
      answered(false);
    })();
    return { channel, welcome, send: (sequence) => void stream.send({ heartbeat: { load: 0.1, freeMemoryBytes: 60e9, freeDiskBytes: 1e12, sequence } }) };
  };
  const channelTo = (address: string) => {
    const connected = connect(address);
    if (!connected.ok) throw new Error(connected.error.message);
    return connected.value;
  };

  await sleep(1_000);
  const empty = { ...(await usage()), load: await load(5) };
  const start = performance.now();
  const workers: ReturnType<typeof open>[] = [];
  for (let index = 0; index < WORKERS; index += 200) {
    const some = Array.from({ length: Math.min(200, WORKERS - index) }, (_, more) => open(index + more));
    expect(await Promise.all(some.map((worker) => worker.welcome))).not.toContain(false);
    workers.push(...some);
  }
  const joinedMs = performance.now() - start;
  const joined = await usage();

  // Evenly spread, as chance spreads them.
  let sent = 0;
  const began = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - began) * WORKERS) / limits.idleHeartbeatIntervalMs;
    for (; sent < due; sent++) workers[sent % WORKERS]?.send(1 + Math.floor(sent / WORKERS));
  }, 20);
  await sleep(limits.idleHeartbeatIntervalMs);
  const busy = await load(SECONDS);
  const settled = await usage();
  clearInterval(timer);

  const status = await workers[0]?.channel.admin.getStatus({}, { deadlineMs: 60_000 });
  expect(status?.ok === true ? status.value.nodes.filter((node) => node.state === 'ready').length : 0).toBe(WORKERS);
  const perNode = (busy - empty.load) / WORKERS;
  const kib = ((settled.rssMiB - empty.rssMiB) * 1024) / WORKERS;
  console.log([
    `${WORKERS} workers joined in ${(joinedMs / 1000).toFixed(1)} s, ${((joined.cpuMs - empty.cpuMs) / WORKERS).toFixed(2)} ms CPU of the coordinator each`,
    `idle: ${(busy * 100).toFixed(1)} % of a core (${(empty.load * 100).toFixed(1)} % without workers), ${((perNode * limits.idleHeartbeatIntervalMs) * 1000).toFixed(0)} µs a heartbeat`,
    `memory: ${settled.rssMiB.toFixed(0)} MiB (${empty.rssMiB.toFixed(0)} without workers), ${kib.toFixed(1)} KiB a node with its connection`,
    `${limits.nodesMax} workers: ${((empty.load + perNode * limits.nodesMax) * 100).toFixed(0)} % of a core, ${((empty.rssMiB + (kib * limits.nodesMax) / 1024) / 1024).toFixed(1)} GiB`,
  ].join('\n'));
  expect(settled.rssMiB).toBeGreaterThan(empty.rssMiB);

  for (const worker of workers) worker.channel.close();
  child.stdin.end();
  const killed = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await new Promise((resolve) => child.once('exit', resolve));
  clearTimeout(killed);
  await rm(data, { recursive: true, force: true });
});
