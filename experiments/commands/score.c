/* Without a mask every voxel above the threshold counts, bone and contrast too: right for a phantom, and for
 * a scan that was cut to the heart. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/log.h"
#include "datasets/volume.h"
#include "experiments/command.h"
#include "metrics/calcium.h"

typedef struct score_request {
    const char *scan, *mask; /* mask: NULL without one */
    cc_read_options reading; /* of the scan */
    cc_calcium_options options;
} score_request;

static void print_text(const score_request *request, const cc_calcium *c) {
    printf("%s\n", request->scan);
    printf("  Agatston   %.1f\n  category   %s\n  volume     %.1f mm3\n  lesions    %zu\n", c->agatston,
           c->category, c->volume_mm3, c->lesion_count);
    printf("  counted    above %g HU; areas from %g mm2 in a slice; scaled to %g mm\n",
           request->options.threshold_hu, request->options.minimum_area_mm2, request->options.reference_mm);
    if (c->lesion_count == 0) return;
    printf("\n  %9s %11s %7s %8s %6s  %s\n", "Agatston", "volume mm3", "max HU", "voxels", "label",
           "centroid x, y, z");
    for (size_t i = 0; i < c->lesion_count; i++) {
        const cc_calcium_lesion *l = &c->lesions[i];
        printf("  %9.1f %11.1f %7g %8lld %6d  %.1f, %.1f, %.1f\n", l->agatston, l->volume_mm3, l->max_hu,
               (long long)l->voxels, l->artery, l->centroid_xyz[0], l->centroid_xyz[1], l->centroid_xyz[2]);
    }
}

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
    json_t *object = json_pack(
        "{s:f, s:f, s:o, s:s, s:f, s:f, s:f}", "agatston", c->agatston, "volume_mm3", c->volume_mm3,
        "lesions", lesions, "category", c->category, "threshold_hu", request->options.threshold_hu,
        "minimum_area_mm2", request->options.minimum_area_mm2, "reference_mm", request->options.reference_mm);
    if (!object) return cc_fail_memory("the JSON", c->lesion_count * sizeof *c->lesions);
    cc_status status = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF
                           ? CC_OK
                           : cc_fail_errno("standard output", "write");
    json_decref(object);
    return status;
}

static cc_status measure(cc_calcium *out, const score_request *request) {
    cc_volume scan = {0};
    uint8_t *labels = NULL;
    size_t labelled;
    cc_status status;
    CC_CHECK(cc_volume_read_as(&scan, request->scan, &request->reading));
    if (request->mask)
        CC_CHECK(cc_volume_read_labels(&labels, &labelled, request->mask, &scan.grid));
    else
        cc_log(CC_LOG_WARNING, "without a mask every voxel above %g HU counts as calcium, bone too",
               request->options.threshold_hu);
    const int64_t *dims = scan.grid.dims;
    for (int k = 0; k < 3; k++)
        if (dims[k] > INT32_MAX)
            CC_CHECK(cc_fail(CC_EUNSUPPORTED, request->scan, NULL, "%lld voxels along an axis are too many",
                             (long long)dims[k]));
    status = cc_calcium_measure(out, scan.voxels, labels, (int)dims[2], (int)dims[1], (int)dims[0],
                                scan.grid.spacing_mm, &request->options);
    if (status != CC_OK) cc_fail_within(status, request->scan);
done:
    free(labels);
    cc_volume_deinit(&scan);
    return status;
}

cc_status cc_command_score(int argc, char **argv) {
    bool json = false;
    const char *spacing = NULL;
    score_request request = {.options = cc_calcium_defaults()};
    const cc_flag flags[] = {
        {.name = "--json", .kind = CC_FLAG_SWITCH, .value = &json},
        {.name = "--mask", .kind = CC_FLAG_TEXT, .value = &request.mask},
        {.name = "--spacing", .kind = CC_FLAG_TEXT, .value = &spacing},
        {.name = "--series", .kind = CC_FLAG_TEXT, .value = &request.reading.series},
        {"--threshold", CC_FLAG_REAL, &request.options.threshold_hu, -1024, 100000},
        {"--minimum-area", CC_FLAG_REAL, &request.options.minimum_area_mm2, 0, 1000000},
        {"--reference-spacing", CC_FLAG_REAL, &request.options.reference_mm, 0, 1000},
        {.name = NULL},
    };
    cc_calcium calcium = {0};
    int count;
    const char **operands = calloc((size_t)argc, sizeof *operands);
    if (!operands) return cc_fail_memory("the arguments", (size_t)argc * sizeof *operands);
    cc_status status;
    CC_CHECK(cc_flags_read(argc, argv, flags, operands, &count, 1, 1));
    request.scan = operands[0];
    CC_CHECK(cc_flags_spacing(request.reading.spacing_mm, spacing));
    if (request.options.reference_mm == 0)
        CC_CHECK(cc_fail(CC_EUSAGE, "--reference-spacing", NULL, "must be above 0"));
    CC_CHECK(measure(&calcium, &request));
    if (json)
        CC_CHECK(print_json(&request, &calcium));
    else
        print_text(&request, &calcium);
done:
    cc_calcium_deinit(&calcium);
    free(operands);
    return status;
}
