/* tests/datasets/test_patches.c -- where patches lie, what they hold, how they are changed at random, and
 * that neither threads nor earlier epochs change a byte. */
#include "datasets/patch_loader.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/mirror.h"
#include "support.h"
#include "random_ranges.h"

enum { CHANNELS = 2, MANY = 4000 };

/* A volume whose channel c at (x, y, z) is 1000 c + 100 z + 10 y + x, with no label but those that a test
 * sets. */
typedef struct made {
    float image[CHANNELS * 1000];
    uint8_t labels[1000];
} made;

static cc_patch_volume make_volume(made *m, int64_t x, int64_t y, int64_t z) {
    const int64_t count = x * y * z;
    memset(m->labels, 0, sizeof m->labels);
    for (int64_t c = 0; c < CHANNELS; c++)
        for (int64_t i = 0; i < count; i++)
            m->image[c * count + i] = (float)(1000 * c + 100 * (i / (x * y)) + 10 * (i / x % y) + i % x);
    return (cc_patch_volume){{x, y, z}, m->image, m->labels, {1, 1, 2}};
}

static cc_patch_options options_of(const cc_patch_volume *volumes, size_t count) {
    return (cc_patch_options){.volumes = volumes,
                              .volume_count = count,
                              .channels = CHANNELS,
                              .fill = -5,
                              .size = {4, 3, 2},
                              .foreground = 1.0 / 3,
                              .batch = 3,
                              .seed = 7};
}

static cc_patch_sampler *open_sampler(const cc_patch_options *o) {
    cc_patch_sampler *s = NULL;
    assert_ok(cc_patch_sampler_create(&s, o));
    return s;
}

/* nnU-Net: sample i of a batch is about foreground where not i < round(batch * (1 - share)). */
static void the_last_samples_of_each_batch_lie_about_foreground(void **state) {
    (void)state;
    static const struct {
        int batch;
        double share;
        int random;
    } cases[] = {{3, 1.0 / 3, 2}, {2, 0.33, 1}, {1, 0.33, 1}, {5, 0.5, 2}, {3, 0.5, 2}, {4, 0, 4}, {4, 1, 0}};
    static made m;
    const cc_patch_volume v = make_volume(&m, 8, 7, 6);
    m.labels[3 * 56 + 4 * 8 + 5] = 9;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_patch_options o = options_of(&v, 1);
        o.batch = cases[i].batch, o.foreground = cases[i].share;
        cc_patch_sampler *s = open_sampler(&o);
        for (int k = 0; k < 3 * o.batch; k++) {
            cc_patch p;
            cc_patch_draw(&p, s, 1, (uint64_t)k);
            assert_int_equal(p.foreground, k % o.batch >= cases[i].random);
            /* The one labelled voxel, 5 4 3, in the middle of 4 x 3 x 2. */
            if (p.foreground) assert_memory_equal(p.start, ((int64_t[]){3, 3, 2}), sizeof p.start);
        }
        cc_patch_sampler_destroy(s);
    }
}

/* A volume of 6 x 3 x 5 has 3 x 1 x 4 places for 4 x 3 x 2; each is drawn 4000 / 12 times, within 5 standard
 * deviations of a binomial count. Voxels: of two classes each half the time, whatever their number, and of a
 * class's voxels each as often. */
static void places_and_classes_and_voxels_are_each_as_likely(void **state) {
    (void)state;
    static made m;
    const cc_patch_volume v = make_volume(&m, 6, 3, 5);
    cc_patch_options o = options_of(&v, 1);
    int places[12] = {0}, voxels[6] = {0};
    cc_patch_sampler *s = open_sampler(&o);
    for (uint64_t i = 0; i < MANY; i++) {
        cc_patch p;
        cc_patch_draw(&p, s, 0, i);
        assert_false(p.foreground); /* there is none: anywhere */
        assert_true(p.start[0] >= 0 && p.start[0] <= 2 && p.start[1] == 0 && p.start[2] >= 0 &&
                    p.start[2] <= 3);
        places[p.start[2] * 3 + p.start[0]]++;
    }
    for (int i = 0; i < 12; i++) assert_true(fabs(places[i] - MANY / 12.0) < 5 * sqrt(MANY / 12.0 * 11 / 12));
    cc_patch_sampler_destroy(s);
    /* Patches of one voxel show which was drawn: class 1 at x = 0, class 2 at 1, 2 (one slice), 3, 4
     * (another); what the loss ignores at 5. */
    m.labels[0] = 1, m.labels[5] = CC_PATCH_IGNORED;
    m.labels[1] = m.labels[2] = m.labels[2 * 18 + 3] = m.labels[2 * 18 + 4] = 2;
    o.foreground = 1;
    for (int k = 0; k < 3; k++) o.size[k] = 1;
    s = open_sampler(&o);
    for (uint64_t i = 0; i < MANY; i++) {
        cc_patch p;
        cc_patch_draw(&p, s, 0, i);
        assert_int_equal(p.start[2], p.start[0] > 2 ? 2 : 0);
        voxels[p.start[0]]++;
    }
    for (int i = 0; i < 6; i++) {
        const double share = i == 0 ? 0.5 : i == 5 ? 0 : 0.125;
        assert_true(fabs(voxels[i] - MANY * share) <= 5 * sqrt(MANY * share * (1 - share)));
    }
    cc_patch_sampler_destroy(s);
}

