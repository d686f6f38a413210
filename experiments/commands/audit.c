/* experiments/commands/audit.c -- `calcade audit`: whether published tables agree with themselves. What is
 * not checked goes to standard error as well, so that no silence looks like consent. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/log.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "report/audit/audit.h"
#include "report/audit/markdown.h"

/* A finding; `table` is null where it is of the text's counts. */
static json_t *finding_json(const cc_audit_finding *f) {
    json_t *cells = json_array();
    for (size_t i = 0; i < f->cell_count; i++) json_array_append_new(cells, json_string(f->cells[i]));
    json_t *interval = f->has_interval ? json_pack("[f,f]", f->interval.low, f->interval.high) : json_null();
    return json_pack("{s:o, s:o, s:s, s:o, s:o}", "table", f->table ? json_integer(f->table) : json_null(),
                     "cells", cells, "reason", f->reason, "interval", interval, "edit",
                     f->edit ? json_string(f->edit) : json_null());
}

/* How the F1 of a row may have been computed. */
static json_t *reading_json(const cc_audit_reading *r) {
    return json_pack("{s:i, s:s, s:f, s:[f,f], s:[f,f], s:s, s:s, s:s}", "table", r->table, "row", r->row,
                     "f1", r->f1, "pooled", r->pooled.low, r->pooled.high, "averaged", r->averaged.low,
                     r->averaged.high, "possible", cc_audit_f1_words(r->possible), "score", r->score, "units",
                     r->units);
}

/* What is checked of a table. */
static json_t *table_json(const cc_audit_table *t) {
    return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "table", t->id, "units", t->units, "renamed",
                     t->renamed, "range_only", t->alone, "not_checked", t->not_checked, "mixed_units",
                     t->mixed);
}

/* What a reader should know. */
static json_t *note_json(const cc_audit_note *n) {
    return json_pack("{s:i, s:o, s:s}", "table", n->table, "row", n->row ? json_string(n->row) : json_null(),
                     "text", n->text);
}

/* The whole audit as one object. */
static cc_status print_json(const cc_audit *audit) {
    json_t *findings = json_array(), *readings = json_array(), *tables = json_array(), *notes = json_array();
    for (size_t i = 0; i < audit->finding_count; i++)
        json_array_append_new(findings, finding_json(&audit->findings[i]));
    for (size_t i = 0; i < audit->reading_count; i++)
        json_array_append_new(readings, reading_json(&audit->readings[i]));
    for (size_t i = 0; i < audit->table_count; i++)
        json_array_append_new(tables, table_json(&audit->tables[i]));
    for (size_t i = 0; i < audit->note_count; i++) json_array_append_new(notes, note_json(&audit->notes[i]));
    json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o}", "source", audit->source, "findings", findings,
                               "readings", readings, "tables", tables, "notes", notes);
    if (!object) return cc_fail_memory("the JSON", 0);
    cc_status status = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF
                           ? CC_OK
                           : cc_fail_errno("standard output", "write");
    json_decref(object);
    return status;
}

/* A warning for each table of which something is not checked. */
static cc_status warn_of_rest(const cc_audit *audit, const char *file, cc_arena *arena) {
    for (size_t i = 0; i < audit->table_count; i++) {
        const char *words = cc_audit_table_words(&audit->tables[i], arena);
        if (!words) return CC_ENOMEM;
        if (words[0]) cc_log(CC_LOG_WARNING, "%s: Table %d: %s", file, audit->tables[i].id, words);
    }
    return CC_OK;
}

/* What the command line says. */
typedef struct values {
    bool json;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {CC_FLAG_JSON(values, json), {0}};

static cc_status command(int argc, char **argv) {
    values v = {0};
    cc_published published;
    cc_audit audit;
    int count;
    cc_arena *arena = cc_arena_create();
    const char **operands = calloc((size_t)argc, sizeof *operands);
    cc_status status;
    if (!operands || !arena) CC_CHECK(cc_fail_memory("the arguments", (size_t)argc * sizeof *operands));
    CC_CHECK(cc_flags_read(&v, argc, argv, flags, operands, &count, 0, 1));
    CC_CHECK(count ? cc_published_read(&published, operands[0], arena) : cc_published_get(&published, arena));
    CC_CHECK(cc_audit_make(&audit, &published, arena));
    CC_CHECK(warn_of_rest(&audit, count ? operands[0] : "configs/paper/published.yaml", arena));
    status = v.json ? print_json(&audit) : cc_audit_print(stdout, &audit);
done:
    free(operands);
    cc_arena_destroy(arena);
    return status;
}

const cc_command cc_command_audit = {
    .name = "audit",
    .operands = {{"[TABLES.yaml]", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what = "what the numbers of published tables contradict; without a file, the paper's own. Findings are "
            "results: the exit status is 0 with them too",
    .without_nets = true,
    .run = command,
};
