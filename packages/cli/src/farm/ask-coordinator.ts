// The coordinator's own view of the farm. Loads gRPC, so only commands that need the answer import this file.

import { err, fault, limits, type Fault, type Result } from '@mosix/core';
import { connect, type admin, type RpcError } from '@mosix/protocol';
import { knock } from './address.js';

export interface CoordinatorQuestion {
  readonly address: string;
  readonly insecure?: boolean;
  readonly timeoutMs?: number;
  readonly includeJobs?: boolean;
}

/** Codes: coordinator-unreachable (nobody listens), coordinator-stranger (something else does), coordinator-silent, or the channel's own. */
export const askCoordinator = async (question: CoordinatorQuestion): Promise<Result<admin.Status>> => {
  const { address, timeoutMs = limits.rpcDeadlineMs } = question;
  const channel = connect(address, { plaintext: question.insecure === true });
  if (!channel.ok) return channel;
  try {
    const reply = await channel.value.admin.getStatus({ includeJobs: question.includeJobs === true }, { deadlineMs: timeoutMs });
    return reply.ok ? reply : err(await explainSilence(address, timeoutMs, reply.error));
  } finally {
    channel.value.close();
  }
};

/** Why there is no coordinator's answer. gRPC says "unavailable" for nobody, for a firewall and for a web server alike; a plain connection tells them apart. */
export const explainSilence = async (address: string, timeoutMs: number, error: RpcError): Promise<Fault> => {
  if (error.code === 'unimplemented') return stranger(address, 'it speaks gRPC, but is no mosix coordinator');
  const answer = await knock(address, timeoutMs);
  if (answer === 'open') return stranger(address, error.message);
  if (answer === 'silent') return fault('coordinator-silent', `${address} does not answer within ${timeoutMs} ms`, { hint: 'is a firewall in between? mosix doctor tells more' });
  return fault('coordinator-unreachable', `no coordinator can be reached at ${address} (${answer})`, { hint: 'mosix up, or start one with mosix coordinator' });
};

const stranger = (address: string, message: string) =>
  fault('coordinator-stranger', `something listens at ${address}, but it is not a mosix coordinator (${message})`, { hint: 'check MOSIX_COORDINATOR; mosix config show tells where the address comes from' });

export const slotsOf = (status: admin.Status): number =>
  status.nodes.filter((node) => node.state === 'ready').reduce((sum, node) => sum + node.slots, 0);
