// Small things that all modes of mosix-init share: error lines that the worker can parse, and reading a whole descriptor.
#ifndef MOSIX_INIT_COMMON_H
#define MOSIX_INIT_COMMON_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Exit status of mosix-init itself when it could not do its work; the compiler's own status travels in the record instead.
#define INIT_FAILED 125

// `mosix-init<TAB>step<TAB>errno<TAB>subject`: packages/worker/src/sandbox reads this line back.
__attribute__((noreturn)) static inline void fail(const char *step, const char *subject) {
  int error = errno;
  dprintf(2, "mosix-init\t%s\t%d\t%s\n", step, error, subject);
  _exit(INIT_FAILED);
}

// Everything up to the end of file, with a NUL put behind it. Never returns NULL.
static inline char *read_all(int descriptor, size_t *length) {
  size_t capacity = 64 * 1024, used = 0;
  char *buffer = malloc(capacity);
  for (;;) {
    if (buffer == NULL) fail("read", "memory");
    ssize_t got = read(descriptor, buffer + used, capacity - used - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read", "standard input");
    if (got == 0) break;
    used += (size_t)got;
    if (used + 1 >= capacity) buffer = realloc(buffer, capacity *= 2);
  }
  buffer[used] = '\0';
  *length = used;
  return buffer;
}

static inline void write_all(int descriptor, const char *bytes, size_t length, const char *step) {
  while (length > 0) {
    ssize_t done = write(descriptor, bytes, length);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail(step, "write");
    bytes += done;
    length -= (size_t)done;
  }
}

static inline uint64_t monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Walks over NUL-terminated fields of a buffer that ends in a NUL.
typedef struct { char *at, *end; } Fields;

static inline char *next_field(Fields *fields) {
  if (fields->at >= fields->end) {
    errno = EBADMSG;
    fail("manifest", "ended early");
  }
  char *field = fields->at;
  fields->at += strlen(field) + 1;
  return field;
}

static inline long next_number(Fields *fields, long most) {
  char *text = next_field(fields), *rest;
  errno = 0;
  long number = strtol(text, &rest, 10);
  if (errno != 0 || *text == '\0' || *rest != '\0' || number < 0 || number > most) {
    errno = EBADMSG;
    fail("manifest", text);
  }
  return number;
}

#endif
