// What a build was made of: units with their costs and who waits for whom. Recorded from real builds, or generated.

/** `compile` may run anywhere; `home` (an archive, a link) runs on the machine of who builds. */
export type UnitKind = 'compile' | 'home';

export interface Unit {
  readonly name: string;
  readonly kind: UnitKind;
  /** At speed 1: the machine that recorded it. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
  readonly sourceBytes: number;
  /** The source and all that it includes. */
  readonly inputBytes: number;
  /** Indexes of units that must be done before; all smaller than its own. */
  readonly needs: readonly number[];
}

export interface Trace {
  readonly name: string;
  readonly units: readonly Unit[];
}

/** One unit in a file, without names of its fields: name, 0 compile or 1 home, CPU ms, wall ms, peak KiB, output bytes, source bytes, input bytes, needs. */
export type RecordedUnit = readonly [
  name: string, kind: 0 | 1, cpuMs: number, wallMs: number, peakKib: number, outputBytes: number, sourceBytes: number, inputBytes: number, needs: readonly number[],
];

/** The form of `traces/NAME.json`. */
export interface RecordedTrace {
  readonly name: string;
  /** Compiler and flags. */
  readonly build: string;
  readonly units: readonly RecordedUnit[];
}

/** Throws when a unit needs one that comes after it: such a file is a defect of the recorder. */
export function fromRecorded(recorded: RecordedTrace): Trace {
  const units = recorded.units.map(([name, kind, cpuMs, , peakKib, outputBytes, sourceBytes, inputBytes, needs], index): Unit => {
    if (needs.some((each) => each >= index)) throw new Error(`${recorded.name}: unit ${index} (${name}) needs one that comes after it`);
    return {
      name: `${recorded.name}/${name}`, kind: kind === 0 ? 'compile' : 'home', cpuSeconds: Math.max(1, cpuMs) / 1000, memoryBytes: peakKib * 1024,
      outputBytes, sourceBytes, inputBytes, needs,
    };
  });
  return { name: recorded.name, units };
}

/** Several builds at once as one trace: their units in turns, as if each had its own make. */
export function merge(name: string, traces: readonly Trace[]): Trace {
  const units: Unit[] = [];
  const places = traces.map(() => [] as number[]);
  const longest = Math.max(0, ...traces.map((trace) => trace.units.length));
  for (let index = 0; index < longest; index++) {
    for (const [which, trace] of traces.entries()) {
      const unit = trace.units[index];
      const own = places[which];
      if (unit === undefined || own === undefined) continue;
      own.push(units.length);
      units.push({ ...unit, needs: unit.needs.map((each) => own[each] as number) });
    }
  }
  return { name, units };
}
