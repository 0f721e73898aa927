#define _GNU_SOURCE
#include "basics.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
    complain("mosix-cc", "out of memory");
    _exit(STATUS_NOT_EXECUTABLE);
}

void *need_memory(size_t bytes)
{
    void *memory = malloc(bytes);
    if (memory == NULL) out_of_memory();
    return memory;
}

void *grow_memory(void *memory, size_t bytes)
{
    void *grown = realloc(memory, bytes);
    if (grown == NULL) out_of_memory();
    return grown;
}

char *join(const char *first, ...)
{
    va_list parts;
    size_t bytes = strlen(first) + 1;
    va_start(parts, first);
    for (const char *part; (part = va_arg(parts, const char *)) != NULL;) bytes += strlen(part);
    va_end(parts);

    char *joined = need_memory(bytes);
    char *end = stpcpy(joined, first);
    va_start(parts, first);
    for (const char *part; (part = va_arg(parts, const char *)) != NULL;) end = stpcpy(end, part);
    va_end(parts);
    return joined;
}

const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool write_all(int descriptor, const void *bytes, size_t count)
{
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(descriptor, next, count);
        if (written >= 0) {
            next += written;
            count -= (size_t)written;
        } else if (errno == EAGAIN) { /* a terminal or pipe that somebody else made non-blocking */
            struct pollfd wait = { .fd = descriptor, .events = POLLOUT };
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void complain(const char *subject, const char *reason)
{
    char *line = join(subject, ": ", reason, "\n", NULL);
    write_all(STDERR_FILENO, line, strlen(line));
    free(line);
}

const char *env_value(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool env_is_on(const char *name)
{
    const char *value = env_value(name);
    return value != NULL && strcmp(value, "0") != 0;
}

char **env_with(char **env, const char *assignment)
{
    size_t name_bytes = (size_t)(strchr(assignment, '=') - assignment) + 1;
    size_t count = 0;
    while (env[count] != NULL) count++;

    char **copy = need_memory((count + 2) * sizeof *copy);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(env[i], assignment, name_bytes) != 0) copy[kept++] = env[i];
    }
    copy[kept++] = (char *)assignment;
    copy[kept] = NULL;
    return copy;
}

char *number_text(unsigned long value)
{
    char digits[24];
    char *start = digits + sizeof digits - 1;
    *start = '\0';
    do {
        *--start = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return join(start, NULL);
}

void pause_ms(unsigned milliseconds)
{
    struct timespec pause = { .tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1000000L };
    nanosleep(&pause, NULL);
}

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
