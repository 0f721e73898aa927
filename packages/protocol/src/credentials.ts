// The one place where it is decided how a connection is protected. Today that is plaintext, which is right for a unix socket
// or loopback and must be asked for by name anywhere else; TLS goes here and nowhere else.
import { connect as connectHttp2, type ClientHttp2Session, type Settings } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';
import { err, fault, ok } from '@mosix/core';
import type { Result } from '@mosix/core';

export interface TransportSecurity {
  /** Send and accept everything unencrypted and unauthenticated, also beyond this machine. */
  readonly plaintext?: boolean;
}

/** Host of `host:port`, `[v6]:port`; empty for a unix socket. */
export function hostOf(address: string): string {
  if (address.startsWith('unix:')) return '';
  const match = /^(?:dns:(?:\/{2,3})?)?(?:\[([^\]]*)\]|([^:]*)):\d+$/.exec(address);
  return match?.[1] ?? match?.[2] ?? address;
}

export const isLocalAddress = (address: string): boolean => {
  const host = hostOf(address);
  return host === '' ? address.startsWith('unix:') : host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
};

function check(address: string, security: TransportSecurity): Result<void> {
  if (!address.startsWith('unix:') && !/:\d{1,5}$/.test(address)) {
    return err(fault('bad-address', `"${address}" is no address`, { hint: 'write HOST:PORT or unix:/PATH' }));
  }
  if (security.plaintext === true || isLocalAddress(address)) return ok(undefined);
  return err(fault('plaintext-refused', `${address} is not on this machine, and the connection would not be encrypted`, {
    hint: 'if the network is trusted: --insecure, MOSIX_INSECURE=1, or insecure = true in mosix.toml',
  }));
}

/** Codes: `bad-address`, `plaintext-refused`. */
export function channelCredentials(address: string, security: TransportSecurity): Result<ChannelCredentials> {
  const checked = check(address, security);
  return checked.ok ? ok(ChannelCredentials.createInsecure()) : checked;
}

/** Codes: `bad-address`, `plaintext-refused`. */
export function serverCredentials(address: string, security: TransportSecurity): Result<ServerCredentials> {
  const checked = check(address, security);
  return checked.ok ? ok(ServerCredentials.createInsecure()) : checked;
}

/** At Node's own bound for a session's memory its calls are refused, which helps nobody; grpc-js lifts it too. */
const UNBOUNDED = { maxSessionMemory: Number.MAX_SAFE_INTEGER };

/** An HTTP/2 session without gRPC's own client around it, to an address for which `channelCredentials` gave some. */
export const http2Session = (address: string, settings: Settings = {}): ClientHttp2Session =>
  address.startsWith('unix:')
    ? connectHttp2('http://localhost', { ...UNBOUNDED, settings, createConnection: () => connectSocket(address.slice('unix:'.length)) })
    : connectHttp2(`http://${address.replace(/^dns:\/*/, '')}`, { ...UNBOUNDED, settings });
