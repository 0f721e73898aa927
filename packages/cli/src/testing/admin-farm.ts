// A coordinator's admin service for tests of the commands: real gRPC on loopback, a farm that is a few values, and a record of the orders.
import { loadConfig, type Config } from '@mosix/config';
import { err, ok } from '@mosix/core';
import { createServer, rpcError, type admin, type HandlersOf, type RunningServer, type Services } from '@mosix/protocol';
import type { Outcome, RunCommand } from '../command.js';

type Handlers = HandlersOf<Services['admin']>;

export const node = (name: string, more: Partial<admin.Node> = {}): admin.Node => ({
  name, slots: 4, running: 0, speed: 1, state: 'ready', load: 0, instructionSets: ['x86_64'], jobs: 0, cpuSeconds: 0,
  freeMemoryBytes: 8 * 1024 ** 3, memoryBytes: 16 * 1024 ** 3, cores: 4, measuredSpeed: 1, speedSource: 'benchmark', drift: 1, labels: {}, waiting: 0,
  reason: '', silentMs: 0, predictedMemoryBytes: 0, movesIn: 0, movesOut: 0, ...more,
});

export const job = (operation: string, more: Partial<admin.Job> = {}): admin.Job => ({
  operation, label: `obj/${operation}.o`, state: 'running', node: 'node1', ageMs: 1_000, attempts: 1, user: 'ada@box', nodes: [], progress: 0.5,
  cpuSeconds: 0.5, expectedSeconds: 1, memoryBytes: 0, moves: 0, immovable: '', priority: 0, paused: false, ...more,
});

export const decision = (text: string, more: Partial<admin.Decision> = {}): admin.Decision => ({
  ageMs: 5_000, job: '17', label: 'obj/a.o', method: 'race', cause: 'starved', from: 'node3', to: 'node7', text, ...more,
});

export interface AdminFarm {
  readonly address: string;
  nodes: admin.Node[];
  jobs: admin.Job[];
  decisions: admin.Decision[];
  prediction: admin.Prediction | null;
  /** Every order as `name {request}`, in the order of arrival. */
  readonly orders: { readonly name: string; readonly request: Readonly<Record<string, unknown>> }[];
  /** Runs a command as `mosix` would, against this farm. */
  run(command: RunCommand, args?: readonly string[], options?: Readonly<Record<string, unknown>>): ReturnType<RunCommand>;
  readonly config: Config;
  close(): Promise<void>;
}

export const configFor = (address: string, env: Readonly<Record<string, string>> = {}): Config => {
  const config = loadConfig({ env: { HOME: '/nonexistent', ...env }, cwd: '/', flags: { coordinator: address } });
  if (!config.ok) throw new Error(config.error.message);
  return config.value;
};

/** `handlers` replace or add to the ones below, which do what a coordinator without any scheduler would do. */
export const startAdminFarm = async (handlers: (farm: AdminFarm) => Handlers = () => ({}), env: Readonly<Record<string, string>> = {}): Promise<AdminFarm> => {
  const orders: AdminFarm['orders'] = [];
  const known = (name: string) => (farm.nodes.some((one) => one.name === name) ? undefined : err(rpcError('not-found', `no node is called ${name}`)));
  const change = (name: string, more: Partial<admin.Node>): void => {
    farm.nodes = farm.nodes.map((one) => (one.name === name ? { ...one, ...more } : one));
  };
  const record = (name: string, request: object): void => void orders.push({ name, request: { ...request } });
  const basic: Handlers = {
    getStatus: ({ includeJobs, includeDecisions }) =>
      ok({ version: 'test', nodes: farm.nodes, jobs: includeJobs ? farm.jobs : [], queued: farm.jobs.filter((one) => one.state === 'queued').length, decisions: includeDecisions ? farm.decisions : [], prediction: farm.prediction }),
    setDrain(request) {
      record('setDrain', request);
      change(request.node, { state: request.enabled ? 'draining' : 'ready' });
      return known(request.node) ?? ok({});
    },
    setBlock(request) {
      record('setBlock', request);
      change(request.node, { state: request.enabled ? 'blocked' : 'ready' });
      return ok({});
    },
    expel(request) {
      record('expel', request);
      return known(request.node) ?? ok({ moved: 2, queued: 1 });
    },
    bring(request) {
      record('bring', request);
      return (request.node === '' ? undefined : known(request.node)) ?? ok({ jobs: farm.jobs.filter((one) => request.user === '' || one.user === request.user).length });
    },
    migrate(request) {
      record('migrate', request);
      return ok({ from: 'node1', to: request.target, method: 'race', text: `copied from node1 to ${request.target} after 2.0 s` });
    },
    setSpeed(request) {
      record('setSpeed', request);
      change(request.node, { speedSource: request.speed === 0 ? 'benchmark' : request.source });
      return known(request.node) ?? ok({ speed: request.speed === 0 ? 1.1 : request.speed });
    },
  };
  const farm: AdminFarm = {
    address: '', nodes: [], jobs: [], decisions: [], prediction: null, orders,
    get config() {
      return configFor(farm.address, env);
    },
    run: (command, args = [], options = {}) => command({ args, options, config: farm.config }),
    close: () => server.close(),
  };
  const started = await createServer({ listen: '127.0.0.1:0', services: { admin: { ...basic, ...handlers(farm) } } });
  if (!started.ok) throw new Error(started.error.message);
  const server: RunningServer = started.value;
  return Object.defineProperty(farm, 'address', { value: server.address, enumerable: true });
};

/** The lines that a user sees, without colours. */
export const linesOf = (outcome: Outcome, width?: number): readonly string[] => {
  const same = (text: string): string => text;
  return outcome.lines({ bold: same, dim: same, red: same, green: same, yellow: same }, width);
};
