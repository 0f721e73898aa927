/*
 * A slot is an flock on `slots/N`. Those who wait queue for the flock on `slots/queue`, where the kernel lets them
 * sleep; only the one at the head looks for a free slot.
 */
#define _GNU_SOURCE
#include "local-slots.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basics.h"
#include "bounds.h"

static unsigned core_count(void)
{
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    return (unsigned)CPU_COUNT(&cores);
}

static int open_lock(const char *folder, const char *name)
{
    char *path = join(folder, "/", name, NULL);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    return lock;
}

/* The descriptor of a slot that was free, -1 when all are taken, -2 when a slot cannot be opened or locked. */
static int try_slots(const char *folder, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char *name = number_text(i);
        int slot = open_lock(folder, name);
        free(name);
        if (slot < 0) return -2;
        if (flock(slot, LOCK_EX | LOCK_NB) == 0) return slot;
        int reason = errno;
        close(slot);
        if (reason != EWOULDBLOCK) return -2;
    }
    return -1;
}

int take_local_slot(const char *run_directory)
{
    char *folder = join(run_directory, "/slots", NULL);
    mkdir(folder, 0700);
    int queue = open_lock(folder, "queue");
    if (queue < 0 || flock(queue, LOCK_EX) != 0) return -1;

    int slot;
    unsigned pause = SLOT_PAUSE_MS_FIRST;
    while ((slot = try_slots(folder, core_count())) == -1) {
        pause_ms(pause);
        pause = pause * 2 < SLOT_PAUSE_MS_MAX ? pause * 2 : SLOT_PAUSE_MS_MAX;
    }
    close(queue);
    return slot;
}
