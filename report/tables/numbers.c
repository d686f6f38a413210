/* report/tables/numbers.c -- the numbers of the tables as definitions of TeX.
 *
 * A name has spaces, signs and letters of any alphabet, so it is no control word: \csname builds it from
 * the three arguments, which \detokenize (e-TeX) takes as plain characters. */
#include "report/tables/numbers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "metrics/overlap.h"

/* What stands before the numbers. A name that is defined twice with two values has none. */
static const char preamble[] =
    "% numbers.tex: every number of the tables, made by calcade report. \\input it in the preamble, then\n"
    "%     \\calcadeNumber{TABLE}{ROW}{NUMBER}\n"
    "% An unknown name is an error.\n"
    "\\makeatletter\n"
    "\\newcommand\\calcade@name[3]{calcade@\\detokenize{#1}@\\detokenize{#2}@\\detokenize{#3}}\n"
    "\\DeclareRobustCommand\\calcadeNumber[3]{%\n"
    "  \\ifcsname\\calcade@name{#1}{#2}{#3}\\endcsname\\csname\\calcade@name{#1}{#2}{#3}\\endcsname\n"
    "  \\else\\PackageError{calcade}{No number '\\detokenize{#3}' of '\\detokenize{#2}' in "
    "'\\detokenize{#1}'}{numbers.tex lists the names}\\fi}\n"
    "\\newcommand\\calcade@ambiguous{\\PackageError{calcade}{Two numbers have this name}{Rename a row}}\n"
    "\\newcommand\\calcade@define[4]{\\def\\calcade@value{#4}%\n"
    "  \\ifcsname\\calcade@name{#1}{#2}{#3}\\endcsname\n"
    "    \\expandafter\\ifx\\csname\\calcade@name{#1}{#2}{#3}\\endcsname\\calcade@value\\else\n"
    "      \\expandafter\\gdef\\csname\\calcade@name{#1}{#2}{#3}\\endcsname{\\calcade@ambiguous}\\fi\n"
    "  \\else\\expandafter\\gdef\\csname\\calcade@name{#1}{#2}{#3}\\endcsname{#4}\\fi}\n";

/* A part of a name. */
static void add_name(cc_text *out, const char *name) {
    cc_text_add(out, "{");
    for (; *name; name++) cc_text_add_bytes(out, strchr("\\{}#%^~\r\n", *name) ? "-" : name, 1);
    cc_text_add(out, "}");
}

/* Where definitions go, and of what table. */
typedef struct naming {
    cc_text *out;
    char table[256], id[256]; /* "table1-twin", "table1"; id "": several kinds have it */
} naming;

/* Defines one value, under the table's whole name and its short one. */
static void define(const naming *n, const char *row, const char *number, const char *value) {
    const char *const tables[] = {n->table, n->id};
    for (int i = 0; i < 2; i++) {
        if (!tables[i][0]) continue;
        cc_text_add(n->out, "\\calcade@define");
        add_name(n->out, tables[i]);
        add_name(n->out, row);
        add_name(n->out, number);
        cc_text_add(n->out, "{");
        cc_text_add_latex(n->out, value);
        cc_text_add(n->out, "}%%\n");
    }
}

/* A number in the form that the tables have; NaN has no name. */
static void define_number(const naming *n, const char *row, const char *number, const char *format,
                          double value) {
    char text[64];
    if (isnan(value)) return;
    snprintf(text, sizeof text, format, value);
    define(n, row, number, text);
}

/* A number of patients, claims, ... */
static void define_count(const naming *n, const char *row, const char *number, size_t count) {
    char text[32];
    snprintf(text, sizeof text, "%zu", count);
    define(n, row, number, text);
}

/* The scores of a row. */
static void define_row(const naming *n, const cc_table *table, const cc_table_row *row) {
    const cc_estimate *estimate = cc_table_estimate(table, row);
    const char *label = row->spec->label;
    if (row->run_count == 0) return;
    for (int c = 0; c < table->spec->column_count; c++) {
        const cc_score score = table->spec->columns[c];
        char name[64], interval[64];
        define_number(n, label, cc_score_name(score), "%.1f", 100 * estimate->value.value[score]);
        if (isnan(estimate->value.value[score]) || !estimate->has_interval[score]) continue;
        const double low = 100 * estimate->low.value[score], high = 100 * estimate->high.value[score];
        snprintf(name, sizeof name, "%s-low", cc_score_name(score));
        define_number(n, label, name, "%.1f", low);
        snprintf(name, sizeof name, "%s-high", cc_score_name(score));
        define_number(n, label, name, "%.1f", high);
        snprintf(name, sizeof name, "%s-interval", cc_score_name(score));
        snprintf(interval, sizeof interval, "[%.1f, %.1f]", low, high);
        define(n, label, name, interval);
    }
    if (estimate->patients[table->spec->columns[0]])
        define_count(n, label, "patients", estimate->patients[table->spec->columns[0]]);
}

/* What became of a claim; of one that was not tested its verdict alone, which says why. */
static void define_claim(const naming *n, const cc_table_claim *claim) {
    const cc_paired_result *r = &claim->result;
    const char *text = claim->spec->text;
    define(n, text, "verdict", claim->verdict_text);
    if (claim->verdict == CC_VERDICT_UNTESTED) return;
    define_number(n, text, "difference", "%+.1f", 100 * r->mean);
    define_number(n, text, "low", "%+.1f", 100 * r->low);
    define_number(n, text, "high", "%+.1f", 100 * r->high);
    define_number(n, text, "p", "%.3f", claim->p_adjusted);
    define_count(n, text, "patients", r->patients);
}

void cc_numbers_add(cc_text *out, const cc_table *tables, size_t count) {
    size_t stated = 0, holding = 0;
    cc_text_add(out, "%s", preamble);
    for (const cc_table *table = tables; table < tables + count; table++) {
        naming n = {.out = out};
        size_t alike = 0;
        if (table->spec->shape != CC_SHAPE_SCORES) continue;
        /* "table1" would be two tables where runs of two kinds have it. */
        for (size_t t = 0; t < count; t++) alike += strcmp(tables[t].spec->id, table->spec->id) == 0;
        snprintf(n.table, sizeof n.table, "%s-%s", table->spec->id, table->kind);
        if (alike == 1) snprintf(n.id, sizeof n.id, "%s", table->spec->id);
        for (size_t r = 0; r < table->row_count; r++) define_row(&n, table, &table->rows[r]);
        for (size_t c = 0; c < table->claim_count; c++) {
            define_claim(&n, &table->claims[c]);
            holding += table->claims[c].verdict == CC_VERDICT_HOLDS;
        }
        stated += table->claim_count;
    }
    const naming all = {.out = out, .table = "report"};
    define_count(&all, "claims", "stated", stated);
    define_count(&all, "claims", "holding", holding);
    cc_text_add(out, "\\makeatother\n");
}
