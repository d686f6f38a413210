/* tests/datasets/test_split.c -- dealing patients, slices and slabs to parts. Right sizes are the largest
 * remainders by hand; splits of known seeds are fixed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "datasets/sources/source.h"
#include "datasets/split.h"

/* A set of names only: `patients` with `slices` each, one scan a patient. */
typedef struct names_only {
    cc_slice_set set;
    const char *names[64];
    cc_slice slices[2600];
} names_only;

static const cc_slice_set *list(names_only *out, size_t patients, size_t slices) {
    memset(out, 0, sizeof *out);
    out->set.patients = out->names;
    out->set.slices = out->slices;
    out->set.patient_count = patients;
    out->set.count = patients * slices;
    for (size_t i = 0; i < out->set.count; i++)
        out->slices[i] = (cc_slice){.patient = (uint32_t)(i / slices),
                                    .scan = (uint32_t)(i / slices),
                                    .number = (int32_t)(i % slices),
                                    .height = 8,
                                    .width = 8};
    return &out->set;
}

static cc_split_spec shares(double train, double validation, double test) {
    return (cc_split_spec){.train = train,
                           .validation = validation,
                           .test = test,
                           .by = "patient",
                           .slab = 8,
                           .folds = 4,
                           .fold = CC_SPLIT_NO_FOLD};
}

static size_t patients_of(const cc_split_part *part, const cc_slice_set *set) {
    size_t count = 0;
    for (size_t i = 0; i < part->count; i++)
        count += i == 0 || cc_slice_set_get(set, part->slices[i])->patient !=
                               cc_slice_set_get(set, part->slices[i - 1])->patient;
    return count;
}

static void each_slice_is_in_one_part(const cc_split *split, const cc_slice_set *set) {
    const cc_split_part *parts[] = {&split->train, &split->validation, &split->test};
    uint8_t *seen = calloc(cc_slice_set_count(set), 1);
    size_t all = 0;
    for (int p = 0; p < 3; p++)
        for (size_t i = 0; i < parts[p]->count; i++, all++) {
            assert_true(i == 0 || parts[p]->slices[i] > parts[p]->slices[i - 1]);
            assert_int_equal(seen[parts[p]->slices[i]]++, 0);
        }
    assert_int_equal(all, cc_slice_set_count(set));
    free(seen);
}

static void patients_are_dealt_by_largest_remainder(void **state) {
    (void)state;
    static const struct {
        size_t patients;
        double shares[3];
        size_t want[3];
    } cases[] = {
        {32, {20, 4, 8}, {20, 4, 8}},     {19, {60, 20, 20}, {11, 4, 4}}, {10, {0.6, 0.2, 0.2}, {6, 2, 2}},
        {3, {98, 1, 1}, {1, 1, 1}},       {7, {98, 1, 1}, {5, 1, 1}},     {5, {1, 0, 1}, {3, 0, 2}},
        {4, {0, 0, 0.001}, {0, 0, 4}},    {19, {1e6, 1e6, 1}, {9, 9, 1}}, {1, {1, 0, 0}, {1, 0, 0}},
        {10, {0.7, 0.2, 0.1}, {7, 2, 1}},
    };
    names_only listed;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const cc_slice_set *set = list(&listed, cases[i].patients, 3);
        cc_split_spec spec = shares(cases[i].shares[0], cases[i].shares[1], cases[i].shares[2]);
        cc_split split = {0};
        assert_ok(cc_split_make(&split, set, &spec, 1));
        assert_int_equal(patients_of(&split.train, set), cases[i].want[0]);
        assert_int_equal(patients_of(&split.validation, set), cases[i].want[1]);
        assert_int_equal(patients_of(&split.test, set), cases[i].want[2]);
        each_slice_is_in_one_part(&split, set);
        assert_false(cc_split_leaks(&split, set));
        cc_split_deinit(&split);
    }
}

