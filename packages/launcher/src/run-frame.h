/* The RUN frame: everything that the daemon must know of a compile. */
#ifndef MOSIX_RUN_FRAME_H
#define MOSIX_RUN_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "request.h"

/* Sends the frame; false when the working directory has no name or the daemon does not take it. */
bool send_run(int socket, const struct request *request);

/* Sends bytes to the daemon completely; false when it is gone or silent for too long. Raises no signal. */
bool send_all(int socket, const void *bytes, size_t count);

#endif
