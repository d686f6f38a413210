/* tests/experiments/cascade/test_scan_windows.c -- what a net of volumes says of a scan, on the scan's own
 * slices, against double sums written here: windows as MONAI's sliding_window_inference places them, voxels
 * as SimpleITK resamples them, for a net whose answer is known (its weights are set so that its logit at a
 * voxel is A x + B of a neighbour, 0 beyond the window). */
#include <math.h>
#include <omp.h>
#include "experiments/cascade/evaluate.h"
#include "experiments/config/device.h"
#include "runs.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE, DEPTH = 10, Z = 4, Y = 16, X = 8, BATCH = 3 };
/* Which neighbour: z + 1, x - 1, so that no two axes can be taken for each other; and the head. */
enum { DZ = 1, DX = -1 };
static const double A = 3, B = -1;

static cc_slice_set *set;
static cc_config *config;
static cc_model *model;
static cc_plan *plan;

static bool named(const cc_parameter *p, const char *ending) {
    return cc_path_ends_with(p->name, ending);
}

/* Convolutions that hand on one neighbour, or the voxel itself; norms that change nothing; of the joined
 * channels the second, which has not been pooled. */
static void set_weights(void) {
    enum { MIDDLE = 13, NEIGHBOUR = ((1 + DZ) * 3 + 1) * 3 + 1 + DX };
    for (int i = 0; i < cc_model_parameter_count(model); i++) {
        const cc_parameter *p = cc_model_parameter(model, i);
        float *values = calloc((size_t)p->count, sizeof *values);
        for (int64_t k = 0; k < p->count; k++)
            values[k] = (named(p, "bn1.weight") || named(p, "bn2.weight"))             ? 1
                        : (named(p, "bn1.running_var") || named(p, "bn2.running_var")) ? 1 - 1e-5F
                                                                                       : 0;
        if (strcmp(p->name, "down.0.conv1.weight") == 0) values[NEIGHBOUR] = 1;
        if (strcmp(p->name, "down.0.conv2.weight") == 0) values[MIDDLE] = 1;
        if (strcmp(p->name, "up.0.pair.conv1.weight") == 0) values[27 + MIDDLE] = 1;
        if (strcmp(p->name, "up.0.pair.conv2.weight") == 0) values[MIDDLE] = 1;
        if (strcmp(p->name, "head.weight") == 0) values[0] = (float)A;
        if (strcmp(p->name, "head.bias") == 0) values[0] = (float)B;
        assert_ok(cc_model_set(model, i, values));
        free(values);
    }
}

static int setup(void **state) {
    const cc_backend *backend;
    char text[1024];
    runs_setup(state);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s-orca --patients 2 --size 64 --slices 10 --layout "
                                 "orcascore",
                                 CC_PROGRAM, runs_data),
                     0);
    snprintf(text, sizeof text,
             "stage: calcification\ndata: {source: orcascore, root: %s-orca, items: volumes}\n"
             "volumes: {patch: [4, 16, 8], weight: constant}\npreprocess: {roi: {mode: none}}\n"
             "net: {arch: unet-3d, width: 1, depth: 2}\nloss: {type: dice}\ntrain: {batch: 3}\n",
             runs_data);
    runs_write(runs_config, text);
    assert_ok(cc_device_find(&backend, "cpu"));
    assert_ok(cc_config_load(&config, runs_config, NULL, 0, 0));
    snprintf(text, sizeof text, "%s-orca", runs_data);
    cc_slice_options options = {.source = "orcascore", .root = text};
    assert_ok(cc_slice_set_open(&set, &options));
    assert_ok(cc_model_create(&model, &cc_config_get(config, 0)->net, backend));
    assert_ok(
        cc_plan_create(&plan, model, &(cc_plan_options){.n = BATCH, .depth = Z, .height = Y, .width = X}));
    set_weights();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    cc_plan_destroy(plan);
    cc_model_destroy(model);
    cc_slice_set_close(set);
    cc_config_destroy(config);
    return 0;
}

/* --- the same in double sums --- */

/* Of the scan or of what it is resampled to; z, y, x. */
typedef struct volume {
    int dims[3];
    double voxels[DEPTH * PIXELS];
} volume;

