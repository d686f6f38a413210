/* results/request.c -- one attribute of a file, read by a child process that lives on from file to file. */
#include "results/request.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "core/arena.h"
#include "core/file.h"
#include "core/guard.h"
#include "results/hdf_read.h"

struct cc_request_reader {
    cc_guard *child; /* NULL: none, or it broke on a file */
};

/* The child's work; `context` is char[65]. */
static cc_status read_in_child(void *context, size_t bytes, const char *path) {
    cc_status status = CC_OK;
    hid_t file = -1, group = -1;
    const char *text = NULL;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_hdf_lock();
    CC_CHECK(cc_hdf_open(&file, path));
    CC_CHECK(cc_hdf_open_group(&group, file, "provenance"));
    CC_CHECK(cc_hdf_get_text(&text, group, "request", false, arena));
    memset(context, 0, bytes);
    if (text) strncat(context, text, bytes - 1);
done:
    if (group >= 0) H5Gclose(group);
    if (file >= 0) H5Fclose(file);
    cc_hdf_unlock();
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_request_reader_create(cc_request_reader **out) {
    *out = calloc(1, sizeof **out);
    return *out ? CC_OK : cc_fail_memory("a reader", sizeof **out);
}

void cc_request_reader_destroy(cc_request_reader *reader) {
    if (!reader) return;
    cc_guard_end(reader->child);
    free(reader);
}

cc_status cc_request_read(char out[65], cc_request_reader *reader, const char *path) {
    static const cc_guard_job job = {.work = read_in_child, .bytes = 65, .by_size = true};
    cc_guard_fate fate;
    if (!cc_file_exists(path)) return cc_fail(CC_ENOTFOUND, path, NULL, "no such file");
    if (!reader->child) CC_TRY(cc_guard_start(&reader->child, &job));
    memset(out, 0, 65);
    cc_status status = cc_guard_ask(&fate, reader->child, out, path);
    if (status == CC_OK) return CC_OK;
    /* One that failed may have been left in disorder: the next file gets a fresh one. */
    cc_guard_end(reader->child);
    reader->child = NULL;
    return status;
}
