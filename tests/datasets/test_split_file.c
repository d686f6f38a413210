/* Splits that a file gives: what of it counts, and every way in which it is refused. */
#include "datasets/split_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "datasets/sources/source.h"
#include "datasets/split.h"
#include "support.h"

static cc_arena *arena;
static char folder[256];

static int begin(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

/* A set of names alone: patients a, b, c, ... of 3 slices each. */
typedef struct names_only {
    cc_slice_set set;
    const char *names[26];
    int groups[26];
    cc_slice slices[26 * 3];
} names_only;

static const cc_slice_set *list(names_only *out, size_t patients) {
    static const char *const letters[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"};
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < patients; i++) out->names[i] = letters[i];
    out->set.patients = out->names;
    out->set.slices = out->slices;
    out->set.patient_count = patients;
    out->set.count = patients * 3;
    for (size_t i = 0; i < out->set.count; i++)
        out->slices[i] = (cc_slice){.patient = (uint32_t)(i / 3),
                                    .scan = (uint32_t)(i / 3),
                                    .number = (int32_t)(i % 3),
                                    .height = 8,
                                    .width = 8};
    return &out->set;
}

static const char *file_of(const char *text) {
    static char path[512];
    snprintf(path, sizeof path, "%s/split.csv", folder);
    assert_ok(cc_file_write(path, text, strlen(text)));
    return path;
}

static cc_split_table read_table(const char *text, int fold) {
    cc_split_table t = {0};
    assert_ok(cc_split_table_read(&t, file_of(text), fold, arena));
    return t;
}

static void refused(const char *text, int fold, cc_status status, const char *part) {
    cc_split_table t = {0};
    assert_error(cc_split_table_read(&t, file_of(text), fold, arena), status, part);
}

/* The parts of patients a, b, ...: "TVX" - train, validation, test, none. */
static void parts_are(const cc_split_table *t, const cc_slice_set *set, uint64_t seed, const char *want) {
    const cc_split_spec spec = {
        .train = 2, .validation = 1, .by = "patient", .folds = 2, .fold = CC_SPLIT_NO_FOLD, .table = t};
    cc_split split = {0};
    char got[27] = "";
    memset(got, '-', cc_slice_set_patient_count(set));
    assert_ok(cc_split_make(&split, set, &spec, seed));
    assert_false(cc_split_leaks(&split, set));
    const cc_split_part *parts[] = {&split.train, &split.validation, &split.test};
    for (int p = 0; p < 3; p++)
        for (size_t i = 0; i < parts[p]->count; i++)
            got[cc_slice_set_get(set, parts[p]->slices[i])->patient] = "TVX"[p];
    assert_string_equal(got, want);
    cc_split_deinit(&split);
}

static void a_table_of_sets_is_taken_as_it_stands(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 6);
    const cc_split_table t = read_table("Set;patient;age\ntest;c;1\nTraining;a;2\nval;b;3\nnone;d;4\n;e;5\n"
                                        "validation;f;6\nTRAIN;a;7\n",
                                        CC_SPLIT_NO_FOLD);
    for (uint64_t seed = 1; seed < 4; seed++) parts_are(&t, set, seed, "TVX--V");
}

static const char json[] = "[{\"train\": [\"a\", \"c\", \"d\", \"e\"], \"val\": [\"b\", \"f\"]},\n"
                           " {\"train\": [\"b\", \"f\", \"d\", \"e\"], \"val\": [\"c\", \"a\"]},\n"
                           " {\"train\": [\"a\", \"b\", \"c\", \"f\"], \"val\": [\"d\", \"e\"]}]\n";
static const char folds[] = "patient,fold,set\na,1,x\nb,0,x\nc,1,x\nd,2,x\ne,2,x\nf,0,x\n";