static void the_seed_chooses_the_patients(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 32, 2);
    cc_split_spec spec = shares(20, 4, 8);
    cc_split a = {0}, b = {0}, c = {0};
    assert_ok(cc_split_make(&a, set, &spec, 1));
    assert_ok(cc_split_make(&b, set, &spec, 1));
    assert_ok(cc_split_make(&c, set, &spec, 2));
    size_t bytes = a.test.count * sizeof *a.test.slices;
    assert_memory_equal(a.test.slices, b.test.slices, bytes);
    assert_int_not_equal(memcmp(a.test.slices, c.test.slices, bytes), 0);
    cc_split_deinit(&a);
    cc_split_deinit(&b);
    cc_split_deinit(&c);
}

static void no_seed_puts_a_patient_in_two_parts(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 19, 4);
    cc_split_spec spec = shares(60, 20, 20);
    for (int fold = CC_SPLIT_NO_FOLD; fold < spec.folds; fold++)
        for (uint64_t seed = 0; seed < 20; seed++) {
            cc_split split = {0};
            spec.fold = fold;
            assert_ok(cc_split_make(&split, set, &spec, seed));
            assert_false(cc_split_leaks(&split, set));
            assert_int_equal(patients_of(&split.train, set) + patients_of(&split.validation, set) +
                                 patients_of(&split.test, set),
                             19);
            cc_split_deinit(&split);
        }
}

/* 2532 slices at 60/20/20; the paper prints 1519, 506, 506: a slice less. */
static void slices_divide_as_in_the_paper_but_for_the_slice_it_lost(void **state) {
    (void)state;
    names_only *listed = malloc(sizeof *listed);
    const cc_slice_set *set = list(listed, 12, 211);
    cc_split_spec spec = shares(60, 20, 20);
    cc_split split = {0};
    spec.by = "slice";
    assert_int_equal(cc_slice_set_count(set), 2532);
    assert_ok(cc_split_make(&split, set, &spec, 1));
    assert_int_equal(split.train.count, 1519);
    assert_int_equal(split.validation.count, 507);
    assert_int_equal(split.test.count, 506);
    each_slice_is_in_one_part(&split, set);
    assert_true(cc_split_leaks(&split, set));
    cc_split_deinit(&split);
    free(listed);
}

static void slabs_are_dealt_in_rotation(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 1, 112);
    cc_split_spec spec = shares(5, 1, 1);
    cc_split split = {0};
    spec.by = "slab";
    assert_ok(cc_split_make(&split, set, &spec, 1));
    assert_int_equal(split.train.count, 80);
    assert_int_equal(split.validation.count, 16);
    assert_int_equal(split.test.count, 16);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(split.validation.slices[i], 40 + i);
        assert_int_equal(split.test.slices[i], 48 + i);
        assert_int_equal(split.test.slices[8 + i], 104 + i);
    }
    each_slice_is_in_one_part(&split, set);
    assert_true(cc_split_leaks(&split, set));
    cc_split_deinit(&split);
}

/* Scans of 5 slices, slabs of 4: each scan is a slab of 4 and one of 1. */
static void a_slab_ends_with_its_scan(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 3, 5);
    cc_split_spec spec = shares(2, 0, 1);
    cc_split split = {0};
    static const uint32_t test[] = {5, 6, 7, 8, 14};
    spec.by = "slab";
    spec.slab = 4;
    assert_ok(cc_split_make(&split, set, &spec, 1));
    assert_int_equal(split.test.count, 5);
    assert_memory_equal(split.test.slices, test, sizeof test);
    assert_int_equal(split.validation.count, 0);
    cc_split_deinit(&split);
}

static void each_patient_is_tested_in_one_fold(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 32, 2);
    cc_split_spec spec = shares(20, 4, 8);
    int tested[64] = {0};
    for (spec.fold = 0; spec.fold < spec.folds; spec.fold++) {
        cc_split split = {0};
        assert_ok(cc_split_make(&split, set, &spec, 3));
        assert_int_equal(patients_of(&split.train, set), 20);
        assert_int_equal(patients_of(&split.validation, set), 4);
        assert_int_equal(patients_of(&split.test, set), 8);
        each_slice_is_in_one_part(&split, set);
        for (size_t i = 0; i < split.test.count; i++) tested[split.test.slices[i]]++;
        cc_split_deinit(&split);
    }
    for (size_t i = 0; i < 64; i++) assert_int_equal(tested[i], 1);
}

