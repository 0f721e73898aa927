// mosix-init: the worker's one native helper, static, no dependencies.
//
// As PID 1 of a sandbox (no option) it runs one compiler. It reads what to run from standard input, then closes every descriptor
// that came from outside and opens standard input, output and error anew inside the sandbox: together with a session of its own
// this keeps the job free of ties to the host (a checkpoint can be taken, no pipe of a build tool is held open). It reaps whatever
// the job leaves behind, kills what still lives when the compiler is done, and writes one record: how it ended and what it used.
// A compiler that could not be executed is told apart from one that failed.
//
// Other modes, used outside a sandbox: `--stage` (init-stage.h), `--keep` (init-keep.h), `--benchmark` (init-benchmark.h).
#define _GNU_SOURCE
#include "init-common.h"

#include "init-benchmark.h"
#include "init-keep.h"
#include "init-stage.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define STACK_BYTES (8ul * 1024 * 1024)
#define PROCESSES_MAX 4096ul
#define FILE_BYTES_MAX (2ul * 1024 * 1024 * 1024)  // outputBytesMax of packages/core/src/limits.ts
#define TEXT_BUSY_TRIES 50

extern char **environ;

// Fields on standard input: directory for stdout, stderr and record; working directory; count and arguments; count and environment.
typedef struct {
  const char *io, *directory;
  char **arguments, **environment;
} Job;

static char **string_list(Fields *fields) {
  long count = next_number(fields, 1L << 22);
  char **list = calloc((size_t)count + 1, sizeof *list);
  if (list == NULL) fail("job", "memory");
  for (long i = 0; i < count; i++) list[i] = next_field(fields);
  return list;
}

static Job read_job(void) {
  size_t length;
  char *bytes = read_all(0, &length);
  Fields fields = {bytes, bytes + length};
  Job job;
  job.io = next_field(&fields);
  job.directory = next_field(&fields);
  job.arguments = string_list(&fields);
  job.environment = string_list(&fields);
  if (job.arguments[0] == NULL) {
    errno = EINVAL;
    fail("job", "no arguments");
  }
  return job;
}

static void close_from(int first) {
  if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
  struct rlimit limit;
  int most = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
  for (int descriptor = first; descriptor < most; descriptor++) close(descriptor);
}

static int open_in(const char *directory, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) fail("open", path);
  return file;
}

// From here on nothing of the host is open. Returns the record's descriptor, closed on exec.
static int reopen_descriptors(const char *io) {
  int record = open_in(io, "record"), output = open_in(io, "stdout"), error = open_in(io, "stderr");
  int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) fail("open", "/dev/null");
  // Above the standard three first, so that no dup2 overwrites one that is still needed.
  record = fcntl(record, F_DUPFD_CLOEXEC, 10);
  output = fcntl(output, F_DUPFD_CLOEXEC, 11);
  error = fcntl(error, F_DUPFD_CLOEXEC, 12);
  nothing = fcntl(nothing, F_DUPFD_CLOEXEC, 13);
  if (dup2(nothing, 0) != 0 || dup2(output, 1) != 1 || dup2(error, 2) != 2 || dup3(record, 3, O_CLOEXEC) != 3) fail("open", "dup2");
  close_from(4);
  return 3;
}

static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
}

static void set_limit(__rlimit_resource_t resource, rlim_t soft) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max != RLIM_INFINITY && (soft == RLIM_INFINITY || soft > limit.rlim_max) ? limit.rlim_max : soft;
  setrlimit(resource, &limit);
}

// Whatever shell started the worker, every job sees the same limits.
static void reset_limits(void) {
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_STACK, STACK_BYTES);
  set_limit(RLIMIT_NOFILE, 1024);
  set_limit(RLIMIT_NPROC, PROCESSES_MAX);
  set_limit(RLIMIT_CPU, RLIM_INFINITY);
  set_limit(RLIMIT_FSIZE, FILE_BYTES_MAX);
  set_limit(RLIMIT_AS, RLIM_INFINITY);
  set_limit(RLIMIT_DATA, RLIM_INFINITY);
}

// A program without a slash is looked up in the job's own PATH, as a shell would do.
static void execute(char **arguments, char **environment) {
  environ = environment;
  for (int tries = 0;; tries++) {
    execvp(arguments[0], arguments);
    if (errno != ETXTBSY || tries == TEXT_BUSY_TRIES) return;
    usleep(10000);  // a sibling of the worker still holds the write descriptor of a fork
  }
}

static pid_t start(const Job *job, int *exec_error) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) fail("start", "pipe");
  pid_t child = fork();
  if (child < 0) fail("start", "fork");
  if (child == 0) {
    execute(job->arguments, job->environment);
    int error = errno;
    if (write(report[1], &error, sizeof error) < 0) _exit(INIT_FAILED);
    _exit(INIT_FAILED);
  }
  close(report[1]);
  *exec_error = 0;
  while (read(report[0], exec_error, sizeof *exec_error) < 0 && errno == EINTR) continue;
  close(report[0]);
  return child;
}

// Waits for the compiler; orphans that end meanwhile are reaped by the way.
static int wait_for(pid_t main_child) {
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) fail("wait", "waitpid");
    if (ended == main_child) return status;
  }
}

static void end_all(void) {
  if (getpid() == 1) kill(-1, SIGKILL);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
}

static unsigned long long microseconds(struct timeval time) {
  return (unsigned long long)time.tv_sec * 1000000ull + (unsigned long long)time.tv_usec;
}

// Bubblewrap ends us when the worker dies, unless the worker died while bubblewrap was still setting up. Our inherited standard error
// leads to the worker: nobody at its other end means that.
static int worker_is_gone(void) {
  struct pollfd error = {2, 0, 0};
  return poll(&error, 1, 0) > 0 && (error.revents & (POLLERR | POLLHUP)) != 0;
}

static int run_job(void) {
  Job job = read_job();
  if (worker_is_gone()) return INIT_FAILED;
  int record = reopen_descriptors(job.io);
  reset_signals();
  reset_limits();
  umask(022);
  if (chdir(job.directory) != 0) {
    dprintf(record, "failed chdir %d\n", errno);
    return INIT_FAILED;
  }
  uint64_t begin = monotonic_ns();
  int exec_error;
  pid_t child = start(&job, &exec_error);
  int status = wait_for(child);
  uint64_t wall_us = (monotonic_ns() - begin) / 1000;
  end_all();
  if (exec_error != 0) {
    dprintf(record, "failed exec %d\n", exec_error);
    return INIT_FAILED;
  }
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  dprintf(record, "%s %d\nuser_us %llu\nsystem_us %llu\nmaxrss_kb %ld\nwall_us %llu\n", WIFSIGNALED(status) ? "signal" : "exit",
          WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), microseconds(usage.ru_utime), microseconds(usage.ru_stime),
          usage.ru_maxrss, (unsigned long long)wall_us);
  return 0;
}

int main(int count, char **arguments) {
  if (count == 1) return run_job();
  if (count == 2 && strcmp(arguments[1], "--stage") == 0) stage_main();
  if (count == 2 && strcmp(arguments[1], "--benchmark") == 0) benchmark_main();
  if (count == 3 && strcmp(arguments[1], "--keep") == 0) keep_main(arguments[2]);
  if (count == 2 && strcmp(arguments[1], "--true") == 0) return 0;
  dprintf(2, "mosix-init: the mosix worker runs this program; it is of no use by hand\n");
  return 64;
}
