/* The launcher's side of one compile with the daemon. */
#ifndef MOSIX_CONVERSATION_H
#define MOSIX_CONVERSATION_H

#include "request.h"

enum verdict {
    /* The daemon says so; the socket holds the local slot. */
    RUN_LOCALLY,
    /* It ended before it answered with a single byte, as a daemon does that was just leaving: worth another try. */
    DAEMON_GONE,
    /* It died later, fell silent or made no sense. */
    DAEMON_FAILED,
};

/* Returns only when the farm has not compiled; else the process ends as the compiler did there. */
enum verdict converse(int socket, const struct request *request);

#endif
