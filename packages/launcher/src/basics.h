/* Small helpers that every part of the launcher shares: memory, strings, complete writes, complaints, environment. */
#ifndef MOSIX_BASICS_H
#define MOSIX_BASICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses of a shell: the program was found but does not run; there is no such program. Our own failures use the rest of 100 to 127. */
#define STATUS_USAGE 100
#define STATUS_NO_DAEMON 101
#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND 127

/* malloc and realloc that end the launcher when memory is short. */
void *need_memory(size_t bytes);
void *grow_memory(void *memory, size_t bytes);

/* The strings up to a closing NULL put together, in new memory. */
char *join(const char *first, ...) __attribute__((sentinel));

/* What follows the last slash. */
const char *base_name(const char *path);

/* Writes everything, waiting where the descriptor does not block; false on an error, which errno tells. */
bool write_all(int descriptor, const void *bytes, size_t count);

/* One line on stderr, as a shell prints it: "subject: reason". */
void complain(const char *subject, const char *reason);

/* Set, not empty and not "0". */
bool env_is_on(const char *name);
/* The value, or NULL when unset or empty. */
const char *env_value(const char *name);
/* A copy of the array `env` in which `assignment` ("NAME=value") stands in the place of NAME. */
char **env_with(char **env, const char *assignment);

/* The decimal digits in new memory. */
char *number_text(unsigned long value);

void pause_ms(unsigned milliseconds);
/* CLOCK_MONOTONIC in milliseconds. */
int64_t now_ms(void);

#endif
