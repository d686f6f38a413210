/* report/gate/rows.c -- runs of an earlier state beside those of now.
 *
 * Equal scores are not equal results: two nets may agree in a rounded mean and differ in every slice. So
 * runs are compared by their counts and, where both states keep them, by their weights. Light files have
 * no weights: then the counts decide alone. */
#include "report/gate/rows.h"

#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "report/tables/differences.h"
#include "results/compare.h"
#include "results/store.h"

enum { OPTIONS_NAMED = 4, RUNS_NAMED = 3 };

/* --- which runs --- */

/* Whether two are the same run, of whichever state. */
static bool is_same_run(const cc_report_run *a, const cc_report_run *b) {
    return a->fold == b->fold && a->seed == b->seed && strcmp(a->experiment, b->experiment) == 0 &&
           strcmp(a->variant, b->variant) == 0;
}

/* The run of a row that is the same; NULL: none. */
static const cc_report_run *find_in_row(const cc_table_row *row, const cc_report_run *run) {
    for (size_t r = 0; row && r < row->run_count; r++)
        if (is_same_run(row->runs[r], run)) return row->runs[r];
    return NULL;
}

/* Why a row has a run no more. */
static const char *explain_loss(const cc_report_runs *runs, const cc_report_run *lost, cc_arena *arena) {
    for (const cc_report_run *run = runs->items; run < runs->items + runs->count; run++)
        if (is_same_run(run, lost))
            return run->fault ? cc_arena_format(arena, "%s %s", run->path, run->fault)
                              : cc_arena_format(arena, "%s is there, but this row is not", run->path);
    for (size_t i = 0; i < runs->problem_count; i++) {
        char end[512];
        /* A file that cannot be read is known by its place alone. */
        snprintf(end, sizeof end, "%s/%s/fold-%lld/seed-%lld.h5", lost->experiment, lost->variant,
                 (long long)lost->fold, (long long)lost->seed);
        if (cc_path_ends_with(runs->problems[i].path, end)) return runs->problems[i].line;
    }
    return cc_arena_format(arena, "%s, variant %s, fold %lld, seed %lld is missing", lost->experiment,
                           lost->variant, (long long)lost->fold, (long long)lost->seed);
}

/* Adds to a list of texts "a; b; c"; what is more than RUNS_NAMED is left out. */
static cc_status add_text(const char **list, size_t number, const char *text, cc_arena *arena) {
    if (!text) return CC_ENOMEM;
    if (number > RUNS_NAMED) return CC_OK;
    *list = number == RUNS_NAMED ? cc_arena_format(arena, "%s; ...", *list)
            : *list              ? cc_arena_format(arena, "%s; %s", *list, text)
                                 : text;
    return *list ? CC_OK : CC_ENOMEM;
}

/* Runs that one row has and the other has not. */
static cc_status compare_lists(cc_gate_row *out, const cc_table_row *before, const cc_table_row *now,
                               const cc_report_runs *runs, cc_arena *arena) {
    size_t lost = 0, gained = 0;
    for (size_t r = 0; r < before->run_count; r++)
        if (!find_in_row(now, before->runs[r]))
            CC_TRY(add_text(&out->lost, lost++, explain_loss(runs, before->runs[r], arena), arena));
    for (size_t r = 0; now && r < now->run_count; r++) {
        const cc_report_run *run = now->runs[r];
        if (find_in_row(before, run)) continue;
        CC_TRY(add_text(
            &out->gained, gained++,
            cc_arena_format(arena, "fold %lld, seed %lld", (long long)run->fold, (long long)run->seed),
            arena));
    }
    return CC_OK;
}

/* --- what they hold --- */

