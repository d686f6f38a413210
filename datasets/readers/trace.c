/* datasets/readers/trace.c -- a list a thread: a read runs in one thread, and others read at the same
 * time. */
#include "datasets/readers/trace.h"

#include <string.h>

static _Thread_local cc_read_trace *current;

void cc_read_trace_to(cc_read_trace *trace) {
    current = trace;
}

void cc_read_trace_note(const char *path) {
    cc_read_trace *t = current;
    struct stat entry;
    if (!t || (t->count && strcmp(t->files[t->count - 1].path, path) == 0)) return;
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->files[i].path, path) == 0) return;
    if (stat(path, &entry) != 0) return; /* nor will it be opened */
    if (t->count == t->capacity) {
        const size_t larger = t->capacity ? 2 * t->capacity : 16;
        cc_read_file *grown = cc_arena_get_array(t->arena, larger, sizeof *grown);
        t->lost = t->lost || !grown;
        if (!grown) return;
        if (t->count) memcpy(grown, t->files, t->count * sizeof *grown);
        t->files = grown;
        t->capacity = larger;
    }
    const char *copy = cc_arena_copy(t->arena, path);
    t->lost = t->lost || !copy;
    if (copy) t->files[t->count++] = (cc_read_file){copy, entry};
}
