/*
 * The few functions of the C library that the launcher uses, for x86-64. They behave as the manual says, for the
 * arguments that the launcher gives them, and are declared by the usual headers; the same sources link with the real
 * library on other machines (see the Makefile).
 *
 * Why: before main, glibc asks CPUID some hundred times which string functions suit the processor. In a virtual
 * machine each question traps to the host, and together they cost half of a launcher run.
 *
 * This file starts the program and makes the system calls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Results above this are negated error numbers. */
#define LAST_RESULT (-4096UL)
/* What the kernel takes for the size of a signal set. */
#define SIGNAL_SET_BYTES 8
/* The longest path that the kernel tells. */
#define WORKING_DIRECTORY_BYTES_MAX 4096

int main(int argc, char **argv, char **env);

char **environ;
static uint64_t *auxiliary;
static int error_number;

__asm__(".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call start_main\n");

__attribute__((used)) static void start_main(uint64_t *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1), **end = argv + argc + 1;
    environ = end;
    while (*end != NULL) end++;
    auxiliary = (uint64_t *)(end + 1);
    _exit(main(argc, argv, environ));
}

int *__errno_location(void)
{
    return &error_number;
}

unsigned long getauxval(unsigned long type)
{
    for (uint64_t *entry = auxiliary; entry[0] != AT_NULL; entry += 2) {
        if (entry[0] == type) return entry[1];
    }
    return 0;
}

static long system_call(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    if ((unsigned long)result <= LAST_RESULT) return result;
    error_number = (int)-result;
    return -1;
}

#define CALL6(name, a, b, c, d, e, f) system_call(SYS_##name, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL5(name, a, b, c, d, e) CALL6(name, a, b, c, d, e, 0)
#define CALL4(name, a, b, c, d) CALL6(name, a, b, c, d, 0, 0)
#define CALL3(name, a, b, c) CALL6(name, a, b, c, 0, 0, 0)
#define CALL2(name, a, b) CALL6(name, a, b, 0, 0, 0, 0)
#define CALL1(name, a) CALL6(name, a, 0, 0, 0, 0, 0)
#define CALL0(name) CALL6(name, 0, 0, 0, 0, 0, 0)

void _exit(int status)
{
    for (;;) CALL1(exit_group, status);
}

int access(const char *path, int mode) { return (int)CALL2(access, path, mode); }
int chdir(const char *path) { return (int)CALL1(chdir, path); }
int clock_gettime(clockid_t clock, struct timespec *now) { return (int)CALL2(clock_gettime, clock, now); }
int close(int descriptor) { return (int)CALL1(close, descriptor); }
int close_range(unsigned first, unsigned last, int flags) { return (int)CALL3(close_range, first, last, flags); }
int connect(int socket, const struct sockaddr *address, socklen_t bytes) { return (int)CALL3(connect, socket, address, bytes); }
int dup2(int from, int to) { return (int)CALL2(dup2, from, to); }
int execve(const char *path, char *const argv[], char *const env[]) { return (int)CALL3(execve, path, argv, env); }
int flock(int descriptor, int operation) { return (int)CALL2(flock, descriptor, operation); }
pid_t fork(void) { return (pid_t)CALL0(fork); }
int fstat(int descriptor, struct stat *file) { return (int)CALL2(fstat, descriptor, file); }
int fstatat(int folder, const char *path, struct stat *file, int flags) { return (int)CALL4(newfstatat, folder, path, file, flags); }
int futimens(int descriptor, const struct timespec times[2]) { return (int)CALL4(utimensat, descriptor, NULL, times, 0); }
uid_t geteuid(void) { return (uid_t)CALL0(geteuid); }
pid_t getpid(void) { return (pid_t)CALL0(getpid); }
int getrlimit(__rlimit_resource_t resource, struct rlimit *limit) { return (int)CALL4(prlimit64, 0, resource, NULL, limit); }
int isatty(int descriptor) { char settings[64]; return CALL3(ioctl, descriptor, TCGETS, settings) == 0; }
int kill(pid_t pid, int number) { return (int)CALL2(kill, pid, number); }
int lstat(const char *path, struct stat *file) { return fstatat(AT_FDCWD, path, file, AT_SYMLINK_NOFOLLOW); }
int mkdir(const char *path, mode_t mode) { return (int)CALL2(mkdir, path, mode); }
void *mmap(void *at, size_t bytes, int access, int flags, int descriptor, off_t offset) { return (void *)CALL6(mmap, at, bytes, access, flags, descriptor, offset); }
void *mremap(void *old, size_t bytes, size_t new_bytes, int flags, ...) { return (void *)CALL4(mremap, old, bytes, new_bytes, flags); }
int munmap(void *at, size_t bytes) { return (int)CALL2(munmap, at, bytes); }
int nanosleep(const struct timespec *time, struct timespec *left) { return (int)CALL2(nanosleep, time, left); }
int poll(struct pollfd *polled, nfds_t count, int timeout) { return (int)CALL3(poll, polled, count, timeout); }
ssize_t readlink(const char *path, char *target, size_t bytes) { return CALL3(readlink, path, target, bytes); }
ssize_t recv(int socket, void *bytes, size_t count, int flags) { return CALL4(recvfrom, socket, bytes, count, flags); }
ssize_t send(int socket, const void *bytes, size_t count, int flags) { return CALL4(sendto, socket, bytes, count, flags); }
int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) { return (int)CALL4(prlimit64, 0, resource, limit, NULL); }
pid_t setsid(void) { return (pid_t)CALL0(setsid); }
int setsockopt(int socket, int level, int name, const void *value, socklen_t bytes) { return (int)CALL5(setsockopt, socket, level, name, value, bytes); }
int sigprocmask(int how, const sigset_t *set, sigset_t *old) { return (int)CALL4(rt_sigprocmask, how, set, old, SIGNAL_SET_BYTES); }
int socket(int domain, int type, int protocol) { return (int)CALL3(socket, domain, type, protocol); }
int stat(const char *path, struct stat *file) { return fstatat(AT_FDCWD, path, file, 0); }
mode_t umask(mode_t mask) { return (mode_t)CALL1(umask, mask); }
int unlink(const char *path) { return (int)CALL1(unlink, path); }
pid_t waitpid(pid_t pid, int *status, int options) { return (pid_t)CALL4(wait4, pid, status, options, NULL); }
ssize_t write(int descriptor, const void *bytes, size_t count) { return CALL3(write, descriptor, bytes, count); }

