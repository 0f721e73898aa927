/* Memory for the small C library (see system.c): small blocks one behind the other, large ones in mappings of their own. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Larger blocks get a mapping of their own; smaller ones share one of this size. */
#define LARGE_BLOCK_BYTES (32 * 1024)
#define ARENA_BYTES (256 * 1024)

struct block {
    size_t bytes;
    size_t mapped_bytes; /* 0 for a small block */
};

static char *arena_next, *arena_end;

static struct block *block_of(void *memory)
{
    return (struct block *)memory - 1;
}

static void *map(size_t bytes)
{
    void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

/* The bytes that a small block takes in the arena, header and alignment included. */
static size_t whole_bytes(size_t bytes)
{
    return (bytes + sizeof(struct block) + 15) & ~(size_t)15;
}

void *malloc(size_t bytes)
{
    size_t whole = whole_bytes(bytes);
    bool large = whole > LARGE_BLOCK_BYTES;
    struct block *block;
    if (large) {
        block = map(whole);
    } else {
        if ((size_t)(arena_end - arena_next) < whole) {
            arena_next = map(ARENA_BYTES);
            arena_end = arena_next != NULL ? arena_next + ARENA_BYTES : NULL;
        }
        block = (struct block *)arena_next;
        if (block != NULL) arena_next += whole;
    }
    if (block == NULL) return NULL;
    *block = (struct block){ .bytes = bytes, .mapped_bytes = large ? whole : 0 };
    return block + 1;
}

/* A small block is reused only if it is the latest one, which is how loops free what they made. */
void free(void *memory)
{
    if (memory == NULL) return;
    struct block *block = block_of(memory);
    if (block->mapped_bytes > 0) munmap(block, block->mapped_bytes);
    else if ((char *)block + whole_bytes(block->bytes) == arena_next) arena_next = (char *)block;
}

void *realloc(void *memory, size_t bytes)
{
    if (memory == NULL) return malloc(bytes);
    struct block *block = block_of(memory);
    if (block->mapped_bytes > 0) {
        size_t whole = bytes + sizeof *block;
        block = mremap(block, block->mapped_bytes, whole, MREMAP_MAYMOVE);
        if (block == MAP_FAILED) return NULL;
        *block = (struct block){ .bytes = bytes, .mapped_bytes = whole };
        return block + 1;
    }
    void *grown = malloc(bytes);
    if (grown == NULL) return NULL;
    memcpy(grown, memory, block->bytes < bytes ? block->bytes : bytes);
    free(memory);
    return grown;
}
