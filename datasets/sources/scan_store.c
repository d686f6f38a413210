/* datasets/sources/scan_store.c -- one file for all scans, as a process may open only so many: a scan is its
 * HU, then its labels, one scan behind the other. Reads and writes name their places (pread, pwrite), so that
 * threads share the descriptor without a lock; only taking space has one. */
#include "datasets/sources/scan_store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"

struct cc_scan_store {
    pthread_mutex_t lock; /* of the two below */
    int file;             /* -1: not made yet */
    int64_t end;
    char folder[CC_PATH_MAX];
};

cc_status cc_scan_store_create(cc_scan_store **out) {
    const char *folder = getenv("TMPDIR");
    cc_scan_store *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory("a store of scans", sizeof *s);
    s->file = -1;
    cc_status status = cc_path_join(s->folder, "", folder && folder[0] ? folder : "/var/tmp");
    if (status == CC_OK && pthread_mutex_init(&s->lock, NULL) != 0)
        status = cc_fail_memory("a lock", sizeof s->lock);
    if (status != CC_OK) return free(s), status;
    *out = s;
    return CC_OK;
}

void cc_scan_store_destroy(cc_scan_store *store) {
    if (!store) return;
    if (store->file >= 0) close(store->file);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* Not every file system has files without a name: there one is made and unlinked. */
static cc_status open_file(cc_scan_store *s) {
    char path[CC_PATH_MAX];
    s->file = open(s->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (s->file >= 0) return CC_OK;
    CC_TRY(cc_path_join(path, s->folder, "calcade-scans-XXXXXX"));
    s->file = mkostemp(path, O_CLOEXEC);
    if (s->file < 0) {
        const int code = errno;
        return cc_fail(CC_EIO, s->folder, "TMPDIR names another folder",
                       "cannot make a temporary file for decoded scans: %s", strerror(code));
    }
    unlink(path);
    return CC_OK;
}

/* Takes space behind what is there. */
static cc_status reserve(int64_t *at, cc_scan_store *s, size_t bytes) {
    int code;
    if (s->file < 0) CC_TRY(open_file(s));
    /* Written into a hole, a full disk would be told only by a later write, or by none on some file
     * systems. */
    while ((code = posix_fallocate(s->file, s->end, (off_t)bytes)) == EINTR) continue;
    if (code != 0)
        return cc_fail(CC_EIO, s->folder, "TMPDIR names another folder; decoded scans take 3 bytes a voxel",
                       "no room for %.1f MB more of decoded scans, beside %.1f MB: %s", (double)bytes / 1e6,
                       (double)s->end / 1e6, strerror(code));
    *at = s->end;
    s->end += (int64_t)bytes;
    return CC_OK;
}

static cc_status put_bytes(const cc_scan_store *s, int64_t at, const void *bytes, size_t count) {
    for (const char *next = bytes; count > 0;) {
        ssize_t done = pwrite(s->file, next, count, at);
        if (done < 0 && errno == EINTR) continue;
        if (done == 0) errno = ENOSPC;
        if (done <= 0) return cc_fail_errno(s->folder, "write a temporary file in");
        next += done;
        at += done;
        count -= (size_t)done;
    }
    return CC_OK;
}

static cc_status get_bytes(const cc_scan_store *s, int64_t at, void *bytes, size_t count) {
    for (char *next = bytes; count > 0;) {
        ssize_t done = pread(s->file, next, count, at);
        if (done < 0 && errno == EINTR) continue;
        if (done == 0) errno = EIO; /* nobody else knows the file, and it is never cut */
        if (done <= 0) return cc_fail_errno(s->folder, "read a temporary file in");
        next += done;
        at += done;
        count -= (size_t)done;
    }
    return CC_OK;
}

/* Space for `bytes`, by any thread. */
static cc_status take_space(int64_t *at, cc_scan_store *store, size_t bytes) {
    pthread_mutex_lock(&store->lock);
    const cc_status status = reserve(at, store, bytes);
    pthread_mutex_unlock(&store->lock);
    return status;
}

cc_status cc_scan_store_put_bytes(int64_t *at, cc_scan_store *store, const uint8_t *bytes, size_t count) {
    CC_TRY(take_space(at, store, count));
    return put_bytes(store, *at, bytes, count);
}

cc_status cc_scan_store_get_bytes(uint8_t *bytes, const cc_scan_store *store, int64_t at, size_t first,
                                  size_t count) {
    return get_bytes(store, at + (int64_t)first, bytes, count);
}

cc_status cc_scan_store_put(int64_t *at, cc_scan_store *store, const int16_t *hu, const uint8_t *labels,
                            size_t voxels) {
    cc_status status = take_space(at, store, voxels * (sizeof *hu + sizeof *labels));
    if (status == CC_OK) status = put_bytes(store, *at, hu, voxels * sizeof *hu);
    if (status == CC_OK) status = put_bytes(store, *at + (int64_t)(voxels * sizeof *hu), labels, voxels);
    return status;
}

cc_status cc_scan_store_get(int16_t *hu, uint8_t *labels, const cc_scan_store *store, int64_t at,
                            size_t voxels, size_t first, size_t count) {
    CC_TRY(get_bytes(store, at + (int64_t)(first * sizeof *hu), hu, count * sizeof *hu));
    return get_bytes(store, at + (int64_t)(voxels * sizeof *hu + first), labels, count);
}
