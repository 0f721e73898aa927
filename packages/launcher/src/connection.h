/* The socket to the daemon: connecting, and the daemon's start when there is none. */
#ifndef MOSIX_CONNECTION_H
#define MOSIX_CONNECTION_H

/* A connected stream socket (close-on-exec, silence limit set), or -1 when no daemon can be had. */
int connect_daemon(const char *run_directory);

#endif
