/* Every bound of the launcher in one place; units are in the names. A build may override them with -D, which the tests use. */
#ifndef MOSIX_BOUNDS_H
#define MOSIX_BOUNDS_H

/* No frame from the daemon for this long: compile locally. */
#ifndef DAEMON_SILENCE_SECONDS
#define DAEMON_SILENCE_SECONDS 60
#endif

/* Daemons asked one after the other when one ends before it answers. */
#define DAEMON_ATTEMPTS_MAX 3
/* Between two of them: a dying daemon closes its connections a moment before its listening socket. */
#define DAEMON_ATTEMPT_PAUSE_MS 10

/* From the start of a daemon until it must accept connections. */
#ifndef DAEMON_START_MS
#define DAEMON_START_MS 5000
#endif
/* How long to wait for a daemon that is ending to let go of its lock. */
#define DAEMON_END_MS 250
#define CONNECT_PAUSE_MS_FIRST 1
#define CONNECT_PAUSE_MS_MAX 20

/* Pauses while waiting for one of the local slots. */
#define SLOT_PAUSE_MS_FIRST 1
#define SLOT_PAUSE_MS_MAX 10

/* All frames of one conversation together; the inbox keeps them until EXIT. */
#define INBOX_BYTES_FIRST (64 * 1024)
#define INBOX_BYTES_MAX (1024u * 1024 * 1024)

/* sun_path holds 108 bytes; longer socket paths go through /proc/self/fd. */
#define SOCKET_PATH_BYTES_MAX 100

/* Descriptors that a locally run compiler inherits are moved up here, away from those that a make jobserver may name. */
#define KEPT_DESCRIPTOR_MIN 100

/* The daemon finds its lock at this descriptor. */
#define DAEMON_LOCK_DESCRIPTOR 3

/*
 * Launcher runs nested in one another. A compiler driver that calls itself (lto-wrapper, collect2) needs two or three;
 * deeper, the program that we take for the compiler must be calling us back, and the next one on PATH is taken.
 */
#define NESTED_RUNS_MAX 8

#endif
