/* calcade check and calcade split, and what data.split.seed and data.split.file mean to a run, as a user sees
 * them. */
#include <jansson.h>
#include "datasets/volume_file.h"
#include "experiments/planning/data.h"
#include "experiments/planning/run_plan.h"
#include "nets/engine/backend.h"
#include "runs.h"

static char place[256];

static int begin(void **state) {
    (void)state;
    snprintf(place, sizeof place, "%s", runs_folder());
    return runs_setup(state);
}

/* DIR/NAME of scan k of 16 x 16 x 2 voxels, HU as a chest's; `label` stands in the mask's corner. */
static void write_scan(const char *name, int k, int label) {
    enum { X = 16, Z = 2 };
    float hu[X * X * Z], mask[X * X * Z] = {0};
    char path[CC_PATH_MAX];
    cc_volume v = {
        .grid = {.dims = {X, X, Z}, .spacing_mm = {2, 2, 3}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
        .voxels = hu};
    for (int i = 0; i < X * X * Z; i++) hu[i] = (float)(i % 7 == 0 ? -900 + k : i % 200 - 100 + k);
    snprintf(path, sizeof path, "%s/%s.nii.gz", place, name);
    assert_ok(cc_volume_write(path, &v, "int16"));
    mask[0] = mask[X * X + 1] = (float)label;
    v.voxels = mask;
    snprintf(path, sizeof path, "%s/%s-mask.mha", place, name);
    assert_ok(cc_volume_write(path, &v, "uint8"));
}

static void write_text(const char *name, const char *text) {
    runs_write(cc_test_path(place, name), text);
}

/* A config on list.csv, with more options. */
static void write_config(const char *name, const char *data) {
    char text[2048];
    snprintf(text, sizeof text,
             "name: test/%.*s\nvariant: a\nstage: roi\ndata: {source: list, list: list.csv%s%s}\n"
             "net: {arch: unet-bn, width: 4, depth: 3}\nloss: {type: dice}\ntrain: {epochs: 1, batch: 2, "
             "workers: 1}\n",
             (int)strcspn(name, "."), name, data[0] ? ", " : "", data);
    write_text(name, text);
}

static void go(outcome *o, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "cd %s && %s %s", place, CC_PROGRAM, arguments);
    runs_shell(o, line);
}

/* Eight patients, a to h, the last with two scans. */
static void write_dataset(void) {
    char text[1024] = "patient,image,mask,set,fold\n";
    static const char *const sets[] = {"train", "train", "train", "val",  "test",
                                       "test",  "none",  "train", "train"};
    for (int k = 0; k < 9; k++) {
        char name[8];
        snprintf(name, sizeof name, "s%d", k);
        write_scan(name, k, 1 + k % 3);
        snprintf(text + strlen(text), sizeof text - strlen(text), "%c,%s.nii.gz,%s-mask.mha,%s,%d\n",
                 k < 8 ? 'a' + k : 'h', name, name, sets[k], k < 8 ? k % 3 : 1);
    }
    write_text("list.csv", text);
}

static void a_sound_dataset_passes(void **state) {
    (void)state;
    outcome o;
    write_dataset();
    write_config("list.yaml", "split: {by: list}, labels: [1, 2]");
    go(&o, "check list.yaml");
    assert_int_equal(o.status, 0);
    assert_says(o.out, "patient  scan  dims            spacing mm");
    assert_says(
        o.out,
        "a           1  16x16x2         2 x 2 x 3               -900..99      1                    2  train");
    assert_says(
        o.out,
        "h           2  16x16x2         2 x 2 x 3               -892..107     3                    0  train");
    assert_says(o.out, "3 of 9 scans hold no label");
    assert_says(
        o.out, "split: train 4 patients, 5 scans (3 with labels), 10 slices; validation 1 patient, 1 scan (1 "
               "with labels), 2 slices; test 2 patients, 2 scans (1 with labels), 4 slices");
    assert_null(strstr(o.out, "fault"));
    go(&o, "check list.yaml --json");
    assert_int_equal(o.status, 0);
    json_t *whole = json_loads(o.out, 0, NULL);
    assert_non_null(whole);
    assert_int_equal(json_integer_value(json_object_get(whole, "faults")), 0);
    const json_t *set = json_array_get(json_object_get(whole, "datasets"), 0);
    const json_t *scan = json_array_get(json_object_get(set, "scans"), 8);
    assert_string_equal(json_string_value(json_object_get(scan, "patient")), "h");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(scan, "labels"), "3")), 2);
    assert_int_equal(json_integer_value(json_object_get(scan, "labelled_voxels")), 0);
    const json_t *split = json_array_get(json_object_get(set, "splits"), 0);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(split, "test"), "patients")), 2);
    json_decref(whole);
}

