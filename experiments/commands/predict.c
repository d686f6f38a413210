/* experiments/commands/predict.c -- `calcade predict`: a trained cascade on one scan. The work is
 * experiments/evaluation/predict.c's; here are its flags and the two prints. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>
#include "datasets/mirror.h"
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

/* The request, and what is to be turned into a part of it. */
typedef struct values {
    cc_predict_request request;
    const char *device, *spacing, *mirrors;
    long long threads;
    bool json;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "-o",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, request.mask),
     .needed = true,
     .value = "MASK",
     .completes = CC_COMPLETES_PATH,
     .meaning = "the mask's file: .mhd (and .raw), .mha, .nii or .nii.gz"},
    {.name = "--runs",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, request.runs),
     .value = "DIR",
     .completes = CC_COMPLETES_FOLDER,
     .meaning =
         "the folder of the runs that MODEL stands on; where it is not given, the one that MODEL lies in"},
    {.name = "--mirrors",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, mirrors),
     .value = "AXES",
     .meaning =
         "x, y or x,y: the mean over mirror images along these axes; none: without. In place of the run's "
         "evaluate.mirrors"},
    CC_FLAG_SPACING(values, spacing),
    CC_FLAG_SERIES(values, request.reading.series),
    CC_FLAG_DEVICE(values, device),
    CC_FLAG_THREADS(values, threads),
    CC_FLAG_JSON(values, json),
    {0}};

/* "x,y" as axes of datasets/mirror.h. */
static cc_status read_mirrors(unsigned *axes, const char *text) {
    *axes = 0;
    if (strcmp(text, "none") == 0) return CC_OK;
    for (const char *at = text;; at += 2) {
        const unsigned axis = cc_mirror_axis((const char[]){at[0], 0});
        if (!axis || *axes & axis || (at[1] && at[1] != ','))
            return cc_fail(CC_EUSAGE, "--mirrors", NULL, "wants x, y, x,y or none, not %s", text);
        *axes |= axis;
        if (!at[1]) return CC_OK;
    }
}

static cc_status command(int argc, char **argv) {
    values v = {.device = "auto", .threads = omp_get_max_threads()};
    cc_predict_request *request = &v.request;
    const char *operands[argc];
    int count;
    cc_prediction_summary summary;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, operands, &count, 2, 2));
    if (!request->mask)
        return cc_fail(CC_EUSAGE, "predict", "as in: calcade predict seed-1.h5 scan.mhd -o mask.nii.gz",
                       "wants -o and the mask's file");
    request->model = operands[0];
    request->scan = operands[1];
    CC_TRY(cc_flags_spacing(request->reading.spacing_mm, v.spacing));
    unsigned mirrors;
    if (v.mirrors) {
        CC_TRY(read_mirrors(&mirrors, v.mirrors));
        request->mirrors = &mirrors;
    }
    CC_TRY(cc_device_find(&request->backend, v.device));
    omp_set_num_threads((int)v.threads);
    CC_TRY(cc_predict_scan(&summary, request));
    if (v.json) return print_json(request, &summary);
    print_text(request, &summary);
    return CC_OK;
}

const cc_command cc_command_predict = {
    .name = "predict",
    .operands = {{"MODEL.h5", CC_COMPLETES_RUN}, {"SCAN", CC_COMPLETES_PATH}},
    .flags = flags,
    .what =
        "a finished run, with the runs that it stands on, on one scan; the mask, 0 and 1, keeps the scan's "
        "geometry. MASK is a .mhd (and .raw), .mha, .nii or .nii.gz",
    .run = command,
};
