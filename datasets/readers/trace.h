/* datasets/readers/trace.h -- which files a read has opened.
 *
 * An image may lie in several files (a .mhd and its .raw, a .nhdr and its parts, .hdr and .img), which only
 * its reader knows. Whoever must know when an image has changed (datasets/sources/scan_index.h) listens while
 * it is read: readers note every file that they open (datasets/readers/stream.c, text_header.c). */
#ifndef CC_DATASETS_READERS_TRACE_H
#define CC_DATASETS_READERS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include "core/arena.h"

/* A file as it was when it was opened. */
typedef struct cc_read_file {
    const char *path;
    struct stat entry;
} cc_read_file;

typedef struct cc_read_trace {
    cc_arena *arena; /* borrowed; owns the files */
    cc_read_file *files;
    size_t count, capacity;
    bool lost; /* memory ran out: files are missing */
} cc_read_trace;

/* From here on files that this thread's readers open are added to `trace`, each once; NULL: no longer. */
void cc_read_trace_to(cc_read_trace *trace);
/* For readers. */
void cc_read_trace_note(const char *path);

#endif
