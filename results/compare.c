/* results/compare.c -- two runs compared by what a run file keeps of them.
 *
 * Tables are compared with the columns of results/layout.h, so that a new column is compared without a line
 * here. A row is not compared as bytes: the bytes behind a name's terminator mean nothing. The writer calls
 * this on what it meant and what it reads back from disk (results/store.c). */
#include "results/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "results/layout.h"

/* The answer "not the same", with where. */
static cc_status differs(const char *where, const char *what) {
    return cc_fail(CC_EINVAL, where, NULL, "%s differs", what);
}

/* Texts, either of which may be absent. */
static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Arrays of the same number of values, either of which may be absent. */
static bool same_bytes(const void *a, const void *b, size_t bytes) {
    return a && b ? memcmp(a, b, bytes) == 0 : a == b || bytes == 0;
}

/* How two tables are compared. */
typedef struct row_rule {
    const char *except; /* a column that is passed over; NULL: none */
    bool known;         /* values that a does not know (-1, NaN) are passed over */
} row_rule;

/* Whether an integer is -1 or a real is NaN: how rows of patients say that nothing is known. */
static bool is_unknown(const cc_hdf_column *column, const char *value) {
    int64_t integer;
    double real;
    memcpy(&integer, value, sizeof integer);
    memcpy(&real, value, sizeof real);
    return column->kind == CC_HDF_INTEGER ? integer == -1 : column->kind == CC_HDF_REAL && isnan(real);
}

/* Compares two tables row by row and column by column. */
static cc_status compare_rows_by(const row_rule *rule, const cc_hdf_table *table, const void *a,
                                 size_t a_count, const void *b, size_t b_count) {
    if (a_count != b_count) return differs(table->name, "the number of rows");
    for (size_t i = 0; i < a_count; i++) {
        const char *x = (const char *)a + i * table->row_bytes, *y = (const char *)b + i * table->row_bytes;
        for (int c = 0; c < table->column_count; c++) {
            const cc_hdf_column *column = &table->columns[c];
            const char *p = x + column->offset, *q = y + column->offset;
            if (rule->except && strcmp(column->name, rule->except) == 0) continue;
            if (rule->known && is_unknown(column, p)) continue;
            /* Integers and reals are 8 bytes each; NaN equals NaN of the same bits. */
            bool same =
                column->kind == CC_HDF_NAME ? strncmp(p, q, CC_HDF_NAME_BYTES) == 0 : memcmp(p, q, 8) == 0;
            if (!same)
                return cc_fail(CC_EINVAL, table->name, NULL, "field %s of row %zu differs", column->name, i);
        }
    }
    return CC_OK;
}

/* The same of every column and value. */
static cc_status compare_rows(const cc_hdf_table *table, const void *a, size_t a_count, const void *b,
                              size_t b_count) {
    return compare_rows_by(&(row_rule){0}, table, a, a_count, b, b_count);
}

/* What stands in the file's own attributes, its config and its plan. */
static cc_status compare_attributes(const cc_run *a, const cc_run *b) {
    const struct {
        const char *name;
        bool same;
    } fields[] = {
        {"experiment", same_text(a->experiment, b->experiment)},
        {"variant", same_text(a->variant, b->variant)},
        {"stage", same_text(a->stage, b->stage)},
        {"config", same_text(a->config, b->config)},
        {"plan", same_text(a->plan, b->plan)},
        {"fold", a->fold == b->fold},
        {"seed", a->seed == b->seed},
        {"leaking_split", a->leaking_split == b->leaking_split},
        {"in_sample_upstream", a->in_sample_upstream == b->in_sample_upstream},
        {"parameter_count", a->parameter_count == b->parameter_count},
        {"multiply_adds", a->multiply_adds == b->multiply_adds},
        {"best_epoch", a->best_epoch == b->best_epoch},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!fields[i].same) return differs("run", fields[i].name);
    return CC_OK;
}

static int by_library(const void *a, const void *b) {
    return strcmp(((const cc_run_library *)a)->name, ((const cc_run_library *)b)->name);
}

/* A file keeps the libraries by name; both lists are sorted copies. */
static bool same_libraries(cc_run_library *a, cc_run_library *b, size_t count) {
    qsort(a, count, sizeof *a, by_library);
    qsort(b, count, sizeof *b, by_library);
    for (size_t i = 0; i < count; i++)
        if (!same_text(a[i].name, b[i].name) || !same_text(a[i].version, b[i].version)) return false;
    return true;
}

