/* core/status.c -- the last error of each thread, and how it reads.
 *
 * A message is stored in three parts (where, what, hint), because callers complete them: a reader knows
 * the field, its caller the file, and the command line prints all of it on one line. Text from files and
 * from users ends up here, so control characters are taken out: no message can break the line or move the
 * cursor. */
#include "core/status.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local cc_error last;

const char *cc_status_name(cc_status status) {
    switch (status) {
#define X(name, exit_status, text)                                                                           \
    case CC_##name:                                                                                          \
        return "CC_" #name;
        CC_STATUS_LIST(X)
#undef X
    }
    return "CC_?";
}

int cc_status_exit(cc_status status) {
    switch (status) {
#define X(name, exit_status, text)                                                                           \
    case CC_##name:                                                                                          \
        return exit_status;
        CC_STATUS_LIST(X)
#undef X
    }
    return 1;
}

/* One line on a terminal whatever a file put into it: control characters become spaces. */
static void make_printable(char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) *text = ' ';
}

static void copy(char *out, size_t capacity, const char *text) {
    snprintf(out, capacity, "%s", text ? text : "");
    make_printable(out);
}

cc_status cc_fail(cc_status status, const char *where, const char *hint, const char *format, ...) {
    cc_error next = {.status = status};
    va_list args;
    va_start(args, format);
    vsnprintf(next.what, sizeof next.what, format, args);
    va_end(args);
    make_printable(next.what);
    copy(next.where, sizeof next.where, where);
    copy(next.hint, sizeof next.hint, hint);
    last = next;
    return status;
}

cc_status cc_fail_memory(const char *purpose, unsigned long long bytes) {
    return cc_fail(CC_ENOMEM, purpose, "use a smaller size or batch", "no memory for %.1f MiB",
                   (double)bytes / (1024.0 * 1024.0));
}

cc_status cc_fail_errno(const char *path, const char *verb) {
    /* Read at once: anything called from here on may change it. */
    int code = errno;
    cc_status status = code == ENOENT || code == ENOTDIR ? CC_ENOTFOUND : code == ENOMEM ? CC_ENOMEM : CC_EIO;
    const char *hint = status == CC_ENOTFOUND ? "check the path"
                       : code == EACCES       ? "check its permissions"
                       : code == ENOSPC       ? "free some disk space"
                                              : NULL;
    return cc_fail(status, path[0] ? path : "\"\"", hint, "cannot %s: %s", verb, strerror(code));
}

cc_status cc_fail_within(cc_status status, const char *where) {
    char joined[sizeof last.where];
    /* Widths keep both within `where`: the caller's part is cut last. */
    if (last.where[0])
        snprintf(joined, sizeof joined, "%.300s: %.200s", where, last.where);
    else
        snprintf(joined, sizeof joined, "%s", where);
    copy(last.where, sizeof last.where, joined);
    return status;
}

const cc_error *cc_error_get(void) {
    return &last;
}

void cc_error_clear(void) {
    memset(&last, 0, sizeof last);
}

void cc_error_line(char *out, unsigned long capacity) {
    snprintf(out, capacity, "%s%s%s%s%s%s", last.where, last.where[0] ? ": " : "", last.what,
             last.hint[0] ? " (" : "", last.hint, last.hint[0] ? ")" : "");
}
