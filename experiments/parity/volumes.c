/* experiments/parity/volumes.c -- calcade-golden-volumes: volumes on other grids (SimpleITK, SciPy, PyTorch),
 * cells of voxels, a net over windows (MONAI) and on mirror images, several masks into one (SimpleITK).
 *
 * Arrays of the file are z, y, x, its attributes x, y, z; planes have one slice. The groups are rows of a
 * table at the end. HU lie within the bound that their group states, masks and labels are equal (of a mask
 * that was turned, 99.9 % of the voxels), all else is reproduced to CC_PARITY_BOUND. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/yaml.h"
#include "datasets/mirror.h"
#include "datasets/reduce.h"
#include "datasets/resample.h"
#include "datasets/sliding_window.h"
#include "experiments/parity/parity.h"
#include "metrics/consensus.h"

/* What the file's scans are outside (HU), and the share of a turned mask's voxels that may differ. */
#define OUTSIDE    (-1024)
#define MASK_BOUND 1e-3

enum { PATH_LENGTH = 256 };

/* --- reading and comparing --- */

/* The dataset GROUP/NAME. */
static cc_status read_in(cc_fixture_array *out, const cc_fixture *fixture, const char *group,
                         const char *name) {
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "%s/%s", group, name);
    return cc_fixture_dataset(out, fixture, path);
}

/* A volume or a plane as float32, and as labels where these are asked for; dims x, y, z are its last three
 * sides, or last two and 1, and must be all of it. */
static cc_status read_volume(const float **values, const uint8_t **labels, int64_t dims[3],
                             const cc_fixture *fixture, const char *group, const char *name) {
    cc_fixture_array array;
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "%s/%s", group, name);
    CC_TRY(cc_parity_read_floats(values, &array, fixture, path));
    if (array.rank != 2 && array.rank != 3)
        return cc_fixture_fail(fixture, path, "is no volume and no plane");
    for (int k = 0; k < 3; k++) dims[k] = k < array.rank ? (int64_t)array.dims[array.rank - 1 - k] : 1;
    if (array.count == 0) return cc_fixture_fail(fixture, path, "has no voxels");
    if (!labels) return CC_OK;
    uint8_t *copy = cc_arena_get(fixture->arena, array.count);
    if (!copy) return CC_ENOMEM;
    for (size_t i = 0; i < array.count; i++) {
        if (!(array.values[i] >= 0 && array.values[i] <= UINT8_MAX))
            return cc_fixture_fail(fixture, path, "a label is none of 0 to 255");
        copy[i] = (uint8_t)array.values[i];
    }
    *labels = copy;
    return CC_OK;
}

/* The YAML of a case's attribute `spec`. */
static cc_status read_spec(cc_yaml **out, const cc_fixture *fixture, const char *group) {
    char *text;
    CC_TRY(cc_fixture_text(&text, fixture, group, "spec"));
    return cc_yaml_parse(out, text, strlen(text), fixture->path, fixture->arena);
}

/* A number of a spec, or of one of its lists. */
static cc_status read_number(double *out, const cc_fixture *fixture, const char *group, const cc_yaml *node) {
    return node && cc_yaml_as_real(out, node) ? CC_OK
                                              : cc_fixture_fail(fixture, group, "its spec lacks a number");
}

/* A list of the spec with the slowest side first, two for a plane, as x, y, z. */
static cc_status read_sides(int64_t out[3], const cc_fixture *fixture, const char *group,
                            const cc_yaml *list) {
    if (!list || list->kind != CC_YAML_LIST || list->count < 2 || list->count > 3)
        return cc_fixture_fail(fixture, group, "its spec lacks a list of two or three");
    for (size_t k = 0; k < 3; k++) {
        long long side = 1;
        if (k < list->count && !cc_yaml_as_integer(&side, list->items[list->count - 1 - k]))
            return cc_fixture_fail(fixture, group, "a side of its spec is no whole number");
        out[k] = side;
    }
    return CC_OK;
}

/* A word of a spec among some; CC_EFORMAT where it is none of them. */
static cc_status read_word(int *out, const cc_fixture *fixture, const char *group, const cc_yaml *node,
                           const char *const *words, int count) {
    for (int i = 0; i < count; i++)
        if (node && node->text && strcmp(node->text, words[i]) == 0) {
            *out = i;
            return CC_OK;
        }
    return cc_fixture_fail(fixture, group, "its spec holds a word that is not known");
}

