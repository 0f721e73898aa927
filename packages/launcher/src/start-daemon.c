#define _GNU_SOURCE
#include "start-daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "basics.h"
#include "directories.h"
#include "bounds.h"
#include "locate.h"

/* What one build told its own processes and a daemon for all builds must not take for its own. */
static const char *const build_variables[] = {
    "LD_PRELOAD=", "MAKEFLAGS=", "MFLAGS=", "MAKELEVEL=", "MOSIX_BUILD_ID=", "MOSIX_NESTED=", "MOSIX_DEPTH=",
};

static bool is_build_variable(const char *variable)
{
    for (size_t i = 0; i < sizeof build_variables / sizeof build_variables[0]; i++) {
        if (strncmp(variable, build_variables[i], strlen(build_variables[i])) == 0) return true;
    }
    return false;
}

static char **daemon_environment(void)
{
    char **env = env_with(environ, join("MOSIX_DAEMON_LOCK_FD=", number_text(DAEMON_LOCK_DESCRIPTOR), NULL));
    size_t kept = 0;
    for (size_t i = 0; env[i] != NULL; i++) {
        if (!is_build_variable(env[i])) env[kept++] = env[i];
    }
    env[kept] = NULL;
    return env;
}

static char *daemon_program(void)
{
    const char *chosen = env_value("MOSIX_DAEMON");
    if (chosen != NULL) return absolute_path(chosen);
    char *folder = launcher_folder();
    return folder != NULL ? join(folder, "/mosix-daemon", NULL) : NULL;
}

static int open_log(void)
{
    char *folder = cache_directory();
    if (folder == NULL) return -1;
    make_directories(folder);
    return open(join(folder, "/daemon.log", NULL), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static void close_from(int first)
{
    if (close_range((unsigned)first, ~0u, 0) == 0) return;
    long count = sysconf(_SC_OPEN_MAX); /* kernels before 5.9 */
    for (int descriptor = first; descriptor < count; descriptor++) close(descriptor);
}

/* Leaves /dev/null, the log twice, and the lock; closes the rest: an inherited pipe would keep the build tool waiting. */
static void set_descriptors(int lock)
{
    int kept_lock = fcntl(lock, F_DUPFD_CLOEXEC, KEPT_DESCRIPTOR_MIN);
    int null = fcntl(open("/dev/null", O_RDWR | O_CLOEXEC), F_DUPFD_CLOEXEC, KEPT_DESCRIPTOR_MIN);
    int log = fcntl(open_log(), F_DUPFD_CLOEXEC, KEPT_DESCRIPTOR_MIN);
    dup2(null, STDIN_FILENO);
    dup2(log >= 0 ? log : null, STDOUT_FILENO);
    dup2(log >= 0 ? log : null, STDERR_FILENO);
    dup2(kept_lock, DAEMON_LOCK_DESCRIPTOR);
    close_from(DAEMON_LOCK_DESCRIPTOR + 1);
}

/* Signals that the build ignores or blocks are none of the daemon's. */
static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A limit that someone set on one build's processes must not end the daemon of all. */
static void raise_limits(void)
{
    const int resources[] = { RLIMIT_CPU, RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_NOFILE };
    for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
        struct rlimit limit;
        if (getrlimit(resources[i], &limit) != 0) continue;
        limit.rlim_cur = limit.rlim_max;
        setrlimit(resources[i], &limit);
    }
}

static _Noreturn void become_daemon(int lock)
{
    char *program = daemon_program();
    char **env = daemon_environment();
    umask(077);
    raise_limits();
    set_descriptors(lock);
    reset_signals();
    if (program != NULL && chdir("/") == 0) {
        execve(program, (char *[]){ program, NULL }, env);
        complain(program, strerrordesc_np(errno)); /* stderr is the log here */
    }
    _exit(STATUS_NOT_FOUND);
}

void start_daemon(int lock)
{
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() != 0) _exit(0);
        become_daemon(lock);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}