/* Where, when and with what both were made. */
static cc_status compare_provenance(const cc_run_provenance *a, const cc_run_provenance *b) {
    for (const cc_layout_text *t = cc_layout_provenance; t->name; t++)
        if (!same_text(*(const char *const *)((const char *)a + t->offset),
                       *(const char *const *)((const char *)b + t->offset)))
            return differs("provenance", t->name);
    if (a->numerics_version != b->numerics_version) return differs("provenance", "numerics_version");
    if (a->threads != b->threads) return differs("provenance", "threads");
    if (!same_bytes(&a->seconds, &b->seconds, sizeof a->seconds)) return differs("provenance", "seconds");
    if (a->peak_memory_bytes != b->peak_memory_bytes) return differs("provenance", "peak_memory_bytes");
    if (a->library_count != b->library_count) return differs("provenance", "the number of libraries");
    /* Sorted copies, as the order of libraries is not kept. */
    size_t bytes = a->library_count * sizeof *a->libraries;
    if (bytes == 0) return CC_OK;
    cc_run_library *x = malloc(bytes), *y = malloc(bytes);
    bool same = x && y;
    if (same) {
        memcpy(x, a->libraries, bytes);
        memcpy(y, b->libraries, bytes);
        same = same_libraries(x, y, a->library_count);
    }
    cc_status status = !x || !y ? cc_fail_memory("libraries", bytes)
                       : same   ? CC_OK
                                : differs("provenance", "libraries");
    free(x);
    free(y);
    return status;
}