/* The fold is tested; who validates is dealt, by the seed, out of the rest alone. */
static void folds_are_tested_and_the_rest_is_dealt(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 6);
    static const char *const tested[] = {"bf", "ac", "de"};
    for (int fold = 0; fold < 3; fold++) {
        const cc_split_table a = read_table(json, fold), b = read_table(folds, fold);
        cc_digest_text x, y;
        bool moved = false;
        char first[27] = "";
        assert_ok(cc_split_table_digest(&x, &a));
        assert_ok(cc_split_table_digest(&y, &b));
        assert_string_equal(x.hex, y.hex); /* whatever the kind of file */
        for (uint64_t seed = 1; seed < 9; seed++) {
            const cc_split_spec spec = {.train = 3,
                                        .validation = 1,
                                        .by = "patient",
                                        .folds = 2,
                                        .fold = fold,
                                        .table = seed % 2 ? &a : &b};
            cc_split split = {0};
            char got[27] = "------";
            assert_ok(cc_split_make(&split, set, &spec, seed / 2));
            assert_int_equal(split.test.count, 2 * 3);
            assert_int_equal(split.validation.count, 3);
            assert_int_equal(split.train.count, 3 * 3);
            for (size_t i = 0; i < split.test.count; i++)
                assert_non_null(
                    strchr(tested[fold], "abcdef"[cc_slice_set_get(set, split.test.slices[i])->patient]));
            got[cc_slice_set_get(set, split.validation.slices[0])->patient] = 'V';
            moved = moved || (first[0] && strcmp(first, got) != 0);
            strcpy(first, got);
            cc_split_deinit(&split);
        }
        assert_true(moved);
    }
    refused(folds, 3, CC_ECONFIG, "holds 3 folds, and none is 3");
    refused(json, 3, CC_ECONFIG, "holds 3 folds, and none is 3");
    refused(json, CC_SPLIT_NO_FOLD, CC_ECONFIG, "data.fold: ");
    const cc_split_table one =
        read_table("\n [{\"train\": [\"a\", \"b\"], \"val\": [\"c\"]}]", CC_SPLIT_NO_FOLD);
    assert_int_equal(one.count, 3);
}

/* A split by folds of our own, said by a table of the same folds, is the same split: seeds, groups and
 * all. */
static void a_split_of_ours_comes_back_from_its_table(void **state) {
    (void)state;
    names_only listed;
    const cc_slice_set *set = list(&listed, 13);
    for (int i = 0; i < 13; i++) listed.groups[i] = i % 3;
    for (int grouped = 0; grouped < 2; grouped++)
        for (int fold = 0; fold < 4; fold++)
            for (uint64_t seed = 1; seed < 6; seed++) {
                char text[512] = "patient,fold\n";
                int of[13];
                cc_split_spec spec = {.train = 3,
                                      .validation = 2,
                                      .test = 1,
                                      .by = "patient",
                                      .folds = 4,
                                      .fold = fold,
                                      .stratify = true};
                listed.set.groups = grouped ? listed.groups : NULL;
                assert_ok(cc_split_folds(of, set, &spec, seed));
                for (int i = 0; i < 13; i++)
                    snprintf(text + strlen(text), sizeof text - strlen(text), "%s,%d\n", listed.names[i],
                             of[i]);
                const cc_split_table t = read_table(text, fold);
                cc_split a = {0}, b = {0};
                assert_ok(cc_split_make(&a, set, &spec, seed));
                spec.table = &t;
                assert_ok(cc_split_make(&b, set, &spec, seed));
                const cc_split_part *x[] = {&a.train, &a.validation, &a.test};
                const cc_split_part *y[] = {&b.train, &b.validation, &b.test};
                for (int p = 0; p < 3; p++) {
                    assert_int_equal(x[p]->count, y[p]->count);
                    assert_memory_equal(x[p]->slices, y[p]->slices, x[p]->count * sizeof *x[p]->slices);
                }
                cc_split_deinit(&a);
                cc_split_deinit(&b);
            }
}

static void the_digest_is_of_who_goes_where(void **state) {
    (void)state;
    static const char *const texts[] = {"patient,set\na,train\nb,val\nc,test\n",
                                        "note\tset\tpatient\n\ttest\tc\n\tvalidation\tb\n\ttraining\ta\n",
                                        "patient,set\na,train\nb,val\nc,test\nd,none\n",
                                        "patient,set\na,val\nb,train\nc,test\n"};
    cc_digest_text digests[4];
    for (int i = 0; i < 4; i++) {
        const cc_split_table t = read_table(texts[i], CC_SPLIT_NO_FOLD);
        assert_ok(cc_split_table_digest(&digests[i], &t));
    }
    assert_string_equal(digests[0].hex, digests[1].hex);
    assert_string_not_equal(digests[0].hex, digests[2].hex);
    assert_string_not_equal(digests[0].hex, digests[3].hex);
}