static void refused(const cc_slice_set *set, cc_split_spec spec, const char *part) {
    cc_split split = {0};
    assert_error(cc_split_make(&split, set, &spec, 1), CC_ECONFIG, part);
    assert_null(split.train.slices);
}

static void what_cannot_be_split_names_its_key(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 2, 6);
    refused(set, shares(60, 20, 20), "data.split: 2 patients cannot fill 3 parts");
    refused(set, shares(0, 0, 0), "data.split: all shares are 0");
    refused(set, shares(1, -1, 1), "data.split.validation");
    refused(set, shares(2 * CC_SPLIT_SHARE_MAX, 1, 1), "data.split.train");
    refused(set, shares(1, 1, (double)NAN), "data.split.test");
    cc_split_spec spec = shares(1, 0, 1);
    spec.by = "scanner";
    refused(set, spec, "data.split.by");
    spec.by = "slab";
    spec.slab = 0;
    refused(set, spec, "data.split.slab");
    spec.slab = CC_SPLIT_SLAB_MAX + 1;
    refused(set, spec, "data.split.slab: a slab has 1 to 10000 slices");
    spec.slab = 6;
    spec.train = 2;
    refused(set, spec, "data.split.test: 2 slabs of 6 slices leave nothing");
    spec.train = 0.5;
    refused(set, spec, "data.split.train: 0.5 is not a number of slabs");
}

static void folds_that_cannot_be_made_name_their_key(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 5, 2);
    cc_split_spec spec = shares(1, 0, 0);
    spec.fold = 4;
    refused(set, spec, "data.fold: fold 4 is not in 0 to 3");
    spec.fold = -2;
    refused(set, spec, "data.fold: fold -2");
    spec.fold = 0;
    spec.folds = 6;
    refused(set, spec, "data.folds: 5 patients do not make 6 folds");
    spec.folds = 1;
    refused(set, spec, "data.folds: there are at least 2 folds");
    spec = shares(0, 0, 1);
    spec.fold = 0;
    refused(set, spec, "data.split: the shares of train and validation are 0");
    spec = shares(1, 0, 1);
    spec.fold = 0;
    spec.by = "slice";
    refused(set, spec, "data.fold: folds are made of patients");
}

/* How many patients of a group a part has. */
static int of_group(const cc_split_part *part, const cc_slice_set *set, int group) {
    int count = 0;
    for (size_t i = 0; i < part->count; i++) {
        uint32_t patient = cc_slice_set_get(set, part->slices[i])->patient;
        bool first = i == 0 || cc_slice_set_get(set, part->slices[i - 1])->patient != patient;
        count += first && cc_slice_set_group(set, patient) == group;
    }
    return count;
}

static void a_stratified_split_gives_every_part_its_share_of_each_group(void **state) {
    (void)state;
    names_only listed;
    cc_split split = {0};
    int groups[32];
    const cc_slice_set *set = list(&listed, 32, 3);
    for (int i = 0; i < 32; i++) groups[i] = i / 8;
    listed.set.groups = groups;
    cc_split_spec spec = shares(20, 4, 8);
    spec.stratify = true;
    for (uint64_t seed = 1; seed < 20; seed++) {
        assert_ok(cc_split_make(&split, set, &spec, seed));
        each_slice_is_in_one_part(&split, set);
        for (int g = 0; g < 4; g++) {
            assert_int_equal(of_group(&split.train, set, g), 5);
            assert_int_equal(of_group(&split.validation, set, g), 1);
            assert_int_equal(of_group(&split.test, set, g), 2);
        }
        cc_split_deinit(&split);
    }
}

