/* datasets/readers/text_header.h -- what the text headers of MetaImage and NRRD share: their lines, the
 * numbers in them, and complaints that name the field. */
#ifndef CC_DATASETS_READERS_TEXT_HEADER_H
#define CC_DATASETS_READERS_TEXT_HEADER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "core/status.h"

/* No header has more bytes; lines are kept up to their first CC_LINE_MAX - 1 bytes. */
enum { CC_LINE_MAX = 4096, CC_TEXT_HEADER_MAX = 4 << 20 };

/* The lines of a file from a byte on. */
typedef struct cc_lines {
    FILE *file;
    const char *path; /* borrowed */
    uint64_t at;      /* where the next line begins */
    uint64_t limit;   /* no line may reach further */
    bool cut;         /* the last line was longer than `text` holds */
    char text[CC_LINE_MAX];
} cc_lines;

/* Opens a regular file at the byte `at`; a UTF-8 byte order mark at byte 0 is passed over. */
cc_status cc_lines_open(cc_lines *out, const char *path, uint64_t at);
void cc_lines_close(cc_lines *lines);
/* The next line into lines->text, without its end (LF or CR LF) and the blanks before that; *got is false
 * where the file ends.
 *   CC_EFORMAT  a zero byte, which no text has, or the header is longer than CC_TEXT_HEADER_MAX */
cc_status cc_lines_next(bool *got, cc_lines *lines);
/* Bytes of a byte order mark at the start of `text`: 3 or 0. */
size_t cc_byte_order_mark(const void *text, size_t count);

/* Where a value comes from. */
typedef struct cc_field {
    const char *path, *name; /* borrowed */
} cc_field;

/* "PATH: NAME: WHAT "VALUE" (HINT)". */
cc_status cc_field_fail(const cc_field *field, cc_status status, const char *hint, const char *what,
                        const char *value);
/* Exactly `count` numbers with blanks between them and nothing behind; else CC_EFORMAT. */
cc_status cc_field_numbers(double *out, int count, const char *value, const cc_field *field);
cc_status cc_field_integers(int64_t *out, int count, const char *value, const cc_field *field);

#endif