/* How two arrays are compared: by their largest difference, by the share of values that differ, or by the
 * norm of the difference. */
typedef enum rule { WORST, SHARE, NORM } rule;

/* Compares with the dataset GROUP/expect/NAME, and names both in the line that is printed. */
static cc_status expect(cc_parity *parity, const cc_fixture *fixture, const char *group, const char *name,
                        const double *got, size_t count, rule by, double bound) {
    char path[PATH_LENGTH];
    cc_fixture_array want;
    snprintf(path, sizeof path, "expect/%s", name);
    CC_TRY(read_in(&want, fixture, group, path));
    if (want.count != count) return cc_fixture_fail(fixture, group, "what it expects has another size");
    double worst = 0;
    size_t other = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = fabs(got[i] - want.values[i]);
        /* NaN is no agreement. */
        worst = isnan(difference) ? INFINITY : fmax(worst, difference);
        other += !(difference == 0);
    }
    const double error = by == WORST   ? worst
                         : by == SHARE ? (double)other / (double)count
                                       : cc_parity_error(got, want.values, count);
    cc_parity_report(parity, fixture, group + 1, name, error, bound);
    return CC_OK;
}

/* The same of float32, */
static cc_status expect_floats(cc_parity *parity, const cc_fixture *fixture, const char *group,
                               const char *name, const float *got, size_t count, rule by, double bound) {
    double *copy = cc_arena_get_array(fixture->arena, count, sizeof *copy);
    if (!copy) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) copy[i] = (double)got[i];
    return expect(parity, fixture, group, name, copy, count, by, bound);
}

/* and of labels, of which so large a share may differ. */
static cc_status expect_labels(cc_parity *parity, const cc_fixture *fixture, const char *group,
                               const char *name, const uint8_t *got, size_t count, double share) {
    double *copy = cc_arena_get_array(fixture->arena, count, sizeof *copy);
    if (!copy) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) copy[i] = got[i];
    return expect(parity, fixture, group, name, copy, count, SHARE, share);
}

/* The bound that a group states in an attribute. */
static cc_status read_bound(double *out, const cc_fixture *fixture, const char *group) {
    cc_fixture_array bound;
    CC_TRY(cc_fixture_numbers(&bound, fixture, group, "bound"));
    *out = bound.values[0];
    return CC_OK;
}

static size_t count_of(const int64_t dims[3]) {
    return (size_t)dims[0] * (size_t)dims[1] * (size_t)dims[2];
}

/* --- resample/CASE --- */

/* Some numbers of an attribute. */
static cc_status read_numbers(double *out, size_t count, const cc_fixture *fixture, const char *group,
                              const char *name) {
    cc_fixture_array array;
    CC_TRY(cc_fixture_numbers(&array, fixture, group, name));
    if (array.count != count) return cc_fixture_fail(fixture, group, "a grid's attribute has another length");
    memcpy(out, array.values, count * sizeof *out);
    return CC_OK;
}

/* The grid that the case expects, and the one that its rules make of the scan's. */
static cc_status make_grid(cc_parity *parity, cc_grid *out, const cc_grid *scan, const cc_fixture *fixture,
                           const char *group) {
#define X(name) #name,
    static const char *const aligns[] = {CC_RESAMPLE_ALIGN_LIST(X) "given"};
    static const char *const sizes[] = {CC_RESAMPLE_SIZE_LIST(X) "given"};
#undef X
    cc_yaml *spec;
    cc_grid want = *scan;
    int align = 0, size = 0;
    double dims[3];
    CC_TRY(read_spec(&spec, fixture, group));
    CC_TRY(read_numbers(dims, 3, fixture, group, "new_size"));
    CC_TRY(read_numbers(want.spacing_mm, 3, fixture, group, "new_spacing"));
    CC_TRY(read_numbers(want.origin_mm, 3, fixture, group, "new_origin"));
    CC_TRY(read_numbers(want.direction, 9, fixture, group, "new_direction"));
    for (int k = 0; k < 3; k++) want.dims[k] = (int64_t)dims[k];
    CC_TRY(read_word(&align, fixture, group, cc_yaml_get(spec, "align"), aligns, CC_RESAMPLE_ALIGNS + 1));
    CC_TRY(read_word(&size, fixture, group, cc_yaml_get(spec, "size"), sizes, CC_RESAMPLE_SIZES + 1));
    CC_TRY(cc_grid_check(&want, fixture->path));
    *out = want;
    /* A grid that is given is taken as it is. */
    if (align == CC_RESAMPLE_ALIGNS || size == CC_RESAMPLE_SIZES) return CC_OK;
    CC_TRY(cc_resample_grid(out, scan, want.spacing_mm, (cc_resample_align)align, (cc_resample_size)size));
    double error = memcmp(out->dims, want.dims, sizeof want.dims) == 0 ? 0 : INFINITY;
    for (int k = 0; k < 3; k++) error = fmax(error, fabs(out->origin_mm[k] - want.origin_mm[k]));
    cc_parity_report(parity, fixture, group + 1, "grid", error, CC_PARITY_BOUND);
    return error == INFINITY ? cc_fixture_fail(fixture, group, "its grid has another size here") : CC_OK;
}

