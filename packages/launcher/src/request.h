/* One compile as the launcher was asked for it. */
#ifndef MOSIX_REQUEST_H
#define MOSIX_REQUEST_H

#include <stdint.h>

#include "wire.h"

struct request {
    enum run_mode mode;
    /* The real compiler as it will be run; absolute unless the working directory is gone. */
    char *compiler;
    /* The compiler's arguments, argv[0] as the user typed it, ended by NULL. */
    char **arguments;
    /* CLOCK_REALTIME in nanoseconds. */
    uint64_t started_ns;
};

#endif
