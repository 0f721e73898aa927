// Made from proto/ by src/generate.ts. Do not edit.

export interface AnyInput {
  readonly type_url?: string | undefined;
  readonly value?: Uint8Array | undefined;
}

export interface Any {
  readonly type_url: string;
  readonly value: Buffer;
}

export interface DurationInput {
  readonly seconds?: number | undefined;
  readonly nanos?: number | undefined;
}

export interface Duration {
  readonly seconds: number;
  readonly nanos: number;
}

export interface EmptyInput {}

export interface Empty {}

export interface TimestampInput {
  readonly seconds?: number | undefined;
  readonly nanos?: number | undefined;
}

export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export interface DoubleValueInput {
  readonly value?: number | undefined;
}

export interface DoubleValue {
  readonly value: number;
}

export interface FloatValueInput {
  readonly value?: number | undefined;
}

export interface FloatValue {
  readonly value: number;
}

export interface Int64ValueInput {
  readonly value?: number | undefined;
}

export interface Int64Value {
  readonly value: number;
}

export interface UInt64ValueInput {
  readonly value?: number | undefined;
}

export interface UInt64Value {
  readonly value: number;
}

export interface Int32ValueInput {
  readonly value?: number | undefined;
}

export interface Int32Value {
  readonly value: number;
}

export interface UInt32ValueInput {
  readonly value?: number | undefined;
}

export interface UInt32Value {
  readonly value: number;
}

export interface BoolValueInput {
  readonly value?: boolean | undefined;
}

export interface BoolValue {
  readonly value: boolean;
}

export interface StringValueInput {
  readonly value?: string | undefined;
}

export interface StringValue {
  readonly value: string;
}

export interface BytesValueInput {
  readonly value?: Uint8Array | undefined;
}

export interface BytesValue {
  readonly value: Buffer;
}
