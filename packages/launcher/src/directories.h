/* The two folders that launcher, daemon and tools agree on: the run folder (socket, locks) and the cache folder (log). */
#ifndef MOSIX_DIRECTORIES_H
#define MOSIX_DIRECTORIES_H

#include <stdbool.h>

/* Path of the run folder, or NULL when it cannot be named. Nothing is created. */
char *run_directory(void);
/* Path of the cache folder, or NULL when neither MOSIX_DIR, XDG_CACHE_HOME nor HOME is set. */
char *cache_directory(void);

/* Creates the folder and what is missing above it, owner-only. */
void make_directories(const char *path);
/* True when the folder is a real one, ours, and closed to everybody else: only then may we trust a socket in it. */
bool is_private_directory(const char *path);

#endif
