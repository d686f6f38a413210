/* core/memory_file.c -- files in memory, by memfd_create(2) and mmap(2). Its path is that of the
 * descriptor below /proc, which child processes inherit: a program that is started opens it by that name. */
#include "core/memory_file.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its descriptor is closed where another program starts, but for one that hands it on by dup2. */
cc_status cc_memory_file_init(cc_memory_file *out, const char *name) {
    *out = (cc_memory_file){.descriptor = memfd_create(name, MFD_CLOEXEC)};
    if (out->descriptor < 0) return cc_fail_errno(name, "take memory for");
    snprintf(out->path, sizeof out->path, "/proc/self/fd/%d", out->descriptor);
    if (access(out->path, R_OK | W_OK) == 0) return CC_OK;
    cc_memory_file_deinit(out);
    return cc_fail(CC_EIO, "/proc", "mount it", "is not here: %s is written through it", name);
}

cc_status cc_memory_file_map(cc_memory_file *file) {
    struct stat s;
    if (fstat(file->descriptor, &s) != 0) return cc_fail_errno(file->path, "read");
    file->count = (size_t)s.st_size;
    if (file->count == 0) return CC_OK;
    void *bytes = mmap(NULL, file->count, PROT_READ, MAP_SHARED, file->descriptor, 0);
    if (bytes == MAP_FAILED) return cc_fail_memory("a file in memory", file->count);
    file->bytes = bytes;
    return CC_OK;
}

void cc_memory_file_deinit(cc_memory_file *file) {
    if (file->bytes) munmap((void *)file->bytes, file->count);
    if (file->descriptor >= 0) close(file->descriptor);
    *file = (cc_memory_file){.descriptor = -1};
}