/* Every patch of every volume, mirrored in every way, voxel by voxel; volumes that are smaller on one axis or
 * all. */
static void a_patch_holds_the_voxels_of_its_place(void **state) {
    (void)state;
    static made m[3];
    const cc_patch_volume v[3] = {make_volume(&m[0], 8, 7, 6), make_volume(&m[1], 1, 2, 1),
                                  make_volume(&m[2], 9, 1, 9)};
    for (int i = 0; i < 1000; i++) m[0].labels[i] = (uint8_t)(i % 5), m[2].labels[i] = (uint8_t)(i % 3);
    cc_patch_options o = options_of(v, 3);
    o.mirror = CC_MIRROR_ALL;
    cc_patch_sampler *s = open_sampler(&o);
    unsigned seen_mirrors = 0, seen_volumes = 0;
    for (uint64_t i = 0; i < 300; i++) {
        float image[CHANNELS * 24], target[24];
        cc_patch p;
        cc_patch_draw(&p, s, 3, i);
        seen_mirrors |= 1U << p.mirrored, seen_volumes |= 1U << p.volume;
        cc_patch_cut(image, target, s, &p, NULL);
        const int64_t *dims = v[p.volume].dims;
        /* 1 x 2 x 1 lies with 1, 0 and 0 voxels before it in 4 x 3 x 2. */
        for (int k = 0; k < 3; k++)
            assert_true(dims[k] < o.size[k] || (p.start[k] >= 0 && p.start[k] <= dims[k] - o.size[k]));
        if (p.volume == 1) assert_memory_equal(p.start, ((int64_t[]){-1, 0, 0}), sizeof p.start);
        for (int k = 0; k < 24; k++) {
            int64_t at[3] = {k % 4, k / 4 % 3, k / 12};
            bool inside = true;
            for (int axis = 0; axis < 3; axis++) {
                if (p.mirrored >> axis & 1) at[axis] = o.size[axis] - 1 - at[axis];
                at[axis] += p.start[axis];
                inside = inside && at[axis] >= 0 && at[axis] < dims[axis];
            }
            const int64_t voxel = (at[2] * dims[1] + at[1]) * dims[0] + at[0];
            assert_true(target[k] == (inside ? (float)v[p.volume].labels[voxel] : 0));
            for (int c = 0; c < CHANNELS; c++)
                assert_true(image[c * 24 + k] ==
                            (inside ? (float)(1000 * c + 100 * at[2] + 10 * at[1] + at[0]) : -5));
        }
    }
    assert_int_equal(seen_mirrors, 0xff);
    assert_int_equal(seen_volumes, 7);
    cc_patch_sampler_destroy(s);
}

/* Affine, elastic, ..., all certain, within slices or in space; one channel of HU from 0 to 1000. */
static cc_patch_random random_of(const char *const *names, int count, bool in_space) {
    static const char *const words[] = {"hu"};
    cc_random_ranges r = certain();
    r.shear = 10;
    r.shift = 0.1;
    r.elastic_spacing = 0.25;
    r.elastic_sigma = 0.03;
    cc_patch_random random = {.in_space = in_space, .window_hu = {0, 1000}};
    assert_ok(cc_random_augment_init(&random.kinds, names, count, &r));
    assert_ok(cc_channels_init(&random.channels, words, 1, 1, random.window_hu));
    return random;
}

static void cut(float *image, float *target, const cc_patch_sampler *s, const cc_patch *p) {
    double *work = malloc((cc_patch_work(s) + 1) * sizeof *work);
    assert_non_null(work);
    cc_patch_cut(image, target, s, p, work);
    free(work);
}

