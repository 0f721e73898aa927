/* Runs one command and writes its exit status, wall time (us), processor time (us) and peak resident memory (KiB) of it and of all that it
   waited for to FILE. A C program, because the peak that the kernel reports for a child is never below that of the process that forked it.
   Usage: measure-one FILE COMMAND ARGUMENT... */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: measure-one FILE COMMAND ARGUMENT...\n");
    return 2;
  }
  pid_t child;
  int status;
  struct rusage usage;
  long long start = now_us();
  if (posix_spawnp(&child, argv[2], NULL, NULL, argv + 2, environ) != 0 || wait4(child, &status, 0, &usage) < 0) {
    perror(argv[2]);
    return 1;
  }
  long long wall = now_us() - start;
  FILE *out = fopen(argv[1], "w");
  if (out == NULL) {
    perror(argv[1]);
    return 1;
  }
  fprintf(out, "%d %lld %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall,
          microseconds(usage.ru_utime) + microseconds(usage.ru_stime), usage.ru_maxrss);
  return fclose(out) == 0 ? 0 : 1;
}
