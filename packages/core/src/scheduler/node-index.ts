// (being written) Nodes and waiting jobs, arranged for placement.
export interface NodeIndex {
  /** Jobs that wait. */
  readonly queued: number;
}
