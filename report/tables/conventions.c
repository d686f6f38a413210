/* report/tables/conventions.c -- one set of stored counts and soft sums, scored under every convention: how
 * far the choice alone moves a score, and which choice comes nearest to the paper's numbers.
 *
 * The paper does not state its convention. Each line of this table is one: thresholded or soft, pooled, by
 * patient, slice or batch, with 0/0 skipped, zero or one. Within a row the line is in bold that comes nearest
 * to what the paper prints; over all rows the nearest single convention is named. */
#include "report/tables/conventions.h"

#include <math.h>
#include <string.h>
#include "core/yaml.h"
#include "metrics/conventions.h"

enum { TEXTS = 4 /* columns before the scores */, LINES_MAX = 2 * CC_GROUPINGS * CC_EMPTIES };

/* One convention's scores of one row. */
typedef struct line {
    bool soft;
    cc_grouping grouping;
    cc_empty empty;
    double percent[CC_SCORES]; /* the mean over the row's folds and seeds; NaN: not known */
    double distance;           /* to the paper, the largest difference of a column; NaN: nothing to compare */
} line;

/* Each convention's distances, summed over the rows that it could be compared in. */
typedef struct tally {
    double distance;
    size_t rows;
    line of; /* any line of that convention */
} tally;

/* The batch size that a run trained with, from its config; 0 where that does not say. */
static size_t read_batch(const cc_report_run *run, cc_arena *arena) {
    cc_yaml *root;
    long long batch = 0;
    if (cc_yaml_parse(&root, run->config, strlen(run->config), run->path, arena) != CC_OK) return 0;
    const cc_yaml *node = root->kind == CC_YAML_MAP ? cc_yaml_get(root, "train.batch") : NULL;
    return node && cc_yaml_as_integer(&batch, node) && batch > 0 ? (size_t)batch : 0;
}

/* Rounding may leave a soft sum slightly below zero. */
static double positive(double value) {
    return value < 0 ? 0 : value;
}

/* The cells of every slice of a run: counts, or soft sums; *out is NULL where the run does not store
 * those. */
static cc_status make_rows(cc_overlap_row **out, const cc_report_run *run, bool soft, cc_arena *arena) {
    cc_overlap_row *rows = cc_arena_get_array(arena, run->slice_count + 1, sizeof *rows);
    double mass = 0;
    if (!rows) return CC_ENOMEM;
    *out = rows;
    for (size_t i = 0; i < run->slice_count; i++) {
        const cc_run_slice *s = &run->slices[i];
        rows[i] = (cc_overlap_row){run->rows[i].patient, cc_counts_cells(&run->rows[i].counts)};
        if (!soft) continue;
        mass += s->soft_prediction + s->soft_truth;
        /* sum (1 - p)(1 - g) = pixels - sum p - sum g + sum p g */
        const double pixels = (double)s->tp + (double)s->fp + (double)s->fn + (double)s->tn;
        rows[i].cells =
            (cc_confusion){.tp = s->soft_overlap,
                           .fp = positive(s->soft_prediction - s->soft_overlap),
                           .fn = positive(s->soft_truth - s->soft_overlap),
                           .tn = positive(pixels - s->soft_prediction - s->soft_truth + s->soft_overlap)};
        if (!(s->soft_overlap >= 0) || !isfinite(mass)) *out = NULL;
    }
    if (soft && !(mass > 0)) *out = NULL;
    return CC_OK;
}

/* Adds one run's scores to the line, which has none where one run lacks them. */
static cc_status add_run(line *l, const cc_overlap_row *rows, size_t count, size_t batch, double weight) {
    cc_scores scores;
    const bool lacks = !rows || (l->grouping == CC_GROUP_BATCH && !batch);
    if (!lacks) CC_TRY(cc_scores_group(&scores, rows, count, l->grouping, batch ? batch : 1, l->empty));
    for (int s = 0; s < CC_SCORES; s++) l->percent[s] += lacks ? NAN : weight * 100 * scores.value[s];
    return CC_OK;
}

/* The largest difference to the paper over the table's columns; NaN where a column cannot be compared. */
static double measure_distance(const line *l, const cc_table *table, const cc_table_row *row) {
    double most = NAN;
    for (int c = 0; c < table->spec->column_count; c++) {
        cc_score score = table->spec->columns[c];
        if (isnan(row->published[c])) continue;
        double distance = fabs(l->percent[score] - row->published[c]);
        if (isnan(distance)) return NAN;
        most = fmax(most, distance);
    }
    return most;
}