static int by_tensor_name(const void *a, const void *b) {
    const cc_run_tensor *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Pointers to the tensors in the order of their names, which is how HDF5 lists them. The caller frees; NULL
 * where memory is out. */
static const cc_run_tensor **sort_tensors(const cc_run_tensor *tensors, size_t count) {
    const cc_run_tensor **sorted = malloc((count + 1) * sizeof *sorted);
    for (size_t i = 0; sorted && i < count; i++) sorted[i] = &tensors[i];
    if (sorted) qsort(sorted, count, sizeof *sorted, by_tensor_name);
    return sorted;
}

/* Whether two tensors have one name, one shape and the same bits. */
static bool same_tensor(const cc_run_tensor *a, const cc_run_tensor *b) {
    /* The loop that compares the shapes multiplies the bytes out. */
    size_t bytes = sizeof *a->data;
    /* Same name and shape, then the same bits. */
    if (strcmp(a->name, b->name) != 0 || a->rank != b->rank) return false;
    for (int d = 0; d < a->rank; bytes *= (size_t)a->dims[d++])
        if (a->dims[d] != b->dims[d]) return false;
    return same_bytes(a->data, b->data, bytes);
}

/* Tensor by tensor of one name. */
cc_status cc_run_compare_model(const cc_run *a, const cc_run *b) {
    if (a->tensor_count != b->tensor_count) return differs("model", "the number of tensors");
    const cc_run_tensor **x = sort_tensors(a->tensors, a->tensor_count),
                        **y = sort_tensors(b->tensors, b->tensor_count);
    cc_status status = x && y ? CC_OK : cc_fail_memory("tensors", 2 * a->tensor_count * sizeof *x);
    for (size_t i = 0; status == CC_OK && i < a->tensor_count; i++)
        if (!same_tensor(x[i], y[i])) status = differs("model", x[i]->name);
    free(x);
    free(y);
    return status;
}

/* The counts by threshold. */
static cc_status compare_cuts(const cc_run_cuts *a, const cc_run_cuts *b) {
    const size_t bytes = a->count * a->patient_count * sizeof *a->tp;
    if (a->count != b->count) return differs("cuts", "the number of thresholds");
    if (a->count == 0) return CC_OK;
    bool same = a->patient_count == b->patient_count &&
                same_bytes(a->thresholds, b->thresholds, a->count * sizeof *a->thresholds) &&
                same_bytes(a->tp, b->tp, bytes) && same_bytes(a->fp, b->fp, bytes);
    return same ? CC_OK : differs("cuts", "what they count");
}

/* Whether a spacing is known: both distances are. */
static bool is_spacing(const cc_run_spacing *s) {
    return s->x_mm > 0 && s->y_mm > 0;
}

/* A spacing that is not known is not stored. */
static bool same_spacing(const cc_run_spacing *a, const cc_run_spacing *b) {
    return is_spacing(a) && is_spacing(b) ? a->x_mm == b->x_mm && a->y_mm == b->y_mm
                                          : is_spacing(a) == is_spacing(b);
}

/* Pictures: their place, their grid, their pixels. */
static bool same_example(const cc_run_example *a, const cc_run_example *b) {
    const size_t pixels = (size_t)a->height * a->width;
    return same_text(a->stage, b->stage) && same_text(a->patient, b->patient) && a->slice == b->slice &&
           a->height == b->height && a->width == b->width && same_spacing(&a->spacing, &b->spacing) &&
           same_bytes(a->image_hu, b->image_hu, pixels * sizeof *a->image_hu) &&
           same_bytes(a->truth, b->truth, pixels) && same_bytes(a->prediction, b->prediction, pixels) &&
           same_bytes(a->probability, b->probability, pixels * sizeof *a->probability);
}

static bool same_panel(const cc_run_panel *a, const cc_run_panel *b) {
    const size_t pixels = (size_t)a->height * a->width;
    return same_text(a->figure, b->figure) && same_text(a->panel, b->panel) &&
           same_text(a->patient, b->patient) && a->slice == b->slice && a->height == b->height &&
           a->width == b->width && same_spacing(&a->spacing, &b->spacing) && a->has_box == b->has_box &&
           (!a->has_box || memcmp(a->box, b->box, sizeof a->box) == 0) &&
           same_bytes(a->image_hu, b->image_hu, pixels * sizeof *a->image_hu) &&
           same_bytes(a->mask, b->mask, pixels);
}

/* The bytes that they are packed in are compared, as they are what is stored. */
static cc_status compare_masks(const cc_run_masks *a, const cc_run_masks *b) {
    CC_TRY(compare_rows(&cc_layout_masks, a->slices, a->count, b->slices, b->count));
    const bool same_classes = (a->classes > 1 ? a->classes : 1) == (b->classes > 1 ? b->classes : 1);
    return a->arteries == b->arteries && same_classes && a->bytes == b->bytes &&
                   same_bytes(a->packed, b->packed, a->bytes)
               ? CC_OK
               : differs("masks", "what they hold");
}

static bool same_reference(const cc_run_reference *a, const cc_run_reference *b) {
    if (!a || !b) return a == b;
    return same_text(a->dataset_digest, b->dataset_digest) && same_text(a->patient, b->patient) &&
           same_text(a->part, b->part) && a->slice == b->slice && same_bytes(&a->f1, &b->f1, sizeof a->f1) &&
           a->height == b->height && a->width == b->width && same_spacing(&a->spacing, &b->spacing) &&
           same_bytes(a->image_hu, b->image_hu, (size_t)a->height * a->width * sizeof *a->image_hu);
}

/* Compares examples, panels and the reference slice, each in its order. */
static cc_status compare_pictures(const cc_run *a, const cc_run *b) {
    if (a->example_count != b->example_count) return differs("examples", "their number");
    for (size_t i = 0; i < a->example_count; i++)
        if (!same_example(&a->examples[i], &b->examples[i]))
            return cc_fail(CC_EINVAL, "examples", NULL, "number %zu differs", i);
    if (a->panel_count != b->panel_count) return differs("panels", "their number");
    for (size_t i = 0; i < a->panel_count; i++)
        if (!same_panel(&a->panels[i], &b->panels[i]))
            return cc_fail(CC_EINVAL, "panels", NULL, "number %zu differs", i);
    return same_reference(a->reference, b->reference) ? CC_OK : differs("reference", "it");
}

cc_status cc_run_compare(const cc_run *a, const cc_run *b) {
    CC_TRY(compare_attributes(a, b));
    CC_TRY(compare_provenance(&a->provenance, &b->provenance));
    CC_TRY(compare_rows(&cc_layout_history, a->epochs, a->epoch_count, b->epochs, b->epoch_count));
    CC_TRY(compare_rows(&cc_layout_slices, a->slices, a->slice_count, b->slices, b->slice_count));
    CC_TRY(compare_rows(&cc_layout_patients, a->patients, a->patient_count, b->patients, b->patient_count));
    CC_TRY(compare_rows(&cc_layout_stages, a->stages, a->stage_count, b->stages, b->stage_count));
    CC_TRY(
        compare_rows(&cc_layout_baselines, a->baselines, a->baseline_count, b->baselines, b->baseline_count));
    CC_TRY(compare_rows(&cc_layout_challenge, a->challenge, a->challenge_count, b->challenge,
                        b->challenge_count));
    CC_TRY(compare_rows(&cc_layout_calibration, a->calibration, a->calibration_count, b->calibration,
                        b->calibration_count));
    CC_TRY(compare_cuts(&a->cuts, &b->cuts));
    CC_TRY(compare_masks(&a->masks, &b->masks));
    CC_TRY(cc_run_compare_model(a, b));
    return compare_pictures(a, b);
}

cc_status cc_run_compare_counts(const cc_run *a, const cc_run *b) {
    if (a->slice_count != b->slice_count) return differs("slices", "their number");
    for (size_t i = 0; i < a->slice_count; i++) {
        const cc_run_slice *x = &a->slices[i], *y = &b->slices[i];
        if (strcmp(x->patient, y->patient) != 0 || x->slice != y->slice || x->tp != y->tp || x->fp != y->fp ||
            x->fn != y->fn || x->tn != y->tn)
            return cc_fail(CC_EINVAL, "slices", NULL, "row %zu differs: slice %lld of %s", i,
                           (long long)x->slice, x->patient);
    }
    return CC_OK;
}

/* What is counted from masks, all of it but what needs probabilities. */
cc_status cc_run_compare_masked(const cc_run *a, const cc_run *b) {
    CC_TRY(cc_run_compare_counts(a, b));
    CC_TRY(compare_rows(&cc_layout_patients, a->patients, a->patient_count, b->patients, b->patient_count));
    CC_TRY(compare_rows(&cc_layout_stages, a->stages, a->stage_count, b->stages, b->stage_count));
    CC_TRY(
        compare_rows(&cc_layout_baselines, a->baselines, a->baseline_count, b->baselines, b->baseline_count));
    return compare_rows(&cc_layout_challenge, a->challenge, a->challenge_count, b->challenge,
                        b->challenge_count);
}

cc_status cc_run_compare_measures(const cc_run *a, const cc_run *b) {
    CC_TRY(cc_run_compare_counts(a, b));
    CC_TRY(compare_rows_by(&(row_rule){.known = true}, &cc_layout_patients, a->patients, a->patient_count,
                           b->patients, b->patient_count));
    /* An older program may have counted neither. */
    if (a->stage_count)
        CC_TRY(compare_rows(&cc_layout_stages, a->stages, a->stage_count, b->stages, b->stage_count));
    if (a->baseline_count == 0) return CC_OK;
    return compare_rows(&cc_layout_baselines, a->baselines, a->baseline_count, b->baselines,
                        b->baseline_count);
}

cc_status cc_run_compare_history(const cc_run *a, const cc_run *b) {
    return compare_rows_by(&(row_rule){.except = "seconds"}, &cc_layout_history, a->epochs, a->epoch_count,
                           b->epochs, b->epoch_count);
}

/* A run without what tells two makings of it apart; its history is compared by itself. */
static cc_run without_times(const cc_run *run) {
    cc_run copy = *run;
    copy.provenance.started = copy.provenance.finished = NULL;
    copy.provenance.seconds = 0;
    copy.provenance.peak_memory_bytes = 0;
    copy.epochs = NULL;
    copy.epoch_count = 0;
    return copy;
}

cc_status cc_run_compare_but_times(const cc_run *a, const cc_run *b) {
    const cc_run x = without_times(a), y = without_times(b);
    CC_TRY(cc_run_compare_history(a, b));
    return cc_run_compare(&x, &y);
}

/* Adds a field whose texts differ. */
static void add_difference(cc_run_difference *list, size_t *count, const char *field, const char *a,
                           const char *b) {
    if (!same_text(a, b)) list[(*count)++] = (cc_run_difference){field, a, b};
}

/* The version of a library; NULL where the run does not name it. */
static const char *find_library(const cc_run_provenance *p, const char *name) {
    for (size_t i = 0; i < p->library_count; i++)
        if (strcmp(p->libraries[i].name, name) == 0) return p->libraries[i].version;
    return NULL;
}

/* A number as a text; NULL for 0, which stands for "not known". */
static const char *number_text(int64_t value, cc_arena *arena, bool *failed) {
    const char *text = value ? cc_arena_format(arena, "%lld", (long long)value) : NULL;
    *failed = *failed || (value && !text);
    return text;
}

cc_status cc_run_differences(cc_run_difference **out, size_t *count, const cc_run *a, const cc_run *b,
                             cc_arena *arena) {
    const cc_run_provenance *p = &a->provenance, *q = &b->provenance;
    size_t room = 2 + p->library_count + q->library_count;
    bool failed = false;
    for (const cc_layout_text *t = cc_layout_provenance; t->name; t++) room++;
    cc_run_difference *list = cc_arena_get_array(arena, room, sizeof *list);
    if (!list) return CC_ENOMEM;
    *count = 0;
    for (const cc_layout_text *t = cc_layout_provenance; t->name; t++)
        if (strcmp(t->name, "started") != 0 && strcmp(t->name, "finished") != 0)
            add_difference(list, count, t->name, *(const char *const *)((const char *)p + t->offset),
                           *(const char *const *)((const char *)q + t->offset));
    add_difference(list, count, "numerics_version", number_text(p->numerics_version, arena, &failed),
                   number_text(q->numerics_version, arena, &failed));
    add_difference(list, count, "threads", number_text(p->threads, arena, &failed),
                   number_text(q->threads, arena, &failed));
    /* The libraries of both, then those that b alone names. */
    for (size_t i = 0; i < p->library_count + q->library_count; i++) {
        const bool of_a = i < p->library_count;
        const cc_run_library *l = of_a ? &p->libraries[i] : &q->libraries[i - p->library_count];
        const char *mine = find_library(p, l->name), *field = cc_arena_format(arena, "library %s", l->name);
        failed = failed || !field;
        if (of_a || !mine) add_difference(list, count, field, mine, find_library(q, l->name));
    }
    *out = list;
    return failed ? CC_ENOMEM : CC_OK;
}