static void what_is_no_split_is_refused_by_line(void **state) {
    (void)state;
    const int none = CC_SPLIT_NO_FOLD;
    refused("patient,set\na,train\nb,val\nc,test\na,test\n", none, CC_EFORMAT,
            "split.csv:5: patient a is in test here, and in train at line 2");
    refused("patient,fold\na,0\nb,1\na,1\n", 0, CC_EFORMAT,
            "split.csv:4: patient a is in fold 1 here, and in fold 0 at line 2");
    refused("patient,set\na,train\nb,dev\n", none, CC_EFORMAT, "split.csv:3: column set: \"dev\" is no set");
    refused("patient,fold\na,0\nb,one\n", 0, CC_EFORMAT, "split.csv:3: column fold: \"one\" is no fold");
    refused("patient,fold\na,0\nb,-1\n", 0, CC_EFORMAT, "split.csv:3: column fold: \"-1\" is no fold");
    refused("patient,fold\na,1\nb,2\nc,1\n", 1, CC_EFORMAT, "there is a fold 2, but no patient is in 0");
    refused("patient,fold\na,0\nb,0\n", 0, CC_EFORMAT, "all patients are in one fold");
    refused("patient,fold\na,none\nb,\n", 0, CC_EFORMAT, "no patient is in a fold");
    refused("patient,set\na,train\n,val\n", none, CC_EFORMAT, "split.csv:3: column patient: it is empty");
    refused("patient,set\na,train\nb,val\n", none, CC_EFORMAT, "no patient is for test");
    refused("patient,set\na,train\nb,test\n", none, CC_EFORMAT, "no patient is for validation");
    refused("patient,set\na,val\nb,test\n", none, CC_EFORMAT, "no patient is for train");
    refused("patient,set\n", none, CC_EFORMAT, "no patient is for train");
    refused("patient,part\na,train\n", none, CC_EFORMAT, "it has no column set, and no column fold");
    refused("name,set\na,train\n", none, CC_EFORMAT, "there is no column patient");
    refused("patient,set\na,train\n", 2, CC_ECONFIG, "tells sets, not folds");
    refused("patient,fold\na,0\nb,1\n", none, CC_ECONFIG, "tells folds, and none is chosen");
    refused("[", 0, CC_EFORMAT, "split.csv:1: no JSON");
    refused("{\"train\": []}", 0, CC_EFORMAT, "it is no list of splits");
    refused("[]", 0, CC_EFORMAT, "it is no list of splits");
    refused("[{\"train\": [\"a\"]}]", 0, CC_EFORMAT, "entry 0 has no list \"val\"");
    refused("[{\"train\": [\"a\"], \"val\": [3]}]", 0, CC_EFORMAT,
            "entry 0: \"val\"[0] is no patient's name");
    refused("[{\"train\": [\"a\", \"b\"], \"val\": [\"c\"]}, {\"train\": [\"a\", \"c\"], \"val\": [\"c\"]}]",
            0, CC_EFORMAT, "patient c is in test here, and in train");
    refused("[{\"train\": [\"a\"], \"val\": []}]", 0, CC_EFORMAT, "no patient is for test");
    cc_split_table t;
    assert_error(cc_split_table_read(&t, "/nowhere.csv", 0, arena), CC_ENOTFOUND, "/nowhere.csv");
}

static void patients_must_be_those_of_the_dataset(void **state) {
    (void)state;
    names_only listed;
    cc_split_place places[26];
    const cc_slice_set *set = list(&listed, 8);
    cc_split_table t = read_table("patient,set\na,train\nb,val\nc,test\n", CC_SPLIT_NO_FOLD);
    assert_error(cc_split_table_apply(places, &t, set), CC_EFORMAT,
                 "5 patients of the dataset are not named: d, e, f, g, h");
    t = read_table("patient,set\na,train\nb,val\nc,test\n", CC_SPLIT_NO_FOLD);
    assert_error(cc_split_table_apply(places, &t, list(&listed, 4)), CC_EFORMAT,
                 "1 patient of the dataset is not named: d");
    assert_error(cc_split_table_apply(places, &t, list(&listed, 10)), CC_EFORMAT,
                 "7 patients of the dataset are not named: d, e, f, g, h and 2 more");
    t = read_table("patient,set\na,train\nb,val\nc,test\nA,train\nz,test\n", CC_SPLIT_NO_FOLD);
    set = list(&listed, 3);
    assert_error(cc_split_table_apply(places, &t, set), CC_EFORMAT,
                 "split.csv:5: the dataset has no patient of the names A, z");
    /* one that was left out as broken may be named */
    cc_slice_broken broken[] = {{"A", "why"}, {"z", "why"}};
    listed.set.broken_patients = broken;
    listed.set.broken = 2;
    assert_ok(cc_split_table_apply(places, &t, set));
    assert_int_equal(places[0], CC_SPLIT_TRAIN);
    assert_int_equal(places[2], CC_SPLIT_TEST);
    t = read_table("patient,set\na,train\nb,val\nc,none\nz,test\n", CC_SPLIT_NO_FOLD);
    assert_error(cc_split_table_apply(places, &t, set), CC_EFORMAT,
                 "no patient that the dataset has is for test");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_of_sets_is_taken_as_it_stands),
        cmocka_unit_test(folds_are_tested_and_the_rest_is_dealt),
        cmocka_unit_test(a_split_of_ours_comes_back_from_its_table),
        cmocka_unit_test(the_digest_is_of_who_goes_where),
        cmocka_unit_test(what_is_no_split_is_refused_by_line),
        cmocka_unit_test(patients_must_be_those_of_the_dataset),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
