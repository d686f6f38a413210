/* report/tables/study.c -- from the runs that there are, or are planned, to the specifications of their
 * tables.
 *
 * A matrix of learning rates and seeds should be a table as soon as it has run. What a row is follows from
 * the run's own names, OUT/EXPERIMENT/VARIANT/fold-K/seed-S.h5: its variant says what differs, and seeds and
 * folds are what a row is averaged over (report/tables/table.c). In which order rows stand, what they are
 * called and what is claimed of them is said by the experiment's block (results/report_block.h), where there
 * is one. */
#include "report/tables/study.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "report/runs.h"
#include "results/paths.h"
#include "results/run.h"

/* A run's names. `group` is the experiment's name without its kind. */
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

/* For qsort: by experiment, then variant, then run; those that differ in their kind alone are neighbours. */
static int by_row(const void *a, const void *b) {
    const run_name *x = a, *y = b;
    int order = x->kindless - y->kindless;
    if (!order) order = strcmp(x->group, y->group);
    if (!order) order = strcmp(x->experiment, y->experiment);
    if (!order) order = compare_text(x->variant, y->variant);
    if (!order) order = strcmp(x->variant, y->variant);
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

/* --- one table --- */

/* "Learning rates" of "learning-rates". */
static const char *readable(const char *name, cc_arena *arena) {
    char *out = cc_arena_copy(arena, name);
    for (char *c = out; c && *c; c++)
        if (*c == '-' || *c == '_' || *c == '/') *c = ' ';
    if (out) *out = (char)toupper((unsigned char)*out);
    return out;
}

/* What an experiment's block says, as a tree; NULL where it has none. One that cannot be read is warned of,
 * and its table looks as if there were none: a report shows the runs that there are. */
static cc_status find_block(const cc_yaml **out, const char *experiment, const cc_study_sources *from,
                            cc_arena *arena) {
    cc_report_block block = {.experiment = experiment};
    cc_yaml *tree = NULL;
    cc_status status = CC_OK;
    *out = NULL;
    for (size_t i = 0; i < from->block_count && !block.text; i++)
        if (strcmp(from->blocks[i].experiment, experiment) == 0) block = from->blocks[i];
    if (!block.text) status = cc_report_block_read(&block, from->results, experiment, arena);
    if (status == CC_OK && !block.text) return CC_OK;
    if (status == CC_OK) status = cc_yaml_parse(&tree, block.text, strlen(block.text), block.where, arena);
    if (status == CC_ENOMEM) return status;
    if (status == CC_OK && tree->kind == CC_YAML_MAP)
        *out = tree;
    else
        cc_log(CC_LOG_WARNING, "%s: what its report.yaml says is passed over: %s", experiment,
               status == CC_OK ? "it is no map" : cc_error_get()->what);
    return CC_OK;
}

/* The member of a map by its whole key, which may have points in it; NULL where there is none. */
static const cc_yaml *find_key(const cc_yaml *map, const char *key) {
    for (size_t i = 0; map && map->kind == CC_YAML_MAP && i < map->count; i++)
        if (strcmp(map->keys[i], key) == 0) return map->items[i];
    return NULL;
}

/* Whether one of the first rows is of this variant. */
static bool has_variant(const cc_spec_row *rows, size_t count, const char *variant) {
    for (size_t r = 0; r < count; r++)
        if (strcmp(rows[r].variant, variant) == 0) return true;
    return false;
}

/* A row for each variant among the runs of one experiment: in the order of the matrix, as far as the block
 * knows them, and behind these in their natural order. */
static void add_variants(cc_spec *spec, cc_spec_row *rows, const run_name *runs, size_t run_count,
                         const char *kind, const cc_yaml *block) {
    const cc_yaml *order = find_key(block, "variants"),
                  *labels = find_key(find_key(block, "report"), "labels");
    const size_t first = order && order->kind == CC_YAML_LIST ? order->count : 0;
    for (size_t i = 0; i < first + run_count; i++) {
        const char *wanted = i < first ? order->items[i]->text : runs[i - first].variant;
        const run_name *run = NULL;
        /* A variant of the matrix that was neither run nor planned here is no row. */
        for (size_t k = 0; wanted && k < run_count && !run; k++)
            if (strcmp(runs[k].variant, wanted) == 0) run = &runs[k];
        if (!run || has_variant(rows, spec->row_count, run->variant)) continue;
        const cc_yaml *label = find_key(labels, run->variant);
        const char *text =
            label && label->kind == CC_YAML_SCALAR && label->text[0] ? label->text : run->variant;
        rows[spec->row_count++] = (cc_spec_row){.source = CC_SOURCE_RUNS,
                                                .label = text,
                                                .experiment = run->group,
                                                .variant = run->variant,
                                                .published = text,
                                                .kind = kind,
                                                .kindless = run->kindless};
    }
}

/* The rows without a net that a block asks for. */
static cc_status add_baselines(cc_spec *spec, cc_spec_row *rows, const cc_yaml *block) {
    const cc_yaml *list = find_key(find_key(block, "report"), "baselines");
    for (size_t i = 0; list && list->kind == CC_YAML_LIST && i < list->count && i < CC_STUDY_BASELINES_MAX;
         i++) {
        CC_TRY(cc_spec_read_baseline(&rows[spec->row_count], list->items[i]));
        spec->row_count++;
    }
    return CC_OK;
}

/* The table of the runs of one experiment, which has so many variants. */
static cc_status make_spec(cc_spec *out, const run_name *runs, size_t run_count, size_t variants,
                           const cc_study_sources *from, cc_arena *arena) {
    static const char caption[] = "The variants of this experiment; a row of several runs is their mean.";
    char name[CC_RUN_NAME_MAX];
    const cc_yaml *block;
    cc_spec_row *rows = cc_arena_get_array(arena, variants + CC_STUDY_BASELINES_MAX, sizeof *rows);
    char *id = cc_arena_format(arena, "study-%s", runs->group), *kind;
    cc_run_kind(name, sizeof name, runs->experiment);
    kind = cc_arena_copy(arena, name);
    if (!rows || !id || !kind) return CC_ENOMEM;
    for (char *c = id; *c; c++)
        if (*c == '/') *c = '-';
    CC_TRY(find_block(&block, runs->experiment, from, arena));
    *out = (cc_spec){.shape = CC_SHAPE_SCORES, .id = id, .study = true, .rows = rows};
    add_variants(out, rows, runs, run_count, kind, block);

    /* A fault in the block, which the config would have been refused for, costs what it says, not the
     * table. */
    const cc_spec plain = *out;
    cc_status status = add_baselines(out, rows, block);
    if (status == CC_OK) status = cc_spec_read_block(out, find_key(block, "report"), arena);
    if (status == CC_ECONFIG) {
        cc_log(CC_LOG_WARNING, "%s: what is said of its table is passed over: %s: %s", runs->experiment,
               cc_error_get()->where, cc_error_get()->what);
        *out = plain;
        status = cc_spec_read_block(out, NULL, arena);
    }
    if (!out->title) out->title = readable(runs->group, arena);
    if (!out->caption) out->caption = caption;
    return status == CC_OK && !out->title ? CC_ENOMEM : status;
}

cc_status cc_study_specs_add(cc_spec **specs, size_t *count, const cc_study_sources *from, cc_arena *arena) {
    name_list names = {0};
    CC_TRY(list_names(&names, from->planned, from->results, arena));
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
            if (strcmp(run->experiment, runs->experiment) != 0) break;
            variants += strcmp(run->variant, run[-1].variant) != 0;
        }
        const size_t run_count = end - first;
        if (run_count < 2 || variants > CC_STUDY_ROWS_MAX || is_in_a_table(runs, run_count, all, written))
            continue;
        CC_TRY(make_spec(&all[made++], runs, run_count, variants, from, arena));
    }
    *specs = all;
    *count = made;
    return CC_OK;
}
