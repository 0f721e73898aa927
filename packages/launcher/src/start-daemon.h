/* Detaches a new daemon from everything that belongs to the build. */
#ifndef MOSIX_START_DAEMON_H
#define MOSIX_START_DAEMON_H

/*
 * Starts the daemon as a process of its own session and returns. `lock` is the descriptor that holds the lock; the
 * daemon inherits it as DAEMON_LOCK_DESCRIPTOR and is told so by MOSIX_DAEMON_LOCK_FD.
 */
void start_daemon(int lock);

#endif
