/* experiments/commands/score.c -- `calcade score`: the calcium that a mask marks in a scan.
 *
 * Scores are of axial sections in whatever order the file holds them; the lesions' places stay in the file's
 * own voxel indices. Without a mask every voxel above the threshold counts, bone and contrast too: right for
 * a phantom, and for a scan that was cut to the heart. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/upright.h"
#include "datasets/labels.h"
#include "datasets/volume_file.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "metrics/calcium.h"

enum { PER_SLICE = 8 }; /* neighbours, where --per-slice does not come with any */

/* What the command line asks for. */
typedef struct score_request {
    const char *scan, *mask; /* mask: NULL without one */
    cc_read_options reading; /* of the scan */
    cc_calcium_options options;
} score_request;

/* Whether lesions are looked for slice by slice. */
static bool is_per_slice(const cc_calcium_options *o) {
    return o->neighbours == 4 || o->neighbours == 8;
}

/* The print for people: the scores, the rules that they follow, the lesions. */
static void print_text(const score_request *request, const cc_calcium *c) {
    printf("%s\n", request->scan);
    printf("  Agatston   %.1f\n  category   %s\n  volume     %.1f mm3\n  lesions    %zu\n", c->agatston,
           c->category, c->volume_mm3, c->lesion_count);
    const cc_calcium_options *o = &request->options;
    printf(
        "  counted    above %g HU; %s by %d neighbours, %s; areas from %g mm2 in a slice; scaled to %g mm\n",
        o->threshold_hu, is_per_slice(o) ? "lesions of each slice" : "3-D lesions", o->neighbours,
        is_per_slice(o) ? "each an area of its own" : "all that a slice holds of one is one area",
        o->minimum_area_mm2, o->reference_mm);
    if (c->lesion_count == 0) return;
    printf("\n  %9s %11s %7s %8s %6s  %s\n", "Agatston", "volume mm3", "max HU", "voxels", "label",
           "centroid x, y, z");
    for (size_t i = 0; i < c->lesion_count; i++) {
        const cc_calcium_lesion *l = &c->lesions[i];
        printf("  %9.1f %11.1f %7g %8lld %6d  %.1f, %.1f, %.1f\n", l->agatston, l->volume_mm3, l->max_hu,
               (long long)l->voxels, l->artery, l->centroid_xyz[0], l->centroid_xyz[1], l->centroid_xyz[2]);
    }
}

/* The same as one JSON object. */
static cc_status print_json(const score_request *request, const cc_calcium *c) {
    json_t *lesions = json_array();
    for (size_t i = 0; i < c->lesion_count; i++) {
        const cc_calcium_lesion *l = &c->lesions[i];
        json_array_append_new(lesions,
                              json_pack("{s:f, s:f, s:f, s:I, s:[f,f,f], s:i}", "agatston", l->agatston,
                                        "volume_mm3", l->volume_mm3, "max_hu", l->max_hu, "voxels",
                                        (json_int_t)l->voxels, "centroid_xyz", l->centroid_xyz[0],
                                        l->centroid_xyz[1], l->centroid_xyz[2], "artery", l->artery));
    }
    const cc_calcium_options *o = &request->options;
    json_t *object =
        json_pack("{s:f, s:f, s:o, s:s, s:f, s:f, s:f, s:i, s:b}", "agatston", c->agatston, "volume_mm3",
                  c->volume_mm3, "lesions", lesions, "category", c->category, "threshold_hu", o->threshold_hu,
                  "minimum_area_mm2", o->minimum_area_mm2, "reference_mm", o->reference_mm, "connectivity",
                  o->neighbours, "per_slice", is_per_slice(o));
    if (!object) return cc_fail_memory("the JSON", c->lesion_count * sizeof *c->lesions);
    cc_status status = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF
                           ? CC_OK
                           : cc_fail_errno("standard output", "write");
    json_decref(object);
    return status;
}

/* Grey values, stored values without their intercept and values from 0 to 1 are no HU: air is -1000. */
static void check_hu(const cc_volume *scan, const char *path) {
    float min = scan->voxels[0], max = min;
    for (size_t i = 0; i < cc_volume_count(scan); i++) {
        if (scan->voxels[i] < min) min = scan->voxels[i];
        if (scan->voxels[i] > max) max = scan->voxels[i];
    }
    if (strcmp(scan->type, "uint8") == 0 || strcmp(scan->type, "int8") == 0)
        cc_log(CC_LOG_WARNING, "%s: its voxels are of 8 bits, from %g to %g: these are no HU of a CT", path,
               (double)min, (double)max);
    else if (min >= 0)
        cc_log(CC_LOG_WARNING,
               "%s: its values, from %g to %g, may be no HU of a CT: none is below 0, and air is -1000", path,
               (double)min, (double)max);
}

