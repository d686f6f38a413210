/* tests/datasets/test_phantom.c -- the phantom: HU of its tissues, truth that agrees with them, the same
 * bytes for the same seed, scanners that differ, and folders that are whole or not there. */
#include "support.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "datasets/phantom/make.h"
#include "datasets/phantom/phantom.h"
#include "datasets/phantom/write.h"
#include "datasets/png.h"
#include "datasets/slices.h"

typedef struct patient {
    cc_volume hu, labels;
    size_t count;
    int size, slices;
} patient;

static cc_phantom_options options_of(int patients, int size, int slices) {
    cc_phantom_options o = cc_phantom_defaults();
    o.patients = patients;
    o.size = size;
    o.slices = slices;
    return o;
}

static patient make(const cc_phantom_options *o, int number) {
    patient p = {.size = o->size, .slices = o->slices};
    assert_ok(cc_phantom_make(&p.hu, &p.labels, NULL, o, number));
    p.count = (size_t)o->size * (size_t)o->size * (size_t)o->slices;
    return p;
}

static void drop(patient *p) {
    cc_volume_deinit(&p->hu);
    cc_volume_deinit(&p->labels);
}

static bool same_voxels(const cc_volume *a, const cc_volume *b, size_t count) {
    return memcmp(a->voxels, b->voxels, count * sizeof(float)) == 0;
}

static void the_same_seed_gives_the_same_bytes_and_another_does_not(void **state) {
    (void)state;
    cc_phantom_options o = options_of(3, 64, 4), other = o;
    other.seed = 2;
    patient a = make(&o, 1), b = make(&o, 1), c = make(&other, 1), d = make(&o, 2);
    assert_true(same_voxels(&a.hu, &b.hu, a.count) && same_voxels(&a.labels, &b.labels, a.count));
    assert_memory_equal(&a.hu.grid, &b.hu.grid, sizeof a.hu.grid);
    assert_false(same_voxels(&a.hu, &c.hu, a.count) || same_voxels(&a.labels, &c.labels, a.count));
    assert_false(same_voxels(&a.hu, &d.hu, a.count) || same_voxels(&a.labels, &d.labels, a.count));
    drop(&a), drop(&b), drop(&c), drop(&d);
}

static void the_thread_count_changes_no_byte(void **state) {
    (void)state;
    char out[512];
    const char *dir = cc_test_folder();
    for (int threads = 1; threads <= 3; threads += 2)
        assert_int_equal(cc_test_run(NULL, 0,
                                     "OMP_NUM_THREADS=%d %s phantom %s/%d --patients 2 --size 64 --slices 5",
                                     threads, CC_PROGRAM, dir, threads),
                         0);
    assert_int_equal(cc_test_run(out, sizeof out, "diff -r %s/1 %s/3", dir, dir), 0);
}

/* Whether the eight neighbours in the slice are of the same tissue: away from partial volume. */
static bool is_inner(const patient *p, size_t at) {
    size_t n = (size_t)p->size, x = at % n, y = at / n % n;
    if (x == 0 || y == 0 || x == n - 1 || y == n - 1) return false;
    cc_phantom_tissue tissue = cc_phantom_label_tissue(p->labels.voxels[at]);
    for (size_t dy = 0; dy < 3; dy++)
        for (size_t dx = 0; dx < 3; dx++)
            if (cc_phantom_label_tissue(p->labels.voxels[at + (dy - 1) * n + dx - 1]) != tissue) return false;
    return true;
}

/* Mean (and standard deviation) of a tissue away from its borders. */
static double mean_hu(double *deviation, const patient *p, cc_phantom_tissue tissue) {
    double sum = 0, squares = 0, count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (cc_phantom_label_tissue(p->labels.voxels[i]) != tissue || !is_inner(p, i)) continue;
        sum += p->hu.voxels[i];
        squares += (double)p->hu.voxels[i] * p->hu.voxels[i];
        count++;
    }
    assert_true(count > 20);
    if (deviation) *deviation = sqrt(squares / count - sum / count * sum / count);
    return sum / count;
}