enum { SIDE = 20, CUBE = SIDE * SIDE * SIDE };

/* A cube of values that no two neighbours share, labels in blocks. */
static cc_patch_volume make_cube(float *image, uint8_t *labels, double z_mm) {
    for (int i = 0; i < CUBE; i++) {
        const int x = i % SIDE, y = i / SIDE % SIDE, z = i / (SIDE * SIDE);
        image[i] = (float)(500 + 20 * x - 13 * y + 7 * z + x * y * z % 11);
        labels[i] = (uint8_t)((x / 5 + y / 4 + z / 3) % 3);
    }
    return (cc_patch_volume){{SIDE, SIDE, SIDE}, image, labels, {1, 1, z_mm}};
}

/* A patch that is a whole volume of cubes is moved, slice by slice, as datasets/augment_random.h moves and
 * smooths a slice; of contrast and noise, which see all of a patch, there are none here. */
static void within_slices_a_patch_is_changed_as_slices_are(void **state) {
    (void)state;
    static const char *const names[] = {"affine", "elastic", "blur", "brightness", "low_resolution", "gamma"};
    static float image[CUBE], got[CUBE], target[CUBE], slice[SIDE * SIDE], other[SIDE * SIDE];
    static uint8_t labels[CUBE], mask[SIDE * SIDE], other_mask[SIDE * SIDE];
    const cc_patch_volume v = make_cube(image, labels, 3);
    const cc_patch_random random = random_of(names, 6, false);
    cc_patch_options o = options_of(&v, 1);
    o.channels = 1, o.fill = 0, o.random = &random;
    for (int k = 0; k < 3; k++) o.size[k] = SIDE;
    cc_patch_sampler *s = open_sampler(&o);
    float *work = malloc((cc_random_augment_work(&random.kinds, SIDE, SIDE) + 1) * sizeof *work);
    assert_non_null(work);
    for (uint64_t sample = 0; sample < 3; sample++) {
        cc_patch p;
        const cc_random_item item = {.seed = 7, .epoch = 2, .number = sample, .high_hu = 1000};
        int differ = 0;
        cc_patch_draw(&p, s, 2, sample);
        cut(got, target, s, &p);
        for (int z = 0; z < SIDE; z++) {
            const size_t at = (size_t)z * SIDE * SIDE;
            memcpy(slice, image + at, sizeof slice);
            memcpy(mask, labels + at, sizeof mask);
            cc_random_augment_hu(slice, mask, &random.kinds, &item, SIDE, SIDE, other, other_mask, work);
            cc_channel_window(slice, slice, SIDE * SIDE, random.window_hu);
            cc_random_augment_windowed(slice, &random.kinds, &item, SIDE * SIDE);
            for (int i = 0; i < SIDE * SIDE; i++) {
                differ += !(fabsf(got[at + (size_t)i] - slice[i]) < 1e-4f);
                differ += target[at + (size_t)i] != (float)mask[i];
            }
        }
        assert_true(differ <= CUBE / 1000); /* places on a border, by one rounding */
        assert_true(memcmp(got, image, sizeof got) != 0);
    }
    free(work);
    cc_patch_sampler_destroy(s);
}

/* A patch of 8 voxels in the middle of 20 that is turned and scaled about its middle (its corners come from
 * at most 3.5 sqrt(3) / 0.7 = 8.7 voxels away) sees the volume, and nothing that lies beyond it. */
static void a_turned_patch_sees_the_volume_about_it(void **state) {
    (void)state;
    static const char *const affine[] = {"affine"};
    static float image[CUBE], got[512], target[512];
    static uint8_t labels[CUBE];
    cc_patch_volume v = make_cube(image, labels, 1);
    for (int i = 0; i < CUBE; i++) image[i] = 500, labels[i] = 1;
    for (int in_space = 0; in_space < 2; in_space++) {
        cc_patch_random random = random_of(affine, 1, in_space);
        random.kinds.ranges.rotation = 180;
        random.kinds.ranges.shear = random.kinds.ranges.shift = 0;
        cc_patch_options o = options_of(&v, 1);
        o.channels = 1, o.random = &random;
        for (int k = 0; k < 3; k++) o.size[k] = 8;
        cc_patch_sampler *s = open_sampler(&o);
        for (uint64_t sample = 0; sample < 50; sample++) {
            cc_patch p;
            cc_patch_draw(&p, s, 0, sample);
            for (int k = 0; k < 3; k++) p.start[k] = 6;
            cut(got, target, s, &p);
            for (int i = 0; i < 512; i++) assert_true(got[i] == 0.5f && target[i] == 1);
            /* At the volume's corner part of it lies beyond. */
            int beyond = 0;
            for (int k = 0; k < 3; k++) p.start[k] = 0;
            cut(got, target, s, &p);
            for (int i = 0; i < 512; i++) beyond += target[i] == 0;
            for (int i = 0; i < 512; i++) assert_true(got[i] == (target[i] == 0 ? 0 : 0.5f));
            assert_true(beyond < 512);
        }
        cc_patch_sampler_destroy(s);
    }
}

