/*
 * libmosix-intercept.so, preloaded on request. A build that names its compiler by an absolute path never looks at PATH
 * and so never meets the launcher; this library catches the exec of a known compiler and runs the launcher instead:
 *
 *     exec /usr/bin/gcc ARG0 ARG...   becomes   exec $MOSIX_LAUNCHER --mosix-intercept /usr/bin/gcc ARG0 ARG...
 *
 * It lives in every process of a build and so does nothing else: no output, no malloc, no lock, no state but the
 * pointers to the C library's functions. All of it may run between vfork and exec, on a stack that the parent shares.
 * The environment that is being passed on decides: without MOSIX_LAUNCHER, or with MOSIX_NESTED (below a compile) or
 * MOSIX_DISABLE, calls go through untouched. So do those by descriptor (fexecve, execveat).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

/* Argument lists up to this length are rebuilt on the stack, longer ones in a mapping of their own. */
#define STACK_ARGUMENTS_MAX 2048
/* "mosix-cc" "--mosix-intercept" PATH, and the closing NULL */
#define ADDED_ARGUMENTS 3
/* What execvp searches when PATH is not set. */
#define DEFAULT_PATH "/bin:/usr/bin"
#define OWN_NAME "mosix-cc"

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[], char *const[]);
typedef int execvpe_function(const char *, char *const[], char *const[]);

static struct {
    execvpe_function *execvpe;
    spawn_function *posix_spawn, *posix_spawnp;
} next;

/* Resolved before main, for dlsym is not safe after fork. A call that comes earlier still resolves them itself. */
__attribute__((constructor)) static void resolve(void)
{
    if (next.execvpe == NULL) next.execvpe = (execvpe_function *)dlsym(RTLD_NEXT, "execvpe");
    if (next.posix_spawn == NULL) next.posix_spawn = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawn");
    if (next.posix_spawnp == NULL) next.posix_spawnp = (spawn_function *)dlsym(RTLD_NEXT, "posix_spawnp");
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The length without a version such as "-12" or "-14.0". */
static size_t without_version(const char *name, size_t length)
{
    size_t end = length;
    while (end > 0 && (name[end - 1] == '.' || (name[end - 1] >= '0' && name[end - 1] <= '9'))) end--;
    return end < length && end > 0 && name[end - 1] == '-' ? end - 1 : length;
}

/* ^(.*-)?(gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(-[0-9.]+)?$ */
static bool is_compiler_name(const char *name)
{
    static const char *const words[] = { "gcc", "g++", "cc", "c++", "clang", "clang++" };
    size_t length = without_version(name, strlen(name));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t word = strlen(words[i]);
        if (length < word || memcmp(name + length - word, words[i], word) != 0) continue;
        if (length == word || name[length - word - 1] == '-') return true;
    }
    return false;
}

static const char *value_in(char *const env[], const char *name)
{
    size_t length = strlen(name);
    if (env == NULL) return NULL;
    for (; *env != NULL; env++) {
        if (strncmp(*env, name, length) == 0 && (*env)[length] == '=' && (*env)[length + 1] != '\0') return *env + length + 1;
    }
    return NULL;
}

static bool is_on(char *const env[], const char *name)
{
    const char *value = value_in(env, name);
    return value != NULL && strcmp(value, "0") != 0;
}