static void every_tissue_reads_the_hu_that_the_header_says(void **state) {
    (void)state;
    static const struct {
        cc_phantom_tissue tissue;
        double low, high;
    } wanted[] = {
        {CC_TISSUE_AIR, -1024, -990}, {CC_TISSUE_LUNG, -870, -820},     {CC_TISSUE_FAT, -112, -90},
        {CC_TISSUE_MUSCLE, 44, 60},   {CC_TISSUE_BLOOD, 35, 52},        {CC_TISSUE_MYOCARDIUM, 45, 60},
        {CC_TISSUE_LIVER, 38, 68},    {CC_TISSUE_TRABECULAR, 100, 300}, {CC_TISSUE_CORTICAL, 300, 900},
    };
    cc_phantom_options o = options_of(1, 192, 8);
    patient p = make(&o, 0);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        double mean = mean_hu(NULL, &p, wanted[i].tissue);
        if (mean < wanted[i].low || mean > wanted[i].high)
            fail_msg("tissue %d reads %.1f HU", wanted[i].tissue, mean);
    }
    for (size_t i = 0; i < p.count; i++) {
        float v = p.hu.voxels[i];
        assert_true(v >= -1024 && v <= 3071 && v == floorf(v));
    }
    drop(&p);
}

/* The centre of a tissue, or of the heart, in LPS mm; and how many slices it is absent from. */
static void centre_of(double mm[3], int *empty, const patient *p, bool heart, cc_phantom_tissue tissue) {
    const cc_grid *g = &p->labels.grid;
    double sum[3] = {0, 0, 0}, count = 0;
    size_t n = (size_t)p->size;
    *empty = 0;
    for (size_t z = 0; z < (size_t)p->slices; z++) {
        double before = count;
        for (size_t i = 0; i < n * n; i++) {
            float label = p->labels.voxels[z * n * n + i];
            if (heart ? !cc_phantom_label_is_heart(label) : cc_phantom_label_tissue(label) != tissue)
                continue;
            sum[0] += (double)(i % n);
            sum[1] += (double)(i / n);
            sum[2] += (double)z;
            count++;
        }
        *empty += count == before;
    }
    assert_true(count > 0);
    for (int k = 0; k < 3; k++) mm[k] = g->origin_mm[k] + g->spacing_mm[k] * sum[k] / count;
}

static void the_heart_lies_left_of_the_spine_and_in_front_of_it(void **state) {
    (void)state;
    cc_phantom_options o = options_of(6, 64, 20);
    for (int number = 0; number < o.patients; number++) {
        patient p = make(&o, number);
        double heart[3], spine[3];
        int empty, unused;
        centre_of(heart, &empty, &p, true, CC_TISSUE_AIR);
        centre_of(spine, &unused, &p, false, CC_TISSUE_DISC);
        assert_true(heart[0] - spine[0] > 5 && heart[0] - spine[0] < 35); /* LPS: +x is left */
        assert_true(spine[1] - heart[1] > 60);                            /* LPS: +y is back */
        assert_true(empty <= 4);
        drop(&p);
    }
}

static void four_scanners_differ_in_field_noise_and_calibration(void **state) {
    (void)state;
    cc_phantom_options o = options_of(CC_PHANTOM_SCANNERS, 128, 4);
    double field[CC_PHANTOM_SCANNERS], noise[CC_PHANTOM_SCANNERS], shift[CC_PHANTOM_SCANNERS];
    for (int s = 0; s < CC_PHANTOM_SCANNERS; s++) {
        patient p = make(&o, s);
        assert_int_equal(cc_phantom_scanner_of(s), s);
        field[s] = p.hu.grid.spacing_mm[0] * o.size;
        shift[s] = mean_hu(&noise[s], &p, CC_TISSUE_MYOCARDIUM);
        assert_true(noise[s] > 8 && noise[s] < 32);
        for (int other = 0; other < s; other++) {
            assert_true(fabs(field[s] - field[other]) > 10);
            assert_true(fabs(noise[s] - noise[other]) > 1);
            assert_true(fabs(shift[s] - shift[other]) > 3);
        }
        drop(&p);
    }
}

