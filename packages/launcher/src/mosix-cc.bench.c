/*
 * What one launcher run costs in CPU: `make -C packages/launcher bench`. A server in this program plays the daemon,
 * with a VERIFY of 400 headers of this machine; the kernel's account of the ended children gives the figure, which so
 * includes exec, page faults and exit.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS 500
#define ENTRIES 400
#define FRAME_BYTES_MAX (ENTRIES * 1024)

static unsigned char verify_frame[FRAME_BYTES_MAX];
static size_t verify_bytes = 9;
static uint32_t entries;

static void append(const void *bytes, size_t count)
{
    memcpy(verify_frame + verify_bytes, bytes, count);
    verify_bytes += count;
}

static int add_entry(const char *path, const struct stat *file, int kind, struct FTW *place)
{
    (void)place;
    if (kind != FTW_F || entries == ENTRIES) return 0;
    uint16_t length = (uint16_t)strlen(path);
    uint64_t facts[] = { file->st_dev, file->st_ino, (uint64_t)file->st_size,
        (uint64_t)file->st_mtim.tv_sec * 1000000000u + (uint64_t)file->st_mtim.tv_nsec,
        (uint64_t)file->st_ctim.tv_sec * 1000000000u + (uint64_t)file->st_ctim.tv_nsec };
    append(&length, sizeof length);
    append(path, length);
    append(facts, sizeof facts);
    entries++;
    return 0;
}

static void finish_verify_frame(void)
{
    uint32_t payload = (uint32_t)verify_bytes - 5;
    memcpy(verify_frame, &payload, sizeof payload);
    verify_frame[4] = 17;
    memcpy(verify_frame + 5, &entries, sizeof entries);
}

/* Reads one frame; its payload's size, or -1. */
static long read_frame(int peer)
{
    static unsigned char bytes[1 << 20];
    uint32_t size;
    if (recv(peer, bytes, 5, MSG_WAITALL) != 5) return -1;
    memcpy(&size, bytes, sizeof size);
    return recv(peer, bytes, size, MSG_WAITALL) == (ssize_t)size ? (long)size : -1;
}

static void serve(int listener)
{
    static const unsigned char exit_frame[] = { 2, 0, 0, 0, 20, 0, 0 };
    for (;;) {
        int peer = accept(listener, NULL, NULL);
        read_frame(peer);
        if (entries > 0) {
            if (write(peer, verify_frame, verify_bytes) < 0) _exit(1);
            if (read_frame(peer) != 4) fputs("VERIFY found differences\n", stderr);
        }
        if (write(peer, exit_frame, sizeof exit_frame) < 0) _exit(1);
        read_frame(peer);
        close(peer);
    }
}

static double cpu_ms(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static void measure(const char *what, const char *launcher, char *const env[])
{
    char *args[] = { "mosix-cc", "g++", "-O2", "-Iinclude", "-c", "a.cc", "-o", "a.o", NULL };
    double before = cpu_ms();
    for (int i = 0; i < RUNS; i++) {
        pid_t child;
        int status = 0;
        if (posix_spawn(&child, launcher, NULL, NULL, args, env) != 0) exit(1);
        waitpid(child, &status, 0);
        if (status != 0) fprintf(stderr, "status %x\n", status);
    }
    printf("%-34s %.3f ms CPU a run\n", what, (cpu_ms() - before) / RUNS);
}

static void measure_served(const char *what, const char *launcher, char *const env[], int listener)
{
    pid_t server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(listener);
    }
    measure(what, launcher, env);
    kill(server, SIGKILL);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/mosix-bench-XXXXXX", variable[64];
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc < 2 || mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("run", 0700) != 0) return 1;
    snprintf(variable, sizeof variable, "MOSIX_DIR=%s", folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/run/daemon.sock", folder);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) return 1;
    putenv(variable);
    unsetenv("MOSIX_DISABLE");

    measure_served("without files to verify", argv[1], environ, listener);
    nftw("/usr/include", add_entry, 16, FTW_PHYS);
    finish_verify_frame();
    char what[64];
    snprintf(what, sizeof what, "with %u files to verify", entries);
    measure_served(what, argv[1], environ, listener);

    unlink("run/daemon.sock");
    rmdir("run");
    rmdir(folder);
    return 0;
}
