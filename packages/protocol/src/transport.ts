// Transport settings that servers and clients share.
import type { ChannelOptions } from '@grpc/grpc-js';
import { limits } from '@mosix/core';

export const transportOptions = (): ChannelOptions => ({
  'grpc.max_receive_message_length': limits.grpcReceiveBytesMax,
  'grpc.max_send_message_length': limits.grpcReceiveBytesMax,
  'grpc.keepalive_time_ms': limits.keepaliveIntervalMs,
  'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
  // Nobody looks at channelz, and it costs some work per call.
  'grpc.enable_channelz': 0,
});