/* Image and labels, which all cases share, on the case's grid, by each interpolation that it expects. */
static cc_status check_resampling(cc_parity *parity, const cc_fixture *fixture, const char *group) {
#define X(name) #name,
    static const char *const interpolations[] = {CC_INTERPOLATION_LIST(X)};
#undef X
    const float *image, *unused;
    const uint8_t *labels;
    cc_grid scan, onto;
    int64_t dims[3];
    double bound;
    char path[PATH_LENGTH], **names;
    size_t count;
    CC_TRY(read_bound(&bound, fixture, "/resample"));
    CC_TRY(read_volume(&image, NULL, scan.dims, fixture, "/resample", "image"));
    CC_TRY(read_volume(&unused, &labels, dims, fixture, "/resample", "labels"));
    if (memcmp(dims, scan.dims, sizeof dims) != 0)
        return cc_fixture_fail(fixture, "/resample", "image and labels differ in size");
    CC_TRY(read_numbers(scan.spacing_mm, 3, fixture, group, "spacing"));
    CC_TRY(read_numbers(scan.origin_mm, 3, fixture, group, "origin"));
    CC_TRY(read_numbers(scan.direction, 9, fixture, group, "direction"));
    CC_TRY(cc_grid_check(&scan, fixture->path));
    CC_TRY(make_grid(parity, &onto, &scan, fixture, group));
    cc_yaml *spec;
    double outside;
    CC_TRY(read_spec(&spec, fixture, group));
    CC_TRY(read_number(&outside, fixture, group, cc_yaml_get(spec, "outside")));
    const size_t voxels = count_of(onto.dims);
    float *values = cc_arena_get_array(fixture->arena, voxels, sizeof *values);
    uint8_t *sampled = cc_arena_get(fixture->arena, voxels);
    if (!values || !sampled) return CC_ENOMEM;
    snprintf(path, sizeof path, "%s/expect", group);
    CC_TRY(cc_fixture_members(&names, &count, fixture, path));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "labels") == 0) {
            CC_TRY(cc_resample_labels(sampled, &onto, labels, &scan));
            CC_TRY(expect_labels(parity, fixture, group, names[i], sampled, voxels, 0));
            continue;
        }
        int how = 0;
        while (how < CC_INTERPOLATIONS && strcmp(names[i], interpolations[how]) != 0) how++;
        if (how == CC_INTERPOLATIONS) return cc_fixture_fail(fixture, path, "an interpolation is not known");
        CC_TRY(cc_resample(values, &onto, image, &scan, (cc_interpolation)how, (float)outside));
        CC_TRY(expect_floats(parity, fixture, group, names[i], values, voxels, WORST,
                             how == CC_INTERPOLATION_nearest ? 0 : bound));
    }
    return CC_OK;
}

/* --- reduce/FACTORS --- */

