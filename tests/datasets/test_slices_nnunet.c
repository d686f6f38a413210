/* The sources "nnunet" and "decathlon": layouts as nnU-Net's documentation/dataset_format.md (version 2), its
 * version 1 and medicaldecathlon.com's dataset.json show them. */
#include "said.h"
#include "scans_made.h"

static const char version_2[] =
    "{\"channel_names\": {\"0\": \"CT\"}, \"labels\": {\"background\": 0, \"LAD\": 1, "
    "\"rest\": [2, 3]}, \"numTraining\": 2, \"file_ending\": \".nii.gz\"}";
static const char version_1[] =
    "{\"name\": \"T\", \"tensorImageSize\": \"3D\", \"modality\": {\"0\": \"CT\"}, \"labels\": {\"0\": "
    "\"background\", \"1\": \"a\", \"2\": \"b\", \"3\": \"c\"}, \"numTraining\": 2, \"numTest\": 0, "
    "\"training\": "
    "[{\"image\": \"./imagesTr/p_02.nii.gz\", \"label\": \"./labelsTr/p_02.nii.gz\"}, "
    "{\"image\": \"./imagesTr/p_01.nii.gz\", \"label\": \"./labelsTr/p_01.nii.gz\"}], \"test\": []}";

/* Cases p_01 and p_02: scans 0 and 1, images with or without _0000. */
static const char *make_dataset(const char *json, const char *channel, const char *ending) {
    const char *dir = made_folder();
    for (int k = 0; k < 2; k++) {
        char name[128];
        snprintf(name, sizeof name, "imagesTr/p_%02d%s%s", k + 1, channel, ending);
        made_image(dir, name, k);
        snprintf(name, sizeof name, "labelsTr/p_%02d%s", k + 1, ending);
        made_mask(dir, name, k);
    }
    made_text(dir, "dataset.json", json);
    made_settle_all(dir);
    return dir;
}

static cc_slice_options options_of(const char *source, const char *dir) {
    return (cc_slice_options){.source = source, .root = dir};
}

static void is_whole(const cc_slice_options *options, const char *keep) {
    cc_slice_set *set = made_open(options);
    assert_int_equal(cc_slice_set_patient_count(set), 2);
    assert_string_equal(cc_slice_set_patient(set, 0), "p_01");
    assert_string_equal(cc_slice_set_patient(set, 1), "p_02");
    assert_int_equal(cc_slice_set_count(set), 2 * MADE_Z);
    for (size_t i = 0; i < 2 * MADE_Z; i++) made_slice_is(set, i, (int)i / MADE_Z, (int)i % MADE_Z, keep);
    cc_slice_set_close(set);
}

static void both_versions_of_nnunet_are_read(void **state) {
    (void)state;
    const char *two = make_dataset(version_2, "_0000", ".nii.gz");
    cc_slice_options options = options_of("nnunet", two);
    is_whole(&options, "");
    assert_true(cc_file_exists(cc_test_path(two, ".calcade-index")));
    made_text(two, "imagesTr/._p_01_0000.nii.gz", "a Mac's");
    made_text(two, "imagesTr/notes.txt", "of nobody's");
    made_text(two, "labelsTr/.DS_Store", "");
    is_whole(&options, "");
    const cc_digest_text digest = made_digest(&options);
    const cc_slice_options one = options_of("nnunet", make_dataset(version_1, "_0000", ".nii.gz"));
    is_whole(&one, "");
    assert_string_equal(made_digest(&one).hex, digest.hex);
    const int chosen[] = {2};
    options.labels = chosen;
    options.label_count = 1;
    is_whole(&options, "2");
    assert_string_not_equal(made_digest(&options).hex, digest.hex);
}

