// `mosix-init --stage`: lays out the private tree of one job and turns into the sandbox.
//
// The worker (a Node process) pays 10 us and more for each link(2); a job has hundreds of files. Here the whole tree costs a few
// milliseconds, relative to directory descriptors, in the process that becomes bubblewrap anyway. The manifest on standard input
// is a list of NUL-terminated fields, an operation letter first:
//   R path            the job's directory, absolute: operations start here (must be the first)
//   C path            the directory that holds blobs: `l` and `c` take their sources from it
//   J uid gid         the user who will run the job, when the worker is root; without it nothing changes hands
//   d name            make a directory (it may exist) and enter it
//   u                 leave it
//   l source name     hard link to a blob
//   c source name x t g  copy of a blob; x = 1: executable; t: its modification time in seconds, or - for the blob's own;
//                     g = 1: belongs to the job's user
//   s target name     symbolic link
//   r name            remove a file or symbolic link (of an earlier job whose tree is being changed into this one's)
//   D name            remove a directory with everything in it
//   o                 the directory we are in belongs to the job's user
//   h mountpoint      hide: mount the job's directory there, in a mount namespace of our own (for data directories that the job's
//                     user cannot reach by path)
//   n nice            scheduling priority
//   b                 background: only processor and disk time that nobody else wants
//   i length bytes    standard input of the program to come (raw bytes, one NUL behind them)
//   x count args...   drop to the job's user and execute; the last operation
#ifndef MOSIX_INIT_STAGE_H
#define MOSIX_INIT_STAGE_H

#include "init-common.h"
#include "init-keep.h"

#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

typedef struct {
  const char *path;
  int root, blobs, here;
  uid_t uid;
  gid_t gid;
  int other_user;
} Stage;

static void stage_enter(Stage *stage, int descriptor, const char *name) {
  if (descriptor < 0) fail("enter", name);
  if (stage->here != stage->root) close(stage->here);
  stage->here = descriptor;
}

static void stage_give(Stage *stage, int descriptor, const char *name) {
  if (stage->other_user && fchown(descriptor, stage->uid, stage->gid) != 0) fail("chown", name);
}

static void stage_directory(Stage *stage, const char *name) {
  if (mkdirat(stage->here, name, 0755) != 0 && errno != EEXIST) fail("mkdir", name);
  stage_enter(stage, openat(stage->here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), name);
}

static void stage_copy(Stage *stage, const char *source, const char *name, int executable, const char *modified, int give) {
  int from = openat(stage->blobs, source, O_RDONLY | O_CLOEXEC);
  if (from < 0) fail("blob", source);
  int to = openat(stage->here, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, executable ? 0755 : 0644);
  if (to < 0) fail("copy", name);
  static char buffer[128 * 1024];
  for (;;) {
    ssize_t got = read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("blob", source);
    if (got == 0) break;
    write_all(to, buffer, (size_t)got, "copy");
  }
  struct stat blob;
  if (fstat(from, &blob) != 0) fail("blob", source);
  struct timespec times[2] = {blob.st_mtim, blob.st_mtim};
  if (strcmp(modified, "-") != 0) times[0] = times[1] = (struct timespec){strtol(modified, NULL, 10), 0};
  if (futimens(to, times) != 0) fail("copy", name);
  if (give) stage_give(stage, to, name);
  close(from);
  if (close(to) != 0) fail("copy", name);
}

// Nobody but this process and its children sees the mount: the namespace is ours, and nothing propagates out of it.
static void stage_hide(Stage *stage, const char *mountpoint) {
  if (unshare(CLONE_NEWNS) != 0) fail("hide", "unshare");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) fail("hide", "/");
  if (mount(stage->path, mountpoint, NULL, MS_BIND | MS_REC, NULL) != 0) fail("hide", mountpoint);
}

static void stage_input(const char *bytes, size_t length) {
  int file = memfd_create("job", MFD_CLOEXEC);
  if (file < 0) fail("input", "memfd_create");
  write_all(file, bytes, length, "input");
  if (lseek(file, 0, SEEK_SET) != 0 || dup2(file, 0) != 0) fail("input", "seek");
  close(file);
}

