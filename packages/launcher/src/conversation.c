#define _GNU_SOURCE
#include "conversation.h"

#include <endian.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"
#include "inbox.h"
#include "run-frame.h"
#include "verify.h"

#define EXIT_BYTES 2
#define ENDED_BY_SIGNAL 1

/* A compiler that cannot write its output to stdout fails; one that cannot write to stderr goes on. */
static void relay_output(const struct inbox *inbox)
{
    struct frame frame;
    for (size_t offset = 0; offset < inbox->next;) {
        offset = frame_at(inbox, offset, &frame);
        if (frame.type == FRAME_STDERR) write_all(STDERR_FILENO, frame.payload, frame.size);
        if (frame.type == FRAME_STDOUT && !write_all(STDOUT_FILENO, frame.payload, frame.size)) _exit(1);
    }
}

static void send_bye(int socket)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    uint64_t nanoseconds = htole64((uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec);
    unsigned char frame[FRAME_HEADER_BYTES + sizeof nanoseconds] = { sizeof nanoseconds, 0, 0, 0, FRAME_BYE };
    memcpy(frame + FRAME_HEADER_BYTES, &nanoseconds, sizeof nanoseconds);
    send(socket, frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static _Noreturn void end_by_signal(int number)
{
    struct rlimit no_core = { 0, 0 };
    sigset_t one;
    setrlimit(RLIMIT_CORE, &no_core);
    signal(number, SIG_DFL);
    sigemptyset(&one);
    sigaddset(&one, number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    kill(getpid(), number);
    _exit(128 + number);
}

static _Noreturn void end_like_compiler(const struct inbox *inbox, const struct frame *exit)
{
    uint8_t kind = exit->payload[0], value = exit->payload[1];
    relay_output(inbox);
    send_bye(inbox->socket);
    if (kind == ENDED_BY_SIGNAL) end_by_signal(value);
    _exit(value);
}

static enum verdict failure(const struct inbox *inbox)
{
    bool gone = errno == EPIPE || errno == ECONNRESET;
    return inbox->filled == 0 && gone ? DAEMON_GONE : DAEMON_FAILED;
}

enum verdict converse(int socket, const struct request *request)
{
    struct inbox inbox = { .socket = socket };
    struct frame frame;
    if (!send_run(socket, request)) return failure(&inbox);
    while (next_frame(&inbox, &frame)) {
        switch (frame.type) {
        case FRAME_LOCAL:
            return RUN_LOCALLY;
        case FRAME_VERIFY:
            if (!answer_verify(socket, &frame)) return DAEMON_FAILED;
            break;
        case FRAME_EXIT:
            if (frame.size != EXIT_BYTES) return DAEMON_FAILED;
            end_like_compiler(&inbox, &frame);
        case FRAME_STDOUT: /* shown at EXIT */
        case FRAME_STDERR:
        case FRAME_PING:
            break;
        default:
            return DAEMON_FAILED;
        }
    }
    return failure(&inbox);
}
