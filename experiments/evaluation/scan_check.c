/* experiments/evaluation/scan_check.c -- values are judged by datasets/hu.h, pixels by the size of those that
 * the run stored pictures of. */
#include "experiments/evaluation/scan_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "datasets/hu.h"
#include "results/store.h"

/* Pixels as many times as large, or as small, look like another organ's to a net. */
static const double size_ratio_max = 1.5;

void cc_scan_check_values(const cc_volume *scan, const char *name, const cc_planned_run *run) {
    const double *window = run->config->preprocess.window_hu;
    const size_t count = cc_volume_count(scan);
    cc_hu_tally tally = cc_hu_tally_none();
    char what[160];
    if (strcmp(scan->format, "png") == 0 || window[1] - window[0] < CC_HU_NARROW) return;
    for (size_t i = 0; i < count; i++) cc_hu_tally_add(&tally, scan->voxels[i]);
    if (!cc_hu_doubt(what, sizeof what, &tally)) return;
    cc_log(CC_LOG_WARNING,
           "%s: its values, from %g to %g, are not like HU of a CT, which reach from about -1000 (air) to "
           "above 1000 (bone): %s; the net was trained on HU in the window %g to %g",
           name, tally.min, tally.max, what, window[0], window[1]);
}

cc_status cc_scan_check_spacing(const cc_slice_set *scan, const char *name, const cc_planned_run *run) {
    cc_run read;
    double mm[3], least = INFINITY, most = 0;
    if (!cc_slice_set_spacing(mm, scan, 0)) return CC_OK;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_run_read(&read, run->path, CC_RUN_EXAMPLES, arena);
    for (size_t i = 0; status == CC_OK && i < read.example_count; i++) {
        const cc_run_spacing *s = &read.examples[i].spacing;
        if (!(s->x_mm > 0 && s->y_mm > 0)) continue;
        least = fmin(least, fmin(s->x_mm, s->y_mm));
        most = fmax(most, fmax(s->x_mm, s->y_mm));
    }
    cc_arena_destroy(arena);
    const bool large = fmax(mm[0], mm[1]) > size_ratio_max * most;
    const bool small = fmin(mm[0], mm[1]) < least / size_ratio_max;
    if (status == CC_OK && most > 0 && (large || small))
        cc_log(CC_LOG_WARNING,
               "%s: its pixels are %.3g x %.3g mm, those that the run was tested on %.3g to %.3g mm: its net "
               "has not seen such",
               name, mm[0], mm[1], least, most);
    return status;
}
