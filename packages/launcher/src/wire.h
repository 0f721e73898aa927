/* The launcher's protocol: frame types and modes as docs/protocols.md lists them. A frame is u32 payload length, u8 type, payload; all little endian. */
#ifndef MOSIX_WIRE_H
#define MOSIX_WIRE_H

#define WIRE_VERSION 1
#define FRAME_HEADER_BYTES 5

enum frame_type {
    FRAME_RUN = 1,
    FRAME_VERIFIED = 2,
    FRAME_BYE = 4,
    FRAME_LOCAL = 16,
    FRAME_VERIFY = 17,
    FRAME_STDOUT = 18,
    FRAME_STDERR = 19,
    FRAME_EXIT = 20,
    FRAME_PING = 21,
};

enum run_mode { MODE_MASQUERADE = 0, MODE_PREFIX = 1, MODE_INTERCEPT = 2 };

/* VERIFY entries use these for "do not compare". */
#define ANY_SIZE UINT64_MAX
#define ANY_TIME INT64_MIN

#endif
