/* experiments/planning/data_review.c -- scan by scan, then scans against each other, then the split. */
#include "experiments/planning/data_review.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/planning/data.h"
#include "experiments/planning/interrupt.h"
#include "experiments/planning/upstream.h"

const char *cc_review_part_name(cc_review_part part) {
    static const char *const names[] = {"train", "validation", "test"};
    return names[part];
}

static cc_status add_fault(cc_review *r, cc_arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static cc_status add_fault(cc_review *r, cc_arena *arena, const char *format, ...) {
    char line[1600];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (r->fault_count == r->fault_capacity) {
        const size_t larger = r->fault_capacity ? 2 * r->fault_capacity : 16;
        const char **grown = cc_arena_get_array(arena, larger, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (r->fault_count) memcpy(grown, r->faults, r->fault_count * sizeof *grown);
        r->faults = grown;
        r->fault_capacity = larger;
    }
    const char *copy = cc_arena_copy(arena, line);
    if (copy) r->faults[r->fault_count++] = copy;
    return copy ? CC_OK : CC_ENOMEM;
}

/* A fault of one scan: in its row of the table, and among the lines. */
static cc_status add_scan_fault(cc_review *r, cc_review_scan *s, cc_arena *arena, const char *row,
                                const char *line) {
    s->wrong = s->wrong[0] ? cc_arena_format(arena, "%s; %s", s->wrong, row) : cc_arena_copy(arena, row);
    if (!s->wrong) return CC_ENOMEM;
    return add_fault(r, arena, "patient %s, scan %d: %s", s->patient, s->number, line);
}

static uint64_t count_labelled(const cc_scan_facts *facts, const cc_experiment_config *config) {
    uint64_t sum = 0;
    if (config->data.label_count == 0) return cc_scan_facts_labelled(facts);
    for (int i = 0; i < config->data.label_count; i++) sum += facts->labels[config->data.labels[i]];
    return sum;
}

/* The facts of every scan; a slice that cannot be read is a fault of its scan. */
static cc_status look_at_scans(cc_review *r, const cc_slice_set *set, const cc_experiment_config *config,
                               cc_arena *arena) {
    const double *window_hu = config->preprocess.window_hu;
    const size_t slices = cc_slice_set_count(set);
    r->scans = cc_arena_get_array(arena, slices + 1, sizeof *r->scans);
    if (!r->scans) return CC_ENOMEM;
    cc_progress *progress = cc_scan_facts_are_known(set) ? NULL : cc_progress_create("slices", slices);
    cc_status status = CC_OK;
    for (size_t first = 0, end; first < slices && status == CC_OK; first = end) {
        const cc_slice *slice = cc_slice_set_get(set, first);
        for (end = first + 1; end < slices && cc_slice_set_get(set, end)->scan == slice->scan;) end++;
        cc_review_scan *s = &r->scans[r->scan_count], *before = r->scan_count ? s - 1 : NULL;
        char why[160], line[1024];
        s->patient = cc_arena_copy(arena, cc_slice_set_patient(set, slice->patient));
        if (!s->patient) status = CC_ENOMEM;
        if (status != CC_OK) break;
        s->number = before && strcmp(before->patient, s->patient) == 0 ? before->number + 1 : 1;
        s->is_hu = cc_slice_set_is_hu(set);
        s->wrong = "";
        r->scan_count++;
        status = cc_interrupt_check();
        if (status != CC_OK) break;
        /* A scan that cannot be read is a line like any other fault, and the next one is looked at; where
         * memory is out that says nothing of the scan. */
        const cc_status found = cc_scan_facts_read(&s->facts, set, first, end - first);
        if (found == CC_ENOMEM) {
            status = found;
        } else if (found != CC_OK) {
            cc_error_line(line, sizeof line);
            cc_error_clear();
            status = add_scan_fault(r, s, arena, "cannot be read", line);
        } else if (s->is_hu && window_hu[1] - window_hu[0] >= CC_HU_NARROW &&
                   cc_hu_doubt(why, sizeof why, &s->facts.hu)) {
            snprintf(line, sizeof line, "its values, from %g to %g, are not like HU of a CT: %s",
                     s->facts.hu.min, s->facts.hu.max, why);
            status = add_scan_fault(r, s, arena, "no HU", line);
        }
        s->labelled = count_labelled(&s->facts, config);
        cc_progress_update(progress, end, NULL);
    }
    cc_progress_destroy(progress);
    return status;
}

static const char *parts_text(char out[64], unsigned parts) {
    out[0] = 0;
    for (int p = 0; p < CC_REVIEW_PARTS; p++)
        if (parts >> p & 1)
            snprintf(out + strlen(out), 64 - strlen(out), "%s%s", out[0] ? " and " : "",
                     cc_review_part_name((cc_review_part)p));
    return out[0] ? out : "no part";
}

static int by_image(const void *a, const void *b) {
    const cc_review_scan *x = *(cc_review_scan *const *)a, *y = *(cc_review_scan *const *)b;
    const int order = strcmp(x->facts.image.hex, y->facts.image.hex);
    return order ? order : (x > y) - (x < y);
}

/* Scans with the voxels of another, found by their digests whatever their files are: the later one's fault.
 * Of two patients in two parts the net is tested on what it was trained on. */
static cc_status find_copies(cc_review *r, cc_arena *arena) {
    cc_review_scan **sorted = cc_arena_get_array(arena, r->scan_count + 1, sizeof *sorted);
    if (!sorted) return CC_ENOMEM;
    for (size_t i = 0; i < r->scan_count; i++) sorted[i] = &r->scans[i];
    qsort(sorted, r->scan_count, sizeof *sorted, by_image);
    for (size_t i = 1; i < r->scan_count; i++) {
        const cc_review_scan *first = sorted[i - 1];
        cc_review_scan *copy = sorted[i];
        char row[160], line[512], here[64], there[64];
        if (!copy->facts.image.hex[0] || strcmp(first->facts.image.hex, copy->facts.image.hex) != 0) continue;
        const bool same_patient = strcmp(first->patient, copy->patient) == 0;
        snprintf(row, sizeof row, "image of %.60s, scan %d", first->patient, first->number);
        snprintf(line, sizeof line, "its image has the voxels of patient %s, scan %d%s%s%s%s", first->patient,
                 first->number, same_patient ? "" : ": they lie in ",
                 same_patient ? "" : parts_text(here, copy->parts), same_patient ? "" : " and in ",
                 same_patient ? "" : parts_text(there, first->parts));
        CC_TRY(add_scan_fault(r, copy, arena, row, line));
    }
    return CC_OK;
}

/* Marks the scans that have slices in a part, parts[scans], and counts. Slices and scans are in one order. */
static void count_part(cc_review_count *c, unsigned *parts, const cc_review *r, const cc_slice_set *set,
                       const cc_split_part *part, int number) {
    uint32_t patient = UINT32_MAX;
    for (size_t i = 0, at = 0, scan = 0; i < part->count; i++) {
        const uint32_t of = cc_slice_set_get(set, part->slices[i])->patient;
        for (; at < part->slices[i]; at++)
            scan += cc_slice_set_get(set, at + 1)->scan != cc_slice_set_get(set, at)->scan;
        c->slices++;
        if (parts[scan] >> number & 1) continue;
        parts[scan] |= 1U << number;
        c->scans++;
        c->labelled += r->scans[scan].labelled > 0;
        c->patients += of != patient;
        patient = of;
    }
}

/* A patient with slices in two parts, whichever of his scans they are of. */
static cc_status find_shared_patients(cc_review *r, const unsigned *parts, const char *name,
                                      cc_arena *arena) {
    for (size_t first = 0, end; first < r->scan_count; first = end) {
        unsigned all = 0;
        char text[64];
        for (end = first; end < r->scan_count && strcmp(r->scans[end].patient, r->scans[first].patient) == 0;)
            all |= parts[end++];
        if ((all & (all - 1)) == 0) continue; /* one part, or none */
        CC_TRY(add_fault(r, arena, "%spatient %s lies in %s: scores of such a split flatter", name,
                         r->scans[first].patient, parts_text(text, all)));
    }
    return CC_OK;
}

void cc_review_split_name(char out[CC_REVIEW_NAME], const cc_review *r, const cc_review_split *s) {
    const cc_experiment_config *c = s->config;
    char inner[64] = "";
    out[0] = 0;
    if (r->split_count < 2) return;
    if (c->data.split.inner_folds != CC_INNER_FOLDS_NONE)
        snprintf(inner, sizeof inner, ", inner fold %d of %d", c->data.split.inner_fold + 1,
                 c->data.split.inner_folds);
    if (c->data.fold != CC_FOLD_NONE)
        snprintf(out, CC_REVIEW_NAME, "fold %d%s: ", c->data.fold, inner);
    else
        snprintf(out, CC_REVIEW_NAME, "%.56s%s: ", c->variant, inner);
}

static cc_status look_at_split(cc_review *r, cc_review_split *s, const cc_slice_set *set, cc_arena *arena) {
    cc_split split = {0};
    char line[1024], name[CC_REVIEW_NAME];
    unsigned *parts = cc_arena_get_array(arena, r->scan_count + 1, sizeof *parts);
    if (!parts) return CC_ENOMEM;
    cc_review_split_name(name, r, s);
    if (cc_data_split(&split, set, s->config) != CC_OK) {
        cc_error_line(line, sizeof line);
        cc_error_clear();
        return add_fault(r, arena, "%s%s", name, line);
    }
    const cc_split_part *all[] = {&split.train, &split.validation, &split.test};
    for (int p = 0; p < CC_REVIEW_PARTS; p++) count_part(&s->parts[p], parts, r, set, all[p], p);
    cc_split_deinit(&split);
    s->made = true;
    /* The table of scans has one column for the part: that of the first split. */
    for (size_t i = 0; s == r->splits && i < r->scan_count; i++) r->scans[i].parts = parts[i];
    CC_TRY(find_shared_patients(r, parts, name, arena));
    /* The test part of an inner fold is predicted, not scored. */
    const bool inner = s->config->data.split.inner_folds != CC_INNER_FOLDS_NONE;
    for (int p = 0; p < CC_REVIEW_PARTS; p++)
        if (s->parts[p].labelled == 0 && !(inner && p == CC_REVIEW_TEST))
            CC_TRY(add_fault(r, arena, "%sno scan of the %s part holds a label", name,
                             cc_review_part_name((cc_review_part)p)));
    return CC_OK;
}

/* Adds the split of a config, unless an earlier one deals patients alike. */
static void add_split(cc_review *r, const cc_experiment_config *config) {
    size_t k = 0;
    while (k < r->split_count && !cc_data_has_same_split(r->splits[k].config, config)) k++;
    if (k == r->split_count) r->splits[r->split_count++].config = config;
}

/* How many nets of stage 2 the run of a config needs out of fold. A stage 2 that cannot be planned is not for
 * a look at data to say. */
static int count_inner_folds(cc_upstream_files *files, const cc_experiment_config *config) {
    const cc_experiment_config *stage_2 = NULL;
    if (!config->upstream.out_of_fold) return 0;
    if (cc_upstream_find(&stage_2, files, CC_UPSTREAM_CALCIFICATION, config) != CC_OK) cc_error_clear();
    return stage_2 && cc_data_is_same(stage_2, config) ? config->upstream.inner_folds : 0;
}

/* The splits of the configs, then those of the runs out of fold that they need. */
static cc_status list_splits(cc_review *r, const cc_experiment_config *const *configs, int count,
                             cc_arena *arena) {
    cc_upstream_files *files;
    size_t most = (size_t)count;
    CC_TRY(cc_upstream_files_create(&files, 0));
    int *inner = cc_arena_get_array(arena, (size_t)count, sizeof *inner);
    for (int i = 0; inner && i < count; i++)
        most += (size_t)(inner[i] = count_inner_folds(files, configs[i]));
    cc_upstream_files_destroy(files);
    r->splits = cc_arena_get_array(arena, most, sizeof *r->splits);
    cc_experiment_config *copies = cc_arena_get_array(arena, most, sizeof *copies);
    if (!inner || !r->splits || !copies) return CC_ENOMEM;
    for (int i = 0; i < count; i++) add_split(r, configs[i]);
    for (int i = 0; i < count; i++)
        for (int fold = 0; fold < inner[i]; fold++, copies++) {
            *copies = *configs[i];
            copies->data.split.inner_folds = inner[i];
            copies->data.split.inner_fold = fold;
            add_split(r, copies);
        }
    return CC_OK;
}

/* What the channels and classes of a config's net need of the set, and that it lacks. */
static cc_status look_at_channels(cc_review *r, const cc_slice_set *set, const cc_experiment_config *config,
                                  cc_arena *arena) {
    char line[1024];
    if (!config->net.arch) return CC_OK; /* a cascade shows it to the nets of other configs */
    cc_status status = cc_data_check_channels(set, config);
    if (status == CC_OK) status = cc_data_check_classes(set, config);
    if (status == CC_OK || status == CC_ENOMEM) return status;
    cc_error_line(line, sizeof line);
    cc_error_clear();
    return add_fault(r, arena, "%s: %s", config->name, line);
}

cc_status cc_review_make(cc_review *out, const cc_experiment_config *const *configs, int count,
                         cc_arena *arena) {
    cc_slice_set *set;
    size_t broken;
    *out = (cc_review){.scans = NULL};
    CC_TRY(cc_data_open_to_check(&set, configs[0]));
    const cc_slice_broken *b = cc_slice_set_broken(&broken, set);
    cc_status status = list_splits(out, configs, count, arena);
    for (size_t i = 0; status == CC_OK && i < broken; i++)
        status = add_fault(out, arena, "patient %s: %s", b[i].patient, b[i].why);
    if (cc_slice_set_count(set) > 0) {
        if (status == CC_OK) status = look_at_scans(out, set, configs[0], arena);
        for (int i = 0; status == CC_OK && i < count; i++)
            status = look_at_channels(out, set, configs[i], arena);
        for (size_t i = 0; status == CC_OK && i < out->split_count; i++)
            status = look_at_split(out, &out->splits[i], set, arena);
        if (status == CC_OK) status = find_copies(out, arena);
    }
    cc_slice_set_close(set);
    return status;
}
