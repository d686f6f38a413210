/* experiments/evaluation/predict.c -- a finished run on a scan that nobody has marked, through the same
 * steps as its own test: open, predict upstream, view, test, measure; then the mask goes back to the
 * scan's own grid. */
#include "experiments/evaluation/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "datasets/scan.h"
#include "datasets/volume_file.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/evaluation/measure.h"
#include "experiments/evaluation/scan_check.h"
#include "experiments/evaluation/testing.h"
#include "experiments/planning/finished.h"

/* Whatever names they have. */
static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

/* What could be wrong with the mask's place is found before anything is predicted. */
static cc_status check_place(const cc_predict_request *r) {
    char folder[CC_PATH_MAX], data[CC_PATH_MAX];
    if (!cc_volume_is_written(r->mask))
        return cc_fail(CC_EUSAGE, r->mask, NULL, "the mask's name must end in .mhd, .mha, .nii or .nii.gz");
    CC_TRY(cc_volume_data_path(data, r->mask));
    CC_TRY(cc_path_folder(folder, r->mask));
    const char *places[] = {r->mask, data};
    for (int i = 0; i < 2; i++) {
        if (same_file(places[i], r->scan) || same_file(places[i], r->model))
            return cc_fail(CC_EUSAGE, places[i], "give the mask another name", "is what would be read");
        if (cc_folder_exists(places[i]))
            return cc_fail(CC_EIO, places[i], "give the mask another name", "is a folder");
    }
    if (!cc_folder_exists(folder))
        return cc_fail(CC_ENOTFOUND, folder, "make it", "the mask's folder is not there");
    return access(folder, W_OK) == 0 ? CC_OK : cc_fail_errno(folder, "write in");
}

/* Reads the scan as slices of a set without truth; *grid is its own. */
static cc_status open_scan(cc_slice_set **out, cc_grid *grid, const cc_predict_request *r,
                           const cc_planned_run *run) {
    cc_volume volume = {0};
    cc_status status = CC_OK;
    const char *source = run->config->data.source;
    cc_scan_options options = {.name = r->scan};
    memcpy(options.window_hu, run->config->preprocess.window_hu, sizeof options.window_hu);
    CC_TRY(cc_volume_read_as(&volume, r->scan, &r->reading));
    *grid = volume.grid;
    if (strcmp(volume.format, "png") == 0 && strcmp(source, "ctheart") != 0)
        CC_CHECK(cc_fail(CC_EUNSUPPORTED, r->scan, "give the CT itself: MetaImage, NIfTI, NRRD or DICOM",
                         "a picture holds no HU, which this run of %s was trained on", source));
    cc_scan_check_values(&volume, r->scan, run);
    CC_CHECK(cc_scan_open(out, &volume, &options));
    status = cc_scan_check_spacing(*out, r->scan, run);
    if (status != CC_OK) cc_slice_set_close(*out);
done:
    cc_volume_deinit(&volume);
    return status;
}

/* Slices are upright, as datasets show them; the mask is written in the order of the scan's file. `masks` are
 * of all slices. */
static cc_status write_mask(const char *path, const cc_grid *grid, const cc_slice_set *scan,
                            const cc_run_masks *masks) {
    int height, width;
    cc_slice_set_largest(&height, &width, scan);
    cc_volume volume = {.grid = *grid};
    const size_t pixels = (size_t)height * (size_t)width; /* of every slice */
    uint8_t *mask = malloc(2 * pixels);
    volume.voxels = malloc(cc_volume_count(&volume) * sizeof *volume.voxels);
    cc_status status = mask && volume.voxels ? CC_OK : cc_fail_memory("the mask", cc_volume_count(&volume));
    for (size_t i = 0; status == CC_OK && i < cc_slice_set_count(scan); i++) {
        status = cc_run_masks_unpack(mask, masks, i);
        if (status != CC_OK) break;
        for (size_t k = 0; k < pixels; k++) mask[k] &= CC_PIXEL_PREDICTED;
        cc_scan_put(volume.voxels, scan, i, cc_run_masks_depth(masks) > 1 ? mask + pixels : mask);
    }
    if (status == CC_OK) status = cc_volume_write(path, &volume, "uint8");
    cc_volume_deinit(&volume);
    free(mask);
    return status;
}

/* Of the roi stage nothing is measured: the volume is that of all marked voxels. */
static void summarise(cc_prediction_summary *out, const cc_test *test, const cc_measures *measures) {
    double mm[3];
    *out = (cc_prediction_summary){.stage = cc_cascade_stage_name(test->view->cascade->stage),
                                   .slices = (int64_t)test->slice_count,
                                   .lesions = -1,
                                   .volume_mm3 = NAN};
    for (size_t i = 0; i < test->slice_count; i++) out->voxels += test->slices[i].fp; /* nothing is true */
    if (test->view->cascade->stage != CC_STAGE_ROI) {
        out->lesions = measures->patients[0].lesions_predicted;
        out->volume_mm3 = measures->patients[0].volume_predicted_mm3;
    } else if (cc_slice_set_spacing(mm, test->view->dataset->base, 0)) {
        out->volume_mm3 = (double)out->voxels * mm[0] * mm[1] * mm[2];
    }
}

cc_status cc_predict_scan(cc_prediction_summary *out, const cc_predict_request *request) {
    cc_status status = CC_OK;
    const cc_backend *backend = request->backend;
    cc_finished *finished = NULL;
    cc_slice_set *scan;
    cc_grid grid;
    cc_dataset dataset = {0};
    cc_cascade cascade = {0};
    cc_net_view view = {0};
    cc_upstream_net net = {0}; /* stays empty where stage 3 has no window, and of an ensemble */
    cc_ensemble *ensemble = NULL;
    cc_test test = {0};
    cc_measures measures;
    CC_TRY(check_place(request));
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;

    /* Open: the run and those upstream, then the scan as a test part of its own. */
    CC_CHECK(cc_finished_open(&finished, request->model, request->runs));
    const cc_planned_run *run = cc_finished_run(finished);
    CC_CHECK(open_scan(&scan, &grid, request, run));
    CC_CHECK(cc_dataset_open_scan(&dataset, run, scan));
    /* Predict what upstream nets mark, and view the scan as the last net is shown it. */
    CC_CHECK(cc_cascade_predict(&cascade, &dataset, backend));
    CC_CHECK(cc_net_view_init(&view, &cascade));
    if (cc_experiment_is_ensemble(run->config))
        CC_CHECK(cc_ensemble_create(&ensemble, &view, backend));
    else if (view.set)
        CC_CHECK(cascade.last == run ? cc_upstream_net_init_as_tested(&net, run, view.set, backend)
                                     : cc_upstream_net_init(&net, cascade.last, view.set, backend, NULL));
    /* Test, measure and write. */
    const cc_predictor predictor = {
        .view = &view, .plan = net.plan, .ensemble = ensemble, .mirrors = request->mirrors};
    CC_CHECK(cc_testing_run(&test, &predictor, arena));
    cc_run_masks masks;
    const cc_measure_source measured = cc_testing_measured(&masks, &test);
    CC_CHECK(cc_measure_patients(&measures, &measured, arena));
    CC_CHECK(write_mask(request->mask, &grid, dataset.base, &masks));
    summarise(out, &test, &measures);
done:
    cc_testing_deinit(&test);
    cc_ensemble_destroy(ensemble);
    cc_upstream_net_deinit(&net);
    cc_net_view_deinit(&view);
    cc_cascade_deinit(&cascade);
    cc_dataset_close(&dataset);
    cc_finished_close(finished);
    cc_arena_destroy(arena);
    return status;
}