static void other_endings_and_a_list_of_files_are_read(void **state) {
    (void)state;
    const char *dir =
        make_dataset("{\"channel_names\": {\"0\": \"CT\"}, \"labels\": {\"background\": 0, \"a\": 1, "
                     "\"b\": 2, \"c\": 3}, \"numTraining\": 2, \"file_ending\": \".mha\"}",
                     "_0000", ".mha");
    cc_slice_options options = options_of("nnunet", dir);
    is_whole(&options, "");
    const char *listed = make_dataset(
        "{\"channel_names\": {\"0\": \"CT\"}, \"labels\": {\"background\": 0, \"a\": 1, \"b\": 2, \"c\": 3}, "
        "\"numTraining\": 2, \"file_ending\": \".nrrd\", \"dataset\": {\"p_02\": {\"images\": "
        "[\"imagesTr/p_02X.nrrd\"], \"label\": \"labelsTr/p_02.nrrd\"}, \"p_01\": {\"images\": "
        "[\"imagesTr/p_01X.nrrd\"], \"label\": \"labelsTr/p_01.nrrd\"}}}",
        "X", ".nrrd");
    options = options_of("nnunet", listed);
    is_whole(&options, "");
}

static void the_decathlon_is_read(void **state) {
    (void)state;
    const char *dir = make_dataset(version_1, "", ".nii.gz");
    const cc_slice_options options = options_of("decathlon", dir);
    made_text(dir, "imagesTr/._p_01.nii.gz", "as the published archives have them");
    is_whole(&options, "");
    assert_true(cc_file_exists(cc_test_path(dir, ".calcade-index")));
}

static void what_is_said_of_a_dataset_is_compared(void **state) {
    (void)state;
    said s;
    const char *dir =
        make_dataset("{\"modality\": {\"0\": \"MRI\"}, \"labels\": {\"0\": \"background\", \"1\": "
                     "\"heart\"}, \"numTraining\": 20, \"training\": [{\"image\": "
                     "\"./imagesTr/p_02.nii.gz\", \"label\": \"./labelsTr/p_02.nii.gz\"}]}",
                     "", ".nii.gz");
    const cc_slice_options options = options_of("decathlon", dir);
    said_start(&s);
    cc_slice_set_close(made_open(&options));
    said_end(&s);
    said_has(&s, "modality: the channel is \"MRI\", no CT: its values are read as HU");
    said_has(&s, "numTraining is 20, but there are 1 training cases");
}

static void a_case_that_is_not_whole_is_named(void **state) {
    (void)state;
    const char *dir = make_dataset(version_2, "_0000", ".nii.gz");
    cc_slice_options options = options_of("nnunet", dir);
    assert_int_equal(cc_test_run(NULL, 0, "mv '%s/labelsTr/p_01.nii.gz' '%s/labelsTr/p_03.nii.gz'", dir, dir),
                     0);
    made_refused(&options, CC_ENOTFOUND, "patient p_01: case p_01: ");
    options.skip_broken = true;
    cc_slice_set *set = made_open(&options);
    size_t count;
    const cc_slice_broken *broken = cc_slice_set_broken(&count, set);
    assert_int_equal(count, 2);
    assert_non_null(strstr(broken[0].why, "labelsTr/p_01.nii.gz"));
    assert_string_equal(broken[1].patient, "p_03"); /* a mask without its image */
    assert_non_null(strstr(broken[1].why, "imagesTr/p_03_0000.nii.gz"));
    assert_int_equal(cc_slice_set_patient_count(set), 1);
    cc_slice_set_close(set);
}

