// `mosix-init --keep LOCK`: the worker's caretaker for as long as the worker lives.
//
// It holds the lock on the data directory (Node has no flock), and removes the trees of finished jobs outside the worker's event
// loop and after the result is sent. Paths arrive NUL-terminated on standard input; each is answered with `errno<NL>` when it is
// gone. Scratch directories were written by a stranger's program: nothing in them is followed, trusted or too deep.
#ifndef MOSIX_INIT_KEEP_H
#define MOSIX_INIT_KEEP_H

#include "init-common.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

// Deeper directories are first moved up to the top of the tree, so that descriptors and stack stay bounded.
#define KEEP_DEPTH_MAX 64

static int keep_empty(int top, int directory, int depth, unsigned *moved);

static int keep_remove_directory(int top, int parent, const char *name, int depth, unsigned *moved) {
  if (depth > KEEP_DEPTH_MAX) {
    char lifted[40];
    snprintf(lifted, sizeof lifted, ".mosix-lifted-%u", (*moved)++);
    return renameat(parent, name, top, lifted) == 0 ? 0 : errno;
  }
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int directory = openat(parent, name, flags);
  if (directory < 0 && errno == EACCES && fchmodat(parent, name, 0700, 0) == 0) directory = openat(parent, name, flags);
  if (directory < 0) return errno;
  int error = keep_empty(top < 0 ? directory : top, directory, depth, moved);
  close(directory);
  if (error != 0) return error;
  return unlinkat(parent, name, AT_REMOVEDIR) == 0 ? 0 : errno;
}

// Names are read first and removed afterwards, again and again until a pass finds nothing: directories may be lifted into this one.
static int keep_empty(int top, int directory, int depth, unsigned *moved) {
  int writable = 0;
  for (int pass = 0; pass < 1000; pass++) {
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy < 0 ? NULL : fdopendir(copy);
    if (stream == NULL) return errno;
    int found = 0, error = 0;
    struct dirent *entry;
    while (error == 0 && (entry = readdir(stream)) != NULL) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      found = 1;
      if (entry->d_type != DT_DIR && unlinkat(directory, entry->d_name, 0) == 0) continue;
      if (entry->d_type != DT_DIR && errno != EISDIR && errno != EACCES && errno != EPERM) error = errno;
      else if (entry->d_type == DT_DIR || errno == EISDIR) error = keep_remove_directory(top, directory, entry->d_name, depth + 1, moved);
      else error = errno;
      if (error == EACCES && !writable) {
        writable = 1;
        error = fchmod(directory, 0700) == 0 ? 0 : errno;
      }
      if (error == ENOENT) error = 0;
    }
    closedir(stream);
    if (error != 0) return error;
    if (!found) return 0;
  }
  return ELOOP;
}

// Removes a directory tree; 0 or an errno. A tree that is not there is as good as removed.
static int keep_remove(int parent, const char *path) {
  unsigned moved = 0;
  int error = keep_remove_directory(-1, parent, path, 0, &moved);
  return error == ENOENT ? 0 : error;
}

__attribute__((noreturn)) static void keep_main(const char *lock_path) {
  // A terminal's Ctrl-C goes to the whole group; the caretaker leaves when its worker does, at end of input.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) fail("lock", lock_path);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) fail("lock", lock_path);
  dprintf(1, "ready\n");
  setpriority(PRIO_PROCESS, 0, 5);
  static char buffer[64 * 1024];
  size_t used = 0;
  for (;;) {
    ssize_t got = read(0, buffer + used, sizeof buffer - used);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) _exit(0);
    used += (size_t)got;
    char *start = buffer, *end;
    while ((end = memchr(start, '\0', used - (size_t)(start - buffer))) != NULL) {
      dprintf(1, "%d\n", keep_remove(AT_FDCWD, start));
      start = end + 1;
    }
    used -= (size_t)(start - buffer);
    memmove(buffer, start, used);
    if (used == sizeof buffer) fail("keep", "path too long");
  }
}

#endif
