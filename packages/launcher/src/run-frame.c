#define _GNU_SOURCE
#include "run-frame.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basics.h"

/* version, pid, umask, tty bits, columns, mode, start time */
#define FIXED_BYTES (1 + 4 + 4 + 1 + 2 + 1 + 8)

static char *put(char *at, const void *bytes, size_t count)
{
    return mempcpy(at, bytes, count);
}

static char *put_u8(char *at, uint8_t value)
{
    return put(at, &value, sizeof value);
}

static char *put_u16(char *at, uint16_t value)
{
    value = htole16(value);
    return put(at, &value, sizeof value);
}

static char *put_u32(char *at, uint32_t value)
{
    value = htole32(value);
    return put(at, &value, sizeof value);
}

static char *put_u64(char *at, uint64_t value)
{
    value = htole64(value);
    return put(at, &value, sizeof value);
}

static char *put_string(char *at, const char *string)
{
    size_t bytes = strlen(string);
    return put(put_u32(at, (uint32_t)bytes), string, bytes);
}

static size_t string_bytes(const char *string)
{
    return 4 + strlen(string);
}

struct list {
    char **strings;
    uint32_t count;
    size_t bytes;
};

static struct list measure(char **strings)
{
    struct list list = { .strings = strings, .count = 0, .bytes = 4 };
    for (; strings[list.count] != NULL; list.count++) list.bytes += string_bytes(strings[list.count]);
    return list;
}

static char *put_list(char *at, const struct list *list)
{
    at = put_u32(at, list->count);
    for (uint32_t i = 0; i < list->count; i++) at = put_string(at, list->strings[i]);
    return at;
}

static uint8_t tty_bits(void)
{
    uint8_t bits = 0;
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (isatty(descriptor)) bits |= (uint8_t)(1 << descriptor);
    }
    return bits;
}

static uint16_t terminal_columns(uint8_t ttys)
{
    struct winsize size;
    bool known = (ttys & (1 << STDERR_FILENO)) != 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    return known ? size.ws_col : 0;
}

static uint32_t current_umask(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return mask;
}

bool send_all(int socket, const void *bytes, size_t count)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t sent = send(socket, next, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        next += sent;
        count -= (size_t)sent;
    }
    return true;
}

bool send_run(int socket, const struct request *request)
{
    char *directory = getcwd(NULL, 0);
    if (directory == NULL || directory[0] != '/' || request->compiler[0] != '/') return false;
    struct list arguments = measure(request->arguments);
    struct list environment = measure(environ);
    uint8_t ttys = tty_bits();
    size_t payload = FIXED_BYTES + string_bytes(directory) + string_bytes(request->compiler) + arguments.bytes + environment.bytes;

    char *frame = need_memory(FRAME_HEADER_BYTES + payload);
    char *at = put_u8(put_u32(frame, (uint32_t)payload), FRAME_RUN);
    at = put_u8(at, WIRE_VERSION);
    at = put_u32(at, (uint32_t)getpid());
    at = put_u32(at, current_umask());
    at = put_u8(at, ttys);
    at = put_u16(at, terminal_columns(ttys));
    at = put_u8(at, (uint8_t)request->mode);
    at = put_u64(at, request->started_ns);
    at = put_string(at, directory);
    at = put_string(at, request->compiler);
    at = put_list(at, &arguments);
    put_list(at, &environment);

    bool sent = send_all(socket, frame, FRAME_HEADER_BYTES + payload);
    free(frame);
    free(directory);
    return sent;
}
