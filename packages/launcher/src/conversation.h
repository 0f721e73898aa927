/* The launcher's side of one compile with the daemon. */
#ifndef MOSIX_CONVERSATION_H
#define MOSIX_CONVERSATION_H

#include "request.h"

/*
 * Returns only when the compiler must be run here: 1 when the daemon says so (the socket then holds the local slot),
 * 0 when the daemon failed us. In every other case the process ends as the compiler did.
 */
int converse(int socket, const struct request *request);

#endif
