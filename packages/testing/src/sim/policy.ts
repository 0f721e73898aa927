// The one question that the simulator asks: what does the scheduler do about this event? Ours and its rivals answer it alike.
import type { FarmEffect, FarmEvent } from '@mosix/core';

export interface Policy {
  readonly name: string;
  /** Workers pause their jobs while the machine's owner is there; else they run on at low priority. */
  readonly ownersFirst: boolean;
  /** Effects in the order in which they are to be carried out. */
  step(event: FarmEvent, now: number): readonly FarmEffect[];
}
