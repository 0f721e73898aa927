#define _GNU_SOURCE
#include "directories.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basics.h"

/* A folder given relative to the working directory would be another one for every job of a build. */
static char *below(const char *folder, const char *tail)
{
    return folder[0] == '/' ? join(folder, tail, NULL) : NULL;
}

char *run_directory(void)
{
    const char *folder = env_value("MOSIX_DIR");
    if (folder != NULL) return below(folder, "/run");
    folder = env_value("XDG_RUNTIME_DIR");
    if (folder != NULL) return below(folder, "/mosix");

    char *user = number_text(geteuid());
    char *path = join("/tmp/mosix-", user, NULL);
    free(user);
    return path;
}

char *cache_directory(void)
{
    const char *folder = env_value("MOSIX_DIR");
    if (folder != NULL) return below(folder, "/cache");
    folder = env_value("XDG_CACHE_HOME");
    if (folder != NULL) return below(folder, "/mosix");
    folder = env_value("HOME");
    return folder != NULL ? below(folder, "/.cache/mosix") : NULL;
}

void make_directories(const char *path)
{
    char *partial = join(path, NULL);
    for (char *slash = strchr(partial + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(partial, 0700);
        *slash = '/';
    }
    mkdir(partial, 0700);
    free(partial);
}

bool is_private_directory(const char *path)
{
    struct stat folder;
    return lstat(path, &folder) == 0 && S_ISDIR(folder.st_mode) && folder.st_uid == geteuid() && (folder.st_mode & 077) == 0;
}
