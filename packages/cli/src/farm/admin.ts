// Orders to the coordinator, and what it means when it refuses: names that come near an unknown one, why a job stays, what else to try.

import type { Config } from '@mosix/config';
import { err, fault, limits, nearestNames, ok, type Fault, type Result } from '@mosix/core';
import { connect, type admin, type Channel, type RpcError } from '@mosix/protocol';
import { explainSilence } from './ask-coordinator.js';
import { needCoordinator } from './need-coordinator.js';

type Client = Channel['admin'];

/** What an order is about, to explain a refusal. */
export interface Subject {
  readonly node?: string;
  readonly job?: string;
}

export interface Admin {
  readonly address: string;
  /**
   * Codes: `unknown-node`, `unknown-job`, `not-movable`, `not-now` (the coordinator's own words), `coordinator-old`,
   * `coordinator-unreachable`, `coordinator-stranger`, `coordinator-silent`.
   */
  ask<T>(subject: Subject, call: (client: Client, deadline: { readonly deadlineMs: number }) => Promise<Result<T, RpcError>>): Promise<Result<T>>;
  status(request?: admin.GetStatusRequestInput): Promise<Result<admin.Status>>;
  /** One node of the status. Code: `unknown-node`, and those of `ask`. */
  node(name: string): Promise<Result<admin.Node>>;
}

/** One connection for one command, closed afterwards. Codes: `no-coordinator`, the channel's own, and those of `use`. */
export const withAdmin = async <T>(config: Config, use: (admin: Admin) => Promise<Result<T>>): Promise<Result<T>> => {
  const address = needCoordinator(config);
  if (!address.ok) return address;
  const channel = connect(address.value, { plaintext: config.settings.insecure });
  if (!channel.ok) return channel;
  try {
    return await use(adminOver(address.value, channel.value.admin));
  } finally {
    channel.value.close();
  }
};

const deadline = { deadlineMs: limits.rpcDeadlineMs };

const adminOver = (address: string, client: Client): Admin => {
  const status: Admin['status'] = async (request = {}) => {
    const reply = await client.getStatus(request, deadline);
    return reply.ok ? reply : err(await explainSilence(address, limits.rpcDeadlineMs, reply.error));
  };
  const explain = async (error: RpcError, subject: Subject): Promise<Fault> => {
    if (error.code === 'unimplemented') return fault('coordinator-old', `the coordinator at ${address} does not know this order`, { hint: 'mosix status shows its version', cause: error });
    if (error.code !== 'not-found' && error.code !== 'failed-precondition' && error.code !== 'invalid-argument') return explainSilence(address, limits.rpcDeadlineMs, error);
    const seen = await status({ includeJobs: subject.job !== undefined });
    return seen.ok ? explainRefusal(error, subject, seen.value) : seen.error;
  };
  return {
    address,
    status,
    async ask(subject, call) {
      const reply = await call(client, deadline);
      return reply.ok ? reply : err(await explain(reply.error, subject));
    },
    async node(name) {
      const seen = await status();
      if (!seen.ok) return seen;
      const node = seen.value.nodes.find((one) => one.name === name);
      return node === undefined ? err(unknownNode(name, seen.value)) : ok(node);
    },
  };
};

/** Pure: the coordinator's refusal and what it shows of the farm, to what the user can do about it. */
export const explainRefusal = (error: RpcError, { node, job }: Subject, status: Pick<admin.Status, 'nodes' | 'jobs'>): Fault => {
  const found = job === undefined ? undefined : status.jobs.find((one) => one.operation === job);
  if (error.code === 'not-found') {
    if (job !== undefined && found === undefined) return unknownJob(job);
    if (node !== undefined && status.nodes.every((one) => one.name !== node)) return unknownNode(node, status);
    return fault(job === undefined ? 'unknown-node' : 'unknown-job', error.message, { hint: job === undefined ? 'mosix nodes lists them' : 'mosix ps lists them', cause: error });
  }
  if (found !== undefined) {
    const name = found.label === '' ? found.operation : `${found.operation} (${found.label})`;
    return fault('not-movable', `job ${name} cannot be moved: ${error.message || found.immovable}`, { hint: 'mosix ps shows the jobs, mosix nodes where they could go', cause: error });
  }
  if (error.code === 'invalid-argument') return fault('bad-order', error.message, { cause: error });
  return fault('not-now', error.message, { hint: 'mosix nodes shows the state of each node', cause: error });
};

export const unknownNode = (name: string, status: Pick<admin.Status, 'nodes'>): Fault => {
  const near = nearestNames(name, status.nodes.map((one) => one.name));
  const hint = status.nodes.length === 0 ? 'the farm has no node: start one with mosix worker' : near.length > 0 ? `did you mean ${near.join(' or ')}? mosix nodes lists all` : 'mosix nodes lists them';
  return fault('unknown-node', `no node is called ${name}`, { hint });
};

const unknownJob = (job: string): Fault => fault('unknown-job', `there is no job ${job}: it has ended, or never was`, { hint: 'mosix ps lists the jobs with their numbers' });