/* In voxels of 1 x 1 x 3 mm a ball of 12 mm about the patch's middle stays one, however it is turned, and has
 * twice the radius at a scale of 2, in space; within slices it grows along two axes alone. */
static void in_space_a_ball_stays_one_whatever_the_voxels_are(void **state) {
    (void)state;
    enum { ACROSS = 49, DEEP = 17, COUNT = ACROSS * ACROSS * DEEP };
    static const char *const affine[] = {"affine"};
    static float image[COUNT], got[COUNT], target[COUNT];
    static uint8_t labels[COUNT];
    const cc_patch_volume v = {{ACROSS, ACROSS, DEEP}, image, labels, {1, 1, 3}};
    int ball = 0;
    for (int i = 0; i < COUNT; i++) {
        const double x = i % ACROSS - 24, y = i / ACROSS % ACROSS - 24, z = 3 * (i / (ACROSS * ACROSS) - 8);
        labels[i] = x * x + y * y + z * z <= 144;
        ball += labels[i];
    }
    for (int k = 0; k < 4; k++) {
        const bool in_space = k != 3;
        const double scale = k < 2 ? 1 : 1.9, volumes = k < 2 ? 1 : in_space ? 1.9 * 1.9 * 1.9 : 1.9 * 1.9;
        cc_patch_random random = random_of(affine, 1, in_space);
        random.kinds.ranges.scale[0] = random.kinds.ranges.scale[1] = scale;
        random.kinds.ranges.shear = random.kinds.ranges.shift = 0;
        cc_patch_options o = options_of(&v, 1);
        o.channels = 1, o.random = &random, o.mirror = k == 1 ? CC_MIRROR_ALL : 0;
        memcpy(o.size, v.dims, sizeof o.size);
        cc_patch_sampler *s = open_sampler(&o);
        for (uint64_t sample = 0; sample < 8; sample++) {
            cc_patch p;
            int marked = 0;
            double m[6] = {0}; /* xx, yy, zz, xy, xz, yz in mm2 */
            cc_patch_draw(&p, s, 0, sample);
            cut(got, target, s, &p);
            for (int i = 0; i < COUNT; i++) {
                if (target[i] == 0) continue;
                const double x = i % ACROSS - 24, y = i / ACROSS % ACROSS - 24,
                             z = 3 * (i / (ACROSS * ACROSS) - 8),
                             of[6] = {x * x, y * y, z * z, x * y, x * z, y * z};
                for (int n = 0; n < 6; n++) m[n] += of[n];
                marked++;
            }
            assert_true(fabs(marked / (volumes * ball) - 1) < 0.05);
            /* A ball of radius r has the variance r2 / 5 along each axis. */
            const double variance = 144.0 / 5 * scale * scale;
            for (int n = 0; n < 6; n++) {
                const double want = n == 2 && !in_space ? 144.0 / 5 : n < 3 ? variance : 0;
                assert_true(fabs(m[n] / marked - want) < 0.1 * variance); /* voxels of 3 mm are coarse */
            }
        }
        cc_patch_sampler_destroy(s);
    }
}

/* What is mirrored is the mirror image of the same patch without it, moved or not. */
static void a_moved_patch_is_mirrored_last(void **state) {
    (void)state;
    static const char *const affine[] = {"affine"};
    static float image[CUBE], got[512], want[512], target[512], unused[512];
    static uint8_t labels[CUBE];
    const cc_patch_volume v = make_cube(image, labels, 2);
    cc_patch_random random = random_of(affine, 1, true);
    random.kinds.ranges.probability[CC_RANDOM_affine] = 0.7;
    cc_patch_options o = options_of(&v, 1);
    static const int64_t size[3] = {8, 8, 8};
    o.channels = 1, o.random = &random, o.mirror = CC_MIRROR_ALL;
    memcpy(o.size, size, sizeof size);
    cc_patch_sampler *s = open_sampler(&o);
    for (uint64_t sample = 0; sample < 20; sample++) {
        cc_patch p;
        cc_patch_draw(&p, s, 0, sample);
        cut(got, target, s, &p);
        const unsigned mirrored = p.mirrored;
        p.mirrored = 0;
        cut(unused, target, s, &p);
        cc_mirror(want, unused, 1, size, mirrored);
        int differ = 0;
        for (int i = 0; i < 512; i++) differ += !(fabsf(got[i] - want[i]) < 1e-4f);
        assert_true(differ <= 2);
    }
    cc_patch_sampler_destroy(s);
}

