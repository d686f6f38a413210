/* report/spec.h -- which tables the report has (tables.yaml, inside the program). Private to report. */
#ifndef CC_REPORT_SPEC_H
#define CC_REPORT_SPEC_H

#include <stddef.h>
#include "core/arena.h"
#include "metrics/overlap.h"

typedef struct cc_spec_row {
    const char *label;      /* also the row's name in the published table */
    const char *experiment; /* without its kind: "table1-roi" */
    const char *variant;
} cc_spec_row;

typedef struct cc_spec {
    const char *id, *title, *caption;
    int published; /* the published table beside it; 0: none */
    cc_score columns[CC_SCORES];
    int column_count;
    cc_convention convention;
    const cc_spec_row *rows;
    size_t row_count;
} cc_spec;

/* Parses specifications; CC_ECONFIG names file and line. The arena owns all of it. */
cc_status cc_specs_parse(cc_spec **out, size_t *count, const char *text, const char *file, cc_arena *arena);
/* The program's own. */
cc_status cc_specs_get(cc_spec **out, size_t *count, cc_arena *arena);

#endif