static void every_fault_is_a_line_and_fails(void **state) {
    (void)state;
    outcome o;
    write_dataset();
    char line[1024];
    snprintf(line, sizeof line,
             "cd %s && cp s0.nii.gz copy.nii.gz && gzip -dc s1.nii.gz | head -c 600 > cut.nii && echo no > "
             "x-mask.mha && "
             "sed -i 's/^b,s1.nii.gz/b,cut.nii/; s/^c,s2.nii.gz,s2-mask/c,s2.nii.gz,x-mask/; "
             "s/^e,s4.nii.gz/e,copy.nii.gz/; s/^f,.*/f,flat.mha,s5-mask.mha,test,2/' list.csv",
             place);
    assert_int_equal(cc_test_run(NULL, 0, "%s", line), 0);
    float ones[16 * 16 * 2];
    for (int i = 0; i < 16 * 16 * 2; i++) ones[i] = (float)(i % 2);
    const cc_volume v = {
        .grid = {.dims = {16, 16, 2}, .spacing_mm = {2, 2, 3}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
        .voxels = ones};
    assert_ok(cc_volume_write(cc_test_path(place, "flat.mha"), &v, "uint8"));
    write_config("faults.yaml", "split: {by: list}, labels: [1]");
    go(&o, "check faults.yaml");
    assert_failed(&o, 1, "5 faults in the data or its split (the lines above say which)");
    assert_says(o.out, "fault: patient b: ");
    assert_says(o.out, "cut.nii: ");
    assert_says(o.out, "fault: patient c: ");
    assert_says(o.out, "x-mask.mha: its first bytes are of no known image format");
    assert_says(
        o.out,
        "fault: patient f, scan 1: its values, from 0 to 1, are not like HU of a CT: they seem to be scaled");
    assert_says(
        o.out,
        "fault: patient e, scan 1: its image has the voxels of patient a, scan 1: they lie in test and "
        "in train");
    assert_says(o.out, "image of a, scan 1");
    assert_says(o.out, "fault: no scan of the test part holds a label");
    go(&o, "check faults.yaml --json");
    assert_failed(&o, 1, "5 faults");
    json_t *whole = json_loads(o.out, 0, NULL);
    assert_non_null(whole);
    assert_int_equal(json_integer_value(json_object_get(whole, "faults")), 5);
    json_decref(whole);
}

static void splits_that_cannot_be_or_leak_are_faults(void **state) {
    (void)state;
    outcome o;
    write_dataset();
    write_config("slab.yaml", "split: {by: slice}");
    go(&o, "check slab.yaml");
    assert_int_equal(o.status, 1);
    assert_says(o.out, ": scores of such a split flatter");
    write_text("split.csv", "patient,set\na,train\nz,test\n");
    write_config("file.yaml", "split: {file: split.csv}");
    go(&o, "check file.yaml");
    assert_failed(&o, 1, "1 fault in");
    assert_says(o.out, "fault: split.csv: no patient is for validation");
    write_text("split.csv", "patient,set\na,train\nz,test\nb,val\n");
    go(&o, "check file.yaml");
    assert_says(o.out, "fault: split.csv:3: the dataset has no patient of the name z");
    go(&o, "run --dry-run file.yaml");
    assert_failed(&o, 1, "split.csv:3: the dataset has no patient of the name z");
    go(&o, "check list.yaml --set data.list=none.csv");
    assert_failed(&o, 1, "none.csv");
    go(&o, "check");
    assert_failed(&o, 2, "wants one CONFIG, or --results DIR alone");
}

static void other_sources_are_checked_too(void **state) {
    (void)state;
    outcome o;
    char line[1024];
    snprintf(line, sizeof line, "check %s", runs_config);
    go(&o, line);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "64x64x3         -                       -             1");
    snprintf(line, sizeof line,
             "check %s --set matrix='[{variant: x, data.fold: 0}, {variant: y, data.fold: 1}]'", runs_config);
    go(&o, line);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "fold 0: train ");
    assert_says(o.out, "fold 1: train ");
}

