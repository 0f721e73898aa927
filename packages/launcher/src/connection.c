/*
 * The order of things around a daemon's life, so that there is never more than one:
 *  - Whoever holds the flock on `daemon.lock` is the daemon, or is starting it. The launcher that starts one takes the
 *    lock, hands the locked descriptor down to the daemon, and closes its own copy: the lock is the daemon's for life
 *    and ends with it, however it ends.
 *  - A launcher whose connect fails takes the lock if it is free. Then no daemon lives, what lies at `daemon.sock` is
 *    a dead one's, and it is removed before the new daemon starts. The daemon binds a temporary name and renames it to
 *    `daemon.sock` once it accepts; on a clean exit it removes that name while it still holds the lock.
 *  - If the lock is taken, somebody else's daemon is starting (or ending): wait for the socket, no longer than
 *    DAEMON_START_MS after the time that the starter put on the lock file. If the lock becomes free without a
 *    socket, that start has failed, and everyone who waited compiles locally instead of trying once more each.
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
#include "limits.h"
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

/* True when nobody holds the lock any more. */
static bool lock_is_free(int lock)
{
    if (flock(lock, LOCK_SH | LOCK_NB) != 0) return false;
    flock(lock, LOCK_UN);
    return true;
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

static bool wait_for_daemon(int socket, const struct sockaddr_un *address, int lock)
{
    int64_t end = now_ms() + start_time_left_ms(lock);
    unsigned pause = CONNECT_PAUSE_MS_FIRST;
    do {
        bool failed = lock_is_free(lock);
        if (try_connect(socket, address)) return true;
        if (failed || (errno != ENOENT && errno != ECONNREFUSED)) return false;
        pause_ms(pause);
        pause = pause * 2 < CONNECT_PAUSE_MS_MAX ? pause * 2 : CONNECT_PAUSE_MS_MAX;
    } while (now_ms() < end);
    return false;
}

/* Takes the lock and starts a daemon if nobody has it; then waits for the socket, whoever provides it. */
static bool start_and_connect(int socket, const struct sockaddr_un *address, const char *run_directory)
{
    char *lock_path = join(run_directory, "/daemon.lock", NULL);
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) return false;

    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
        if (try_connect(socket, address)) { /* never expected: a daemon that runs without the lock */
            close(lock);
            return true;
        }
        unlink(address->sun_path);
        futimens(lock, NULL);
        start_daemon(lock);
        close(lock);
        lock = open(lock_path, O_RDWR | O_CLOEXEC); /* a fresh one, through which we can see whether the lock is held */
        if (lock < 0) return false;
    } else if (errno != EWOULDBLOCK) {
        return false;
    }
    bool connected = wait_for_daemon(socket, address, lock);
    close(lock);
    return connected;
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
    bool absent = errno == ENOENT || errno == ECONNREFUSED;
    if (absent && start_and_connect(socket, &address, run_directory)) return socket;
    close(socket);
    return -1;
}
