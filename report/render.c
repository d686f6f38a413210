/* Markdown, CSV and LaTeX of one table. Every number is in percent; CSV carries all conventions. */
#include <math.h>
#include <stdio.h>
#include "report/table.h"

enum { CELL = 96 };

/* "78.4 [70.1, 85.2]"; a dash where there is nothing. */
static void format_value(char out[CELL], const cc_estimate *estimate, int score, const char *dash) {
    double value = 100 * estimate->value.value[score];
    if (isnan(value))
        snprintf(out, CELL, "%s", dash);
    else if (estimate->has_interval[score])
        snprintf(out, CELL, "%.1f [%.1f, %.1f]", value, 100 * estimate->low.value[score],
                 100 * estimate->high.value[score]);
    else
        snprintf(out, CELL, "%.1f", value);
}

static void format_number(char out[CELL], const char *format, double value, const char *dash) {
    if (isnan(value))
        snprintf(out, CELL, "%s", dash);
    else
        snprintf(out, CELL, format, value);
}

/* The three cells of a score: value, published value, difference. */
static void format_cells(char cells[3][CELL], const cc_table *table, const cc_table_row *row, int column,
                         const char *dash) {
    cc_score score = table->spec->columns[column];
    const cc_estimate *estimate = cc_table_estimate(table, row);
    double value = row->run_count ? 100 * estimate->value.value[score] : NAN;
    snprintf(cells[0], CELL, "%s", dash);
    if (row->run_count) format_value(cells[0], estimate, score, dash);
    format_number(cells[1], "%.1f", row->published[column], dash);
    format_number(cells[2], "%+.1f", value - row->published[column], dash);
}

/* What every rendering says below the table; `percent` is that sign as the format writes it. */
static void add_caption(cc_text *out, const cc_table *table, const char *percent,
                        void (*add)(cc_text *, const char *)) {
    add(out, table->spec->caption);
    cc_text_add(out, " Scores in %s: %s, ", percent, cc_table_average_words(table->spec->convention.average));
    cc_text_add(out, "%s; in brackets the 95 %s interval by bootstrap over patients. ",
                cc_table_empty_words(table->spec->convention.empty), percent);
    cc_text_add(out, "The paper does not state its convention. Kind of runs: ");
    add(out, table->kind);
    cc_text_add(out, ".");
}

void cc_table_markdown(cc_text *out, const cc_table *table) {
    const cc_spec *spec = table->spec;
    cc_text_add(out, "## %s (%s): ", spec->id, table->kind);
    cc_text_add_markdown(out, spec->title);
    cc_text_add(out, "\n\n| |");
    for (int c = 0; c < spec->column_count; c++)
        cc_text_add(out, " %s (%%) | paper | difference |", cc_table_head(spec->columns[c]));
    cc_text_add(out, "\n|---|");
    for (int c = 0; c < spec->column_count; c++) cc_text_add(out, "---:|---:|---:|");
    for (size_t r = 0; r < spec->row_count; r++) {
        cc_text_add(out, "\n| ");
        cc_text_add_markdown(out, table->rows[r].spec->label);
        cc_text_add(out, " |");
        for (int c = 0; c < spec->column_count; c++) {
            char cells[3][CELL];
            format_cells(cells, table, &table->rows[r], c, "–");
            cc_text_add(out, " %s | %s | %s |", cells[0], cells[1], cells[2]);
        }
    }
    cc_text_add(out, "\n\n");
    add_caption(out, table, "%", cc_text_add_markdown);
    cc_text_add(out, "\n");
    for (size_t n = 0; n < table->note_count; n++) {
        cc_text_add(out, "\n- ");
        cc_text_add_markdown(out, table->notes[n]);
    }
    cc_text_add(out, table->note_count ? "\n" : "");
}

static void csv_number(cc_text *out, double value) {
    if (isnan(value))
        cc_text_add(out, ",");
    else
        cc_text_add(out, ",%.6f", value);
}

static void csv_head(cc_text *out, const cc_spec *spec) {
    cc_text_add(out, "table,kind,row,experiment,variant,runs");
    for (int c = 0; c < spec->column_count; c++)
        cc_text_add(out, ",paper_%s_percent", cc_score_name(spec->columns[c]));
    for (int a = 0; a < CC_AVERAGES; a++)
        for (int e = 0; e < CC_EMPTIES; e++)
            for (int c = 0; c < spec->column_count; c++) {
                char name[CELL];
                snprintf(name, sizeof name, "%s_%s_empty_%s", cc_score_name(spec->columns[c]),
                         cc_average_name((cc_average)a), cc_empty_name((cc_empty)e));
                cc_text_add(out, ",%s_percent,%s_low,%s_high", name, name, name);
            }
    cc_text_add(out, "\n");
}