/* Reads scan and mask and measures the lesions. */
static cc_status measure(cc_calcium *out, const score_request *request) {
    cc_volume scan = {0};
    uint8_t *labels = NULL;
    size_t labelled;
    double mm[3];
    cc_status status;
    CC_CHECK(cc_volume_read_as(&scan, request->scan, &request->reading));
    check_hu(&scan, request->scan);
    cc_upright_check(&scan.grid, request->scan);
    const cc_upright sections = cc_upright_find_sections(&scan.grid);
    /* Slices become axial sections, whatever the axes of the file. */
    CC_CHECK(cc_upright_reorient(&scan, &sections));
    if (request->mask)
        CC_CHECK(cc_labels_read(&labels, &labelled, request->mask, &scan.grid));
    else
        cc_log(CC_LOG_WARNING, "without a mask every voxel above %g HU counts as calcium, bone too",
               request->options.threshold_hu);
    const int64_t *dims = scan.grid.dims;
    for (int k = 0; k < 3; k++)
        if (dims[k] > INT32_MAX)
            CC_CHECK(cc_fail(CC_EUNSUPPORTED, request->scan, NULL, "%lld voxels along an axis are too many",
                             (long long)dims[k]));
    cc_grid_distances(mm, &scan.grid);
    status = cc_calcium_measure(out, scan.voxels, labels, (int)dims[2], (int)dims[1], (int)dims[0], mm,
                                &request->options);
    if (status != CC_OK) cc_fail_within(status, request->scan);
    /* Back from the axes of upright sections to those of the file. */
    for (size_t i = 0; status == CC_OK && i < out->lesion_count; i++) {
        const double *at = out->lesions[i].centroid_xyz;
        const double upright[3] = {at[0], at[1], at[2]};
        for (int to = 0; to < 3; to++) out->lesions[i].centroid_xyz[sections.axis[to]] = upright[to];
    }
done:
    free(labels);
    cc_volume_deinit(&scan);
    return status;
}

/* 4 and 8 join within a slice, 6 and 26 across slices; --per-slice alone is 8. */
static cc_status choose_neighbours(cc_calcium_options *options, long long connectivity, bool per_slice) {
    /* Not given: what --per-slice means, or the default. */
    if (connectivity == 0) connectivity = per_slice ? PER_SLICE : options->neighbours;
    if (connectivity != 4 && connectivity != 8 && connectivity != 6 && connectivity != 26)
        return cc_fail(CC_EUSAGE, "--connectivity", NULL,
                       "wants 4 or 8 (within a slice), 6 or 26 (across slices)");
    options->neighbours = (int)connectivity;
    if (per_slice && !is_per_slice(options))
        return cc_fail(CC_EUSAGE, "--per-slice", "use --connectivity 4 or 8",
                       "%lld neighbours reach across slices", connectivity);
    return CC_OK;
}

/* The request, and what is to be turned into a part of it. */
typedef struct values {
    score_request request;
    const char *spacing;
    long long connectivity; /* 0: not given */
    bool per_slice, json;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "--mask",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, request.mask),
     .value = "MASK",
     .completes = CC_COMPLETES_PATH,
     .meaning =
         "marks the calcium; its values are arteries; without one every voxel above the threshold counts"},
    CC_FLAG_SPACING(values, spacing),
    CC_FLAG_SERIES(values, request.reading.series),
    {.name = "--threshold",
     .kind = CC_FLAG_REAL,
     CC_FLAG_AT(values, request.options.threshold_hu),
     .min = -1024,
     .max = 100000,
     .value = "HU",
     .meaning = "a voxel counts above it; 130 where it is not given"},
    {.name = "--minimum-area",
     .kind = CC_FLAG_REAL,
     CC_FLAG_AT(values, request.options.minimum_area_mm2),
     .min = 0,
     .max = 1000000,
     .value = "MM2",
     .meaning = "of a lesion in a slice, to score there; 1 where it is not given"},
    {.name = "--connectivity",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, connectivity),
     .min = 4,
     .max = 26,
     .value = "4|8|6|26",
     .meaning =
         "neighbours that are joined: 4 or 8 within a slice, 6 or 26 across slices; 6 where it is not given"},
    {.name = "--per-slice",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, per_slice),
     .meaning = "lesions of each slice by themselves, the rule of 1990; by 8 neighbours where --connectivity "
                "is not given"},
    {.name = "--reference-spacing",
     .kind = CC_FLAG_REAL,
     CC_FLAG_AT(values, request.options.reference_mm),
     .min = 0,
     .max = 1000,
     .value = "MM",
     .meaning = "distance of slices that the score is scaled to; 3 where it is not given"},
    CC_FLAG_JSON(values, json),
    {0}};

static cc_status command(int argc, char **argv) {
    values v = {.request = {.options = cc_calcium_defaults()}};
    score_request *request = &v.request;
    cc_calcium calcium = {0};
    int count;
    const char **operands = calloc((size_t)argc, sizeof *operands);
    if (!operands) return cc_fail_memory("the arguments", (size_t)argc * sizeof *operands);
    cc_status status;
    CC_CHECK(cc_flags_read(&v, argc, argv, flags, operands, &count, 1, 1));
    request->scan = operands[0];
    CC_CHECK(cc_flags_spacing(request->reading.spacing_mm, v.spacing));
    if (request->options.reference_mm == 0)
        CC_CHECK(cc_fail(CC_EUSAGE, "--reference-spacing", NULL, "must be above 0"));
    CC_CHECK(choose_neighbours(&request->options, v.connectivity, v.per_slice));
    CC_CHECK(measure(&calcium, request));
    if (v.json)
        CC_CHECK(print_json(request, &calcium));
    else
        print_text(request, &calcium);
done:
    cc_calcium_deinit(&calcium);
    free(operands);
    return status;
}

const cc_command cc_command_score = {
    .name = "score",
    .operands = {{"SCAN", CC_COMPLETES_PATH}},
    .flags = flags,
    .what = "Agatston score, volume, lesions and risk category of the calcium that a mask marks",
    .without_nets = true,
    .run = command,
};