static void calcium_reads_above_130_hu_and_plaque_lies_in_the_heart(void **state) {
    (void)state;
    cc_phantom_options o = options_of(4, 96, 16);
    for (int number = 0; number < o.patients; number++) {
        patient p = make(&o, number);
        for (size_t i = 0; i < p.count; i++) {
            cc_phantom_tissue t = cc_phantom_label_tissue(p.labels.voxels[i]);
            if (t < CC_TISSUE_PLAQUE_LAD || t > CC_TISSUE_CALCIUM_MITRAL) continue;
            assert_true(p.hu.voxels[i] > 130);
            assert_true(t > CC_TISSUE_PLAQUE_RCA || cc_phantom_label_is_heart(p.labels.voxels[i]));
        }
        drop(&p);
    }
}

/* Plaque and other calcium of each of 32 patients, in voxels of 4 mm. */
enum { COHORT = 32 };
typedef struct burden {
    int plaque[COHORT], wall[COHORT];
} burden;

static burden burden_of_cohort(void) {
    burden b = {{0}, {0}};
    cc_phantom_options o = options_of(COHORT, 96, 30);
    for (int number = 0; number < (cc_test_sanitized() ? 2 : COHORT); number++) {
        patient p = make(&o, number);
        for (size_t i = 0; i < p.count; i++) {
            cc_phantom_tissue t = cc_phantom_label_tissue(p.labels.voxels[i]);
            b.plaque[number] += t >= CC_TISSUE_PLAQUE_LAD && t <= CC_TISSUE_PLAQUE_RCA;
            b.wall[number] += t == CC_TISSUE_CALCIUM_AORTA || t == CC_TISSUE_CALCIUM_MITRAL;
        }
        drop(&p);
    }
    return b;
}

static void a_quarter_is_without_plaque_and_the_rest_spreads_from_a_voxel_to_many(void **state) {
    (void)state;
    burden b = burden_of_cohort();
    if (cc_test_sanitized()) return; /* what is counted is counted in the other build */
    int without = 0, tiny = 0, heavy = 0, wall = 0, wall_alone = 0, by_scanner[CC_PHANTOM_SCANNERS] = {0};
    for (int i = 0; i < COHORT; i++) {
        without += b.plaque[i] == 0;
        tiny += b.plaque[i] >= 1 && b.plaque[i] <= 3;
        heavy += b.plaque[i] >= 20;
        wall += b.wall[i] > 0;
        wall_alone += b.wall[i] > 0 && b.plaque[i] == 0;
        by_scanner[cc_phantom_scanner_of(i)] += b.plaque[i] > 0;
    }
    assert_in_range(without, COHORT / 4, COHORT / 4 + 3); /* the tiniest may be lost in a voxel */
    assert_in_range(tiny, 3, 12);
    assert_in_range(heavy, 4, 12);
    assert_in_range(wall, COHORT * 3 / 8, COHORT * 5 / 8);
    assert_true(wall_alone >= 1);
    for (int s = 0; s < CC_PHANTOM_SCANNERS; s++) assert_in_range(by_scanner[s], 4, 7);
}