int open(const char *path, int flags, ...)
{
    va_list mode;
    va_start(mode, flags);
    int created_with = (flags & O_CREAT) != 0 ? va_arg(mode, int) : 0;
    va_end(mode);
    return (int)CALL3(open, path, flags, created_with);
}

/* For the commands that take a number. */
int fcntl(int descriptor, int command, ...)
{
    va_list numbers;
    va_start(numbers, command);
    int number = va_arg(numbers, int);
    va_end(numbers);
    return (int)CALL3(fcntl, descriptor, command, number);
}

int ioctl(int descriptor, unsigned long request, ...)
{
    va_list pointers;
    va_start(pointers, request);
    void *pointer = va_arg(pointers, void *);
    va_end(pointers);
    return (int)CALL3(ioctl, descriptor, request, pointer);
}

/* Only SIG_DFL and SIG_IGN: a handler would need a trampoline. */
__sighandler_t signal(int number, __sighandler_t action)
{
    struct { __sighandler_t action; unsigned long flags; void *restorer; uint64_t mask; } wanted = { .action = action };
    return CALL4(rt_sigaction, number, &wanted, NULL, SIGNAL_SET_BYTES) == 0 ? SIG_DFL : SIG_ERR;
}

int sigemptyset(sigset_t *set)
{
    memset(set, 0, sizeof *set);
    return 0;
}

int sigaddset(sigset_t *set, int number)
{
    set->__val[0] |= 1UL << (number - 1);
    return 0;
}

int sched_getaffinity(pid_t pid, size_t bytes, cpu_set_t *cores)
{
    memset(cores, 0, bytes);
    return CALL3(sched_getaffinity, pid, bytes, cores) < 0 ? -1 : 0;
}

int __sched_cpucount(size_t bytes, const cpu_set_t *cores)
{
    int count = 0;
    for (size_t i = 0; i < bytes * 8; i++) count += (((const unsigned char *)cores)[i / 8] >> (i % 8)) & 1;
    return count;
}

/* How many descriptors there can be; one of everything else. */
long sysconf(int name)
{
    struct rlimit limit;
    if (name == _SC_OPEN_MAX && getrlimit(RLIMIT_NOFILE, &limit) == 0) return (long)limit.rlim_cur;
    return 1;
}

/* Only with no buffer: the result is new memory. */
char *getcwd(char *buffer, size_t bytes)
{
    (void)buffer, (void)bytes;
    char *path = malloc(WORKING_DIRECTORY_BYTES_MAX);
    return path != NULL && CALL2(getcwd, path, WORKING_DIRECTORY_BYTES_MAX) > 0 ? path : NULL;
}