/* Windows are made of one plane of HU; masks are moved by the nearest voxel, not made of HU that changed. */
static void channels_are_made_of_planes(void **state) {
    (void)state;
    static const char *const brightness[] = {"brightness"}, *const words[] = {"above_130", "hu_0_500",
                                                                              "above_300", "hu"};
    static float planes[3 * CUBE], got[4 * 512], target[512];
    static uint8_t labels[CUBE];
    cc_patch_volume v = make_cube(planes, labels, 1);
    for (int i = 0; i < CUBE; i++) planes[CUBE + i] = i % 2, planes[2 * CUBE + i] = i % 3 == 0;
    v.image = planes;
    cc_patch_random random = random_of(brightness, 1, false);
    assert_ok(cc_channels_init(&random.channels, words, 4, 1, random.window_hu));
    cc_patch_options o = options_of(&v, 1);
    o.channels = 4, o.random = &random;
    for (int k = 0; k < 3; k++) o.size[k] = 8;
    cc_patch_sampler *s = open_sampler(&o);
    cc_patch p;
    cc_patch_draw(&p, s, 1, 3);
    cut(got, target, s, &p);
    float shift = 0;
    for (int i = 0; i < 512; i++) {
        const int64_t at =
            ((p.start[2] + i / 64) * SIDE + p.start[1] + i / 8 % 8) * SIDE + p.start[0] + i % 8;
        assert_true(got[i] == planes[CUBE + at] && got[2 * 512 + i] == planes[2 * CUBE + at]);
        const float hu = got[3 * 512 + i] * 1000;
        if (i == 0) shift = hu - planes[at]; /* one number for all of the patch */
        assert_float_equal(hu - planes[at], shift, 1e-2);
        assert_float_equal(got[512 + i], fminf(hu / 500, 1), 1e-4);
    }
    assert_true(fabsf(shift) > 0 && fabsf(shift) <= 50);
    cc_patch_sampler_destroy(s);
}

/* All that some batches hold. */
typedef struct epoch {
    float images[12 * CHANNELS * 24], targets[12 * 24];
    cc_patch patches[12];
    int batches;
} epoch;

static void run_epoch(epoch *out, cc_patch_loader *loader, uint64_t number) {
    const cc_patch_batch *batch;
    memset(out, 0, sizeof *out);
    cc_patch_loader_start(loader, number, 0);
    for (;;) {
        assert_ok(cc_patch_loader_next(loader, &batch));
        if (!batch) return;
        assert_int_equal(batch->count, 3);
        memcpy(out->images + out->batches * 3 * CHANNELS * 24, batch->images,
               3 * CHANNELS * 24 * sizeof(float));
        memcpy(out->targets + out->batches * 3 * 24, batch->targets, (size_t)3 * 24 * sizeof(float));
        /* Field by field: padding between them is nobody's. */
        for (int i = 0; i < 3; i++) {
            cc_patch *to = &out->patches[out->batches * 3 + i];
            to->volume = batch->patches[i].volume, to->mirrored = batch->patches[i].mirrored;
            to->foreground = batch->patches[i].foreground;
            memcpy(to->start, batch->patches[i].start, sizeof to->start);
        }
        out->batches++;
    }
}

