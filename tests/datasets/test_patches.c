/* tests/datasets/test_patches.c -- where patches lie, what they hold, and that neither threads nor earlier
 * epochs change a byte. */
#include "datasets/patch_loader.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/mirror.h"
#include "support.h"

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
    return (cc_patch_volume){{x, y, z}, m->image, m->labels};
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
        cc_patch_cut(image, target, s, &p);
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

/* All that some batches hold. */
typedef struct epoch {
    float images[12 * CHANNELS * 24], targets[12 * 24];
    cc_patch patches[12];
    int batches;
} epoch;

static void run_epoch(epoch *out, cc_patch_loader *loader, uint64_t number) {
    const cc_patch_batch *batch;
    memset(out, 0, sizeof *out);
    cc_patch_loader_start(loader, number);
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

static void bytes_depend_on_seed_and_epoch_alone(void **state) {
    (void)state;
    static made m[2];
    static epoch want, got;
    const cc_patch_volume v[2] = {make_volume(&m[0], 8, 7, 6), make_volume(&m[1], 5, 5, 5)};
    m[1].labels[60] = 1;
    cc_patch_options o = options_of(v, 2);
    o.mirror = CC_MIRROR_X | CC_MIRROR_Z;
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
        cc_patch_loader_start(loader, 5);
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

static void options_that_make_no_sense_are_refused(void **state) {
    (void)state;
    static made m;
    const cc_patch_volume v = make_volume(&m, 4, 4, 4), none = {{4, 0, 4}, m.image, m.labels};
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
        cmocka_unit_test(bytes_depend_on_seed_and_epoch_alone),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