/* Adds one run to all lines; a scratch arena for each run, as rows of slices are large. */
static cc_status add_run_to_lines(line *lines, size_t count, const cc_report_run *run, double weight) {
    cc_status status = CC_OK;
    cc_overlap_row *rows[2]; /* thresholded, soft */
    cc_arena *scratch = cc_arena_create();
    if (!scratch) return cc_fail_memory("conventions", 0);
    const size_t batch = read_batch(run, scratch);
    CC_CHECK(make_rows(&rows[0], run, false, scratch));
    CC_CHECK(make_rows(&rows[1], run, true, scratch));
    for (size_t i = 0; i < count; i++)
        CC_CHECK(add_run(&lines[i], rows[lines[i].soft], run->slice_count, batch, weight));
done:
    cc_arena_destroy(scratch);
    return status;
}

/* The lines of a row that have scores, each the mean over folds of the mean over the fold's seeds. */
static cc_status fill_lines(line *lines, size_t *count, const cc_table *table, const cc_table_row *row) {
    const double folds = (double)cc_table_fold_count(row);
    size_t all = 0;
    for (int soft = 0; soft < 2; soft++)
        for (int g = 0; g < CC_GROUPINGS; g++) /* Pooled counts are 0/0 all together or not at all. */
            for (int e = 0; e < (g == CC_GROUP_POOLED ? 1 : CC_EMPTIES); e++)
                lines[all++] = (line){.soft = soft, .grouping = (cc_grouping)g, .empty = (cc_empty)e};
    for (size_t r = 0; r < row->run_count; r++)
        CC_TRY(add_run_to_lines(lines, all, row->runs[r], cc_table_run_weight(row, row->runs[r]) / folds));
    /* A convention that gives no F1 is left out. */
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        if (isnan(lines[i].percent[CC_SCORE_F1])) continue;
        lines[*count] = lines[i];
        lines[*count].distance = measure_distance(&lines[*count], table, row);
        ++*count;
    }
    return CC_OK;
}

/* What F1 would be if precision and recall were of the same pooled counts. */
static double harmonic(double a, double b) {
    return a + b > 0 ? 2 * a * b / (a + b) : NAN;
}

/* One line of the listing. */
static void put_line(cc_listing *listing, const cc_spec *spec, const cc_table_row *row, const line *l,
                     bool first, bool nearest) {
    const size_t at = listing->rows++;
    const char *texts[] = {row->spec->label, l->soft ? "soft" : "thresholded", cc_grouping_name(l->grouping),
                           l->grouping == CC_GROUP_POOLED ? "" : cc_empty_name(l->empty)};
    size_t column = 0;
    for (; column < TEXTS; column++) cc_listing_put(listing, at, column, "%s", texts[column]);
    for (int c = 0; c < spec->column_count; c++) {
        cc_listing_cell *cell =
            cc_listing_put_number(listing, at, column++, "%.1f", l->percent[spec->columns[c]]);
        cc_table_link_runs(cell, row);
    }
    cc_listing_put_number(listing, at, column++, "%+.1f",
                          l->percent[CC_SCORE_F1] -
                              harmonic(l->percent[CC_SCORE_PRECISION], l->percent[CC_SCORE_RECALL]));
    if (column < listing->columns)
        cc_listing_put_number(listing, at, column, "%.1f", l->distance)->strong = nearest;
    listing->rules[at] = first && at > 0;
}

/* "thresholded, patient_mean, 0/0 skip": a convention in a note. */
static const char *describe(cc_arena *arena, const line *l) {
    return cc_arena_format(arena, "%s, %s%s%s", l->soft ? "soft" : "thresholded",
                           cc_grouping_name(l->grouping), l->grouping == CC_GROUP_POOLED ? "" : ", 0/0 ",
                           l->grouping == CC_GROUP_POOLED ? "" : cc_empty_name(l->empty));
}

