/* experiments/commands/predict.c -- `calcade predict`: a trained cascade on one scan. The work is
 * experiments/evaluation/predict.c's; here are its flags and the two prints. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/config/device.h"
#include "experiments/evaluation/predict.h"

/* One line: lesions (voxels of stage roi), and the volume where the spacing is known. */
static void print_text(const cc_predict_request *request, const cc_prediction_summary *s) {
    printf("%s: %" PRId64 " slices, ", request->mask, s->slices);
    if (s->lesions < 0)
        printf("%" PRId64 " voxels", s->voxels);
    else
        printf("%" PRId64 " lesion%s", s->lesions, s->lesions == 1 ? "" : "s");
    if (!isnan(s->volume_mm3)) printf(", %.1f mm3", s->volume_mm3);
    putchar('\n');
}

/* The same as one JSON object; what is not known is null. */
static cc_status print_json(const cc_predict_request *request, const cc_prediction_summary *s) {
    json_t *lesions = s->lesions < 0 ? json_null() : json_integer(s->lesions);
    json_t *volume = isnan(s->volume_mm3) ? json_null() : json_real(s->volume_mm3);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "model", request->model, "scan", request->scan,
                  "mask", request->mask, "stage", s->stage, "slices", (json_int_t)s->slices, "voxels",
                  (json_int_t)s->voxels, "lesions", lesions, "volume_mm3", volume);
    if (!object) return cc_fail_memory("the JSON object", 0);
    cc_status status = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF
                           ? CC_OK
                           : cc_fail_errno("standard output", "write");
    json_decref(object);
    return status;
}

cc_status cc_command_predict(int argc, char **argv) {
    const char *device = "auto", *spacing = NULL, *operands[argc];
    bool json = false;
    int count;
    long long threads = omp_get_max_threads();
    cc_predict_request request = {0};
    cc_prediction_summary summary;
    const cc_flag flags[] = {
        {.name = "-o", .kind = CC_FLAG_TEXT, .value = &request.mask},
        {.name = "--runs", .kind = CC_FLAG_TEXT, .value = &request.runs},
        {.name = "--spacing", .kind = CC_FLAG_TEXT, .value = &spacing},
        {.name = "--series", .kind = CC_FLAG_TEXT, .value = &request.reading.series},
        {.name = "--device", .kind = CC_FLAG_TEXT, .value = &device},
        {.name = "--threads", .kind = CC_FLAG_INTEGER, .value = &threads, .min = 1, .max = 1 << 10},
        {.name = "--json", .kind = CC_FLAG_SWITCH, .value = &json},
        {0}};
    CC_TRY(cc_flags_read(argc, argv, flags, operands, &count, 2, 2));
    if (!request.mask)
        return cc_fail(CC_EUSAGE, "predict", "as in: calcade predict seed-1.h5 scan.mhd -o mask.nii.gz",
                       "wants -o and the mask's file");
    request.model = operands[0];
    request.scan = operands[1];
    CC_TRY(cc_flags_spacing(request.reading.spacing_mm, spacing));
    CC_TRY(cc_device_find(&request.backend, device));
    omp_set_num_threads((int)threads);
    CC_TRY(cc_predict_scan(&summary, &request));
    if (json) return print_json(&request, &summary);
    print_text(&request, &summary);
    return CC_OK;
}
