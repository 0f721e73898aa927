// Made from proto/ by src/generate.ts. Do not edit.
import type * as wellknown from './wellknown.js';

export interface StatusInput {
  readonly code?: number | undefined;
  readonly message?: string | undefined;
  readonly details?: readonly wellknown.AnyInput[] | undefined;
}

export interface Status {
  readonly code: number;
  readonly message: string;
  readonly details: readonly wellknown.Any[];
}

export interface RetryInfoInput {
  readonly retryDelay?: wellknown.DurationInput | null | undefined;
}

export interface RetryInfo {
  readonly retryDelay: wellknown.Duration | null;
}

export interface PreconditionFailureInput {
  readonly violations?: readonly PreconditionFailure_ViolationInput[] | undefined;
}

export interface PreconditionFailure {
  readonly violations: readonly PreconditionFailure_Violation[];
}

export interface PreconditionFailure_ViolationInput {
  readonly type?: string | undefined;
  readonly subject?: string | undefined;
  readonly description?: string | undefined;
}

export interface PreconditionFailure_Violation {
  readonly type: string;
  readonly subject: string;
  readonly description: string;
}

export interface ErrorInfoInput {
  readonly reason?: string | undefined;
  readonly domain?: string | undefined;
  readonly metadata?: { readonly [key: string]: string } | undefined;
}

export interface ErrorInfo {
  readonly reason: string;
  readonly domain: string;
  readonly metadata: { readonly [key: string]: string };
}

export interface DebugInfoInput {
  readonly stackEntries?: readonly string[] | undefined;
  readonly detail?: string | undefined;
}

export interface DebugInfo {
  readonly stackEntries: readonly string[];
  readonly detail: string;
}

export interface BadRequestInput {
  readonly fieldViolations?: readonly BadRequest_FieldViolationInput[] | undefined;
}

export interface BadRequest {
  readonly fieldViolations: readonly BadRequest_FieldViolation[];
}

export interface BadRequest_FieldViolationInput {
  readonly field?: string | undefined;
  readonly description?: string | undefined;
}

export interface BadRequest_FieldViolation {
  readonly field: string;
  readonly description: string;
}