static double *at(volume *v, int z, int y, int x) {
    return &v->voxels[(z * v->dims[1] + y) * v->dims[2] + x];
}

/* HU of a scan, the first or the second. */
static void read_scan(volume *out, int scan) {
    static float hu[PIXELS];
    *out = (volume){.dims = {DEPTH, SIDE, SIDE}};
    for (int z = 0; z < DEPTH; z++) {
        assert_ok(cc_slice_set_read(set, (size_t)(scan * DEPTH + z), hu, NULL));
        for (int i = 0; i < PIXELS; i++) out->voxels[z * PIXELS + i] = hu[i];
    }
}

/* Windows of one axis, in voxels of it: where the last but one would leave the volume it is moved back. */
static int window_starts(int starts[64], int dim, int size, double overlap) {
    int step = (int)floor(size * (1 - overlap)), count = 0;
    if (step < 1) step = 1;
    if (dim <= size) {
        starts[0] = -((size - dim) / 2);
        return 1;
    }
    for (int at = 0;; at += step) {
        starts[count++] = at + size > dim ? dim - size : at;
        if (at + size >= dim) return count;
    }
}

/* The mean over windows of the probability that each has for a voxel. `hu` becomes it. */
static void predict(volume *v, double overlap) {
    static volume sum, windows;
    const int size[3] = {Z, Y, X};
    int starts[3][64], counts[3];
    for (int k = 0; k < 3; k++) counts[k] = window_starts(starts[k], v->dims[k], size[k], overlap);
    memset(&sum, 0, sizeof sum);
    memset(&windows, 0, sizeof windows);
    memcpy(sum.dims, v->dims, sizeof v->dims);
    memcpy(windows.dims, v->dims, sizeof v->dims);
    for (int w = 0; w < counts[0] * counts[1] * counts[2]; w++) {
        const int s[3] = {starts[0][w / (counts[1] * counts[2])], starts[1][w / counts[2] % counts[1]],
                          starts[2][w % counts[2]]};
        for (int z = 0; z < Z; z++)
            for (int y = 0; y < Y; y++)
                for (int x = 0; x < X; x++) {
                    const int p[3] = {s[0] + z, s[1] + y, s[2] + x}, q[3] = {p[0] + DZ, p[1], p[2] + DX};
                    bool inside = true, seen = z + DZ < Z && x + DX >= 0;
                    for (int k = 0; k < 3; k++) {
                        inside = inside && p[k] >= 0 && p[k] < v->dims[k];
                        seen = seen && q[k] >= 0 && q[k] < v->dims[k];
                    }
                    if (!inside) continue;
                    const double hu = seen ? *at(v, q[0], q[1], q[2]) : -200;
                    const double shown = fmin(fmax((hu + 200) / 1000, 0), 1);
                    *at(&sum, p[0], p[1], p[2]) += 1 / (1 + exp(-(A * shown + B)));
                    *at(&windows, p[0], p[1], p[2]) += 1;
                }
    }
    for (int i = 0; i < v->dims[0] * v->dims[1] * v->dims[2]; i++)
        v->voxels[i] = sum.voxels[i] / windows.voxels[i];
}

/* --- what the evaluator says --- */

static float seen[2 * DEPTH][PIXELS];
static size_t order[2 * DEPTH], seen_count;

static cc_status look(void *context, const cc_prediction *p) {
    (void)context;
    order[seen_count] = p->slice;
    memcpy(seen[seen_count++], p->probability, sizeof seen[0]);
    return CC_OK;
}

static cc_evaluation evaluate(const cc_experiment_config *net, const uint32_t *slices, size_t count,
                              const cc_box *regions, const cc_masks *marked) {
    cc_evaluator *evaluator;
    cc_evaluation found;
    const cc_split_part part = {(uint32_t *)slices, count};
    const cc_evaluation_source source = {.plan = plan,
                                         .net = net,
                                         .threshold = 0.5,
                                         .base = set,
                                         .slices = &part,
                                         .set = set,
                                         .items = &part,
                                         .regions = regions,
                                         .marked = marked};
    seen_count = 0;
    assert_ok(cc_evaluator_create(&evaluator, &source));
    assert_ok(cc_evaluator_run(&found, evaluator, look, NULL));
    cc_evaluator_destroy(evaluator);
    assert_int_equal(seen_count, count);
    for (size_t i = 0; i < count; i++) assert_int_equal(order[i], slices[i]);
    return found;
}