/* Two files of one run; *differs is what does first, NULL: nothing. */
static cc_status compare_files(const char **differs, const cc_report_run *before, const cc_report_run *now,
                               cc_arena *arena) {
    cc_run a, b;
    cc_status status;
    cc_arena *scratch = cc_arena_create();
    if (!scratch) return cc_fail_memory("a run", 0);
    *differs = NULL;
    CC_CHECK(cc_run_read(&a, before->path, CC_RUN_MODEL, scratch));
    CC_CHECK(cc_run_read(&b, now->path, CC_RUN_MODEL, scratch));
    status = cc_run_compare_measures(&a, &b);
    if (status == CC_OK && a.tensor_count && b.tensor_count) status = cc_run_compare_model(&a, &b);
    if (status == CC_EINVAL) {
        /* CC_EINVAL is the answer here, not a failure: its message says what differs. */
        const cc_error *e = cc_error_get();
        *differs = cc_arena_format(arena, "seed %lld: %s: %s", (long long)now->seed, e->where, e->what);
        status = *differs ? CC_OK : CC_ENOMEM;
    }
done:
    cc_arena_destroy(scratch);
    return status;
}

/* What beside the options may have changed a run: NULL where none of it did. */
static const char *word_provenance(const cc_report_run *before, const cc_report_run *now, cc_arena *arena) {
    const cc_run_provenance *a = &before->provenance, *b = &now->provenance;
    const struct {
        const char *words, *a, *b;
    } fields[] = {{"the data", a->data_digest, b->data_digest},
                  {"the split", a->split_digest, b->split_digest},
                  {"the weights that it starts from", a->weights_digest, b->weights_digest},
                  {"the machine", a->machine, b->machine},
                  {"the program's commit", a->commit, b->commit}};
    const char *list = NULL;
    if (a->numerics_version && b->numerics_version && a->numerics_version != b->numerics_version)
        list = "the numerics version";
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].a && fields[i].b && strcmp(fields[i].a, fields[i].b) != 0)
            list = list ? cc_arena_format(arena, "%s, %s", list, fields[i].words) : fields[i].words;
    return list ? cc_arena_format(arena, "no option differs, but %s", list) : NULL;
}

/* The last part of an absolute path, to which a light file cuts it; else the text. */
static const char *cut_path(const char *value) {
    return value[0] == '/' ? cc_path_name(value) : value;
}

/* The options in which the rows' runs differ, by differences.h as if they were two rows of one table. */
static cc_status word_options(const char **out, const cc_table_row *before, const cc_table_row *now,
                              cc_arena *arena) {
    const cc_spec_row of_runs = {.source = CC_SOURCE_RUNS};
    cc_table_row two[] = {*before, *now};
    two[0].spec = two[1].spec = &of_runs;
    const cc_table pair = {.rows = two, .row_count = 2};
    cc_differences differences;
    size_t named = 0, more = 0;
    *out = NULL;
    CC_TRY(cc_differences_find(&differences, &pair, arena));
    for (size_t k = 0; k < differences.key_count; k++) {
        const char *a = differences.values[k], *b = differences.values[differences.key_count + k];
        if (!a || !b || strcmp(cut_path(a), cut_path(b)) == 0) continue;
        if (named == OPTIONS_NAMED) {
            more++;
            continue;
        }
        *out = cc_arena_format(arena, "%s%s%s: %s, was %s", named ? *out : "", named ? "; " : "",
                               differences.keys[k], b, a);
        if (!*out) return CC_ENOMEM;
        named++;
    }
    if (more) *out = cc_arena_format(arena, "%s; %zu more options", *out, more);
    return more && !*out ? CC_ENOMEM : CC_OK;
}

cc_status cc_gate_row_compare(cc_gate_row *out, const cc_table_row *before, const cc_table_row *now,
                              const cc_report_runs *runs, cc_arena *arena) {
    const cc_report_run *other = NULL; /* the first pair that is not the same */
    *out = (cc_gate_row){0};
    CC_TRY(compare_lists(out, before, now, runs, arena));
    for (size_t r = 0; r < before->run_count && !out->changed; r++) {
        const cc_report_run *found = find_in_row(now, before->runs[r]);
        if (!found) continue;
        CC_TRY(compare_files(&out->changed, before->runs[r], found, arena));
        if (out->changed) other = before->runs[r];
    }
    if ((!out->changed && !out->lost && !out->gained) || !now || now->run_count == 0) return CC_OK;
    CC_TRY(word_options(&out->why, before, now, arena));
    if (out->why || !other) return CC_OK;
    out->why = word_provenance(other, find_in_row(now, other), arena);
    return CC_OK;
}
