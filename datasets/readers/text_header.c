/* datasets/readers/text_header.c -- lines and values of text headers.
 *
 * Lines are read byte by byte, so that the place where the voxels begin is known, and a file that is no
 * text is left at its first zero byte. Numbers are strtod's and strtoll's, and what they leave unread is
 * an error: "3x" is no number, and three numbers where two are wanted are one too many. */
#include "datasets/readers/text_header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "datasets/readers/trace.h"

size_t cc_byte_order_mark(const void *text, size_t count) {
    return count >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

cc_status cc_lines_open(cc_lines *out, const char *path, uint64_t at) {
    uint64_t size;
    char mark[3];
    cc_read_trace_note(path);
    CC_TRY(cc_file_size(&size, path)); /* a pipe would wait for ever */
    memset(out, 0, sizeof *out);
    out->path = path;
    out->file = fopen(path, "rb");
    if (!out->file) return cc_fail_errno(path, "open");
    /* Windows editors put a byte order mark before the first line. */
    if (at == 0) at = cc_byte_order_mark(mark, fread(mark, 1, sizeof mark, out->file));
    out->at = at;
    out->limit = at + CC_TEXT_HEADER_MAX;
    if (fseeko(out->file, (off_t)at, SEEK_SET) == 0) return CC_OK;
    cc_lines_close(out);
    return cc_fail_errno(path, "read");
}

void cc_lines_close(cc_lines *lines) {
    if (lines->file) fclose(lines->file);
    lines->file = NULL;
}

cc_status cc_lines_next(bool *got, cc_lines *lines) {
    size_t length = 0;
    int c;
    *got = false;
    lines->cut = false;
    for (; (c = getc(lines->file)) != EOF && c != '\n'; *got = true) {
        if (c == 0)
            return cc_fail(CC_EFORMAT, lines->path, "the header may be cut off or damaged",
                           "header: a zero byte");
        if (++lines->at == lines->limit)
            return cc_fail(CC_EFORMAT, lines->path, "the header may be cut off or damaged",
                           "header: its end is not found in %d bytes", CC_TEXT_HEADER_MAX);
        if (length < CC_LINE_MAX - 1)
            lines->text[length++] = (char)c;
        else
            lines->cut = true;
    }
    if (ferror(lines->file)) return cc_fail_errno(lines->path, "read");
    /* An empty line is a line; the end of the file is none. */
    if (c == '\n') lines->at++, *got = true;
    /* The end of the line may be CR LF; blanks before it say nothing. */
    while (length && strchr("\r \t", lines->text[length - 1])) length--;
    lines->text[length] = 0;
    return CC_OK;
}

cc_status cc_field_fail(const cc_field *field, cc_status status, const char *hint, const char *what,
                        const char *value) {
    return cc_fail(status, field->path, hint, "%s: %s \"%.80s\"", field->name, what, value);
}

cc_status cc_field_numbers(double *out, int count, const char *value, const cc_field *field) {
    const char *next = value;
    bool good = true;
    for (int i = 0; good && i < count; i++) {
        char *end;
        out[i] = strtod(next, &end);
        good = end != next;
        next = end;
    }
    if (good && next[strspn(next, " \t")] == 0) return CC_OK;
    return cc_fail(CC_EFORMAT, field->path, "as many as there are dimensions",
                   "%s: %d numbers wanted, not \"%.80s\"", field->name, count, value);
}

cc_status cc_field_integers(int64_t *out, int count, const char *value, const cc_field *field) {
    const char *next = value;
    bool good = true;
    for (int i = 0; good && i < count; i++) {
        char *end;
        errno = 0;
        out[i] = strtoll(next, &end, 10);
        good = end != next && !errno && (*end == 0 || *end == ' ' || *end == '\t');
        next = end;
    }
    if (good && next[strspn(next, " \t")] == 0) return CC_OK;
    return cc_fail(CC_EFORMAT, field->path, "as many as there are dimensions",
                   "%s: %d whole numbers wanted, not \"%.80s\"", field->name, count, value);
}