static const uint32_t both[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19};

/* Of the scan `scan`, among both. */
static void assert_seen(const volume *want, int scan) {
    double most = 0;
    for (int z = 0; z < DEPTH; z++)
        for (int i = 0; i < PIXELS; i++)
            most = fmax(most, fabs(want->voxels[z * PIXELS + i] - (double)seen[scan * DEPTH + z][i]));
    if (most > 2e-6) print_error("the largest difference is %g\n", most);
    assert_true(most <= 2e-6);
}

static void windows_of_a_scan_on_its_own_grid(void **state) {
    (void)state;
    static volume want;
    cc_experiment_config net = *cc_config_get(config, 0);
    static const double overlaps[] = {0, 0.3, 0.5, 0.75};
    for (int k = 0; k < 4; k++) {
        net.volumes.overlap = overlaps[k];
        const cc_evaluation found = evaluate(&net, both, 2 * DEPTH, NULL, NULL);
        for (int scan = 0; scan < 2; scan++) {
            read_scan(&want, scan);
            predict(&want, overlaps[k]);
            assert_seen(&want, scan);
        }
        assert_int_equal(found.counts.tp + found.counts.fp + found.counts.fn + found.counts.tn,
                         2 * DEPTH * PIXELS);
        assert_true(found.loss > 0 && found.loss < 1);
    }
}

static void slices_that_are_asked_for_alone_are_the_same(void **state) {
    (void)state;
    static float whole[2 * DEPTH][PIXELS];
    static const uint32_t some[] = {2, 3, 9, 11};
    const cc_experiment_config *net = cc_config_get(config, 0);
    evaluate(net, both, 2 * DEPTH, NULL, NULL);
    memcpy(whole, seen, sizeof whole);
    evaluate(net, some, 4, NULL, NULL);
    for (int i = 0; i < 4; i++) assert_memory_equal(seen[i], whole[some[i]], sizeof seen[0]);
}

/* Where voxel i of the scan lies on an axis whose voxels are `factor` times as large, edges aligned:
 * between which two, and how far behind the first; the outermost answer for what lies beyond them. */
static double place(int *first, int i, int factor, int count) {
    const double at = fmin(fmax((i + 0.5) / factor - 0.5, 0), count - 1);
    *first = (int)fmin(floor(at), count - 2);
    return at - *first;
}

/* At twice the spacing along x, and then along y too, a voxel lies in the middle of two or four: their
 * mean. */
static void a_resampled_scan_comes_back_linearly(void **state) {
    (void)state;
    enum { HALF = SIDE / 2 };
    static volume scan, coarse, want;
    double mm[3];
    assert_true(cc_slice_set_spacing(mm, set, 0));
    for (int factor = 1; factor <= 2; factor++) { /* along y */
        const int rows = SIDE / factor;
        cc_experiment_config net = *cc_config_get(config, 0);
        net.volumes.spacing_mm[1] = factor * mm[1];
        net.volumes.spacing_mm[2] = 2 * mm[0];
        read_scan(&scan, 0);
        coarse = (volume){.dims = {DEPTH, rows, HALF}};
        for (int z = 0; z < DEPTH; z++)
            for (int y = 0; y < SIDE; y++)
                for (int x = 0; x < SIDE; x++)
                    *at(&coarse, z, y / factor, x / 2) += *at(&scan, z, y, x) / (2 * factor);
        predict(&coarse, net.volumes.overlap);
        want = (volume){.dims = {DEPTH, SIDE, SIDE}};
        for (int z = 0; z < DEPTH; z++)
            for (int y = 0; y < SIDE; y++)
                for (int x = 0; x < SIDE; x++) {
                    int y0, x0;
                    const double b = place(&y0, y, factor, rows), a = place(&x0, x, 2, HALF);
                    *at(&want, z, y, x) =
                        (1 - b) * ((1 - a) * *at(&coarse, z, y0, x0) + a * *at(&coarse, z, y0, x0 + 1)) +
                        b * ((1 - a) * *at(&coarse, z, y0 + 1, x0) + a * *at(&coarse, z, y0 + 1, x0 + 1));
                }
        evaluate(&net, both, DEPTH, NULL, NULL);
        assert_seen(&want, 0);
    }
}

