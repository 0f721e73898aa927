// Is anybody there? A plain TCP connection, for commands that must not load gRPC.

import { connect } from 'node:net';

/** `host:port` or `[v6]:port`. */
export const splitAddress = (address: string): { host: string; port: number } | undefined => {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? undefined : { host, port: Number(match?.[3]) };
};

/** 'open', 'silent', or the system's reason for refusing. Costs one TCP connection and no gRPC. */
export const knock = (address: string, timeoutMs: number, signal?: AbortSignal): Promise<string> =>
  new Promise((resolve) => {
    const place = splitAddress(address);
    if (place === undefined) return resolve('not an address');
    const socket = connect(place);
    const finish = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    signal?.addEventListener('abort', () => finish('aborted'), { once: true });
    socket.setTimeout(timeoutMs, () => finish('silent'));
    socket.once('connect', () => finish('open'));
    socket.once('error', (problem: NodeJS.ErrnoException) => finish(problem.code ?? problem.message));
  });
