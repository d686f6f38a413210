/* core/arena.h -- memory with one lifetime: many small allocations, freed together. */
#ifndef CC_CORE_ARENA_H
#define CC_CORE_ARENA_H

#include <stddef.h>

typedef struct cc_arena cc_arena;

/* NULL where memory is out. The caller owns it. */
cc_arena *cc_arena_create(void);
/* Frees all that came from the arena; takes NULL. */
void cc_arena_destroy(cc_arena *arena);

/* Zeroed memory, aligned to 16 bytes, until the arena ends; NULL (with this thread's message) where memory is
 * out, as it is for this and the functions below where the arena itself is NULL: one who makes an arena and
 * then checks what comes from it need not check the arena. */
void *cc_arena_get(cc_arena *arena, size_t bytes);
/* count * size with an overflow check, else as above. */
void *cc_arena_get_array(cc_arena *arena, size_t count, size_t size);
/* A copy of a string (of its first `length` bytes); of NULL, a text that memory was out for before, NULL. */
char *cc_arena_copy(cc_arena *arena, const char *text);
char *cc_arena_copy_n(cc_arena *arena, const char *text, size_t length);
char *cc_arena_format(cc_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