static void a_field_of_view_is_a_whole_square_about_the_heart(void **state) {
    (void)state;
    cc_phantom_options o = options_of(CC_PHANTOM_SCANNERS, 96, 8);
    o.field_mm = 220;
    for (int number = 0; number < o.patients; number++) {
        patient p = make(&o, number);
        assert_true(p.hu.grid.spacing_mm[0] == 220. / 96 && p.hu.grid.spacing_mm[1] == 220. / 96);
        size_t inside = 0;
        for (size_t i = 0; i < p.count; i++) {
            if (!cc_phantom_label_is_heart(p.labels.voxels[i])) continue;
            const size_t x = i % 96, y = i / 96 % 96;
            assert_true(x > 8 && x < 87 && y > 8 && y < 87); /* 20 mm from the border */
            inside++;
        }
        assert_true(inside > 500);
        /* What would lie outside the circle of a scanner's own field is body here. */
        size_t body = 0;
        for (size_t i = 0; i < p.count; i++) {
            const double dx = (double)(i % 96) - 47.5, dy = (double)(i / 96 % 96) - 47.5;
            body += dx * dx + dy * dy > 48 * 48 && p.hu.voxels[i] > -200;
        }
        assert_true(body > 1000);
        drop(&p);
    }
}

/* The shares are those of clinical_score's source: 51 % without; of the others 52 % up to 100. A mm3 of what
 * is above 130 HU is about one unit of the score. */
static void the_clinical_burden_has_half_without_and_a_long_tail(void **state) {
    (void)state;
    enum { PATIENTS = 16 };
    cc_phantom_options o = options_of(PATIENTS, 64, 40);
    o.field_mm = 220;
    o.burden = CC_BURDEN_clinical;
    int without = 0, low = 0, high = 0;
    for (int number = 0; number < (cc_test_sanitized() ? 2 : PATIENTS); number++) {
        patient p = make(&o, number);
        const double *mm = p.hu.grid.spacing_mm;
        double mm3 = 0;
        for (size_t i = 0; i < p.count; i++) {
            const cc_phantom_tissue t = cc_phantom_label_tissue(p.labels.voxels[i]);
            if (t >= CC_TISSUE_PLAQUE_LAD && t <= CC_TISSUE_PLAQUE_RCA) mm3 += mm[0] * mm[1] * mm[2];
        }
        without += mm3 == 0;
        low += mm3 > 0 && mm3 < 100;
        high += mm3 > 300;
        drop(&p);
    }
    if (cc_test_sanitized()) return; /* what is counted is counted in the other build */
    assert_in_range(without, 7, 10);
    assert_in_range(low, 2, 6);
    assert_in_range(high, 1, 4);
}

/* What a folder of the time before fields and burdens has in its file: it is gone on with. */
static void a_phantom_without_the_newer_options_is_named_as_before(void **state) {
    (void)state;
    static const char want[] =
        "calcade phantom, numerics 4: layout ctheart, patients 1, size 64, slices 1, seed 1, "
        "window -200 800 HU\n";
    cc_phantom_options o = options_of(1, 64, 1);
    const char *dir = cc_test_folder();
    char *text;
    size_t bytes;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_phantom_write(NULL, dir, &o));
    assert_ok(cc_file_read(&text, &bytes, cc_test_path(dir, "phantom.txt"), 4096, arena));
    assert_string_equal(text, want);
    cc_arena_destroy(arena);
    o.field_mm = 220;
    assert_error(cc_phantom_write(NULL, dir, &o), CC_EINVAL, "holds another phantom");
    o.field_mm = 0;
    o.burden = CC_BURDEN_clinical;
    assert_error(cc_phantom_write(NULL, dir, &o), CC_EINVAL, "holds another phantom");
    o.field_mm = 50;
    assert_error(cc_phantom_check(&o), CC_EINVAL, "field_mm");
    assert_int_equal(cc_test_run(NULL, 0, "%s phantom %s/x --burden heavy", CC_PROGRAM, dir), 2);
}

/* The thickness of the lowest part of the table under column x, in pixels of its HU. */
static double table_thickness(const patient *p, size_t x) {
    const size_t n = 512, above = 12;
    const float *column = p->hu.voxels + x;
    size_t y = n - 1;
    double sum = 0;
    while (y > above && column[y * n] < -500) y--;
    for (size_t k = 0; k < above; k++) sum += (column[(y + 4 - k) * n] + 1000) / 1180;
    return sum;
}

