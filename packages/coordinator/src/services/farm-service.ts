// mosix.farm.v1: one stream for each worker, from its Hello to its end.
import { limits, ok, unreachable } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { CallContext, farm as wire, HandlersOf, ServerDuplex, Services } from '@mosix/protocol';
import type { Farm, Session } from '../farm/farm.js';
import { checkHello } from './hello.js';

type Call = ServerDuplex<wire.WorkerMessage, wire.CoordinatorMessageInput>;

export interface FarmServicePorts {
  readonly farm: Farm;
  readonly logger: Logger;
  /** Told of every node that joins. */
  readonly onJoin: () => void;
}

export function farmService(ports: FarmServicePorts): HandlersOf<Services['farm']> {
  return {
    async attach(call, context) {
      let session: Session | undefined;
      await new Promise<void>((close) => {
        const open = (each: Session): void => void (session = each);
        context.signal.addEventListener('abort', () => close(), { once: true });
        serve(ports, call, context, open, close).then(() => close(), (problem: unknown) => {
          ports.logger.error({ err: problem, node: session?.name }, 'bug in the stream of a worker');
          close();
        });
      });
      if (session !== undefined) ports.farm.detach(session);
      return ok(undefined);
    },
  };
}

/** Until the worker ends its side, or has to be sent away. */
async function serve({ farm, logger, onJoin }: FarmServicePorts, call: Call, context: CallContext, open: (session: Session) => void, close: () => void): Promise<void> {
  const messages = call.received[Symbol.asyncIterator]();
  const first = await messages.next();
  if (first.done === true) return;
  const refuse = (code: string, message: string, hint: string): void => {
    logger.warn({ peer: context.peer, code, reason: message }, 'refused a worker');
    call.send({ refused: { code, message, hint } });
  };
  if (first.value.message !== 'hello') return refuse('bad-hello', 'the first message must be Hello', 'update the worker');
  const hello = first.value.hello;
  const node = checkHello(farm.state, hello);
  if (!node.ok) return refuse(node.error.code, node.error.message, node.error.hint ?? '');

  const session: Session = { name: hello.name, instance: hello.instance, send: (message) => call.send(message), close };
  open(session);
  await farm.attach(session, node.value, hello.runningLeases);
  onJoin();
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    if (farm.sessions.get(session.name) !== session) return;
    receive(farm, session, next.value, logger);
  }
}

function receive(farm: Farm, session: Session, message: wire.WorkerMessage, logger: Logger): void {
  const node = session.name;
  switch (message.message) {
    case 'heartbeat': {
      const { load, freeMemoryBytes, freeDiskBytes } = message.heartbeat;
      farm.send({ type: 'node-heartbeat', node, load: Number.isFinite(load) ? Math.max(0, load) : 0, freeMemoryBytes, freeDiskBytes });
      return;
    }
    case 'update':
      farm.update(session, message.update).catch((problem: unknown) => {
        logger.error({ err: problem, node }, 'bug in the update of a lease');
        farm.send({ type: 'lease-failed', leaseId: message.update.leaseId, code: 'internal', message: 'the coordinator failed' });
      });
      return;
    case 'draining':
      farm.send({ type: 'node-draining', node });
      return;
    case 'benchmark': {
      const { speed } = message.benchmark;
      if (speed >= limits.nodeSpeedMin && speed <= limits.nodeSpeedMax) farm.send({ type: 'node-speed', node, speed });
      return;
    }
    case 'hello':
    case undefined:
      return; // a second Hello changes nothing; an unknown message is of a newer worker
    default:
      unreachable(message, 'receive');
  }
}