static void stage_die_with(pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail("prctl", "parent death signal");
  if (getppid() != parent) _exit(INIT_FAILED);
}

__attribute__((noreturn)) static void stage_execute(Stage *stage, Fields *fields, pid_t parent) {
  long count = next_number(fields, 1 << 20);
  char **arguments = calloc((size_t)count + 1, sizeof *arguments);
  if (arguments == NULL || count == 0) fail("manifest", "arguments");
  for (long i = 0; i < count; i++) arguments[i] = next_field(fields);
  // Memory runs out: better a guest's job than the owner's editor.
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    if (write(score, "500", 3) < 0) { /* an older kernel or a container: no harm */ }
    close(score);
  }
  if (stage->other_user) {
    if (setgroups(0, NULL) != 0) fail("user", "setgroups");
    if (setresgid(stage->gid, stage->gid, stage->gid) != 0) fail("user", "setresgid");
    if (setresuid(stage->uid, stage->uid, stage->uid) != 0) fail("user", "setresuid");
  }
  stage_die_with(parent);
  execv(arguments[0], arguments);
  fail("exec", arguments[0]);
}

__attribute__((noreturn)) static void stage_main(void) {
  pid_t parent = getppid();
  stage_die_with(parent);
  umask(022);
  size_t length;
  char *manifest = read_all(0, &length);
  Fields fields = {manifest, manifest + length};
  Stage stage = {NULL, -1, -1, -1, 0, 0, 0};
  for (;;) {
    char *operation = next_field(&fields);
    switch (operation[0]) {
      case 'R': {
        stage.path = next_field(&fields);
        stage.root = stage.here = open(stage.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (stage.root < 0) fail("open", stage.path);
        break;
      }
      case 'C': {
        char *path = next_field(&fields);
        stage.blobs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (stage.blobs < 0) fail("open", path);
        break;
      }
      case 'J':
        stage.uid = (uid_t)next_number(&fields, 0xfffffffeL);
        stage.gid = (gid_t)next_number(&fields, 0xfffffffeL);
        stage.other_user = 1;
        break;
      case 'd': stage_directory(&stage, next_field(&fields)); break;
      case 'u': stage_enter(&stage, openat(stage.here, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), ".."); break;
      case 'l': {
        char *source = next_field(&fields), *name = next_field(&fields);
        if (linkat(stage.blobs, source, stage.here, name, 0) != 0) fail(errno == ENOENT ? "blob" : "link", errno == ENOENT ? source : name);
        break;
      }
      case 'c': {
        char *source = next_field(&fields), *name = next_field(&fields);
        int executable = next_number(&fields, 1) == 1;
        char *modified = next_field(&fields);
        stage_copy(&stage, source, name, executable, modified, next_number(&fields, 1) == 1);
        break;
      }
      case 's': {
        char *target = next_field(&fields), *name = next_field(&fields);
        if (symlinkat(target, stage.here, name) != 0) fail("symlink", name);
        break;
      }
      case 'r': {
        char *name = next_field(&fields);
        if (unlinkat(stage.here, name, 0) != 0) fail("remove", name);
        break;
      }
      case 'D': {
        char *name = next_field(&fields);
        if ((errno = keep_remove(stage.here, name)) != 0) fail("remove", name);
        break;
      }
      case 'o': stage_give(&stage, stage.here, "directory"); break;
      case 'h': stage_hide(&stage, next_field(&fields)); break;
      case 'n': {
        long nice_level = next_number(&fields, 19);
        if (setpriority(PRIO_PROCESS, 0, (int)nice_level) != 0) fail("nice", "setpriority");
        break;
      }
      case 'b': {
        struct sched_param none = {0};  // the disk's idle class follows from it, see ioprio_set(2)
        if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) fail("nice", "sched_setscheduler");
        break;
      }
      case 'i': {
        long bytes = next_number(&fields, 1L << 30);
        if (fields.end - fields.at < bytes + 1) {
          errno = EBADMSG;
          fail("manifest", "ended early");
        }
        stage_input(fields.at, (size_t)bytes);
        fields.at += bytes + 1;
        break;
      }
      case 'x': stage_execute(&stage, &fields, parent);
      default:
        errno = EBADMSG;
        fail("manifest", operation);
    }
  }
}

#endif
