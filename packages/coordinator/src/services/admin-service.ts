// mosix.admin.v1: what the command-line tools ask. Requests are checked here, the scheduler decides. What outlives a restart is on disk
// before the answer goes out.
import { err, limits, ok, type Command, type CommandAnswer, type Result } from '@mosix/core';
import { rpcError, type HandlersOf, type RpcError, type Services } from '@mosix/protocol';
import { noSuchNode, refusal } from './admin-errors.js';
import { statusOf, type StatusPorts } from './admin-status.js';
import { nodeName } from './hello.js';

export type AdminPorts = StatusPorts;

type AnswerTo<Kind, Answer = CommandAnswer> = Answer extends { readonly kind: infer Kinds } ? (Kind extends Kinds ? Answer : never) : never;

const invalid = (message: string): { readonly ok: false; readonly error: RpcError } => err(rpcError('invalid-argument', message));

export function adminService(ports: AdminPorts): HandlersOf<Services['admin']> {
  const { farm } = ports;
  const { state, members } = farm;

  const obey = <Kind extends CommandAnswer['kind']>(kind: Kind, command: Command & { readonly kind: Kind }, name: string): Result<AnswerTo<Kind>, RpcError> => {
    const answer = farm.command(command);
    if (!answer.ok) return err(refusal(answer.error, members.knownNames(), name));
    if (answer.value.kind !== kind) throw new Error(`${kind} was answered as ${answer.value.kind}`);
    return ok(answer.value as AnswerTo<Kind>);
  };
  const nameless = (node: string): RpcError | undefined => (node === '' ? rpcError('invalid-argument', 'no node is named') : undefined);

  return {
    getStatus: (request) => ok(statusOf(ports, request)),
    setDrain({ node, enabled }) {
      const problem = nameless(node);
      if (problem !== undefined) return err(problem);
      const answer = obey('drain', { kind: 'drain', node, enabled }, node);
      return answer.ok ? ok({}) : answer;
    },
    async setBlock({ node, enabled }) {
      const problem = nameless(node);
      if (problem !== undefined) return err(problem);
      // Also a node that is yet to come can be blocked, as long as it could ever join.
      if (!nodeName.test(node)) return invalid(`${JSON.stringify(node.slice(0, 64))} is no node name`);
      if (!enabled && !members.isKnown(node)) return err(noSuchNode(node, members.knownNames()));
      if (enabled && state.blockedNames.size >= limits.nodesMax && !state.blockedNames.has(node)) return err(rpcError('failed-precondition', `${limits.nodesMax} nodes are blocked already`));
      const answer = obey('block', { kind: 'block', node, enabled }, node);
      await members.saved();
      return answer.ok ? ok({}) : answer;
    },
    async expel({ node }) {
      const problem = nameless(node);
      if (problem !== undefined) return err(problem);
      const answer = obey('expel', { kind: 'expel', node }, node);
      await members.saved();
      return answer.ok ? ok({ moved: answer.value.moved, queued: answer.value.queued, stays: answer.value.stays }) : answer;
    },
    bring({ node, user }) {
      const answer = obey('bring', { kind: 'bring', node, user }, node);
      return answer.ok ? ok({ jobs: answer.value.jobs }) : answer;
    },
    migrate({ job, target }) {
      if (job === '') return invalid('no job is named');
      if (target === '') return invalid('no target is named: a node, best or home');
      const answer = obey('migrate', { kind: 'migrate', jobId: job, target }, target);
      if (!answer.ok) return answer;
      const { from, to, method, text } = answer.value;
      return ok({ from, to, method, text });
    },
    async setSpeed({ node, speed, source, runs }) {
      const problem = nameless(node);
      if (problem !== undefined) return err(problem);
      if (source !== 'set' && source !== 'tune') return invalid(`${JSON.stringify(source.slice(0, 32))} is no source of a speed: set or tune`);
      const { nodeSpeedMin, nodeSpeedMax } = limits;
      const possible = (value: number): boolean => value >= nodeSpeedMin && value <= nodeSpeedMax;
      if (speed !== 0 && !possible(speed)) return invalid(`speed ${speed}: ${nodeSpeedMin} to ${nodeSpeedMax} are possible, and 0 for what the node measures itself`);
      if (runs.length > RUNS_MAX || !runs.every(possible)) return invalid('the runs of a measurement are speeds, a hundred at most');
      if (!members.isKnown(node)) return err(noSuchNode(node, members.knownNames()));
      members.setSpeed(node, speed === 0 ? undefined : { speed, source });
      await members.saved();
      return ok({ speed: state.nodes.get(node)?.speed ?? speed });
    },
    holdNode({ node, holdMs }) {
      const problem = nameless(node);
      if (problem !== undefined) return err(problem);
      if (holdMs > limits.holdMsMax) return invalid(`a hold of ${holdMs} ms; at most ${limits.holdMsMax} are possible`);
      const answer = obey('hold', { kind: 'hold', node, holdMs }, node);
      return answer.ok ? ok({ running: answer.value.running }) : answer;
    },
  };
}

const RUNS_MAX = 100;
