/* Answers VERIFY: the daemon's picture of the files must be the one that a compiler started here and now would see. */
#ifndef MOSIX_VERIFY_H
#define MOSIX_VERIFY_H

#include <stdbool.h>

#include "inbox.h"

/* Checks every entry with lstat and sends VERIFIED with the indices that differ; false on a malformed frame or a dead socket. */
bool answer_verify(int socket, const struct frame *frame);

#endif
