#define _GNU_SOURCE
#include "locate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basics.h"

/* What execvp searches when PATH is not set. */
#define DEFAULT_PATH "/bin:/usr/bin"

/* Launchers that stand on PATH under compilers' names; each would search PATH again and find us. */
static const char *const other_launchers[] = { "ccache", "sccache", "distcc", "icecc" };

static const struct stat *own_file(void)
{
    static struct stat own;
    static bool known;
    if (!known) {
        known = true;
        if (stat("/proc/self/exe", &own) != 0) stat((const char *)getauxval(AT_EXECFN), &own);
    }
    return &own;
}

/* Writes the name that the file has when all links are resolved; empty when it cannot be told. */
static void resolved_name(const char *path, char name[PATH_MAX])
{
    char link[64], target[PATH_MAX];
    name[0] = '\0';
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) return;
    char *digits = number_text((unsigned long)file);
    strcpy(stpcpy(link, "/proc/self/fd/"), digits);
    free(digits);
    ssize_t bytes = readlink(link, target, sizeof target - 1);
    close(file);
    if (bytes < 0) return;
    target[bytes] = '\0';
    strcpy(name, base_name(target));
}

static bool is_own_file(const struct stat *file)
{
    return file->st_ino == own_file()->st_ino && file->st_dev == own_file()->st_dev;
}

bool is_launcher(const char *path)
{
    struct stat file;
    char name[PATH_MAX];
    if (stat(path, &file) != 0) return false;
    if (is_own_file(&file)) return true;
    resolved_name(path, name);
    return strcmp(name, "mosix-cc") == 0;
}

static bool is_other_launcher(const char *name, const char *looked_for)
{
    if (strcmp(name, looked_for) == 0) return false; /* asked for by its own name */
    for (size_t i = 0; i < sizeof other_launchers / sizeof other_launchers[0]; i++) {
        if (strcmp(name, other_launchers[i]) == 0) return true;
    }
    return false;
}

/* 0 when the file may be run as the compiler `looked_for`, else an errno. */
static int usable(const char *path, const char *looked_for)
{
    struct stat file;
    char name[PATH_MAX];
    if (stat(path, &file) != 0) return errno;
    if (is_own_file(&file)) return ENOENT;
    if (!S_ISREG(file.st_mode) || access(path, X_OK) != 0) return EACCES;
    resolved_name(path, name);
    return strcmp(name, "mosix-cc") == 0 || is_other_launcher(name, looked_for) ? ENOENT : 0;
}

/* One entry of PATH and a name; an empty entry is the working directory. */
static void join_into(char *target, const char *folder, const char *folder_end, const char *name)
{
    char *tail = folder_end > folder ? mempcpy(target, folder, (size_t)(folder_end - folder)) : mempcpy(target, ".", 1);
    *tail++ = '/';
    strcpy(tail, name);
}

char *find_on_path(const char *name, unsigned skip)
{
    const char *path = getenv("PATH");
    if (path == NULL) path = DEFAULT_PATH;
    char *candidate = need_memory(strlen(path) + strlen(name) + 3);
    int reason = ENOENT;

    for (const char *folder = path;; folder++) {
        const char *end = strchrnul(folder, ':');
        join_into(candidate, folder, end, name);

        int answer = name[0] == '\0' ? ENOENT : usable(candidate, name);
        if (answer == 0 && skip-- == 0) {
            char *found = absolute_path(candidate);
            if (found != candidate) free(candidate);
            return found;
        }
        if (answer == EACCES) reason = EACCES;
        if (*end == '\0') break;
        folder = end;
    }
    free(candidate);
    errno = reason;
    return NULL;
}

char *path_without_launcher(const char *name)
{
    const char *path = getenv("PATH");
    if (path == NULL) return NULL;
    char *candidate = need_memory(strlen(path) + strlen(name) + 3);
    char *kept = need_memory(strlen(path) + 1);
    char *tail = kept;

    for (const char *folder = path;; folder++) {
        const char *end = strchrnul(folder, ':');
        join_into(candidate, folder, end, name);
        if (!is_launcher(candidate)) {
            if (tail > kept) *tail++ = ':';
            tail = mempcpy(tail, folder, (size_t)(end - folder));
        }
        if (*end == '\0') break;
        folder = end;
    }
    *tail = '\0';
    free(candidate);
    return kept;
}

bool path_leads_to(const char *path, const char *name, const char *program)
{
    char *candidate = need_memory(strlen(path) + strlen(name) + 3);
    struct stat wanted, found;
    bool same = false;

    if (stat(program, &wanted) == 0) {
        for (const char *folder = path;; folder++) {
            const char *end = strchrnul(folder, ':');
            join_into(candidate, folder, end, name);
            if (stat(candidate, &found) == 0 && S_ISREG(found.st_mode) && access(candidate, X_OK) == 0) {
                same = found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino;
                break;
            }
            if (*end == '\0') break;
            folder = end;
        }
    }
    free(candidate);
    return same;
}

char *absolute_path(const char *path)
{
    if (path[0] == '/') return (char *)path;
    char *folder = getcwd(NULL, 0);
    if (folder == NULL || folder[0] != '/') return NULL; /* removed, or outside the current root */
    char *joined = join(folder, "/", path, NULL);
    free(folder);
    return joined;
}

char *launcher_folder(void)
{
    char path[PATH_MAX];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof path - 1);
    if (bytes <= 0) return NULL;
    path[bytes] = '\0';
    *strrchr(path, '/') = '\0';
    return join(path, NULL);
}
