// mosix.farm.v1: one stream for each worker, from its Hello to its end.
import { ok, unreachable } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { CallContext, farm as wire, HandlersOf, ServerDuplex, Services } from '@mosix/protocol';
import type { Farm } from '../farm/farm.js';
import type { Session } from '../farm/membership.js';
import { hostOfPeer } from '../farm/node-map.js';
import { checkBenchmark, checkHeartbeat, shortText } from './heartbeat.js';
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

  const session: Session = { name: hello.name, instance: hello.instance, host: hostOfPeer(context.peer), node: node.value, send: (message) => call.send(message), close };
  open(session);
  await farm.attach(session, hello.runningLeases);
  onJoin();
  const complained = new Set<string>();
  /** Once a stream: a worker that errs does so every second. */
  const complain = (code: string): void => {
    if (complained.has(code)) return;
    complained.add(code);
    logger.warn({ node: session.name, code }, 'a worker says what cannot be');
  };
  for (let next = await messages.next(); next.done !== true; next = await messages.next()) {
    if (farm.members.sessions.get(session.name) !== session) return;
    receive(farm, session, next.value, complain, logger);
  }
}

function receive(farm: Farm, session: Session, message: wire.WorkerMessage, complain: (code: string) => void, logger: Logger): void {
  const node = session.name;
  switch (message.message) {
    case 'heartbeat': {
      const known = farm.state.nodes.get(node);
      if (known === undefined) return;
      const { value, codes } = checkHeartbeat(farm.state, known, message.heartbeat);
      codes.forEach(complain);
      farm.send(value);
      return;
    }
    case 'update':
      farm.update(node, message.update).catch((problem: unknown) => {
        logger.error({ err: problem, node }, 'bug in the update of a lease');
        farm.send({ type: 'lease-failed', leaseId: message.update.leaseId, code: 'coordinator-failed', message: 'the coordinator failed', peakMemoryBytes: 0 });
      });
      return;
    case 'draining':
      farm.send({ type: 'node-draining', node });
      return;
    case 'owner':
      farm.send({ type: 'owner', node, active: message.owner.active, reason: shortText(message.owner.reason) });
      return;
    case 'benchmark': {
      const speed = checkBenchmark(message.benchmark);
      if (speed === undefined) complain('bad-speed');
      else farm.send({ type: 'node-speed', node, speed, source: 'benchmark' });
      return;
    }
    case 'hello':
    case undefined:
      return; // a second Hello changes nothing; an unknown message is of a newer worker
    default:
      unreachable(message, 'receive');
  }
}
