// Transport settings that servers and clients share.
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { ChannelOptions } from '@grpc/grpc-js';
import { limits } from '@mosix/core';

// Failures are returned as values; grpc-js must not write to the terminal besides.
if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);

export const transportOptions = (): ChannelOptions => ({
  'grpc.max_receive_message_length': limits.grpcReceiveBytesMax,
  'grpc.max_send_message_length': limits.grpcReceiveBytesMax,
  'grpc.keepalive_time_ms': limits.keepaliveIntervalMs,
  'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
  // Nobody looks at channelz, and it costs some work per call.
  'grpc.enable_channelz': 0,
});
