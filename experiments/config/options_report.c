/* experiments/config/options_report.c -- the options of the experiment's table: what it shows, how rows are
 * called and compared, and what is claimed of them.
 *
 * They are the words of a table of configs/paper/report.yaml, said beside the experiment that the table is
 * of. No run depends on them: all are marked so that no identity holds them. Scores and conventions are those
 * that metrics/score.h lists; the table is put together when it is first asked for. */
#include "experiments/config/option_rows.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include "core/words.h"
#include "metrics/score.h"
#include "results/report_block.h"

static char score_names[128]; /* "f1, precision, recall or iou" */

static bool is_score(const char *text) {
    for (int s = 0; s < CC_SCORES; s++)
        if (strcmp(cc_score_name((cc_score)s), text) == 0) return true;
    return false;
}

static bool is_baseline(const char *text) {
    return strcmp(text, "background") == 0 || strcmp(text, "roi_threshold") == 0;
}

static cc_option rows[] = {
    {.key = "report.title",
     .kind = CC_OPTION_TEXT,
     AT(report.title),
     .initial_note = "null: the experiment's name",
     .usual = "null",
     .locates = true,
     .meaning = "the title of the experiment's table"},
    {.key = "report.caption",
     .kind = CC_OPTION_TEXT,
     AT(report.caption),
     .initial_note = "null: a sentence that says what rows are",
     .usual = "null",
     .locates = true,
     .meaning = "what the table is of; how its scores came about is said behind it"},
    {.key = "report.columns",
     .kind = CC_OPTION_TEXTS,
     AT(report.columns),
     .least = 1,
     .most = CC_SCORES,
     .item_ok = is_score,
     .item_wants = score_names,
     .initial = CC_REPORT_BLOCK_COLUMNS,
     .locates = true,
     .meaning = "the scores that are its columns; rows are ranked by the first"},
    {.key = "report.convention.average",
     .kind = CC_OPTION_CHOICE,
     AT(report.convention.average),
     .initial = CC_REPORT_BLOCK_AVERAGE,
     .locates = true,
     .meaning = "over what a score is averaged: all pixels of the test set as one, each patient's score, or "
                "each slice's; the CSV has every way"},
    {.key = "report.convention.empty",
     .kind = CC_OPTION_CHOICE,
     AT(report.convention.empty),
     .initial = CC_REPORT_BLOCK_EMPTY,
     .locates = true,
     .meaning = "what a score 0/0 counts as (metrics/README.md)"},
    {.key = "report.labels",
     .kind = CC_OPTION_LABELS,
     AT(report.labels),
     .initial_note = "null: rows bear the variants' names",
     .usual = "null",
     .locates = true,
     .meaning = "what the rows of variants are called"},
    {.key = "report.baseline",
     .kind = CC_OPTION_NAME,
     AT(report.baseline),
     .most = 1,
     .initial_note = "null: the first-ranked row",
     .usual = "null",
     .locates = true,
     .meaning = "the variant that every other row is compared with, patient by patient"},
    {.key = "report.baselines",
     .kind = CC_OPTION_TEXTS,
     AT(report.baselines),
     .most = 2,
     .item_ok = is_baseline,
     .choices = {"background", "roi_threshold"},
     .item_wants = "background or roi_threshold",
     .initial = "[]",
     .locates = true,
     .meaning =
         "rows without a net, on the same test set: nothing is marked, or every pixel of the region of "
         "interest above 130 HU"},
    {.key = "report.claims",
     .kind = CC_OPTION_CLAIMS,
     AT(report.claims),
     .initial_note = "null: none",
     .usual = "null",
     .locates = true,
     .meaning =
         "what is to be shown: that the `score` of variant `a` is higher, or lower (`direction`), than "
         "that of `b`, or of the best other where `b` is left out; each is tested, patient by patient, "
         "and the table says whether it holds"},
    {.key = "report.margin",
     .kind = CC_OPTION_REAL,
     AT(report.margin),
     .max = 100,
     .above_min = true,
     .initial_note = "null: none stated",
     .usual = "null",
     .locates = true,
     .unit = "percentage points",
     .meaning = "a difference of no account: rows that are shown to differ by less are called equivalent"},
    {.key = "report.published",
     .kind = CC_OPTION_INTEGER,
     AT(report.published),
     .min = 1,
     .max = INT_MAX,
     .initial_note = "null: none",
     .usual = "null",
     .locates = true,
     .meaning = "the number of the published table whose rows of the same labels stand beside these"},
};

static const cc_option_rows whole = {rows, sizeof rows / sizeof *rows};

static cc_option *find(const char *key) {
    cc_option *row = rows;
    while (strcmp(row->key, key) != 0) row++;
    return row;
}

/* Fills in the words that metrics lists. */
static void make_table(void) {
    const char *scores[CC_SCORES];
    cc_option *average = find("report.convention.average"), *empty = find("report.convention.empty"),
              *columns = find("report.columns");
    for (int s = 0; s < CC_SCORES; s++) columns->choices[s] = scores[s] = cc_score_name((cc_score)s);
    cc_words_or(score_names, sizeof score_names, scores, CC_SCORES);
    for (int a = 0; a < CC_AVERAGES; a++) average->choices[a] = cc_average_name((cc_average)a);
    for (int e = 0; e < CC_EMPTIES; e++) empty->choices[e] = cc_empty_name((cc_empty)e);
}

const cc_option_rows *cc_option_rows_report(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
    return &whole;
}