/* The mark and the value of each cell. */
static cc_status check_reduction(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    const float *image;
    int64_t dims[3], factors[3];
    cc_yaml *spec;
    double threshold;
    CC_TRY(read_volume(&image, NULL, dims, fixture, "/reduce", "image"));
    CC_TRY(read_spec(&spec, fixture, group));
    CC_TRY(read_sides(factors, fixture, group, cc_yaml_get(spec, "factors")));
    CC_TRY(read_number(&threshold, fixture, group, cc_yaml_get(spec, "threshold")));
    cc_grid scan = cc_grid_unit(), cells;
    memcpy(scan.dims, dims, sizeof dims);
    CC_TRY(cc_reduce_grid(&cells, &scan, factors));
    const size_t count = count_of(cells.dims);
    float *value = cc_arena_get_array(fixture->arena, count, sizeof *value);
    uint8_t *marked = cc_arena_get(fixture->arena, count);
    if (!value || !marked) return CC_ENOMEM;
    cc_reduce(value, marked, image, dims, factors, (float)threshold);
    CC_TRY(expect_labels(parity, fixture, group, "marked", marked, count, 0));
    return expect_floats(parity, fixture, group, "value", value, count, NORM, CC_PARITY_BOUND);
}

/* --- images [n][channels][z][y][x], or planes [n][channels][y][x], and a net --- */

typedef struct images {
    const float *values;
    size_t count, channels, voxels; /* voxels of one channel */
    int64_t dims[3];
    int axes; /* 2 or 3 */
} images;

/* Images of either rank; a plane is a volume of one slice. */
static cc_status read_images(images *out, const cc_fixture *fixture, const char *group, const char *name) {
    cc_fixture_array array;
    char path[PATH_LENGTH];
    snprintf(path, sizeof path, "%s/%s", group, name);
    CC_TRY(cc_parity_read_floats(&out->values, &array, fixture, path));
    if (array.rank != 4 && array.rank != 5) return cc_fixture_fail(fixture, path, "has no 4 or 5 sides");
    if (array.count == 0) return cc_fixture_fail(fixture, path, "has no voxels");
    out->axes = array.rank - 2;
    out->count = array.dims[0], out->channels = array.dims[1];
    for (int k = 0; k < 3; k++) out->dims[k] = k < out->axes ? (int64_t)array.dims[array.rank - 1 - k] : 1;
    out->voxels = count_of(out->dims);
    return CC_OK;
}

enum { STAND_IN_CHANNELS = 2 };

/* What stands for the net over windows: v^2 / 4 - v, and v + sum over axes of (a + 1) i_a / n_a, where axis 0
 * is the slowest of the two or three. */
static void stand_in(float *answer, const float *window, const int64_t size[3], int axes) {
    const size_t voxels = count_of(size);
    for (size_t i = 0; i < voxels; i++) {
        double v = (double)window[i], place = 0;
        size_t rest = i;
        for (int k = 0; k < axes; k++) {
            const size_t side = (size_t)size[k];
            place += (double)(axes - k) * ((double)(rest % side) / (double)side);
            rest /= side;
        }
        answer[i] = (float)(v * v / 4 - v);
        answer[voxels + i] = (float)(v + place);
    }
}

/* Where finished slices go: [channels][z][y][x]. */
typedef struct sink {
    float *out;
    size_t plane, voxels;
} sink;

/* cc_sliding_take: slices come by z, the file is by channel. */
static cc_status take_slice(void *context, int64_t z, float *values) {
    const sink *s = context;
    for (size_t c = 0; c < STAND_IN_CHANNELS; c++)
        memcpy(s->out + c * s->voxels + (size_t)z * s->plane, values + c * s->plane,
               s->plane * sizeof *values);
    return CC_OK;
}

/* One image, window by window. */
static cc_status slide(const cc_sliding_options *o, const float *image, int axes, const cc_fixture *fixture) {
    cc_sliding *s = NULL;
    cc_status status;
    const size_t voxels = count_of(o->size);
    float *window = cc_arena_get_array(fixture->arena, voxels, (1 + STAND_IN_CHANNELS) * sizeof *window);
    if (!window) return CC_ENOMEM;
    CC_CHECK(cc_sliding_create(&s, o));
    for (size_t i = 0; i < cc_sliding_count(s); i++) {
        cc_sliding_cut(window, s, i, image, 1);
        stand_in(window + voxels, window, o->size, axes);
        CC_CHECK(cc_sliding_add(s, window + voxels));
    }
done:
    cc_sliding_destroy(s);
    return status;
}