static void stratified_folds_each_hold_every_group(void **state) {
    (void)state;
    names_only listed;
    cc_split split = {0};
    int groups[32], tested[4] = {0};
    const cc_slice_set *set = list(&listed, 32, 3);
    for (int i = 0; i < 32; i++) groups[i] = i % 4;
    listed.set.groups = groups;
    cc_split_spec spec = shares(20, 4, 8);
    spec.stratify = true;
    for (spec.fold = 0; spec.fold < 4; spec.fold++) {
        assert_ok(cc_split_make(&split, set, &spec, 5));
        assert_int_equal(patients_of(&split.test, set), 8);
        assert_int_equal(patients_of(&split.validation, set), 4);
        for (int g = 0; g < 4; g++) {
            assert_int_equal(of_group(&split.test, set, g), 2);
            assert_int_equal(of_group(&split.validation, set, g), 1);
            tested[g] += of_group(&split.test, set, g);
        }
        cc_split_deinit(&split);
    }
    for (int g = 0; g < 4; g++) assert_int_equal(tested[g], 8);
}

/* 13, 9, 7 and 3 patients: no group is a whole patient off its share of a part or of a fold. */
static void uneven_groups_keep_within_a_patient_of_their_share(void **state) {
    (void)state;
    static const int sizes[] = {13, 9, 7, 3};
    names_only listed;
    int groups[32];
    const cc_slice_set *set = list(&listed, 32, 1);
    for (int i = 0, k = 0; i < 32; i++, k = i * 5 % 32) groups[i] = k < 13 ? 0 : k < 22 ? 1 : k < 29 ? 2 : 3;
    listed.set.groups = groups;
    cc_split_spec spec = shares(20, 4, 8);
    spec.stratify = true;
    for (spec.fold = CC_SPLIT_NO_FOLD; spec.fold < spec.folds; spec.fold++) {
        cc_split split = {0};
        assert_ok(cc_split_make(&split, set, &spec, 5));
        assert_int_equal(split.train.count, 20);
        assert_int_equal(split.test.count, 8);
        for (int g = 0; g < 4; g++) {
            assert_true(fabs(of_group(&split.train, set, g) - sizes[g] * 20 / 32.0) < 1);
            assert_true(fabs(of_group(&split.test, set, g) - sizes[g] * 8 / 32.0) < 1);
        }
        cc_split_deinit(&split);
    }
}

static void with_one_group_stratifying_changes_nothing(void **state) {
    (void)state;
    names_only listed;
    cc_split a = {0}, b = {0};
    const cc_slice_set *set = list(&listed, 19, 3);
    cc_split_spec spec = shares(60, 20, 20);
    assert_ok(cc_split_make(&a, set, &spec, 3));
    spec.stratify = true;
    assert_ok(cc_split_make(&b, set, &spec, 3));
    assert_int_equal(a.test.count, b.test.count);
    assert_memory_equal(a.test.slices, b.test.slices, a.test.count * sizeof *a.test.slices);
    assert_memory_equal(a.train.slices, b.train.slices, a.train.count * sizeof *a.train.slices);
    cc_split_deinit(&a);
    cc_split_deinit(&b);
}

static bool has_patient(const cc_split_part *part, const cc_slice_set *set, uint32_t patient) {
    for (size_t i = 0; i < part->count; i++)
        if (cc_slice_set_get(set, part->slices[i])->patient == patient) return true;
    return false;
}

/* Of each outer split, by shares or a fold, each patient of training and validation is tested by one
 * inner fold and is in its other parts nowhere; whom the outer split tests is in none. */