static void what_is_no_dataset_is_refused(void **state) {
    (void)state;
    static const int odd[] = {7}, three[] = {3};
    static const struct {
        const char *source, *json;
        cc_status status;
        const char *part;
        const int *label;
    } cases[] = {
        {"nnunet", "{", CC_EFORMAT, "dataset.json:1: no JSON", NULL},
        {"nnunet", "[1]", CC_EFORMAT, "it holds no object", NULL},
        {"nnunet", "{\"labels\": {\"background\": 0}}", CC_EFORMAT, "modality: no channel is named", NULL},
        {"nnunet", "{\"channel_names\": {\"0\": \"T2\", \"1\": \"ADC\"}, \"file_ending\": \".nii.gz\"}",
         CC_EUNSUPPORTED, "channel_names: 2 channels: T2, ADC", NULL},
        {"nnunet", "{\"channel_names\": {\"0\": \"CT\"}}", CC_EFORMAT, "file_ending: a text is wanted", NULL},
        {"nnunet", "{\"channel_names\": {\"0\": \"CT\"}, \"file_ending\": \".png\"}", CC_ENOTFOUND,
         "no case with images of .png is here", NULL},
        {"nnunet", "{\"channel_names\": {\"0\": \"CT\"}, \"file_ending\": \".nii.gz\"}", CC_EFORMAT,
         "labels: they are not given", NULL},
        {"nnunet",
         "{\"channel_names\": {\"0\": \"CT\"}, \"file_ending\": \".nii.gz\", \"labels\": {\"background\": 0, "
         "\"a\": \"x\"}}",
         CC_EFORMAT, "labels: \"a\" has none", NULL},
        {"nnunet",
         "{\"channel_names\": {\"0\": \"CT\"}, \"file_ending\": \".nii.gz\", \"labels\": {\"background\": 0, "
         "\"a\": 1, \"ignore\": 3}}",
         CC_EUNSUPPORTED, "voxels of \"ignore\" (3) are neither truth nor background", NULL},
        {"nnunet",
         "{\"channel_names\": {\"0\": \"CT\"}, \"file_ending\": \".nii.gz\", \"labels\": {\"background\": 0, "
         "\"a\": 1, \"ignore\": 3}}",
         CC_EUNSUPPORTED, "voxels of \"ignore\" (3)", three},
        {"nnunet", version_2, CC_ECONFIG, "names no label 7", odd},
        {"nnunet",
         "{\"channel_names\": {\"0\": \"CT\"}, \"file_ending\": \".nii.gz\", \"dataset\": {\"a\": "
         "{\"images\": "
         "[\"x\", \"y\"], \"label\": \"z\"}}}",
         CC_EUNSUPPORTED, "dataset.a.images: a list of one file is wanted", NULL},
        {"decathlon", version_2, CC_EFORMAT, "modality: no channel is named", NULL},
        {"decathlon", "{\"modality\": {\"0\": \"FLAIR\", \"1\": \"T1w\", \"2\": \"t1gd\", \"3\": \"T2w\"}}",
         CC_EUNSUPPORTED, "modality: 4 channels: FLAIR, T1w, t1gd, T2w", NULL},
        {"decathlon", "{\"modality\": {\"0\": \"CT\"}, \"labels\": {\"1\": \"a\"}, \"training\": []}",
         CC_EFORMAT, "training: it lists no case", NULL},
        {"decathlon",
         "{\"modality\": {\"0\": \"CT\"}, \"labels\": {\"1\": \"a\"}, \"training\": [{\"image\": 3}]}",
         CC_EFORMAT, "training[0].image: a text is wanted", NULL},
        {"decathlon",
         "{\"modality\": {\"0\": \"CT\"}, \"labels\": {\"1\": \"a\"}, \"training\": [{\"image\": "
         "\"../x.nii\", \"label\": \"y.nii\"}]}",
         CC_ENOTFOUND, "patient x: dataset.json: training[0]: ", NULL},
    };
    const char *dir = make_dataset(version_2, "_0000", ".nii.gz");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_slice_options options = options_of(cases[i].source, dir);
        options.labels = cases[i].label;
        options.label_count = cases[i].label != NULL;
        made_text(dir, "dataset.json", cases[i].json);
        made_refused(&options, cases[i].status, cases[i].part);
    }
    made_text(dir, "dataset.json", version_2);
    made_image(dir, "imagesTr/p_01_0001.nii.gz", 0);
    const cc_slice_options options = options_of("nnunet", dir);
    made_refused(&options, CC_EUNSUPPORTED,
                 "imagesTr/p_01_0001.nii.gz is of a channel that dataset.json does not name");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_versions_of_nnunet_are_read),
        cmocka_unit_test(other_endings_and_a_list_of_files_are_read),
        cmocka_unit_test(the_decathlon_is_read),
        cmocka_unit_test(what_is_said_of_a_dataset_is_compared),
        cmocka_unit_test(a_case_that_is_not_whole_is_named),
        cmocka_unit_test(what_is_no_dataset_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
