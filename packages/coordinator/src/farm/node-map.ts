// What mosix.map says of the nodes of this farm. A node is looked up by its name, then by the host that it connects from.
import type { MapNode, NodeMap } from '@mosix/config';
import type { NodeSpec } from '@mosix/core';

export interface FarmMap {
  readonly path: string;
  readonly map: NodeMap | undefined;
  /** `FILE:LINE: reason`; the map before stays in force. */
  readonly problems: readonly string[];
}

/** Host of a gRPC peer: `10.0.0.1:4711`, `[::1]:4711`, `ipv4:…`; '' for a unix socket. An IPv4 address in IPv6's clothes is undressed. */
export function hostOfPeer(peer: string): string {
  const match = /^(?:ipv[46]:)?(?:\[([^\]]+)\]|([^:/]+)):\d+$/.exec(peer);
  return (match?.[1] ?? match?.[2] ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

export const mapNodeOf = (map: NodeMap | undefined, name: string, host: string): MapNode | undefined => map?.find(name) ?? (host === '' ? undefined : map?.find(host));

/** What the worker said of itself, with what the map caps and adds. The map's labels win. */
export const underMap = (spec: NodeSpec, entry: MapNode | undefined): NodeSpec =>
  entry === undefined ? spec : { ...spec, slots: Math.min(spec.slots, entry.slots ?? spec.slots), labels: new Map([...spec.labels, ...entry.labels]) };