/* All lines of a row, and what the choice among them is worth. */
static cc_status put_lines(cc_listing *listing, const cc_spec *spec, const cc_table_row *row,
                           const line *lines, size_t count) {
    double low = INFINITY, high = -INFINITY;
    const line *nearest = NULL;
    for (const line *l = lines; l < lines + count; l++) {
        low = fmin(low, l->percent[CC_SCORE_F1]);
        high = fmax(high, l->percent[CC_SCORE_F1]);
        if (!isnan(l->distance) && (!nearest || l->distance < nearest->distance)) nearest = l;
    }
    for (size_t i = 0; i < count; i++) put_line(listing, spec, row, &lines[i], i == 0, &lines[i] == nearest);
    if (count == 0) return CC_OK;
    cc_notes_add(&listing->notes, "%s: the convention alone moves the F1-score from %.1f to %.1f.",
                 row->spec->label, low, high);
    if (!nearest) return CC_OK;
    const char *words = describe(listing->arena, nearest);
    if (!words) return CC_ENOMEM;
    cc_notes_add(&listing->notes, "%s: nearest to the paper: %s (largest difference %.1f).", row->spec->label,
                 words, nearest->distance);
    return CC_OK;
}

/* Adds the row's distances, convention by convention. */
static void add_tallies(tally tallies[LINES_MAX], const line *lines, size_t count) {
    for (const line *l = lines; l < lines + count; l++) {
        /* A convention has its own place in the array, whichever lines a row has. */
        tally *t = &tallies[(l->soft * CC_GROUPINGS + (int)l->grouping) * CC_EMPTIES + (int)l->empty];
        if (isnan(l->distance)) continue;
        *t = (tally){t->distance + l->distance, t->rows + 1, *l};
    }
}

/* The paper has used one convention in all its rows, if it has used one at all. */
static cc_status note_nearest(cc_listing *listing, const tally tallies[LINES_MAX], size_t rows) {
    const tally *nearest = NULL;
    for (const tally *t = tallies; t < tallies + LINES_MAX; t++)
        /* Only conventions that every row could be compared in. */
        if (rows > 1 && t->rows == rows && (!nearest || t->distance < nearest->distance)) nearest = t;
    if (!nearest) return CC_OK;
    const char *words = describe(listing->arena, &nearest->of);
    if (!words) return CC_ENOMEM;
    cc_notes_add(&listing->notes,
                 "All %zu rows under one convention: nearest to the paper: %s (largest "
                 "difference %.1f in the mean).",
                 rows, words, nearest->distance / (double)rows);
    return CC_OK;
}

cc_status cc_table_listing_conventions(cc_listing *out, const cc_table *table, cc_arena *arena) {
    static const char *const texts[TEXTS] = {"", "reading", "mean", "0/0"};
    const cc_spec *spec = table->spec;
    const size_t scores = (size_t)spec->column_count, columns = TEXTS + scores + 1 + table->beside_paper;
    CC_TRY(cc_listing_init(out, columns, table->row_count * LINES_MAX, arena));
    out->text_columns = TEXTS;
    out->id = cc_arena_format(arena, "conventions-%s", spec->id);
    out->kind = table->kind;
    out->title = spec->title;
    out->caption = cc_arena_format(
        arena,
        "The same predictions under every convention. Soft: probabilities stand for pixels. batch_mean: "
        "over batches of as many test slices as the run trained on, in their stored order. F1 minus the "
        "harmonic mean of the precision and recall beside it; an F1 of pooled counts equals that mean.%s",
        table->beside_paper ? " In bold the convention nearest to the paper." : "");
    if (!out->id || !out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < TEXTS; c++) cc_listing_put_head(out, c, "%s", texts[c]);
    for (size_t c = 0; c < scores; c++)
        cc_listing_put_head(out, TEXTS + c, "%s (%%)", cc_score_word(spec->columns[c]));
    cc_listing_put_head(out, TEXTS + scores, "F1 - harmonic mean");
    if (table->beside_paper) cc_listing_put_head(out, TEXTS + scores + 1, "largest difference to the paper");
    tally tallies[LINES_MAX] = {{0}};
    size_t compared = 0;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        line lines[LINES_MAX];
        size_t count;
        if (row->spec->source != CC_SOURCE_RUNS || row->run_count == 0) continue;
        CC_TRY(fill_lines(lines, &count, table, row));
        CC_TRY(put_lines(out, spec, row, lines, count));
        add_tallies(tallies, lines, count);
        compared += !isnan(row->published[0]);
    }
    return note_nearest(out, tallies, compared);
}