/* Each image of the case by itself; all axes have the same overlap. */
static cc_status check_windows(cc_parity *parity, const cc_fixture *fixture, const char *group) {
#define X(name) #name,
    static const char *const weights[] = {CC_SLIDING_WEIGHT_LIST(X)};
#undef X
    images in;
    cc_yaml *spec;
    int weight = 0;
    double bound, overlap;
    cc_sliding_options o = {.channels = STAND_IN_CHANNELS, .take = take_slice};
    CC_TRY(read_bound(&bound, fixture, "/windows"));
    CC_TRY(read_images(&in, fixture, group, "input"));
    if (in.channels != 1) return cc_fixture_fail(fixture, group, "its input has more than one channel");
    CC_TRY(read_spec(&spec, fixture, group));
    CC_TRY(read_sides(o.size, fixture, group, cc_yaml_get(spec, "size")));
    CC_TRY(read_number(&overlap, fixture, group, cc_yaml_get(spec, "overlap")));
    CC_TRY(read_number(&o.sigma, fixture, group, cc_yaml_get(spec, "sigma")));
    CC_TRY(read_word(&weight, fixture, group, cc_yaml_get(spec, "weight"), weights, CC_SLIDING_WEIGHTS));
    o.weight = (cc_sliding_weight)weight;
    for (int k = 0; k < 3; k++) o.dims[k] = in.dims[k], o.overlap[k] = overlap;
    const size_t per_image = STAND_IN_CHANNELS * in.voxels;
    float *out = cc_arena_get_array(fixture->arena, in.count * per_image, sizeof *out);
    if (!out) return CC_ENOMEM;
    for (size_t i = 0; i < in.count; i++) {
        sink s = {out + i * per_image, (size_t)(in.dims[0] * in.dims[1]), in.voxels};
        o.context = &s;
        CC_TRY(slide(&o, in.values + i * in.voxels, in.axes, fixture));
    }
    return expect_floats(parity, fixture, group, "output", out, in.count * per_image, WORST, bound);
}

/* The net on mirror images: the sigmoid of a convolution of 3 voxels on each axis with padding 1. A plane's
 * kernel is the middle slice of such a one. kernel: [out][in][kz][ky][kx]. */
static void convolve(float *out, const float *in, const int64_t dims[3], const images *kernel) {
    const int64_t *k = kernel->dims;
    for (size_t o = 0; o < kernel->count; o++)
        for (int64_t i = 0; i < (int64_t)count_of(dims); i++) {
            const int64_t at[3] = {i % dims[0], i / dims[0] % dims[1], i / (dims[0] * dims[1])};
            double sum = 0;
            for (size_t c = 0; c < kernel->channels; c++)
                for (int64_t j = 0; j < (int64_t)kernel->voxels; j++) {
                    const int64_t x = at[0] + j % k[0] - k[0] / 2, y = at[1] + j / k[0] % k[1] - k[1] / 2;
                    const int64_t z = at[2] + j / (k[0] * k[1]) - k[2] / 2;
                    /* Beyond the border lies 0. */
                    if (x < 0 || y < 0 || z < 0 || x >= dims[0] || y >= dims[1] || z >= dims[2]) continue;
                    sum += (double)kernel->values[(o * kernel->channels + c) * kernel->voxels + (size_t)j] *
                           (double)in[(((int64_t)c * dims[2] + z) * dims[1] + y) * dims[0] + x];
                }
            *out++ = (float)(1 / (1 + exp(-sum)));
        }
}