static void csv_estimate(cc_text *out, const cc_spec *spec, const cc_table_row *row,
                         const cc_estimate *estimate) {
    for (int c = 0; c < spec->column_count; c++) {
        cc_score score = spec->columns[c];
        bool interval = row->run_count && estimate->has_interval[score];
        csv_number(out, row->run_count ? 100 * estimate->value.value[score] : NAN);
        csv_number(out, interval ? 100 * estimate->low.value[score] : NAN);
        csv_number(out, interval ? 100 * estimate->high.value[score] : NAN);
    }
}

void cc_table_csv(cc_text *out, const cc_table *table) {
    const cc_spec *spec = table->spec;
    csv_head(out, spec);
    for (size_t r = 0; r < spec->row_count; r++) {
        const cc_table_row *row = &table->rows[r];
        const char *texts[] = {spec->id, table->kind, row->spec->label, row->spec->experiment,
                               row->spec->variant};
        for (int t = 0; t < 5; t++) {
            cc_text_add_csv(out, texts[t]);
            cc_text_add(out, ",");
        }
        cc_text_add(out, "%zu", row->run_count);
        for (int c = 0; c < spec->column_count; c++) csv_number(out, row->published[c]);
        for (int a = 0; a < CC_AVERAGES; a++)
            for (int e = 0; e < CC_EMPTIES; e++) csv_estimate(out, spec, row, &row->estimates[a][e]);
        cc_text_add(out, "\n");
    }
}

static void latex_rows(cc_text *out, const cc_table *table) {
    for (size_t r = 0; r < table->spec->row_count; r++) {
        cc_text_add_latex(out, table->rows[r].spec->label);
        for (int c = 0; c < table->spec->column_count; c++) {
            char cells[3][CELL];
            format_cells(cells, table, &table->rows[r], c, "--");
            /* A minus, not a hyphen, before a negative difference. */
            bool minus = cells[2][0] == '-' && cells[2][1] != '-';
            cc_text_add(out, " & %s & %s & %s%s", cells[0], cells[1], minus ? "$-$" : "", cells[2] + minus);
        }
        cc_text_add(out, " \\\\\n");
    }
}

void cc_table_latex(cc_text *out, const cc_table *table) {
    const cc_spec *spec = table->spec;
    cc_text_add(out, "%% needs \\usepackage{booktabs}\n\\begin{table}\n\\centering\n\\caption{");
    cc_text_add_latex(out, spec->title);
    cc_text_add(out, ". ");
    add_caption(out, table, "\\%", cc_text_add_latex);
    for (size_t n = 0; n < table->note_count; n++) {
        cc_text_add(out, " ");
        cc_text_add_latex(out, table->notes[n]);
    }
    cc_text_add(out, "}\n\\label{tab:%s-", spec->id);
    cc_text_add_latex(out, table->kind);
    cc_text_add(out, "}\n\\begin{tabular}{l");
    for (int c = 0; c < spec->column_count; c++) cc_text_add(out, "rrr");
    cc_text_add(out, "}\n\\toprule\n");
    for (int c = 0; c < spec->column_count; c++)
        cc_text_add(out, " & %s (\\%%) & paper & diff.", cc_table_head(spec->columns[c]));
    cc_text_add(out, " \\\\\n\\midrule\n");
    latex_rows(out, table);
    cc_text_add(out, "\\bottomrule\n\\end{tabular}\n\\end{table}\n");
}

static void add_scores(cc_text *out, const cc_scores *scores) {
    for (int s = CC_SCORE_F1; s <= CC_SCORE_RECALL; s++) {
        char cell[CELL];
        format_number(cell, "%.1f", 100 * scores->value[s], "–");
        cc_text_add(out, " %s |", cell);
    }
}

void cc_table_runs(cc_text *out, const cc_report_runs *runs, bool all) {
    cc_text_add(out,
                "| experiment | variant | fold | seed | patients | slices | epochs | best epoch | F1 pooled "
                "(%%) | precision | recall | F1 mean over patients (%%) | precision | recall |\n");
    cc_text_add(out, "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < runs->count; i++) {
        const cc_report_run *run = &runs->items[i];
        if (run->in_table && !all) continue;
        cc_text_add(out, "| ");
        cc_text_add_markdown(out, run->experiment);
        cc_text_add(out, " | ");
        cc_text_add_markdown(out, run->variant);
        cc_text_add(out, "%s | %lld | %lld | %zu | %zu | %zu | %lld |",
                    run->leaking_split ? " (LEAKING SPLIT)" : "", (long long)run->fold, (long long)run->seed,
                    run->patient_count, run->slice_count, run->epoch_count, (long long)run->best_epoch);
        add_scores(out, &run->pooled);
        add_scores(out, &run->patient_mean);
        cc_text_add(out, "\n");
    }
}
