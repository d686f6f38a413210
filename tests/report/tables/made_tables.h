/* tests/report/tables/made_tables.h -- a table made in memory from runs whose patients' scores are given. */
#ifndef CC_TESTS_REPORT_TABLES_MADE_TABLES_H
#define CC_TESTS_REPORT_TABLES_MADE_TABLES_H

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "support.h"
#include "report/tables/claims.h"
#include "report/tables/compare.h"
#include "report/tables/scores.h"

enum { MADE_RUNS = 128, MADE_ROWS = 8, MADE_PATIENTS = 16 };

/* What a patient has in place of a percentage. */
enum {
    EMPTY = -1,       /* no truth, nothing marked */
    FALSE_PIXEL = -2, /* no truth, one of 1000 pixels marked */
    MISSED = -3,      /* truth, nothing marked */
    ABSENT = -4,      /* not tested */
};

typedef struct made {
    cc_arena *arena;
    cc_report_run runs[MADE_RUNS];
    cc_report_runs all;
    cc_spec spec;
    cc_spec_row rows[MADE_ROWS];
    cc_table table;
} made;

/* An empty specification of F1, precision and recall by patients with truth. */
static inline void made_init(made *m) {
    *m = (made){.arena = cc_arena_create()};
    assert_non_null(m->arena);
    m->all.items = m->runs;
    m->spec = (cc_spec){.id = "made",
                        .title = "A table",
                        .caption = "Made.",
                        .columns = {CC_SCORE_F1, CC_SCORE_PRECISION, CC_SCORE_RECALL},
                        .column_count = 3,
                        .convention = {CC_AVERAGE_PATIENT, CC_EMPTY_WITH_TRUTH},
                        .rows = m->rows};
}

/* A row of the runs of a variant, which is its label too. */
static inline cc_spec_row *made_row(made *m, const char *variant) {
    cc_spec_row *row = &m->rows[m->spec.row_count++];
    *row = (cc_spec_row){
        .source = CC_SOURCE_RUNS, .label = variant, .experiment = "e", .variant = variant, .published = ""};
    return row;
}

/* A run of patients `first`, the next letter, ...: percent[p] of 100 true pixels are found and as many as
 * are missed are marked wrongly, so that F1, precision and recall are all percent[p]. */
static inline cc_report_run *made_run(made *m, const char *variant, int64_t fold, int64_t seed, char first,
                                      const int *percent, size_t count) {
    cc_report_run *run = &m->runs[m->all.count++];
    const char **names = cc_arena_get_array(m->arena, count, sizeof *names);
    cc_run_patient *patients = cc_arena_get_array(m->arena, count, sizeof *patients);
    cc_count_row *rows = cc_arena_get_array(m->arena, count, sizeof *rows);
    size_t used = 0;
    for (size_t p = 0; p < count; p++) {
        const int v = percent[p];
        cc_counts counts = {v, 100 - v, 100 - v, 1000};
        if (v == EMPTY) counts = (cc_counts){0, 0, 0, 1000};
        if (v == FALSE_PIXEL) counts = (cc_counts){0, 1, 0, 999};
        if (v == MISSED) counts = (cc_counts){0, 0, 100, 1000};
        if (v == ABSENT) continue;
        names[used] = cc_arena_format(m->arena, "%c", first + (int)p);
        patients[used] = (cc_run_patient){.patient = {(char)(first + (char)p)},
                                          .lesions_false = v == FALSE_PIXEL,
                                          .tp = counts.tp,
                                          .fp = counts.fp,
                                          .fn = counts.fn,
                                          .tn = counts.tn};
        rows[used] = (cc_count_row){(uint32_t)used, counts};
        used++;
    }
    *run = (cc_report_run){.path = "made.h5",
                           .experiment = "twin/e",
                           .variant = variant,
                           .kind = "twin",
                           .config = "",
                           .fold = fold,
                           .seed = seed,
                           .patients = names,
                           .patient_rows = patients,
                           .patient_count = used,
                           .rows = rows,
                           .slice_count = used};
    return run;
}

/* Fills the table, its comparisons and claims. */
static inline cc_table *made_table(made *m) {
    const cc_published nothing = {0};
    assert_ok(cc_report_runs_index(&m->all, m->arena));
    assert_ok(cc_table_build(&m->table, &m->spec, "twin", &m->all, &nothing, m->arena));
    assert_ok(cc_table_compare(&m->table, m->arena));
    assert_ok(cc_table_judge(&m->table, m->arena));
    return &m->table;
}

/* The value that the table shows, in percent. */
static inline double made_value(const made *m, size_t row, cc_score score) {
    return 100 * cc_table_estimate(&m->table, &m->table.rows[row])->value.value[score];
}

/* The first note with a text in it; fails where there is none. */
static inline const char *made_note(const made *m, const char *text) {
    for (size_t n = 0; n < m->table.notes.count; n++)
        if (strstr(m->table.notes.items[n], text)) return m->table.notes.items[n];
    fail_msg("no note has \"%s\"", text);
    return "";
}

static inline void assert_near(double got, double want, double tolerance) {
    if (!(fabs(got - want) <= tolerance)) fail_msg("%.9g, not %.9g", got, want);
}

static inline void made_deinit(made *m) {
    cc_arena_destroy(m->arena);
}

#endif