static void check_bytes(const cc_patch_random *random) {
    static made m[2];
    static epoch want, got;
    const cc_patch_volume v[2] = {make_volume(&m[0], 8, 7, 6), make_volume(&m[1], 5, 5, 5)};
    m[1].labels[60] = 1;
    cc_patch_options o = options_of(v, 2);
    o.mirror = CC_MIRROR_X | CC_MIRROR_Z;
    o.random = random;
    cc_patch_loader *loader;
    const cc_patch_batch *batch;
    assert_ok(cc_patch_loader_create(&loader, &o, 4, 0));
    assert_ok(cc_patch_loader_next(loader, &batch));
    assert_null(batch); /* before the first start */
    run_epoch(&want, loader, 5);
    assert_int_equal(want.batches, 4);
    cc_patch_loader_destroy(loader);
    for (int workers = 0; workers <= 4; workers++) {
        assert_ok(cc_patch_loader_create(&loader, &o, 4, workers));
        run_epoch(&got, loader, 4);
        assert_true(memcmp(&got, &want, sizeof got) != 0);
        cc_patch_loader_start(loader, 5, 0);
        assert_ok(cc_patch_loader_next(loader, &batch));
        run_epoch(&got, loader, 5); /* in the middle of itself */
        assert_memory_equal(&got, &want, sizeof got);
        cc_patch_loader_destroy(loader);
    }
    o.seed = 8;
    assert_ok(cc_patch_loader_create(&loader, &o, 4, 2));
    run_epoch(&got, loader, 5);
    assert_true(memcmp(&got, &want, sizeof got) != 0);
    cc_patch_loader_destroy(loader);
    cc_patch_loader_destroy(NULL);
}

static void bytes_depend_on_seed_and_epoch_alone(void **state) {
    (void)state;
    static const char *const all[] = {"affine",     "elastic",  "noise",          "blur",
                                      "brightness", "contrast", "low_resolution", "gamma"},
                             *const words[] = {"hu", "above_130"};
    check_bytes(NULL);
    for (int in_space = 0; in_space < 2; in_space++) {
        cc_patch_random random = random_of(all, 8, in_space);
        for (int k = 0; k < CC_RANDOM_KINDS; k++) random.kinds.ranges.probability[k] = 0.6;
        assert_ok(cc_channels_init(&random.channels, words, 2, 1, random.window_hu));
        check_bytes(&random);
    }
}

static void options_that_make_no_sense_are_refused(void **state) {
    (void)state;
    static made m;
    const cc_patch_volume v = make_volume(&m, 4, 4, 4), none = {{4, 0, 4}, m.image, m.labels, {1, 1, 1}},
                          flat = {{4, 4, 4}, m.image, m.labels, {1, 1, 0}};
    cc_patch_loader *loader = NULL;
    cc_patch_options o = options_of(&v, 0);
    assert_error(cc_patch_loader_create(&loader, &o, 4, 0), CC_EINVAL, "0 volumes");
    o = options_of(&none, 1);
    assert_error(cc_patch_loader_create(&loader, &o, 4, 0), CC_EINVAL, "volume 0: 4 x 0 x 4");
    o = options_of(&v, 1);
    o.size[1] = 0;
    assert_error(cc_patch_loader_create(&loader, &o, 4, 0), CC_EINVAL, "0 voxels along y");
    o = options_of(&v, 1);
    o.foreground = 1.5;
    assert_error(cc_patch_loader_create(&loader, &o, 4, 0), CC_EINVAL, "foreground of 1.5");
    o = options_of(&v, 1);
    o.batch = 0;
    assert_error(cc_patch_loader_create(&loader, &o, 4, 0), CC_EINVAL, "batches of 0");
    const char *const affine[] = {"affine"};
    const cc_patch_random random = random_of(affine, 1, true);
    o = options_of(&flat, 1);
    o.channels = 1, o.random = &random;
    assert_error(cc_patch_loader_create(&loader, &o, 4, 0), CC_EINVAL, "volume 0: a spacing of 0 mm along z");
    o = options_of(&v, 1);
    o.random = &random;
    assert_error(cc_patch_loader_create(&loader, &o, 4, 0), CC_EINVAL, "2 channels, but 1 words");
    o = options_of(&v, 1);
    assert_error(cc_patch_loader_create(&loader, &o, 0, 0), CC_EINVAL, "0 batches");
    assert_error(cc_patch_loader_create(&loader, &o, 1, 65), CC_ECONFIG, "train.workers");
    assert_null(loader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_samples_of_each_batch_lie_about_foreground),
        cmocka_unit_test(places_and_classes_and_voxels_are_each_as_likely),
        cmocka_unit_test(a_patch_holds_the_voxels_of_its_place),
        cmocka_unit_test(within_slices_a_patch_is_changed_as_slices_are),
        cmocka_unit_test(a_turned_patch_sees_the_volume_about_it),
        cmocka_unit_test(in_space_a_ball_stays_one_whatever_the_voxels_are),
        cmocka_unit_test(a_moved_patch_is_mirrored_last),
        cmocka_unit_test(channels_are_made_of_planes),
        cmocka_unit_test(bytes_depend_on_seed_and_epoch_alone),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
