/* experiments/evaluation/scan_check.c -- a CT's HU: air -1000, lung about -800, fat -100, soft tissue 0 to
 * 80, calcium and bone above 130. A chest CT holds all of them; a piece cut from it about the heart still has
 * fat and soft tissue. */
#include "experiments/evaluation/scan_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "results/store.h"

/* A range of HU in which a CT's values do not all lie; a window narrower than that is none of HU. */
static const double narrow_hu = 100;
/* Where fat, blood and muscle lie, and the least share of a CT's voxels that do. */
static const double soft_low_hu = -200, soft_high_hu = 200, soft_share_min = 0.02;
/* Where only dense bone, metal and much contrast do, and the most of them that do. */
static const double dense_hu = 600, dense_share_max = 0.25;
/* Pixels as many times as large, or as small, look like another organ's to a net. */
static const double size_ratio_max = 1.5;

void cc_scan_check_values(const cc_volume *scan, const char *name, const cc_planned_run *run) {
    const double *window = run->config->preprocess.window_hu;
    const size_t count = cc_volume_count(scan);
    double low = INFINITY, high = -INFINITY;
    size_t soft = 0, dense = 0;
    char what[160];
    if (strcmp(scan->format, "png") == 0 || window[1] - window[0] < narrow_hu) return;
    for (size_t i = 0; i < count; i++) {
        const double value = scan->voxels[i];
        low = fmin(low, value);
        high = fmax(high, value);
        soft += value > soft_low_hu && value < soft_high_hu;
        dense += value > dense_hu;
    }
    if (high - low < narrow_hu)
        snprintf(what, sizeof what, "they seem to be scaled");
    else if (low >= 0)
        snprintf(what, sizeof what,
                 "none is below 0: they seem to lack their intercept, or to be grey values");
    else if ((double)soft < soft_share_min * (double)count)
        snprintf(what, sizeof what, "only %.1f %% of them lie from %g to %g, where soft tissue does",
                 100.0 * (double)soft / (double)count, soft_low_hu, soft_high_hu);
    else if ((double)dense > dense_share_max * (double)count)
        snprintf(what, sizeof what, "%.1f %% of them lie above %g, where little but bone does",
                 100.0 * (double)dense / (double)count, dense_hu);
    else
        return;
    cc_log(CC_LOG_WARNING,
           "%s: its values, from %g to %g, are not like HU of a CT, which reach from about -1000 (air) to "
           "above 1000 (bone): %s; the net was trained on HU in the window %g to %g",
           name, low, high, what, window[0], window[1]);
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