/* Cells of 1 x 2 x 3 voxels, the last one of 1 (64 = 21 * 3 + 1): all voxels of one have its probability. */
static void cells_keep_their_maximum_above_130_hu(void **state) {
    (void)state;
    enum { CY = 2, CX = 3, ROWS = SIDE / CY, COLUMNS = (SIDE + CX - 1) / CX };
    static volume scan, cells, want;
    int marked = 0;
    cc_experiment_config net = *cc_config_get(config, 0);
    net.volumes.reduce[1] = CY;
    net.volumes.reduce[2] = CX;
    read_scan(&scan, 0);
    cells = (volume){.dims = {DEPTH, ROWS, COLUMNS}};
    for (int z = 0; z < DEPTH; z++)
        for (int y = 0; y < ROWS; y++)
            for (int x = 0; x < COLUMNS; x++) {
                double sum = 0, most = -1e9;
                int count = 0;
                for (int i = y * CY; i < (y + 1) * CY; i++)
                    for (int j = x * CX; j < (x + 1) * CX && j < SIDE; j++, count++) {
                        sum += *at(&scan, z, i, j);
                        most = fmax(most, *at(&scan, z, i, j));
                    }
                *at(&cells, z, y, x) = most > 130 ? most : sum / count;
                marked += most > 130;
            }
    assert_true(marked > 0);
    predict(&cells, net.volumes.overlap);
    want = (volume){.dims = {DEPTH, SIDE, SIDE}};
    for (int z = 0; z < DEPTH; z++)
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) *at(&want, z, y, x) = *at(&cells, z, y / CY, x / CX);
    evaluate(&net, both, DEPTH, NULL, NULL);
    assert_seen(&want, 0);
}

/* Marked: slices 3 and 6; the box around their two regions. Smaller than a window along z: 0 is seen
 * beyond. */
static void a_cropped_scan_is_predicted_within_its_crop_alone(void **state) {
    (void)state;
    enum { FIRST = 3, END = 6, Y0 = 10, Y1 = 50, X0 = 5, X1 = 40 };
    static volume scan, part, want;
    static uint8_t mask[PIXELS];
    cc_box regions[2 * DEPTH];
    cc_masks *marked;
    assert_ok(cc_masks_create(&marked, set));
    for (int i = 0; i < 2 * DEPTH; i++) regions[i] = (cc_box){0, 0, SIDE, SIDE};
    regions[FIRST] = (cc_box){Y0, 20, 30, X1};
    regions[END - 1] = (cc_box){20, X0, Y1, 30};
    mask[0] = 1;
    cc_masks_put(marked, FIRST, mask);
    cc_masks_put(marked, END - 1, mask);
    read_scan(&scan, 0);
    part = (volume){.dims = {END - FIRST, Y1 - Y0, X1 - X0}};
    for (int z = FIRST; z < END; z++)
        for (int y = Y0; y < Y1; y++)
            for (int x = X0; x < X1; x++) *at(&part, z - FIRST, y - Y0, x - X0) = *at(&scan, z, y, x);
    predict(&part, 0.5);
    want = (volume){.dims = {DEPTH, SIDE, SIDE}};
    for (int z = FIRST; z < END; z++)
        for (int y = Y0; y < Y1; y++)
            for (int x = X0; x < X1; x++) *at(&want, z, y, x) = *at(&part, z - FIRST, y - Y0, x - X0);
    evaluate(cc_config_get(config, 0), both, 2 * DEPTH, regions, marked);
    assert_seen(&want, 0);
    cc_masks_destroy(marked);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_of_a_scan_on_its_own_grid),
        cmocka_unit_test(slices_that_are_asked_for_alone_are_the_same),
        cmocka_unit_test(a_resampled_scan_comes_back_linearly),
        cmocka_unit_test(cells_keep_their_maximum_above_130_hu),
        cmocka_unit_test(a_cropped_scan_is_predicted_within_its_crop_alone),
    };
    omp_set_num_threads(1);
    return cmocka_run_group_tests(tests, setup, teardown);
}