static void inner_folds_test_whom_the_outer_split_learns_from(void **state) {
    (void)state;
    enum { PATIENTS = 21, INNER = 4 };
    static names_only names;
    const cc_slice_set *set = list(&names, PATIENTS, 2);
    for (int fold = CC_SPLIT_NO_FOLD; fold < 4; fold++) {
        cc_split outer = {0};
        cc_split_spec spec = shares(3, 1, 1);
        int tested[PATIENTS] = {0};
        spec.fold = fold;
        assert_ok(cc_split_make(&outer, set, &spec, 7));
        spec.inner_folds = INNER;
        for (spec.inner_fold = 0; spec.inner_fold < INNER; spec.inner_fold++) {
            cc_split inner = {0};
            assert_ok(cc_split_make(&inner, set, &spec, 7));
            assert_false(cc_split_leaks(&inner, set));
            /* 16 or 15 patients: 4 a fold, or once 3; of the others three quarters train. */
            const size_t test = patients_of(&inner.test, set);
            const size_t learned = patients_of(&outer.train, set) + patients_of(&outer.validation, set);
            assert_in_range(test, learned / INNER, (learned + INNER - 1) / INNER);
            assert_int_equal(patients_of(&inner.train, set), (size_t)lround(0.75 * (double)(learned - test)));
            assert_int_equal(patients_of(&inner.validation, set),
                             learned - test - patients_of(&inner.train, set));
            for (uint32_t p = 0; p < PATIENTS; p++) {
                tested[p] += has_patient(&inner.test, set, p);
                if (has_patient(&outer.test, set, p))
                    assert_false(has_patient(&inner.train, set, p) ||
                                 has_patient(&inner.validation, set, p) || has_patient(&inner.test, set, p));
            }
            cc_split_deinit(&inner);
        }
        for (uint32_t p = 0; p < PATIENTS; p++)
            assert_int_equal(tested[p], !has_patient(&outer.test, set, p));
        cc_split_deinit(&outer);
    }
}

/* 24 patients of four groups are learned from, in folds of six: each group has one or two in each. */
static void inner_folds_hold_every_group(void **state) {
    (void)state;
    static names_only listed;
    cc_split split = {0};
    int groups[32];
    const cc_slice_set *set = list(&listed, 32, 2);
    for (int i = 0; i < 32; i++) groups[i] = i % 4;
    listed.set.groups = groups;
    cc_split_spec spec = shares(20, 4, 8);
    spec.stratify = true;
    spec.inner_folds = 4;
    for (spec.inner_fold = 0; spec.inner_fold < 4; spec.inner_fold++) {
        assert_ok(cc_split_make(&split, set, &spec, 5));
        assert_int_equal(patients_of(&split.test, set), 6);
        for (int g = 0; g < 4; g++) assert_in_range(of_group(&split.test, set, g), 1, 2);
        cc_split_deinit(&split);
    }
}

static void inner_folds_need_patients(void **state) {
    (void)state;
    static names_only names;
    cc_split split = {0};
    const cc_slice_set *set = list(&names, 5, 2);
    cc_split_spec spec = shares(3, 1, 1);
    spec.inner_folds = 5;
    assert_error(cc_split_make(&split, set, &spec, 1), CC_ECONFIG, "4 patients do not make 5 folds");
    spec.inner_folds = 4;
    assert_ok(cc_split_make(&split, set, &spec, 1));
    cc_split_deinit(&split);
    spec.by = "slice";
    assert_error(cc_split_make(&split, set, &spec, 1), CC_ECONFIG, "folds are made of patients");
    spec.by = "patient";
    spec.inner_fold = 4;
    assert_error(cc_split_make(&split, set, &spec, 1), CC_ECONFIG, "fold 4 is not in 0 to 3");
}

/* Of 24 training patients in groups of 12, 8 and 4: sizes, who is among whom, and what stays. */
static void a_share_of_the_training_patients_lies_within_every_larger_one(void **state) {
    (void)state;
    static const double wanted[] = {0.01, 0.25, 0.5, 0.75, 1};
    static const size_t sizes[] = {1, 6, 12, 18, 24};
    names_only listed;
    int groups[40];
    const cc_slice_set *set = list(&listed, 40, 3);
    for (int i = 0; i < 40; i++) groups[i] = i < 20 ? 0 : i < 33 ? 1 : 2;
    listed.set.groups = groups;
    cc_split_spec spec = shares(24, 8, 8);
    for (int stratified = 0; stratified < 2; stratified++) {
        cc_split whole = {0}, smaller = {0};
        spec.stratify = stratified == 1;
        spec.train_share = 0;
        assert_ok(cc_split_make(&whole, set, &spec, 5));
        for (int k = 0; k < 5; k++) {
            cc_split split = {0};
            spec.train_share = wanted[k];
            assert_ok(cc_split_make(&split, set, &spec, 5));
            assert_int_equal(patients_of(&split.train, set), sizes[k]);
            assert_int_equal(split.train.count, 3 * sizes[k]);
            for (size_t i = 0; i < smaller.train.count; i++)
                assert_true(
                    has_patient(&split.train, set, cc_slice_set_get(set, smaller.train.slices[i])->patient));
            for (size_t i = 0; i < split.train.count; i++)
                assert_true(
                    has_patient(&whole.train, set, cc_slice_set_get(set, split.train.slices[i])->patient));
            assert_memory_equal(split.test.slices, whole.test.slices,
                                whole.test.count * sizeof *whole.test.slices);
            assert_memory_equal(split.validation.slices, whole.validation.slices,
                                whole.validation.count * sizeof *whole.validation.slices);
            for (int g = 0; g < 3 && stratified; g++)
                assert_true(
                    fabs(of_group(&split.train, set, g) - wanted[k] * of_group(&whole.train, set, g)) <= 1);
            cc_split_deinit(&smaller);
            smaller = split;
        }
        cc_split_deinit(&smaller);
        cc_split_deinit(&whole);
    }
}