static void the_joints_of_the_table_are_as_thick_as_the_rest(void **state) {
    (void)state;
    cc_phantom_options o = options_of(2, 512, 1);
    patient p = make(&o, 1);
    double most = 0;
    for (size_t x = 156; x < 356; x++) {
        double beside = table_thickness(&p, x - 7) + table_thickness(&p, x + 7);
        most = fmax(most, table_thickness(&p, x) / (0.5 * beside));
    }
    assert_true(most < 1.1);
    drop(&p);
}

static void sizes_from_64_to_512_are_made_and_others_refused(void **state) {
    (void)state;
    static const int good[] = {64, 65, 100, 512}, bad[] = {63, 513, 0, -1};
    for (int i = 0; i < 4; i++) {
        cc_phantom_options o = options_of(1, good[i], 1);
        patient p = make(&o, 0);
        assert_int_equal(p.hu.grid.dims[0], good[i]);
        drop(&p);
    }
    for (int i = 0; i < 4; i++) {
        cc_phantom_options o = options_of(1, bad[i], 1);
        cc_volume untouched = {0};
        assert_error(cc_phantom_make(&untouched, NULL, NULL, &o, 0), CC_EINVAL, "64 to 512");
        assert_null(untouched.voxels);
    }
}

static void options_that_make_no_sense_are_refused_by_name(void **state) {
    (void)state;
    cc_volume v = {0};
    cc_phantom_options o = options_of(1, 64, 0);
    assert_error(cc_phantom_make(&v, NULL, NULL, &o, 0), CC_EINVAL, "slices");
    o = options_of(0, 64, 1);
    assert_error(cc_phantom_write(NULL, cc_test_folder(), &o), CC_EINVAL, "patients");
    o = options_of(1, 64, 1);
    assert_error(cc_phantom_make(&v, NULL, NULL, &o, 1), CC_EINVAL, "patient");
    o.window_hu[0] = o.window_hu[1];
    assert_error(cc_phantom_make(&v, NULL, NULL, &o, 0), CC_EINVAL, "window_hu");
    assert_int_equal(cc_test_run(NULL, 0, "%s phantom %s --size 1000", CC_PROGRAM, cc_test_folder()), 2);
}

static void a_written_folder_reads_back(void **state) {
    (void)state;
    cc_phantom_options o = options_of(2, 64, 3);
    const char *dir = cc_test_folder();
    int made;
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(made, 2);
    patient p = make(&o, 1);
    for (int k = 0; k < o.slices; k++) {
        char name[64];
        uint16_t *image, *mask;
        int height, width, bits;
        snprintf(name, sizeof name, "train/ct_002/image/1-%03d.png", k + 1);
        assert_ok(cc_png_read_gray(&image, &height, &width, &bits, cc_test_path(dir, name)));
        assert_true(height == 64 && width == 64 && bits == 8);
        snprintf(name, sizeof name, "train/ct_002/mask/1-%03d.png", k + 1);
        assert_ok(cc_png_read_gray(&mask, &height, &width, &bits, cc_test_path(dir, name)));
        for (size_t i = 0; i < 64 * 64; i++) {
            size_t at = (size_t)k * 64 * 64 + i;
            double hu = fmin(800, fmax(-200, p.hu.voxels[at]));
            assert_true(fabs(-200 + image[i] / 255.0 * 1000 - hu) <= 0.51 * 1000 / 255);
            assert_int_equal(mask[i], cc_phantom_label_is_heart(p.labels.voxels[at]) ? 255 : 0);
        }
        free(image);
        free(mask);
    }
    drop(&p);
}