/* The mean over all subsets of the case's axes. */
static cc_status check_mirrors(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    images in, kernel;
    cc_yaml *spec;
    CC_TRY(read_images(&in, fixture, group, "input"));
    CC_TRY(read_images(&kernel, fixture, group, "kernel"));
    CC_TRY(read_spec(&spec, fixture, group));
    const cc_yaml *list = cc_yaml_get(spec, "axes");
    if (kernel.axes != in.axes || kernel.channels != in.channels || !list || list->kind != CC_YAML_LIST)
        return cc_fixture_fail(fixture, group, "its kernel or its axes do not fit its input");
    unsigned axes = 0;
    for (size_t i = 0; i < list->count; i++) {
        long long axis;
        if (!cc_yaml_as_integer(&axis, list->items[i]) || axis < 0 || axis >= in.axes)
            return cc_fixture_fail(fixture, group, "an axis of its spec is none of the input's");
        axes |= 1U << (in.axes - 1 - axis); /* counted from the slowest */
    }
    const size_t in_size = in.channels * in.voxels, out_size = kernel.count * in.voxels;
    float *seen = cc_arena_get_array(fixture->arena, in_size, sizeof *seen);
    float *answer = cc_arena_get_array(fixture->arena, out_size, sizeof *answer);
    float *mean = cc_arena_get_array(fixture->arena, in.count * out_size, sizeof *mean); /* zeroed */
    if (!seen || !answer || !mean) return CC_ENOMEM;
    const unsigned count = cc_mirror_count(axes);
    for (size_t n = 0; n < in.count; n++)
        for (unsigned i = 0; i < count; i++) {
            const unsigned subset = cc_mirror_subset(axes, i);
            cc_mirror(seen, in.values + n * in_size, in.channels, in.dims, subset);
            convolve(answer, seen, in.dims, &kernel);
            cc_mirror_add(mean + n * out_size, answer, kernel.count, in.dims, subset, 1.0F / (float)count);
        }
    return expect_floats(parity, fixture, group, "output", mean, in.count * out_size, NORM, CC_PARITY_BOUND);
}

/* --- consensus --- */

/* As many masks as the dataset's first side. */
static cc_status read_masks(const uint8_t **out, size_t *readers, size_t *voxels, const cc_fixture *fixture,
                            const char *group, const char *name) {
    cc_fixture_array array;
    CC_TRY(read_in(&array, fixture, group, name));
    if (array.rank < 2 || array.dims[0] < 1 || array.dims[0] > CC_CONSENSUS_READERS_MAX)
        return cc_fixture_fail(fixture, group, "has no masks, or too many");
    *readers = array.dims[0], *voxels = array.count / array.dims[0];
    uint8_t *copy = cc_arena_get(fixture->arena, array.count);
    if (!copy) return CC_ENOMEM;
    for (size_t i = 0; i < array.count; i++) copy[i] = (uint8_t)array.values[i];
    for (size_t r = 0; r < *readers; r++) out[r] = copy + r * *voxels;
    return CC_OK;
}

/* Votes of binary masks and of labels, and STAPLE. */
static cc_status check_consensus(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    const uint8_t *masks[CC_CONSENSUS_READERS_MAX], *labels[CC_CONSENSUS_READERS_MAX];
    size_t readers = 0, voxels = 0, label_readers = 0, label_voxels = 0;
    cc_staple staple;
    CC_TRY(read_masks(masks, &readers, &voxels, fixture, group, "masks"));
    CC_TRY(read_masks(labels, &label_readers, &label_voxels, fixture, group, "labels"));
    uint8_t *joined = cc_arena_get(fixture->arena, voxels > label_voxels ? voxels : label_voxels);
    double *probability = cc_arena_get_array(fixture->arena, voxels, sizeof *probability);
    if (!joined || !probability) return CC_ENOMEM;
    CC_TRY(cc_consensus_majority(joined, masks, readers, voxels));
    CC_TRY(expect_labels(parity, fixture, group, "majority", joined, voxels, 0));
    CC_TRY(cc_consensus_labels(joined, labels, label_readers, label_voxels));
    CC_TRY(expect_labels(parity, fixture, group, "most_labels", joined, label_voxels, 0));
    CC_TRY(cc_consensus_staple(probability, &staple, masks, readers, voxels));
    CC_TRY(expect(parity, fixture, group, "staple", probability, voxels, NORM, CC_PARITY_BOUND));
    CC_TRY(expect(parity, fixture, group, "staple_sensitivity", staple.sensitivity, readers, NORM,
                  CC_PARITY_BOUND));
    return expect(parity, fixture, group, "staple_specificity", staple.specificity, readers, NORM,
                  CC_PARITY_BOUND);
}

/* --- affine/IMAGE/TURN --- */

/* What the names under `expect` stand for. */
static const struct turned {
    const char *name;
    cc_interpolation interpolation;
    cc_border border;
} turned[] = {
    {"constant_linear", CC_INTERPOLATION_linear, CC_BORDER_CENTRES},
    {"constant_cubic", CC_INTERPOLATION_bspline3, CC_BORDER_CENTRES},
    {"blended_linear", CC_INTERPOLATION_linear, CC_BORDER_BLENDED},
    {"clamped_linear", CC_INTERPOLATION_linear, CC_BORDER_CLAMPED},
};

