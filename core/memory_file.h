/* core/memory_file.h -- a file that has no place on any disk, for a program that writes files only.
 *
 * gnuplot wants a path, and does not tell every write that fails: a disk that is full for a moment leaves
 * a gap in a picture that looks whole. It writes into memory instead, and the bytes are written to disk
 * here, with every call checked (cc_file_write). Linux's memfd_create(2); its path is that of the
 * descriptor below /proc. */
#ifndef CC_CORE_MEMORY_FILE_H
#define CC_CORE_MEMORY_FILE_H

#include <stddef.h>
#include "core/status.h"

typedef struct cc_memory_file {
    int descriptor;
    char path[32];     /* opens the file again, in this process and in its children */
    const void *bytes; /* once mapped */
    size_t count;
} cc_memory_file;

/* Makes an empty one. CC_EIO, CC_ENOMEM */
cc_status cc_memory_file_init(cc_memory_file *out, const char *name);
/* Shows what has been written: file->bytes and count, until deinit. An empty file has no bytes. CC_ENOMEM,
 * CC_EIO */
cc_status cc_memory_file_map(cc_memory_file *file);
void cc_memory_file_deinit(cc_memory_file *file);

#endif
