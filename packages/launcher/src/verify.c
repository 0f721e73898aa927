#define _GNU_SOURCE
#include "verify.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "basics.h"
#include "run-frame.h"
#include "wire.h"

/* dev, ino, size, mtime, ctime, as they lie in the frame */
struct facts {
    uint64_t device, inode, size;
    int64_t modified_ns, changed_ns;
} __attribute__((packed));

#define ENTRY_BYTES_MIN (sizeof(uint16_t) + sizeof(struct facts))

struct cursor {
    unsigned char *at, *end;
};

/* The next entry's path, ended by a zero that takes the place of the first byte behind it, and its facts. */
static char *next_entry(struct cursor *cursor, struct facts *facts)
{
    uint16_t bytes;
    if ((size_t)(cursor->end - cursor->at) < ENTRY_BYTES_MIN) return NULL;
    memcpy(&bytes, cursor->at, sizeof bytes);
    bytes = le16toh(bytes);
    if ((size_t)(cursor->end - cursor->at) < ENTRY_BYTES_MIN + bytes) return NULL;

    char *path = (char *)cursor->at + sizeof bytes;
    memcpy(facts, path + bytes, sizeof *facts);
    path[bytes] = '\0';
    cursor->at += ENTRY_BYTES_MIN + bytes;
    return path;
}

static int64_t nanoseconds(const struct timespec *time)
{
    return time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
}

static bool same_time(int64_t expected, const struct timespec *found)
{
    expected = (int64_t)le64toh((uint64_t)expected);
    return expected == ANY_TIME || expected == nanoseconds(found);
}

/*
 * The folder of the last path, held open: a list of headers comes folder by folder, and the kernel then has one name to
 * look up for each instead of the whole path.
 */
struct folder {
    int descriptor;
    const char *path;
    size_t bytes;
};

static bool is_inside(const struct folder *folder, const char *path, size_t bytes)
{
    return folder->bytes == bytes && memcmp(folder->path, path, bytes) == 0;
}

static void enter_folder(struct folder *folder, char *path, size_t bytes)
{
    if (folder->descriptor >= 0) close(folder->descriptor);
    path[bytes] = '\0';
    folder->descriptor = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    path[bytes] = '/';
    folder->path = path;
    folder->bytes = bytes;
}

/* Does the entry at the cursor begin like this one, up to its last slash? */
static bool stays(const struct cursor *next, const char *path, size_t bytes)
{
    uint16_t length;
    if ((size_t)(next->end - next->at) < sizeof length) return false;
    memcpy(&length, next->at, sizeof length);
    const char *following = (const char *)next->at + sizeof length;
    length = le16toh(length);
    if ((size_t)(next->end - next->at) < sizeof length + length || length <= bytes) return false;
    return memcmp(following, path, bytes + 1) == 0 && memchr(following + bytes + 1, '/', length - bytes - 1) == NULL;
}

/* lstat; by way of the folder when it is the same one for two entries or more, because to open it costs as much as two. */
static int look_at(struct folder *folder, const struct cursor *next, char *path, struct stat *found)
{
    size_t bytes = (size_t)(base_name(path) - path);
    if (bytes < 2) return fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
    bytes--;
    if (!is_inside(folder, path, bytes)) {
        if (!stays(next, path, bytes)) return fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
        enter_folder(folder, path, bytes);
    }
    if (folder->descriptor < 0) return fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
    return fstatat(folder->descriptor, path + bytes + 1, found, AT_SYMLINK_NOFOLLOW);
}

static bool matches(struct folder *folder, const struct cursor *next, char *path, const struct facts *expected)
{
    struct stat found;
    bool missing = look_at(folder, next, path, &found) != 0;
    if (expected->inode == 0) return missing && (errno == ENOENT || errno == ENOTDIR);
    if (missing) return false;
    uint64_t size = le64toh(expected->size);
    /* Only directories come without a size; inode numbers are used again, for files too. */
    return le64toh(expected->inode) == found.st_ino && le64toh(expected->device) == found.st_dev
        && (size == ANY_SIZE ? S_ISDIR(found.st_mode) : size == (uint64_t)found.st_size)
        && same_time(expected->modified_ns, &found.st_mtim) && same_time(expected->changed_ns, &found.st_ctim);
}

static void put_u32(unsigned char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

bool answer_verify(int socket, const struct frame *frame)
{
    uint32_t count, differing = 0;
    if (frame->size < sizeof count) return false;
    memcpy(&count, frame->payload, sizeof count);
    count = le32toh(count);
    if (count > frame->size / ENTRY_BYTES_MIN) return false;

    unsigned char *reply = need_memory(FRAME_HEADER_BYTES + sizeof count * (1 + (size_t)count));
    unsigned char *indices = reply + FRAME_HEADER_BYTES + sizeof count;
    struct folder folder = { .descriptor = -1 };
    struct cursor cursor = { .at = frame->payload + sizeof count, .end = frame->payload + frame->size };
    for (uint32_t i = 0; i < count; i++) {
        struct facts facts;
        char *path = next_entry(&cursor, &facts);
        if (path == NULL) return false;
        if (!matches(&folder, &cursor, path, &facts)) put_u32(indices + sizeof i * differing++, i);
    }

    if (folder.descriptor >= 0) close(folder.descriptor);
    size_t payload = sizeof count * (1 + (size_t)differing);
    put_u32(reply, (uint32_t)payload);
    reply[4] = FRAME_VERIFIED;
    put_u32(reply + FRAME_HEADER_BYTES, differing);
    bool sent = send_all(socket, reply, FRAME_HEADER_BYTES + payload);
    free(reply);
    return sent;
}