/* The map of a turn: its matrix and shift have the slowest side first, two for a plane. */
static cc_status read_map(double map[12], const cc_fixture *fixture, const char *group,
                          const int64_t dims[3]) {
    cc_fixture_array matrix, shift;
    double m[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, s[3] = {0};
    CC_TRY(read_in(&matrix, fixture, group, "matrix"));
    CC_TRY(read_in(&shift, fixture, group, "shift"));
    const size_t axes = shift.count;
    if ((axes != 2 && axes != 3) || matrix.count != axes * axes)
        return cc_fixture_fail(fixture, group, "its matrix or its shift has another size");
    for (size_t i = 0; i < axes; i++) {
        /* Rows and columns from the other end: the fastest side first. */
        s[axes - 1 - i] = shift.values[i];
        for (size_t k = 0; k < axes; k++) m[3 * (axes - 1 - i) + axes - 1 - k] = matrix.values[i * axes + k];
    }
    cc_interpolate_about_middle(map, m, s, dims);
    return CC_OK;
}

/* One turn of an image and its mask, by each kind of border and interpolation that it expects. */
static cc_status check_turn(cc_parity *parity, const cc_fixture *fixture, const char *group,
                            const float *image, const uint8_t *mask, const int64_t dims[3]) {
    const size_t voxels = count_of(dims);
    double map[12], bound;
    char path[PATH_LENGTH];
    CC_TRY(read_bound(&bound, fixture, "/affine"));
    CC_TRY(read_map(map, fixture, group, dims));
    float *values = cc_arena_get_array(fixture->arena, voxels, sizeof *values);
    uint8_t *labels = cc_arena_get(fixture->arena, voxels);
    if (!values || !labels) return CC_ENOMEM;
    for (size_t i = 0; i < sizeof turned / sizeof *turned; i++) {
        const struct turned *t = &turned[i];
        snprintf(path, sizeof path, "%s/expect/%s", group, t->name);
        if (!cc_fixture_has(fixture, path)) continue;
        CC_TRY(cc_interpolate(values, dims, map, image, dims,
                              &(cc_sampling){t->interpolation, t->border, OUTSIDE}));
        CC_TRY(expect_floats(parity, fixture, group, t->name, values, voxels, WORST, bound));
    }
    CC_TRY(cc_interpolate_labels(labels, dims, map, mask, dims, CC_BORDER_CENTRES));
    return expect_labels(parity, fixture, group, "constant_mask", labels, voxels, MASK_BOUND);
}

/* A volume or a plane, and its turns. */
static cc_status check_affine(cc_parity *parity, const cc_fixture *fixture, const char *group) {
    const float *image, *unused;
    const uint8_t *mask;
    int64_t dims[3], others[3];
    char **names, path[PATH_LENGTH];
    size_t count;
    CC_TRY(read_volume(&image, NULL, dims, fixture, group, "image"));
    CC_TRY(read_volume(&unused, &mask, others, fixture, group, "mask"));
    if (memcmp(dims, others, sizeof dims) != 0)
        return cc_fixture_fail(fixture, group, "image and mask differ in size");
    CC_TRY(cc_fixture_members(&names, &count, fixture, group));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], "image") == 0 || strcmp(names[i], "mask") == 0) continue;
        snprintf(path, sizeof path, "%.100s/%.100s", group, names[i]);
        CC_TRY(check_turn(parity, fixture, path, image, mask, dims));
    }
    return CC_OK;
}

/* --- all of it --- */

/* What all cases of a group share lies beside them. */
static const char *const beside[] = {"image", "labels", NULL};

static const cc_parity_part parts[] = {
    {"/resample", true, check_resampling, beside, true}, {"/reduce", true, check_reduction, beside, true},
    {"/windows", true, check_windows, beside, true},     {"/consensus", false, check_consensus, NULL, true},
    {"/mirrors", true, check_mirrors, beside, true},     {"/affine", true, check_affine, beside, true},
};

cc_status cc_parity_volumes(cc_parity *parity, const cc_fixture *fixture) {
    return cc_parity_check_parts(parity, fixture, parts, sizeof parts / sizeof *parts);
}
