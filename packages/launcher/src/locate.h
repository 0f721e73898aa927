/*
 * Which file is the real compiler. The launcher stands on PATH under the compilers' names, so every search has to step
 * over the launcher itself, over copies of it, and over the masquerade of other launchers, who would call us back.
 */
#ifndef MOSIX_LOCATE_H
#define MOSIX_LOCATE_H

#include <stdbool.h>

/* True when the path leads, through any links, to this program or to another file named mosix-cc. */
bool is_launcher(const char *path);

/*
 * Absolute path of the program that a name without slash means on PATH, ourselves left out; `skip` passes over that
 * many programs found. NULL when there is none, with errno ENOENT or EACCES as execvp would set it.
 */
char *find_on_path(const char *name, unsigned skip);

/* PATH without the folders in which `name` is the launcher; NULL when there is no PATH. */
char *path_without_launcher(const char *name);

/* True when the first program of this name on `path` is the file `program`. */
bool path_leads_to(const char *path, const char *name, const char *program);

/* The path with the working directory before it when it is relative; NULL when there is no working directory. */
char *absolute_path(const char *path);

/* The folder that holds this program, links resolved, or NULL. */
char *launcher_folder(void);

#endif
