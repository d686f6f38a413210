/* A finished run on a scan that nobody has marked, through the same steps as its own test. */
#include "experiments/evaluation/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/log.h"
#include "datasets/scan.h"
#include "datasets/volume_file.h"
#include "experiments/cascade/net.h"
#include "experiments/evaluation/scan_check.h"
#include "experiments/evaluation/testing.h"
#include "experiments/planning/finished.h"

typedef struct predictor {
    const cc_predict_request *request;
    const cc_backend *backend;
    const cc_planned_run *run;
    cc_grid grid; /* of the scan */
    cc_dataset dataset;
    cc_upstream_net net; /* the last one; zero where stage 3 has no window */
} predictor;

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

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

static cc_status check_kind(const cc_volume *scan, const predictor *p) {
    const char *source = p->run->config->data.source;
    if (strcmp(scan->format, "png") != 0 || strcmp(source, "ctheart") == 0) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, p->request->scan, "give the CT itself: MetaImage, NIfTI, NRRD or DICOM",
                   "a picture holds no HU, which this run of %s was trained on", source);
}

static cc_status open_scan(cc_slice_set **out, predictor *p) {
    cc_volume volume = {0};
    const cc_experiment_config *config = p->run->config;
    cc_scan_options options = {.name = p->request->scan};
    memcpy(options.window_hu, config->preprocess.window_hu, sizeof options.window_hu);
    CC_TRY(cc_volume_read_as(&volume, p->request->scan, &p->request->reading));
    p->grid = volume.grid;
    cc_status status = check_kind(&volume, p);
    if (status == CC_OK) cc_scan_check_values(&volume, p->request->scan, p->run);
    if (status == CC_OK) status = cc_scan_open(out, &volume, &options);
    if (status == CC_OK) {
        status = cc_scan_check_spacing(*out, p->request->scan, p->run);
        if (status != CC_OK) cc_slice_set_close(*out);
    }
    cc_volume_deinit(&volume);
    return status;
}

/* How the run's own test part was predicted, where that is not what every net upstream does. */
static cc_status open_own_net(predictor *p, const cc_slice_set *set) {
    char line[1024];
    cc_run read;
    cc_plan_options like = {0};
    bool timed = false;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_precision_find(&like.dtype, &like.tf32, p->run->config->train.precision);
    if (status == CC_OK) status = cc_tuning_find(&like.tuning, p->run->config->train.plan);
    if (status == CC_OK) timed = cc_tuning_is_timed(like.tuning);
    if (status == CC_OK && timed) status = cc_upstream_read(&read, p->run, CC_RUN_BASIC, arena);
    if (status == CC_OK) {
        const char *plan = timed && read.plan ? strstr(read.plan, "\n\n") : NULL;
        like.recorded = plan ? plan + 2 : NULL;
        status = cc_upstream_net_init(&p->net, p->run, set, p->backend, &like);
    }
    if (status == CC_EUNSUPPORTED) {
        cc_error_line(line, sizeof line);
        cc_log(CC_LOG_WARNING, "%s: it cannot predict as it did in its own test: %s", p->run->path, line);
        cc_error_clear();
        status = cc_upstream_net_init(&p->net, p->run, set, p->backend, NULL);
    }
    cc_arena_destroy(arena);
    return status;
}

static cc_status open_net(predictor *p) {
    const cc_slice_set *set = p->dataset.set;
    const cc_planned_run *last = p->dataset.chain.last;
    if (!set) return CC_OK;
    return last == p->run ? open_own_net(p, set) : cc_upstream_net_init(&p->net, last, set, p->backend, NULL);
}

static cc_status write_mask(const predictor *p, const cc_masks *masks) {
    int height, width;
    cc_slice_set_largest(&height, &width, p->dataset.base);
    cc_volume volume = {.grid = p->grid};
    uint8_t *mask = malloc((size_t)height * (size_t)width);
    volume.voxels = malloc(cc_volume_count(&volume) * sizeof *volume.voxels);
    cc_status status = mask && volume.voxels ? CC_OK : cc_fail_memory("the mask", cc_volume_count(&volume));
    for (size_t i = 0; status == CC_OK && i < cc_slice_set_count(p->dataset.base); i++) {
        cc_masks_get(mask, masks, i);
        cc_scan_put(volume.voxels, p->dataset.base, i, mask);
    }
    if (status == CC_OK) status = cc_volume_write(p->request->mask, &volume, "uint8");
    cc_volume_deinit(&volume);
    free(mask);
    return status;
}

static void summarise(cc_prediction_summary *out, const predictor *p, const cc_test *test) {
    double mm[3];
    *out = (cc_prediction_summary){.stage = cc_stage_name(p->dataset.chain.stage),
                                   .slices = (int64_t)test->slice_count,
                                   .lesions = -1,
                                   .volume_mm3 = NAN};
    for (size_t i = 0; i < test->slice_count; i++) out->voxels += test->slices[i].fp; /* nothing is true */
    if (test->patient_count > 0) {
        out->lesions = test->patients[0].lesions_predicted;
        out->volume_mm3 = test->patients[0].volume_predicted_mm3;
    } else if (cc_slice_set_spacing(mm, p->dataset.base, 0)) {
        out->volume_mm3 = (double)out->voxels * mm[0] * mm[1] * mm[2];
    }
}

static cc_status predict(cc_prediction_summary *out, predictor *p) {
    cc_status status = CC_OK;
    cc_test test = {0};
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    CC_CHECK(open_net(p));
    CC_CHECK(cc_test_init(&test, &p->dataset, p->net.plan, arena));
    CC_CHECK(write_mask(p, test.masks));
    summarise(out, p, &test);
done:
    cc_test_deinit(&test);
    cc_upstream_net_deinit(&p->net);
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_predict_scan(cc_prediction_summary *out, const cc_predict_request *request) {
    cc_status status = CC_OK;
    cc_finished *finished = NULL;
    cc_slice_set *scan;
    predictor p = {.request = request, .backend = request->backend};
    CC_TRY(check_place(request));
    CC_TRY(cc_finished_open(&finished, request->model, request->runs));
    p.run = cc_finished_run(finished);
    CC_CHECK(open_scan(&scan, &p));
    CC_CHECK(cc_dataset_init_scan(&p.dataset, p.run, scan, p.backend));
    status = predict(out, &p);
    cc_dataset_deinit(&p.dataset);
done:
    cc_finished_close(finished);
    return status;
}
