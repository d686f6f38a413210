/* report/tables/study.c -- from the runs that there are, or are planned, to the specifications of their tables.
 *
 * A matrix of learning rates and seeds should be a table as soon as it has run. What a row is follows from the
 * run's own names, OUT/EXPERIMENT/VARIANT/fold-K/seed-S.h5: its variant says what differs, and seeds and folds are
 * what a row is averaged over (report/tables/table.c). */
#include "report/tables/study.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/runs.h"
#include "results/paths.h"

/* A run's names. `group` is the experiment's name without its kind: what a table is of. */
typedef struct run_name {
    const char *group, *experiment, *variant;
    int64_t fold, seed;
    bool kindless;
} run_name;

typedef struct name_list {
    run_name *items;
    size_t count;
} name_list;

static run_name name_of(const char *experiment, const char *variant, int64_t fold, int64_t seed) {
    const char *slash = strchr(experiment, '/');
    return (run_name){slash ? slash + 1 : experiment, experiment, variant, fold, seed, !slash};
}

/* Text order, but for digits: a row of them counts as a whole number, so that lr=2 comes before lr=10, and of
 * two numbers with a point the parts before it decide first. */
static int compare_text(const char *a, const char *b) {
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            const size_t zeros_a = strspn(a, "0"), zeros_b = strspn(b, "0");
            const char *x = a + zeros_a, *y = b + zeros_b;
            const size_t digits_x = strspn(x, "0123456789"), digits_y = strspn(y, "0123456789");
            if (digits_x != digits_y) return digits_x < digits_y ? -1 : 1;
            const int order = strncmp(x, y, digits_x);
            if (order) return order;
            a = x + digits_x;
            b = y + digits_y;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++, b++;
        }
    }
    return (*a != 0) - (*b != 0);
}

/* For qsort: by table, then row, then run. */
static int by_row(const void *a, const void *b) {
    const run_name *x = a, *y = b;
    int order = x->kindless - y->kindless;
    if (!order) order = strcmp(x->group, y->group);
    if (!order) order = compare_text(x->variant, y->variant);
    if (!order) order = strcmp(x->variant, y->variant);
    if (!order) order = strcmp(x->experiment, y->experiment);
    if (!order) order = (x->fold > y->fold) - (x->fold < y->fold);
    return order ? order : (x->seed > y->seed) - (x->seed < y->seed);
}

/* "OUT/EXPERIMENT/VARIANT/fold-K/seed-S.h5" taken apart; false where a file has another place. */
static bool parse_path(run_name *out, const char *path, const char *results, cc_arena *arena) {
    long long fold, seed;
    int used = 0;
    char *names = cc_arena_copy(arena, path + strlen(results));
    if (!names) return false;
    names += strspn(names, "/");
    char *tail = strstr(names, "/fold-");
    if (!tail || sscanf(tail, "/fold-%lld/seed-%lld.h5%n", &fold, &seed, &used) != 2 || !used || tail[used])
        return false;
    *tail = 0;
    char *variant = strrchr(names, '/');
    if (!variant) return false;
    *variant++ = 0;
    *out = name_of(names, variant, fold, seed);
    return true;
}

/* Every run that is planned or there, once, in the order of tables and rows. */
static cc_status list_names(name_list *out, const cc_manifest *planned, const char *results,
                            cc_arena *arena) {
    char **paths;
    size_t count, kept = 0;
    CC_TRY(cc_runs_find(&paths, &count, results, arena));
    out->items = cc_arena_get_array(arena, planned->count + count + 1, sizeof *out->items);
    if (!out->items) return CC_ENOMEM;
    for (size_t i = 0; i < planned->count; i++) {
        const cc_manifest_entry *e = &planned->entries[i];
        out->items[out->count++] = name_of(e->experiment, e->variant, e->fold, e->seed);
    }
    for (size_t i = 0; i < count; i++)
        out->count += parse_path(&out->items[out->count], paths[i], results, arena);
    qsort(out->items, out->count, sizeof *out->items, by_row);
    for (size_t i = 0; i < out->count; i++)
        if (kept == 0 || by_row(&out->items[kept - 1], &out->items[i]) != 0)
            out->items[kept++] = out->items[i];
    out->count = kept;
    return CC_OK;
}

/* Whether a table has a row for one of the runs. */
static bool is_in_a_table(const run_name *runs, size_t run_count, const cc_spec *specs, size_t count) {
    for (size_t i = 0; i < run_count; i++)
        for (size_t s = 0; s < count; s++)
            for (size_t r = 0; r < specs[s].row_count; r++)
                if (cc_report_row_takes(&specs[s].rows[r], runs[i].experiment, runs[i].variant, runs[i].fold))
                    return true;
    return false;
}

/* The table of some runs of one group: a row for each variant among them. */
static cc_status make_spec(cc_spec *out, const run_name *runs, size_t run_count, size_t variants,
                           cc_arena *arena) {
    cc_spec_row *rows = cc_arena_get_array(arena, variants, sizeof *rows);
    char *id = cc_arena_format(arena, "study-%s", runs->group);
    if (!rows || !id) return CC_ENOMEM;
    for (char *c = id; *c; c++)
        if (*c == '/') *c = '-';
    *out = (cc_spec){.shape = CC_SHAPE_SCORES,
                     .id = id,
                     .title = runs->group,
                     .caption = "The variants of this experiment; a row of several runs is their mean.",
                     .columns = {CC_SCORE_F1, CC_SCORE_PRECISION, CC_SCORE_RECALL},
                     .column_count = 3,
                     .convention = {CC_AVERAGE_PATIENT, CC_EMPTY_SKIP},
                     .rows = rows};
    for (size_t i = 0; i < run_count; i++) {
        if (i > 0 && strcmp(runs[i].variant, runs[i - 1].variant) == 0) continue;
        rows[out->row_count++] = (cc_spec_row){.source = CC_SOURCE_RUNS,
                                               .label = runs[i].variant,
                                               .experiment = runs[i].group,
                                               .variant = runs[i].variant,
                                               .published = runs[i].variant,
                                               .kindless = runs[i].kindless};
    }
    return CC_OK;
}

cc_status cc_study_specs_add(cc_spec **specs, size_t *count, const cc_manifest *planned, const char *results,
                             cc_arena *arena) {
    name_list names = {0};
    CC_TRY(list_names(&names, planned, results, arena));
    cc_spec *all = cc_arena_get_array(arena, *count + names.count + 1, sizeof *all);
    if (!all) return CC_ENOMEM;
    const size_t written = *count;
    size_t made = written;
    if (written) memcpy(all, *specs, written * sizeof *all);
    for (size_t first = 0, end; first < names.count; first = end) {
        const run_name *runs = &names.items[first];
        size_t variants = 1;
        for (end = first + 1; end < names.count; end++) {
            const run_name *run = &names.items[end];
            if (run->kindless != runs->kindless || strcmp(run->group, runs->group) != 0) break;
            variants += strcmp(run->variant, run[-1].variant) != 0;
        }
        const size_t run_count = end - first;
        if (run_count < 2 || variants > CC_STUDY_ROWS_MAX || is_in_a_table(runs, run_count, all, written))
            continue;
        CC_TRY(make_spec(&all[made++], runs, run_count, variants, arena));
    }
    *specs = all;
    *count = made;
    return CC_OK;
}