static void an_interrupted_phantom_is_completed_and_a_whole_one_left_alone(void **state) {
    (void)state;
    cc_phantom_options o = options_of(3, 64, 2);
    const char *dir = cc_test_folder(), *whole = cc_test_folder();
    int made;
    assert_ok(cc_phantom_write(&made, whole, &o));
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cd %s && rm -r train/ct_002 && mkdir -p .writing/ct_002/image && "
                                 "echo half > .writing/ct_002/image/1-001.png.1.tmp",
                                 dir),
                     0);
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(made, 1);
    assert_int_equal(cc_test_run(NULL, 0, "diff -r %s %s", dir, whole), 0);
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(made, 0);
}

static void a_phantom_killed_at_its_first_file_is_started_again(void **state) {
    (void)state;
    cc_phantom_options o = options_of(1, 64, 1);
    const char *dir = cc_test_folder();
    int made;
    assert_ok(cc_file_write(cc_test_path(dir, "phantom.txt.7.tmp"), "cal", 3));
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(made, 1);
    assert_false(cc_file_exists(cc_test_path(dir, "phantom.txt.7.tmp")));
}

static void the_orcascore_layout_reads_back_with_its_arteries(void **state) {
    (void)state;
    const char *dir = cc_test_folder();
    cc_phantom_options o = options_of(6, 64, 8);
    cc_slice_options options = {.source = "orcascore", .root = dir, .cache_mb = 1};
    cc_slice_set *set = NULL;
    int made;
    o.layout = "orcascore";
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(made, 6);
    assert_ok(cc_slice_set_open(&set, &options));
    assert_int_equal(cc_slice_set_patient_count(set), 6);
    assert_string_equal(cc_slice_set_patient(set, 0), "TRV1P1");
    assert_string_equal(cc_slice_set_patient(set, 1), "TRV1P2"); /* the fifth patient: scanners take turns */
    patient p = make(&o, 4);
    for (size_t k = 0; k < 8; k++) {
        float hu[64 * 64];
        uint8_t truth[64 * 64];
        assert_ok(cc_slice_set_read(set, 8 + k, hu, truth));
        for (size_t i = 0; i < 64 * 64; i++) {
            cc_phantom_tissue tissue = cc_phantom_label_tissue(p.labels.voxels[k * 64 * 64 + i]);
            assert_true(hu[i] == p.hu.voxels[k * 64 * 64 + i]);
            assert_int_equal(truth[i], tissue <= CC_TISSUE_PLAQUE_RCA ? tissue : 0);
        }
    }
    drop(&p);
    cc_slice_set_close(set);
    assert_int_equal(remove(cc_test_path(dir, "Training_set/Reference standard/TRV3P1R.mhd")), 0);
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(made, 1);
    assert_ok(cc_phantom_write(&made, dir, &o));
    assert_int_equal(made, 0);
    o.layout = "coca";
    assert_error(cc_phantom_write(&made, cc_test_folder(), &o), CC_EUSAGE, "no layout is called \"coca\"");
}

/* Territories lie in the heart, each in one piece with its plaque; they are written on demand, and change no
 * other byte. */
static void the_territories_of_the_arteries_hold_their_plaque(void **state) {
    (void)state;
    cc_phantom_options o = options_of(8, 96, 12);
    size_t plaque = 0, voxels[4] = {0};
    for (int number = 0; number < 8; number++) {
        cc_volume hu, labels, regions;
        patient without = make(&o, number);
        assert_ok(cc_phantom_make(&hu, &labels, &regions, &o, number));
        assert_true(same_voxels(&hu, &without.hu, without.count));
        assert_true(same_voxels(&labels, &without.labels, without.count));
        for (size_t i = 0; i < without.count; i++) {
            const cc_phantom_tissue tissue = cc_phantom_label_tissue(labels.voxels[i]);
            assert_in_range((int)regions.voxels[i], 0, 3);
            voxels[(int)regions.voxels[i]]++;
            if (tissue >= CC_TISSUE_PLAQUE_LAD && tissue <= CC_TISSUE_PLAQUE_RCA) {
                assert_true(regions.voxels[i] == (float)tissue);
                plaque++;
            } else if (tissue > CC_TISSUE_CALCIUM_MITRAL && !cc_phantom_label_is_heart(labels.voxels[i]) &&
                       hu.voxels[i] < 0) {
                assert_true(regions.voxels[i] == 0);
            }
        }
        drop(&without);
        cc_volume_deinit(&hu), cc_volume_deinit(&labels), cc_volume_deinit(&regions);
    }
    assert_true(plaque > 20);
    for (int k = 1; k < 4; k++) assert_true(voxels[k] > 20 * plaque && voxels[k] < voxels[0] / 10);
    o.regions = true;
    assert_error(cc_phantom_write(NULL, cc_test_folder(), &o), CC_EUSAGE, "ctheart has no place for regions");
}

