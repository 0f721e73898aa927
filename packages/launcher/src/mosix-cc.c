/*
 * mosix-cc, the compiler launcher. It stands in for gcc, clang and their kin, asks the user's daemon to have the
 * compile done on the farm, and ends as the compiler did there; or becomes the real compiler itself, whenever the
 * daemon says so or cannot be reached. It runs once for every compile of every build, hence C, static, no stdio, no
 * locale: it must not cost a millisecond.
 *
 * Called as
 *   gcc ARG...                                      masquerade: a link of that name to mosix-cc, early on PATH
 *   mosix-cc gcc ARG...                             prefix, as build tools use compiler launchers
 *   mosix-cc --mosix-intercept PATH ARG0 ARG...     by libmosix-intercept.so, in place of the exec of PATH
 *   mosix-cc --mosix-start-daemon                   by other tools of mosix, which cannot take the daemon's lock
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "basics.h"
#include "connection.h"
#include "conversation.h"
#include "directories.h"
#include "leftovers.h"
#include "bounds.h"
#include "local-slots.h"
#include "locate.h"
#include "request.h"

#define OWN_NAME "mosix-cc"
#define INTERCEPT_OPTION "--mosix-intercept"
#define START_OPTION "--mosix-start-daemon"

static const char usage_text[] =
    "mosix-cc, the compiler launcher of mosix: runs a compile on the farm, or here when it cannot.\n"
    "\n"
    "  mosix-cc gcc -c a.c -o a.o     compile through the farm\n"
    "  mosix-make -j32                build with every compiler name leading here\n"
    "  cmake -DCMAKE_C_COMPILER_LAUNCHER=mosix-cc -DCMAKE_CXX_COMPILER_LAUNCHER=mosix-cc ...\n"
    "\n"
    "MOSIX_DISABLE=1 runs the compiler directly.\n";

static _Noreturn void show_usage(int descriptor, int status)
{
    write_all(descriptor, usage_text, sizeof usage_text - 1);
    _exit(status);
}

/* As a shell reports a program that it cannot run. */
static _Noreturn void cannot_run(const char *name, int reason)
{
    complain(name, strerrordesc_np(reason));
    _exit(reason == ENOENT || reason == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
}

static unsigned nested_runs(void)
{
    const char *depth = env_value("MOSIX_DEPTH");
    return depth != NULL ? (unsigned)strtoul(depth, NULL, 10) : 0;
}

static char *find_compiler(const char *name)
{
    unsigned depth = nested_runs();
    char *found = find_on_path(name, depth > NESTED_RUNS_MAX ? depth - NESTED_RUNS_MAX : 0);
    if (found == NULL) cannot_run(name, errno);
    return found;
}

/* The compiler that the user named; a path to ourselves means the compiler of that name on PATH. */
static char *named_compiler(const char *name)
{
    if (strchr(name, '/') == NULL) return find_compiler(name);
    if (is_launcher(name)) return find_compiler(base_name(name));
    char *absolute = absolute_path(name);
    return absolute != NULL ? absolute : (char *)name;
}

static bool is_own_name(const char *name)
{
    return strcmp(base_name(name), OWN_NAME) == 0;
}

static uint64_t realtime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A private run folder, made if need be; NULL when there is none to be trusted. */
static char *trusted_run_directory(void)
{
    char *path = run_directory();
    if (path == NULL || is_private_directory(path)) return path;
    make_directories(path);
    return is_private_directory(path) ? path : NULL;
}

/* Status 0 when a daemon accepts connections, started now or before. */
static _Noreturn void only_start_daemon(void)
{
    char *run_folder = trusted_run_directory();
    if (run_folder != NULL && connect_daemon(run_folder) >= 0) _exit(0);
    complain(OWN_NAME, run_folder != NULL ? "the daemon does not start; see daemon.log" : "the run folder is not ours alone");
    _exit(STATUS_NO_DAEMON);
}

static struct request read_command_line(int argc, char **argv)
{
    struct request request = { .mode = MODE_MASQUERADE, .arguments = argv, .started_ns = realtime_ns() };
    if (argc > 0 && !is_own_name(argv[0])) {
        request.compiler = find_compiler(base_name(argv[0]));
        return request;
    }

    while (argc > 1 && is_own_name(argv[1])) argv++, argc--; /* "mosix-cc mosix-cc gcc" */
    if (argc < 2) show_usage(STDERR_FILENO, STATUS_USAGE);
    if (strcmp(argv[1], INTERCEPT_OPTION) == 0 && argc > 3) {
        request.mode = MODE_INTERCEPT;
        request.compiler = named_compiler(argv[2]);
        request.arguments = argv + 3;
        return request;
    }
    if (strcmp(argv[1], START_OPTION) == 0) only_start_daemon();
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "--help") == 0) show_usage(STDOUT_FILENO, 0);
    if (argv[1][0] == '-') show_usage(STDERR_FILENO, STATUS_USAGE);
    request.mode = MODE_PREFIX;
    request.compiler = named_compiler(argv[1]);
    request.arguments = argv + 1;
    return request;
}

