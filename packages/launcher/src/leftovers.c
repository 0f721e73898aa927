#define _GNU_SOURCE
#include "leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "basics.h"

static void clean_folder(const char *path, const char *mark)
{
    DIR *folder = opendir(path);
    if (folder == NULL) return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.' && strstr(entry->d_name, mark) != NULL) unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
}

/* Where "-o x/a.o", "-ox/a.o", "-MF x/a.d" or "-Wp,-MMD,x/a.d" lead; NULL for what names no output. */
static const char *output_of(const char *argument, const char *next)
{
    static const char *const options[] = { "-o", "-MF" };
    for (size_t index = 0; index < sizeof options / sizeof *options; index++) {
        size_t length = strlen(options[index]);
        if (strncmp(argument, options[index], length) == 0) return argument[length] != '\0' ? argument + length : next;
    }
    const char *comma = strncmp(argument, "-Wp,-M", 6) == 0 ? strrchr(argument, ',') : NULL;
    return comma != NULL ? comma + 1 : NULL;
}

void remove_leftovers(int socket, char *const *arguments)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return;
    char *mark = join(".mosix-", number_text((unsigned long)peer.pid), "-", NULL);
    clean_folder(".", mark);
    for (; *arguments != NULL; arguments++) {
        const char *output = output_of(arguments[0], arguments[1]);
        const char *slash = output != NULL ? strrchr(output, '/') : NULL;
        if (slash == NULL) continue;
        char *folder = strndup(output, (size_t)(slash - output) + 1);
        if (folder != NULL) clean_folder(folder, mark);
        free(folder);
    }
    free(mark);
}