static void a_folder_that_holds_something_else_is_refused_and_left_as_it_was(void **state) {
    (void)state;
    cc_phantom_options o = options_of(1, 64, 1);
    const char *dir = cc_test_folder();
    assert_ok(cc_file_write(cc_test_path(dir, "thesis.txt"), "x", 1));
    assert_error(cc_phantom_write(NULL, dir, &o), CC_EINVAL, "thesis.txt");
    assert_false(cc_folder_exists(cc_test_path(dir, "train")));
    const char *other = cc_test_folder();
    assert_ok(cc_phantom_write(NULL, other, &o));
    o.seed++;
    assert_error(cc_phantom_write(NULL, other, &o), CC_EINVAL, "seed 1");
}

static void a_sheet_shows_every_patient_once(void **state) {
    (void)state;
    char out[4096];
    const char *dir = cc_test_folder();
    assert_int_equal(cc_test_run(out, sizeof out,
                                 "%s phantom %s/set --patients 5 --size 64 --slices 3 --sheet %s/sheet.png",
                                 CC_PROGRAM, dir, dir),
                     0);
    FILE *file = fopen(cc_test_path(dir, "sheet.png"), "rb");
    assert_non_null(file);
    uint8_t head[24];
    assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
    fclose(file);
    int width = head[18] << 8 | head[19], height = head[22] << 8 | head[23]; /* of the IHDR chunk */
    assert_int_equal(width, 3 * 64);
    assert_int_equal(height, 2 * 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_does_not),
        cmocka_unit_test(the_thread_count_changes_no_byte),
        cmocka_unit_test(every_tissue_reads_the_hu_that_the_header_says),
        cmocka_unit_test(the_heart_lies_left_of_the_spine_and_in_front_of_it),
        cmocka_unit_test(a_field_of_view_is_a_whole_square_about_the_heart),
        cmocka_unit_test(the_clinical_burden_has_half_without_and_a_long_tail),
        cmocka_unit_test(a_phantom_without_the_newer_options_is_named_as_before),
        cmocka_unit_test(four_scanners_differ_in_field_noise_and_calibration),
        cmocka_unit_test(calcium_reads_above_130_hu_and_plaque_lies_in_the_heart),
        cmocka_unit_test(a_quarter_is_without_plaque_and_the_rest_spreads_from_a_voxel_to_many),
        cmocka_unit_test(the_joints_of_the_table_are_as_thick_as_the_rest),
        cmocka_unit_test(sizes_from_64_to_512_are_made_and_others_refused),
        cmocka_unit_test(options_that_make_no_sense_are_refused_by_name),
        cmocka_unit_test(a_written_folder_reads_back),
        cmocka_unit_test(an_interrupted_phantom_is_completed_and_a_whole_one_left_alone),
        cmocka_unit_test(a_phantom_killed_at_its_first_file_is_started_again),
        cmocka_unit_test(the_orcascore_layout_reads_back_with_its_arteries),
        cmocka_unit_test(the_territories_of_the_arteries_hold_their_plaque),
        cmocka_unit_test(a_folder_that_holds_something_else_is_refused_and_left_as_it_was),
        cmocka_unit_test(a_sheet_shows_every_patient_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