/* Scripts find their compilers on PATH, and count on the launcher being there. */
static bool is_script(const char *path)
{
    char mark[2] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool script = read(file, mark, sizeof mark) == sizeof mark && mark[0] == '#' && mark[1] == '!';
    close(file);
    return script;
}

/*
 * A driver that is called by a bare name looks for itself on PATH and derives its folders from what it finds, so the
 * launcher's folders leave its PATH. Where it would still find something else it gets its full path instead, unless
 * that would change the name by which it was called.
 */
static char *first_argument(const struct request *request, const char *path)
{
    char *typed = request->arguments[0];
    if (strcmp(base_name(typed), base_name(request->compiler)) != 0) return typed;
    if (strchr(typed, '/') != NULL) return is_launcher(typed) ? request->compiler : typed;
    return path != NULL && path_leads_to(path, typed, request->compiler) ? typed : request->compiler;
}

static _Noreturn void exec_compiler(const struct request *request, char **environment)
{
    char *typed = request->arguments[0];
    char *path = strchr(typed, '/') == NULL && !is_script(request->compiler) ? path_without_launcher(typed) : NULL;
    if (path != NULL) environment = env_with(environment, join("PATH=", path, NULL));
    request->arguments[0] = first_argument(request, path);
    execve(request->compiler, request->arguments, environment);
    if (errno == E2BIG) execve(request->compiler, request->arguments, environ); /* our own addition was too much */
    cannot_run(typed, errno);
}

/* The compiler without daemon and cap: mosix is switched off, or it runs below a compile that is already counted. */
static _Noreturn void run_directly(const struct request *request)
{
    char *depth = join("MOSIX_DEPTH=", number_text(nested_runs() + 1), NULL);
    exec_compiler(request, env_with(environ, depth));
}

/* Becomes the compiler and leaves the descriptor open in it, so that what it holds is free when the compile ends. */
static _Noreturn void run_holding(const struct request *request, int descriptor)
{
    if (descriptor >= 0 && fcntl(descriptor, F_DUPFD, KEPT_DESCRIPTOR_MIN) < 0) fcntl(descriptor, F_SETFD, 0);
    exec_compiler(request, env_with(environ, "MOSIX_NESTED=1"));
}

/* Returns when the daemon cannot help. */
static void ask_daemon(const struct request *request, const char *run_folder)
{
    for (int attempt = 1; attempt <= DAEMON_ATTEMPTS_MAX; attempt++) {
        int socket = connect_daemon(run_folder);
        if (socket < 0) return;
        enum verdict verdict = converse(socket, request);
        if (verdict == RUN_LOCALLY) run_holding(request, socket);
        remove_leftovers(socket, request->arguments);
        close(socket);
        if (verdict == DAEMON_FAILED) return;
        pause_ms(DAEMON_ATTEMPT_PAUSE_MS);
    }
}

int main(int argc, char **argv)
{
    struct request request = read_command_line(argc, argv);
    if (env_is_on("MOSIX_DISABLE") || env_is_on("MOSIX_NESTED")) run_directly(&request);
    if (access(request.compiler, X_OK) != 0) cannot_run(request.arguments[0], errno);

    char *run_folder = trusted_run_directory();
    if (run_folder == NULL) run_holding(&request, -1);
    ask_daemon(&request, run_folder);
    run_holding(&request, take_local_slot(run_folder));
}
