/* Runs the commands of a list one after another and writes, for each, exit status, wall time, and CPU time of the process
   and of all the children it waited for, in nanoseconds. A C program, because the shell's own fork would count as cost.
   List: one command per line, words separated by tabs. Usage: measure LIST < /dev/null > RESULTS */
#define _GNU_SOURCE
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGTERM); /* no measuring for a benchmark that was ended */
  FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (list == NULL) {
    fprintf(stderr, "usage: measure LIST\n");
    return 2;
  }
  char *line = NULL;
  size_t capacity = 0;
  ssize_t length;
  while ((length = getline(&line, &capacity, list)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    char **words = calloc((size_t)length + 1, sizeof *words);
    int count = 0;
    for (char *word = strtok(line, "\t"); word != NULL; word = strtok(NULL, "\t")) words[count++] = word;
    pid_t child;
    struct rusage usage;
    int status;
    long long start = now();
    if (posix_spawnp(&child, words[0], NULL, NULL, words, environ) != 0) {
      perror(words[0]);
      return 1;
    }
    if (wait4(child, &status, 0, &usage) < 0) {
      perror("wait4");
      return 1;
    }
    long long wall = now() - start;
    long long cpu = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    printf("%d %lld %lld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), wall, cpu * 1000);
    fflush(stdout);
    free(words);
  }
  return 0;
}
