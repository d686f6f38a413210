/* core/arena.c -- a list of blocks, each filled from its start to its end.
 *
 * A request takes the next bytes of the newest block; where they do not fit, a new block is added, twice as
 * large as the one before up to 1 MiB, or as large as the request. Nothing is given back before the arena
 * ends, so there is no list of free pieces and an allocation costs an addition. What a block has left when
 * the next one is added is lost. Blocks come from calloc: memory is zeroed by the kernel where it is
 * fresh. */
#include "core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/status.h"

/* the alignment is that of max_align_t on x86-64 */
enum { FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20, ALIGNMENT = 16 };

typedef struct block {
    struct block *next;
    size_t used, capacity;
    _Alignas(ALIGNMENT) unsigned char bytes[];
} block;

struct cc_arena {
    block *blocks; /* newest first */
    size_t next_capacity;
};

cc_arena *cc_arena_create(void) {
    cc_arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        cc_fail_memory("arena", sizeof *arena);
        return NULL;
    }
    arena->next_capacity = FIRST_BLOCK;
    return arena;
}

void cc_arena_destroy(cc_arena *arena) {
    if (!arena) return;
    for (block *b = arena->blocks; b;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    free(arena);
}

static block *add_block(cc_arena *arena, size_t at_least) {
    size_t capacity = at_least > arena->next_capacity ? at_least : arena->next_capacity;
    block *b = calloc(1, sizeof *b + capacity);
    if (!b) {
        cc_fail_memory("arena", capacity);
        return NULL;
    }
    b->capacity = capacity;
    b->next = arena->blocks;
    arena->blocks = b;
    if (arena->next_capacity < LARGEST_STEP) arena->next_capacity *= 2;
    return b;
}

void *cc_arena_get(cc_arena *arena, size_t bytes) {
    /* An arena that could not be made has no memory to give. */
    if (!arena || bytes > SIZE_MAX / 2) {
        cc_fail_memory("arena", bytes);
        return NULL;
    }
    /* Rounded up, so that the next piece is aligned too. The bound above keeps this sum from wrapping. */
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block *b = arena->blocks;
    if (!b || b->capacity - b->used < rounded) b = add_block(arena, rounded);
    if (!b) return NULL;
    void *out = b->bytes + b->used;
    b->used += rounded;
    return out;
}

void *cc_arena_get_array(cc_arena *arena, size_t count, size_t size) {
    /* A product that wraps would come back as a small array. */
    if (size && count > SIZE_MAX / 2 / size) {
        cc_fail_memory("arena", (unsigned long long)count);
        return NULL;
    }
    return cc_arena_get(arena, count * size);
}

char *cc_arena_copy_n(cc_arena *arena, const char *text, size_t length) {
    char *out = cc_arena_get(arena, length + 1);
    if (out) memcpy(out, text, length);
    return out;
}

char *cc_arena_copy(cc_arena *arena, const char *text) {
    if (text) return cc_arena_copy_n(arena, text, strlen(text));
    cc_fail_memory("a text", 0);
    return NULL;
}

char *cc_arena_format(cc_arena *arena, const char *format, ...) {
    va_list args;
    char line[256];
    va_start(args, format);
    const int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    /* Most texts are short; a longer one is formatted once more, into memory of its length. */
    if (length < (int)sizeof line) return cc_arena_copy_n(arena, line, length < 0 ? 0 : (size_t)length);
    char *out = cc_arena_get(arena, (size_t)length + 1);
    if (!out) return NULL;
    va_start(args, format);
    vsnprintf(out, (size_t)length + 1, format, args);
    va_end(args);
    return out;
}
