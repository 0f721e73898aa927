// Which workers are here and under what terms: their streams, and what mosix.map and people give to them: a cap on slots, labels, a speed.
import { limits, type FarmEvent, type FarmState, type NodeSpec, type ReannouncedLease, type SpeedSource } from '@mosix/core';
import type { NodeMap } from '@mosix/config';
import type { Logger } from '@mosix/observe';
import type { farm } from '@mosix/protocol';
import { mapNodeOf, underMap, type FarmMap } from './node-map.js';
import type { NodeSettings } from './node-settings.js';

/** The live stream of one worker. */
export interface Session {
  readonly name: string;
  readonly instance: string;
  /** Where it connects from; '' for a unix socket. */
  readonly host: string;
  /** What the worker said of itself. */
  readonly node: NodeSpec;
  /** False when the worker is gone. */
  send(message: farm.CoordinatorMessageInput): boolean;
  close(): void;
}

export interface Membership {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly map: FarmMap | undefined;
  /** It is or was here, people said something of it, or it is on the map. */
  isKnown(node: string): boolean;
  knownNames(): Iterable<string>;
  /** An older stream of the same name is closed. */
  open(session: Session): void;
  /** After the scheduler was told that the stream is open: the speed that is given for this node. */
  admit(session: Session, runningLeases: readonly ReannouncedLease[]): void;
  /** False: another stream has taken its place. */
  end(session: Session): boolean;
  welcome(node: string, unknownLeases: readonly string[]): void;
  setSpeed(node: string, given: { readonly speed: number; readonly source: 'set' | 'tune' } | undefined): void;
  /** Resolves when what people said of nodes is on disk, or could not be written. */
  saved(): Promise<void>;
  setMap(path: string, map: NodeMap): void;
  setMapProblems(path: string, problems: readonly string[]): void;
}

export interface MembershipPorts {
  readonly state: FarmState;
  readonly settings: NodeSettings;
  readonly logger: Logger;
  readonly send: (event: FarmEvent) => void;
}

export function createMembership({ state, settings, logger, send }: MembershipPorts): Membership {
  const sessions = new Map<string, Session>();
  let map: FarmMap | undefined;
  /** The node that is told of its new terms, and was welcomed before. */
  let rejoining: string | undefined;

  const givenSpeed = (session: Session): { speed: number; source: SpeedSource } | undefined => {
    const said = settings.speeds.get(session.name);
    if (said !== undefined) return said;
    const speed = mapNodeOf(map?.map, session.name, session.host)?.speed;
    return speed === undefined ? undefined : { speed, source: 'map' };
  };

  const applySpeed = (session: Session): void => {
    const node = state.nodes.get(session.name);
    const given = givenSpeed(session);
    if (node === undefined || (node.givenSpeed === given?.speed && (given === undefined || node.speedSource === given.source))) return;
    send({ type: 'node-speed', node: session.name, speed: given?.speed, source: given?.source ?? 'benchmark' });
  };

  const terms = (session: Session): NodeSpec => underMap(session.node, mapNodeOf(map?.map, session.name, session.host));

  /** The map changed under a node that is here. One that is about to leave keeps its terms. */
  const applyMap = (session: Session): void => {
    const node = state.nodes.get(session.name);
    if (node === undefined || !node.connected || node.drainingItself) return;
    const spec = terms(session);
    if (spec.slots !== node.slots) {
      const running = [...node.leases.values()].filter((lease) => lease.state !== 'cancelling');
      rejoining = node.name;
      send({ type: 'node-joined', node: spec, runningLeases: running.map((lease) => ({ leaseId: lease.id, adopt: undefined })) });
      rejoining = undefined;
    } else if (!sameLabels(spec.labels, node.labels)) send({ type: 'node-labels', node: node.name, labels: spec.labels });
    applySpeed(session);
  };

  return {
    sessions,
    get map() {
      return map;
    },
    isKnown: (node) => state.nodes.has(node) || settings.blocked.has(node) || settings.speeds.has(node) || map?.map?.find(node) !== undefined,
    *knownNames() {
      yield* state.nodes.keys();
      yield* settings.blocked;
      yield* settings.speeds.keys();
      for (const { name } of map?.map?.nodes.values() ?? []) yield name;
    },
    open(session) {
      sessions.get(session.name)?.close();
      sessions.set(session.name, session);
    },
    admit(session, runningLeases) {
      send({ type: 'node-joined', node: terms(session), runningLeases });
      applySpeed(session);
      if (state.nodes.get(session.name)?.drainAsked === true) session.send({ drain: { enabled: true } });
    },
    end(session) {
      return sessions.get(session.name) === session && sessions.delete(session.name);
    },
    welcome(node, unknownLeases) {
      if (rejoining === node) return;
      sessions.get(node)?.send({
        welcome: { nodeId: node, heartbeatIntervalMs: limits.heartbeatIntervalMs, idleHeartbeatIntervalMs: limits.idleHeartbeatIntervalMs, unknownLeases },
      });
    },
    setSpeed(node, given) {
      settings.setSpeed(node, given);
      const session = sessions.get(node);
      if (session !== undefined) applySpeed(session);
      else send({ type: 'node-speed', node, speed: given?.speed, source: given?.source ?? 'benchmark' });
      // Back to its own figure, which may be of another day.
      if (given === undefined) session?.send({ benchmark: {} });
    },
    saved: () => settings.written(),
    setMap(path, next) {
      map = { path, map: next, problems: [] };
      logger.info({ path, nodes: next.nodes.size }, 'mosix.map read');
      for (const session of [...sessions.values()]) applyMap(session);
    },
    setMapProblems(path, problems) {
      map = { path, map: map?.map, problems };
      for (const problem of problems) logger.warn({ code: 'bad-map' }, problem);
    },
  };
}

const sameLabels = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean => a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
