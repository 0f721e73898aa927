/*
 * The order of things around a daemon's life, so that there is never more than one:
 *  - Whoever holds the flock on `daemon.lock` is the daemon, or is starting it. The launcher that starts one takes the
 *    lock, hands the locked descriptor down to the daemon, and closes its own copy: the lock is the daemon's for life
 *    and ends with it, however it ends.
 *  - A launcher whose connect fails takes the lock if it is free. Then no daemon lives, what lies at `daemon.sock` is
 *    a dead one's, and it is removed before the new daemon starts. The daemon binds a temporary name and renames it to
 *    `daemon.sock` once it accepts; on a clean exit it removes that name while it still holds the lock.
 *  - If the lock is taken, somebody's daemon is starting: wait for its socket, no longer than DAEMON_START_MS after the
 *    time that the starter put on the lock file. If the lock becomes free without a socket, that start has failed,
 *    and everyone who waited for it compiles locally instead of trying once more each.
 *  - Or a daemon is ending, which shows in a socket that refuses or a start long ago: a short grace, then its
 *    successor is started as soon as the lock is free.
 */
#define _GNU_SOURCE
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"
#include "bounds.h"
#include "start-daemon.h"

static bool socket_address(const char *run_directory, struct sockaddr_un *address)
{
    char *path = join(run_directory, "/daemon.sock", NULL);
    if (strlen(path) > SOCKET_PATH_BYTES_MAX) {
        int folder = open(run_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0) return false;
        char *digits = number_text((unsigned long)folder);
        path = join("/proc/self/fd/", digits, "/daemon.sock", NULL);
    }
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, path);
    return true;
}

static int open_socket(void)
{
    int raw = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (raw > STDERR_FILENO || raw < 0) return raw;
    int moved = fcntl(raw, F_DUPFD_CLOEXEC, STDERR_FILENO + 1); /* a closed stdin must stay closed */
    close(raw);
    return moved;
}

static bool try_connect(int socket, const struct sockaddr_un *address)
{
    return connect(socket, (const struct sockaddr *)address, sizeof *address) == 0;
}

/* Milliseconds left until a daemon that was started when the lock file was touched must accept. */
static int64_t start_time_left_ms(int lock)
{
    struct stat file;
    struct timespec now;
    if (fstat(lock, &file) != 0) return 0;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = (now.tv_sec - file.st_mtim.tv_sec) * INT64_C(1000) + (now.tv_nsec - file.st_mtim.tv_nsec) / 1000000;
    return age < 0 ? DAEMON_START_MS : DAEMON_START_MS - age;
}

/* No socket, or one that nobody listens at. */
static bool means_absent(int reason)
{
    return reason == ENOENT || reason == ECONNREFUSED;
}

static int open_lock(const char *run_directory)
{
    char *path = join(run_directory, "/daemon.lock", NULL);
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    return lock;
}

/* Starts a daemon that takes over the lock; gives a fresh descriptor, through which we see whether the lock is held. */
static int hand_over(int lock, const struct sockaddr_un *address, const char *run_directory)
{
    unlink(address->sun_path);
    futimens(lock, NULL);
    start_daemon(lock);
    close(lock);
    return open_lock(run_directory);
}

/* Connects as soon as a daemon accepts, and starts one when there is none; false when that does not help. */
static bool start_and_connect(int socket, const struct sockaddr_un *address, const char *run_directory)
{
    int lock = open_lock(run_directory);
    int64_t end_of_grace = now_ms() + DAEMON_END_MS;
    bool start_seen = false;
    unsigned pause = CONNECT_PAUSE_MS_FIRST;

    while (lock >= 0) {
        bool nobody_lives = flock(lock, LOCK_EX | LOCK_NB) == 0;
        if (!nobody_lives && errno != EWOULDBLOCK) break;
        if (try_connect(socket, address)) {
            close(lock);
            return true;
        }
        if (!means_absent(errno)) break;
        bool starting = errno == ENOENT && start_time_left_ms(lock) > 0;
        if (nobody_lives && start_seen) break;
        if (!nobody_lives && !starting && now_ms() >= end_of_grace) break;
        if (nobody_lives) lock = hand_over(lock, address, run_directory);
        if (nobody_lives || starting) start_seen = true;
        pause_ms(pause);
        pause = pause * 2 < CONNECT_PAUSE_MS_MAX ? pause * 2 : CONNECT_PAUSE_MS_MAX;
    }
    if (lock >= 0) close(lock);
    return false;
}

int connect_daemon(const char *run_directory)
{
    struct sockaddr_un address;
    struct timeval silence = { .tv_sec = DAEMON_SILENCE_SECONDS };
    int socket = open_socket();
    if (socket < 0 || !socket_address(run_directory, &address)) return -1;
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);

    if (try_connect(socket, &address)) return socket;
    if (means_absent(errno) && start_and_connect(socket, &address, run_directory)) return socket;
    close(socket);
    return -1;
}