/* The parts of a config's split: "a:T b:V ...". */
static void parts_of(char out[512], const char *config, const char *set) {
    cc_config *loaded;
    cc_slice_set *slices;
    cc_split split = {0};
    char before[CC_PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(place), 0);
    assert_ok(cc_config_load(&loaded, config, &set, set != NULL, CC_CONFIG_RUNNABLE));
    assert_ok(cc_data_open(&slices, cc_config_get(loaded, 0)));
    assert_ok(cc_data_split(&split, slices, cc_config_get(loaded, 0)));
    const cc_split_part *parts[] = {&split.train, &split.validation, &split.test};
    out[0] = 0;
    for (int p = 0; p < 3; p++)
        for (size_t i = 0; i < parts[p]->count; i++)
            snprintf(out + strlen(out), 512 - strlen(out), "%s%c ",
                     cc_slice_set_patient(slices, cc_slice_set_get(slices, parts[p]->slices[i])->patient),
                     "TVX"[p]);
    cc_split_deinit(&split);
    cc_slice_set_close(slices);
    cc_config_destroy(loaded);
    assert_int_equal(chdir(before), 0);
}

static void a_written_split_reads_back_to_itself(void **state) {
    (void)state;
    outcome o;
    char made[512], read[512], set[64], file[CC_PATH_MAX];
    write_dataset();
    snprintf(file, sizeof file, "%s/out.csv", place);
    write_config("shares.yaml", "split: {train: 4, validation: 2, test: 2, seed: 5}");
    write_config("folds.yaml", "fold: 0, folds: 3, split: {seed: 3}");
    write_config("by-list.yaml", "split: {by: list}");
    write_config("shares-read.yaml", "split: {file: out.csv, seed: 9}");
    write_config("folds-read.yaml", "fold: 0, split: {file: out.csv, seed: 3}");
    go(&o, "split shares.yaml -o out.csv");
    assert_int_equal(o.status, 0);
    parts_of(made, "shares.yaml", NULL);
    parts_of(read, "shares-read.yaml", NULL);
    assert_string_equal(made, read);
    go(&o, "split by-list.yaml -o out.csv");
    assert_int_equal(o.status, 0);
    parts_of(made, "by-list.yaml", NULL);
    parts_of(read, "shares-read.yaml", NULL);
    assert_string_equal(made, read);
    go(&o, "split folds.yaml -o out.csv --set matrix='{data.fold: [0, 1, 2]}'");
    assert_int_equal(o.status, 0);
    for (int fold = 0; fold < 3; fold++) {
        snprintf(set, sizeof set, "data.fold=%d", fold);
        parts_of(made, "folds.yaml", set);
        parts_of(read, "folds-read.yaml", set);
        assert_string_equal(made, read);
    }
    go(&o, "split slab.yaml -o never.csv");
    assert_failed(&o, 2, "a table of patients cannot say a split by slice");
    go(&o, "split shares.yaml -o never.csv --set matrix='{data.split.seed: [1, 2]}' --set variant=null");
    assert_failed(&o, 2, "the variants 1 and 2 split differently: data.split.seed is not the same");
    go(&o, "split shares.yaml -o /nowhere/never.csv");
    assert_int_equal(o.status, 1);
    go(&o, "split shares.yaml");
    assert_failed(&o, 2, "wants -o FILE.csv");
    assert_int_equal(runs_count(place, "never.csv*"), 0);
}

static void seeds_share_one_split(void **state) {
    (void)state;
    char first[512], other[512];
    write_dataset();
    write_config("seeds.yaml", "");
    parts_of(first, "seeds.yaml", "seed=1");
    parts_of(other, "seeds.yaml", "seed=2");
    assert_string_equal(first, other);
    parts_of(other, "seeds.yaml", "seed=3");
    assert_string_equal(first, other);
    parts_of(other, "seeds.yaml", "data.split.seed=2");
    assert_string_not_equal(first, other);
}

static void identity_of(char out[65], const char *config, const char *const *sets, int count) {
    cc_config *loaded;
    cc_run_plan *plan;
    char before[CC_PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(place), 0);
    assert_ok(cc_config_load(&loaded, config, sets, count, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&plan, &loaded, 1, "runs", NULL, 0));
    snprintf(out, 65, "%s", cc_run_plan_get(plan, 0)->request.hex);
    cc_run_plan_destroy(plan);
    cc_config_destroy(loaded);
    assert_int_equal(chdir(before), 0);
}