static bool is_executable_file(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

static bool same_file(const char *one, const char *other)
{
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* The launcher to run in place of the program, or NULL when the call is none of ours. Leaves errno alone. */
static const char *launcher_for(const char *path, char *const arguments[], char *const env[])
{
    if (path == NULL || arguments == NULL || arguments[0] == NULL) return NULL;
    const char *name = base_name(path);
    if (!is_compiler_name(name) || strcmp(base_name(arguments[0]), name) != 0 || strcmp(name, OWN_NAME) == 0) return NULL;
    const char *launcher_path = value_in(env, "MOSIX_LAUNCHER");
    if (launcher_path == NULL || is_on(env, "MOSIX_NESTED") || is_on(env, "MOSIX_DISABLE")) return NULL;

    int kept_errno = errno;
    bool ours = is_executable_file(path) && is_executable_file(launcher_path) && !same_file(path, launcher_path);
    errno = kept_errno;
    return ours ? launcher_path : NULL;
}

/*
 * The file that execvp would run for a compiler's name: the name itself with a slash in it, else the first executable
 * on PATH. NULL when there is none, or when the name is no compiler's and nobody needs to know.
 */
static const char *search(const char *name, char found[PATH_MAX])
{
    if (name == NULL || !is_compiler_name(base_name(name))) return NULL;
    if (strchr(name, '/') != NULL) return name;

    int kept_errno = errno;
    const char *result = NULL, *path = getenv("PATH");
    for (const char *folder = path != NULL ? path : DEFAULT_PATH; folder != NULL && result == NULL;) {
        const char *end = strchrnul(folder, ':');
        size_t length = (size_t)(end - folder);
        if (length + strlen(name) + 3 <= PATH_MAX) {
            char *tail = length > 0 ? mempcpy(found, folder, length) : mempcpy(found, ".", 1);
            strcpy(stpcpy(tail, "/"), name);
            if (is_executable_file(found)) result = found;
        }
        folder = *end == ':' ? end + 1 : NULL;
    }
    errno = kept_errno;
    return result;
}

/* The launcher's argument list. */
struct redirection {
    char **arguments;
    size_t mapped_bytes;
    char *on_stack[STACK_ARGUMENTS_MAX];
};

static bool make_redirection(struct redirection *redirection, const char *path, char *const arguments[])
{
    size_t count = 0;
    while (arguments[count] != NULL) count++;
    size_t bytes = (ADDED_ARGUMENTS + count + 1) * sizeof(char *);
    redirection->mapped_bytes = bytes > sizeof redirection->on_stack ? bytes : 0;
    redirection->arguments = redirection->on_stack;
    if (redirection->mapped_bytes > 0) {
        redirection->arguments = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (redirection->arguments == MAP_FAILED) return false;
    }
    redirection->arguments[0] = OWN_NAME;
    redirection->arguments[1] = "--mosix-intercept";
    redirection->arguments[2] = (char *)path;
    memcpy(redirection->arguments + ADDED_ARGUMENTS, arguments, (count + 1) * sizeof(char *));
    return true;
}

static void drop_redirection(struct redirection *redirection)
{
    if (redirection->mapped_bytes > 0) munmap(redirection->arguments, redirection->mapped_bytes);
}

/* Returns only when the launcher could not be run; the caller then runs the program itself. */
static __attribute__((noinline)) void exec_launcher(const char *launcher, const char *path, char *const arguments[], char *const env[])
{
    struct redirection redirection;
    if (!make_redirection(&redirection, path, arguments)) return;
    syscall(SYS_execve, launcher, redirection.arguments, env);
    drop_redirection(&redirection);
}

EXPORTED int execve(const char *path, char *const arguments[], char *const env[])
{
    const char *launcher = launcher_for(path, arguments, env);
    if (launcher != NULL) exec_launcher(launcher, path, arguments, env);
    return (int)syscall(SYS_execve, path, arguments, env);
}

EXPORTED int execv(const char *path, char *const arguments[])
{
    return execve(path, arguments, environ);
}

static __attribute__((noinline)) void exec_launcher_by_name(const char *name, char *const arguments[], char *const env[])
{
    char found[PATH_MAX];
    const char *path = search(name, found);
    const char *launcher = launcher_for(path, arguments, env);
    if (launcher != NULL) exec_launcher(launcher, path, arguments, env);
}

EXPORTED int execvpe(const char *name, char *const arguments[], char *const env[])
{
    exec_launcher_by_name(name, arguments, env);
    resolve();
    return next.execvpe(name, arguments, env);
}

EXPORTED int execvp(const char *name, char *const arguments[])
{
    return execvpe(name, arguments, environ);
}

/* Declares `list`, the NULL-ended arguments that begin with `first`, and leaves `variable` after the closing NULL. */
#define COLLECT_ARGUMENTS(list, variable, first)                                                   \
    size_t list##_count = 1;                                                                       \
    va_start(variable, first);                                                                     \
    while (va_arg(variable, char *) != NULL) list##_count++;                                      \
    va_end(variable);                                                                              \
    char *list[list##_count + 1];                                                                  \
    list[0] = (char *)(first);                                                                     \
    va_start(variable, first);                                                                     \
    for (size_t i = 1; i <= list##_count; i++) list[i] = va_arg(variable, char *)

EXPORTED int execl(const char *path, const char *first, ...)
{
    va_list variable;
    COLLECT_ARGUMENTS(arguments, variable, first);
    va_end(variable);
    return execve(path, arguments, environ);
}

EXPORTED int execle(const char *path, const char *first, ...)
{
    va_list variable;
    COLLECT_ARGUMENTS(arguments, variable, first);
    char **env = va_arg(variable, char **);
    va_end(variable);
    return execve(path, arguments, env);
}

EXPORTED int execlp(const char *name, const char *first, ...)
{
    va_list variable;
    COLLECT_ARGUMENTS(arguments, variable, first);
    va_end(variable);
    return execvpe(name, arguments, environ);
}

/* Spawns the launcher in the program's place; false when it is none of ours or the launcher could not be run. */
static __attribute__((noinline)) bool spawn_launcher(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes, char *const arguments[], char *const env[])
{
    struct redirection redirection;
    const char *launcher = launcher_for(path, arguments, env);
    if (launcher == NULL || !make_redirection(&redirection, path, arguments)) return false;
    bool spawned = next.posix_spawn(pid, launcher, actions, attributes, redirection.arguments, env) == 0;
    drop_redirection(&redirection);
    return spawned;
}

EXPORTED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes, char *const arguments[], char *const env[])
{
    resolve();
    if (spawn_launcher(pid, path, actions, attributes, arguments, env)) return 0;
    return next.posix_spawn(pid, path, actions, attributes, arguments, env);
}

EXPORTED int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attributes, char *const arguments[], char *const env[])
{
    char found[PATH_MAX];
    resolve();
    if (spawn_launcher(pid, search(name, found), actions, attributes, arguments, env)) return 0;
    return next.posix_spawnp(pid, name, actions, attributes, arguments, env);
}