static void the_seed_chooses_who_is_in_a_share_and_inner_folds_keep_their_tests(void **state) {
    (void)state;
    names_only listed;
    cc_split a = {0}, b = {0}, inner = {0};
    const cc_slice_set *set = list(&listed, 40, 1);
    /* All train, whatever the seed: what differs is the share alone. */
    cc_split_spec spec = shares(1, 0, 0);
    spec.train_share = 0.5;
    assert_ok(cc_split_make(&a, set, &spec, 5));
    assert_ok(cc_split_make(&b, set, &spec, 6));
    assert_int_equal(a.train.count, b.train.count);
    assert_true(memcmp(a.train.slices, b.train.slices, a.train.count * sizeof *a.train.slices) != 0);
    assert_int_equal(a.train.count, 20);
    /* 30 patients outside the fold of 10; an inner fold of 3 tests 10 of them, whatever the share. */
    spec = shares(32, 8, 0);
    spec.train_share = 0.5;
    spec.fold = 0;
    spec.inner_folds = 3;
    assert_ok(cc_split_make(&inner, set, &spec, 5));
    assert_int_equal(inner.test.count, 10);
    assert_int_equal(inner.train.count, 8); /* half of 16 */
    cc_split_deinit(&a);
    cc_split_deinit(&b);
    cc_split_deinit(&inner);
    spec = shares(5, 1, 1);
    spec.by = "slab";
    spec.train_share = 0.5;
    refused(set, spec, "data.train_share: it is a share of patients");
    spec.by = "patient";
    spec.train_share = 1.5;
    refused(set, spec, "data.train_share");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patients_are_dealt_by_largest_remainder),
        cmocka_unit_test(the_seed_chooses_the_patients),
        cmocka_unit_test(no_seed_puts_a_patient_in_two_parts),
        cmocka_unit_test(slices_divide_as_in_the_paper_but_for_the_slice_it_lost),
        cmocka_unit_test(slabs_are_dealt_in_rotation),
        cmocka_unit_test(a_slab_ends_with_its_scan),
        cmocka_unit_test(each_patient_is_tested_in_one_fold),
        cmocka_unit_test(what_cannot_be_split_names_its_key),
        cmocka_unit_test(folds_that_cannot_be_made_name_their_key),
        cmocka_unit_test(a_stratified_split_gives_every_part_its_share_of_each_group),
        cmocka_unit_test(stratified_folds_each_hold_every_group),
        cmocka_unit_test(uneven_groups_keep_within_a_patient_of_their_share),
        cmocka_unit_test(with_one_group_stratifying_changes_nothing),
        cmocka_unit_test(inner_folds_test_whom_the_outer_split_learns_from),
        cmocka_unit_test(inner_folds_hold_every_group),
        cmocka_unit_test(inner_folds_need_patients),
        cmocka_unit_test(a_share_of_the_training_patients_lies_within_every_larger_one),
        cmocka_unit_test(the_seed_chooses_who_is_in_a_share_and_inner_folds_keep_their_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
