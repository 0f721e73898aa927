/*
 * What the daemon has sent. Every byte stays until the end of the conversation: diagnostics may be shown only when
 * EXIT is here too, for if the daemon dies before, a local compile prints them and they must not come twice.
 */
#ifndef MOSIX_INBOX_H
#define MOSIX_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inbox {
    int socket;
    unsigned char *bytes;
    size_t capacity;
    size_t filled;
    /* Where the next frame begins. */
    size_t next;
};

struct frame {
    uint8_t type;
    uint32_t size;
    /* Within the inbox: valid until the next frame is read. May be changed in place. */
    unsigned char *payload;
};

/*
 * Waits for the next frame; false at the end of the stream (errno is ECONNRESET), on silence (EAGAIN), and when the
 * frames together are too large.
 */
bool next_frame(struct inbox *inbox, struct frame *frame);

/* The frame at `offset` among those already read; returns the offset of the one after it. */
size_t frame_at(const struct inbox *inbox, size_t offset, struct frame *frame);

#endif