/* The text that identities digest, of a config whose split seed is, or is not, its seed. */
static void the_split_seed_is_in_the_identity_where_it_differs(void **state) {
    (void)state;
    static const struct {
        const char *seed, *split_seed, *by;
        bool in;
    } cases[] = {{"1", "1", "patient", false}, {"2", "2", "patient", false}, {"2", "1", "patient", true},
                 {"1", "2", "patient", true},  {"7", "1", "slice", true},    {"7", "7", "slice", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256], *identity;
        cc_config *config;
        cc_arena *arena = cc_arena_create();
        snprintf(text, sizeof text, "seed: %s\ndata: {split: {by: %s, seed: %s}}\n", cases[i].seed,
                 cases[i].by, cases[i].split_seed);
        assert_ok(cc_config_parse_text(&config, text, strlen(text), "t.yaml", NULL, 0));
        assert_ok(cc_config_identity_text(&identity, cc_config_get(config, 0), arena));
        const char *split = strstr(identity, "  split:");
        assert_non_null(split);
        assert_true((strstr(split, "    seed: ") != NULL) == cases[i].in);
        cc_config_destroy(config);
        cc_arena_destroy(arena);
    }
    /* a result older than the option has it as its seed */
    cc_config *config;
    static const char old[] = "seed: 7\ndata: {split: {train: 1}}\n";
    assert_ok(cc_config_parse_text(&config, old, strlen(old), "t.h5", NULL, CC_CONFIG_STORED));
    assert_true(cc_config_get(config, 0)->data.split.seed == 7);
    cc_config_destroy(config);
    assert_ok(cc_config_parse_text(&config, old, strlen(old), "t.yaml", NULL, 0));
    assert_true(cc_config_get(config, 0)->data.split.seed == 1);
    cc_config_destroy(config);
}

/* The content of the file counts, not its name, nor, of folds, what the other ones are called. */
static void the_split_of_a_file_is_in_the_identity(void **state) {
    (void)state;
    char a[65], b[65];
    static const char *const other[] = {"data.split.file=other.csv"}, *const none[] = {
                                                                          "data.split.file=null"};
    static const char sets[] =
        "patient,set\na,train\nb,train\nc,train\nd,val\ne,test\nf,test\ng,none\nh,train\n";
    write_dataset();
    write_text("split.csv", sets);
    write_text("other.csv",
               "set;patient\ntest;f\nval;d\ntrain;a\ntrain;b\ntrain;c\ntest;e\nnone;g\ntraining;h\n");
    write_config("file.yaml", "split: {file: split.csv}");
    identity_of(a, "file.yaml", NULL, 0);
    identity_of(b, "file.yaml", other, 1);
    assert_string_equal(a, b);
    identity_of(b, "file.yaml", none, 1);
    assert_string_not_equal(a, b);
    write_text("other.csv",
               "set;patient\ntest;f\nval;d\ntrain;a\ntrain;b\nnone;c\ntest;e\nnone;g\ntraining;h\n");
    identity_of(b, "file.yaml", other, 1);
    assert_string_not_equal(a, b);
}

/* From the list to a result: the run trains on, and tests, whom the list says. */
static void a_list_is_trained_on(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    cc_arena *arena = cc_arena_create();
    write_dataset();
    write_config("trained.yaml", "split: {by: list}");
    go(&o, "run trained.yaml --device cpu --out runs");
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    runs_read(&run, cc_test_path(place, "runs/test/trained/a/fold-0/seed-1.h5"), arena);
    assert_int_equal(run.patient_count, 2);
    assert_string_equal(run.patients[0].patient, "e");
    assert_string_equal(run.patients[1].patient, "f");
    assert_false(run.leaking_split);
    go(&o, "run trained.yaml --device cpu --out runs");
    assert_says(o.err, "the run is done already");
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_dataset_passes),
        cmocka_unit_test(every_fault_is_a_line_and_fails),
        cmocka_unit_test(splits_that_cannot_be_or_leak_are_faults),
        cmocka_unit_test(other_sources_are_checked_too),
        cmocka_unit_test(a_written_split_reads_back_to_itself),
        cmocka_unit_test(seeds_share_one_split),
        cmocka_unit_test(the_split_seed_is_in_the_identity_where_it_differs),
        cmocka_unit_test(the_split_of_a_file_is_in_the_identity),
        cmocka_unit_test(a_list_is_trained_on),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
