#define _GNU_SOURCE
#include "inbox.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "basics.h"
#include "bounds.h"
#include "wire.h"

static bool make_room(struct inbox *inbox, size_t needed)
{
    if (needed > INBOX_BYTES_MAX) return false;
    size_t capacity = inbox->capacity > 0 ? inbox->capacity : INBOX_BYTES_FIRST;
    while (capacity < needed) capacity *= 2;
    if (capacity > inbox->capacity) inbox->bytes = grow_memory(inbox->bytes, capacity);
    inbox->capacity = capacity;
    return true;
}

/* Reads until `count` bytes of the next frame are here. */
static bool receive(struct inbox *inbox, size_t count)
{
    size_t needed = inbox->next + count;
    if (inbox->filled >= needed) return true;
    if (!make_room(inbox, needed)) return false;
    while (inbox->filled < needed) {
        ssize_t got = recv(inbox->socket, inbox->bytes + inbox->filled, inbox->capacity - inbox->filled, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) errno = ECONNRESET;
        if (got <= 0) return false;
        inbox->filled += (size_t)got;
    }
    return true;
}

size_t frame_at(const struct inbox *inbox, size_t offset, struct frame *frame)
{
    uint32_t size;
    memcpy(&size, inbox->bytes + offset, sizeof size);
    frame->size = le32toh(size);
    frame->type = inbox->bytes[offset + sizeof size];
    frame->payload = inbox->bytes + offset + FRAME_HEADER_BYTES;
    return offset + FRAME_HEADER_BYTES + frame->size;
}

bool next_frame(struct inbox *inbox, struct frame *frame)
{
    if (!receive(inbox, FRAME_HEADER_BYTES)) return false;
    frame_at(inbox, inbox->next, frame);
    if (!receive(inbox, FRAME_HEADER_BYTES + (size_t)frame->size)) return false;
    inbox->next = frame_at(inbox, inbox->next, frame);
    return true;
}
