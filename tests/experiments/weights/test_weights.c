/* tests/experiments/weights/test_weights.c -- pretrained weights: what other libraries call them, what fits
 * and what does not, and the way round from a run over `calcade export` into another run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "experiments/weights/names.h"
#include "experiments/weights/weights.h"
#include "nets/engine/plan.h"
#include "results/safetensors.h"
#include "results/store.h"
#include "support.h"

enum { OUTPUT = 1 << 14, VALUES_MAX = 4096 };

static const cc_net_spec b0 = {.arch = "unet-encoder",
                               .encoder = "efficientnet-b0",
                               .upsample = "nearest",
                               .channels = {8, 8, 8, 8, 8},
                               .channel_count = 5,
                               .in_channels = 1,
                               .classes = 1};
static const cc_net_spec small = {.arch = "unet", .width = 4, .depth = 2, .in_channels = 1, .classes = 1};

static const cc_net_spec narrow = {.arch = "unet", .width = 1, .depth = 2, .in_channels = 1, .classes = 1};

static char folder[256], file[256], output[OUTPUT];
static cc_model *model;
static cc_plan *plan;
static cc_weights_summary summary;

static int end(void **state) {
    (void)state;
    cc_plan_destroy(plan);
    cc_model_destroy(model);
    plan = NULL;
    model = NULL;
    return 0;
}

static void make_model(const cc_net_spec *spec) {
    cc_plan_options options = {.n = 1, .height = 32, .width = 32};
    end(NULL);
    assert_ok(cc_model_create(&model, spec, &cc_backend_reference));
    assert_ok(cc_plan_create(&plan, model, &options));
    assert_ok(cc_model_initialise(model, 7));
}

static int index_of(const char *name) {
    for (int i = 0; i < cc_model_parameter_count(model); i++)
        if (strcmp(cc_model_parameter(model, i)->name, name) == 0) return i;
    fail_msg("no parameter %s", name);
    return -1;
}

static cc_status load(const cc_run_tensor *tensors, size_t count) {
    assert_ok(cc_safetensors_write(file, tensors, count, NULL, 0));
    return cc_weights_load(&summary, model, file);
}

static void assert_known(const char *ours, const char *theirs) {
    cc_weight_block at = {0};
    cc_weight_names names;
    for (int i = 0; i <= index_of(ours); i++)
        cc_weight_names_of(&names, &at, cc_model_parameter(model, i)->name);
    assert_string_equal(names.names[0], ours);
    for (int i = 0; i < names.count; i++)
        if (strcmp(names.names[i], theirs) == 0) return;
    fail_msg("%s is not known as %s", ours, theirs);
}

static void the_names_of_other_libraries_are_known(void **state) {
    (void)state;
    static const char *const names[][2] = {
        {"encoder.conv_stem.weight", "conv_stem.weight"},
        {"encoder.conv_stem.weight", "features.0.0.weight"},
        {"encoder.bn1.running_mean", "features.0.1.running_mean"},
        {"encoder.bn1.bias", "encoder._bn0.bias"},
        {"encoder.blocks.0.0.conv_dw.weight", "features.1.0.block.0.0.weight"},
        {"encoder.blocks.0.0.bn1.weight", "_blocks.0._bn1.weight"},
        {"encoder.blocks.0.0.se.conv_reduce.bias", "features.1.0.block.1.fc1.bias"},
        {"encoder.blocks.0.0.conv_pw.weight", "encoder._blocks.0._project_conv.weight"},
        {"encoder.blocks.0.0.bn2.bias", "features.1.0.block.2.1.bias"},
        {"encoder.blocks.1.0.conv_pw.weight", "features.2.0.block.0.0.weight"},
        {"encoder.blocks.1.0.conv_pw.weight", "_blocks.1._expand_conv.weight"},
        {"encoder.blocks.2.1.bn1.running_var", "_blocks.4._bn0.running_var"},
        {"encoder.blocks.2.1.conv_dw.weight", "encoder._blocks.4._depthwise_conv.weight"},
        {"encoder.blocks.2.1.bn2.running_var", "features.3.1.block.1.1.running_var"},
        {"encoder.blocks.2.1.bn2.running_var", "_blocks.4._bn1.running_var"},
        {"encoder.blocks.6.0.se.conv_expand.bias", "features.7.0.block.2.fc2.bias"},
        {"encoder.blocks.6.0.se.conv_expand.bias", "encoder._blocks.15._se_expand.bias"},
        {"encoder.blocks.6.0.conv_pwl.weight", "features.7.0.block.3.0.weight"},
        {"encoder.blocks.6.0.bn3.weight", "encoder._blocks.15._bn2.weight"},
        {"encoder.blocks.6.0.bn3.weight", "encoder.model.blocks.6.0.bn3.weight"},
        {"decoder.blocks.0.conv1.0.weight", "decoder.blocks.0.conv1.0.weight"},
    };
    make_model(&b0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) assert_known(names[i][0], names[i][1]);
    assert_string_equal(cc_weight_name_bare("state_dict.model.module.encoder.bn1.bias"), "encoder.bn1.bias");
    assert_string_equal(cc_weight_name_bare("modules.bn1.bias"), "modules.bn1.bias");
}

static int by_text(const void *a, const void *b) {
    return strcmp(a, b);
}

static void no_two_parameters_share_a_name(void **state) {
    (void)state;
    static char all[600 * CC_WEIGHT_NAMES_MAX][CC_WEIGHT_NAME_BYTES];
    size_t used = 0;
    cc_weight_block at = {0};
    cc_weight_names names;
    make_model(&b0);
    int count = cc_model_parameter_count(model);
    assert_in_range(count, 1, 600);
    for (int i = 0; i < count; i++) {
        cc_weight_names_of(&names, &at, cc_model_parameter(model, i)->name);
        for (int k = 0; k < names.count; k++) strcpy(all[used++], names.names[k]);
    }
    qsort(all, used, sizeof *all, by_text);
    for (size_t i = 1; i < used; i++) assert_string_not_equal(all[i - 1], all[i]);
}

static void weights_go_where_they_belong_and_the_rest_is_told(void **state) {
    (void)state;
    static float rgb[32 * 3 * 9], ones[512], got[VALUES_MAX], before[VALUES_MAX];
    char line[CC_WEIGHTS_LINE_BYTES];
    for (int i = 0; i < 32 * 3 * 9; i++) rgb[i] = (float)(i % 7);
    for (int i = 0; i < 512; i++) ones[i] = 1 + (float)i;
    const cc_run_tensor tensors[] = {{"module.features.0.0.weight", 4, {32, 3, 3, 3}, rgb},
                                     {"module.features.1.0.block.2.0.weight", 4, {16, 32, 1, 1}, ones},
                                     {"module.features.0.1.num_batches_tracked", 0, {0}, ones},
                                     {"module.classifier.1.bias", 1, {5}, ones}};
    make_model(&b0);
    int stem = index_of("encoder.conv_stem.weight"), other = index_of("encoder.blocks.0.0.conv_dw.weight");
    assert_ok(cc_model_get(before, model, other));
    assert_ok(load(tensors, 4));
    assert_int_equal(summary.loaded, 2);
    assert_int_equal(summary.left_over, 1);
    assert_int_equal(summary.missing, cc_model_parameter_count(model) - 2);
    assert_ok(cc_model_get(got, model, stem));
    for (int o = 0; o < 32; o++)
        for (int k = 0; k < 9; k++) {
            const float *w = rgb + o * 27 + k;
            assert_true(got[o * 9 + k] == w[0] + w[9] + w[18]);
        }
    assert_ok(cc_model_get(got, model, index_of("encoder.blocks.0.0.conv_pw.weight")));
    assert_memory_equal(got, ones, sizeof ones);
    assert_ok(cc_model_get(got, model, other));
    assert_memory_equal(got, before, 32 * 9 * sizeof *got);
    cc_weights_describe(line, sizeof line, &summary);
    assert_non_null(strstr(line, "2 tensors loaded, the first convolution's 3 input channels as their sum; 1 "
                                 "left over in the file (module.classifier.1.bias); "));
    assert_non_null(strstr(line, "missing in it (encoder.bn1.weight, encoder.bn1.bias, "
                                 "encoder.bn1.running_mean, ...)"));
}

/* segmentation_models.pytorch keeps EfficientNet's last 1x1 convolution and the first scSE of its last
 * block. */
static void layers_that_a_package_never_uses_are_known(void **state) {
    (void)state;
    static float ones[64];
    char line[CC_WEIGHTS_LINE_BYTES];
    for (int i = 0; i < 64; i++) ones[i] = 1;
    const cc_run_tensor tensors[] = {{"encoder.bn1.weight", 1, {32}, ones},
                                     {"encoder.bn2.weight", 1, {5}, ones},
                                     {"encoder.conv_head.weight", 4, {2, 2, 1, 1}, ones},
                                     {"decoder.blocks.4.attention1.attention.sSE.0.bias", 1, {1}, ones}};
    make_model(&b0);
    assert_ok(load(tensors, 4));
    assert_int_equal(summary.loaded, 1);
    assert_int_equal(summary.unused, 3);
    assert_int_equal(summary.left_over, 0);
    cc_weights_describe(line, sizeof line, &summary);
    assert_non_null(
        strstr(line, "1 tensor loaded; 3 in it of layers that its package never uses; none left"));
}

/* Those of torchvision's module, and those in its files. */
static void a_dense_layer_has_two_spellings(void **state) {
    (void)state;
    static const char *const spellings[] = {"features.denseblock1.denselayer2.norm1.weight",
                                            "features.denseblock1.denselayer2.norm.1.weight"};
    cc_weight_block at = {0};
    cc_weight_names names;
    cc_weight_names_of(&names, &at, "encoder.features.denseblock1.denselayer2.norm1.weight");
    for (int i = 0; i < 2; i++) {
        bool found = false;
        for (int k = 0; k < names.count; k++) found |= strcmp(names.names[k], spellings[i]) == 0;
        assert_true(found);
    }
}

static void a_shape_that_does_not_fit_is_refused(void **state) {
    (void)state;
    static const float zeros[VALUES_MAX];
    cc_run_tensor tensor = {"down.0.conv1.bias", 1, {5}, zeros};
    make_model(&small);
    assert_error(load(&tensor, 1), CC_EFORMAT,
                 "w.safetensors: tensor down.0.conv1.bias is [5], but down.0.conv1.bias is [4]");
    tensor = (cc_run_tensor){"model.down.0.conv2.weight", 4, {4, 12, 3, 3}, zeros};
    assert_error(load(&tensor, 1), CC_EFORMAT,
                 "model.down.0.conv2.weight is [4, 12, 3, 3], but down.0.conv2.weight is [4, 4, 3, 3]");
    tensor = (cc_run_tensor){"down.0.conv1.weight", 4, {4, 3, 5, 3}, zeros};
    assert_error(load(&tensor, 1), CC_EFORMAT, "[4, 3, 5, 3], but");
    tensor = (cc_run_tensor){"down.0.conv1.weight", 4, {4, 0, 3, 3}, zeros};
    assert_error(load(&tensor, 1), CC_EFORMAT, "[4, 0, 3, 3], but");
    tensor = (cc_run_tensor){"down.0.conv1.bias", 2, {4, 1}, zeros};
    assert_error(load(&tensor, 1), CC_EFORMAT, "[4, 1], but");
    make_model(&narrow); /* its second convolution sees one channel too, but not the image's */
    tensor = (cc_run_tensor){"down.0.conv2.weight", 4, {1, 3, 3, 3}, zeros};
    assert_error(load(&tensor, 1), CC_EFORMAT, "is [1, 3, 3, 3], but down.0.conv2.weight is [1, 1, 3, 3]");
}

static void weights_that_make_no_sense_are_refused(void **state) {
    (void)state;
    static const float values[] = {1, 2, NAN, 4};
    cc_run_tensor tensors[] = {{"down.0.conv1.bias", 1, {4}, values}, {"down.0.conv1.bias", 1, {4}, values}};
    make_model(&small);
    assert_error(load(tensors, 1), CC_EFORMAT, "tensor down.0.conv1.bias holds nan");
    tensors[1].name = "module.down.0.conv1.bias";
    assert_error(load(tensors, 2), CC_EFORMAT,
                 "down.0.conv1.bias and module.down.0.conv1.bias would both be down.0.conv1.bias");
    tensors[0].name = "layer1.0.conv1.weight";
    assert_error(load(tensors, 1), CC_EFORMAT, "none of its 1 tensors (layer1.0.conv1.weight) has the name");
    assert_error(load(tensors, 0), CC_EFORMAT, "none of its 0 tensors");
    assert_error(cc_weights_load(&summary, model, "/absent.h5"), CC_ENOTFOUND, "/absent.h5");
    assert_error(cc_weights_load(&summary, model, folder), CC_EIO, "not a regular file");
    assert_ok(cc_file_write(file, "PK\3\4 a checkpoint of PyTorch", 28));
    assert_error(cc_weights_load(&summary, model, file), CC_EUNSUPPORTED, "is a pickle of PyTorch");
    assert_ok(cc_file_write(file, "\211HDF\r\n\032\n and so on", 18));
    assert_error(cc_weights_load(&summary, model, file), CC_EFORMAT, "w.safetensors");
    assert_ok(cc_file_write(file, "", 0));
    assert_error(cc_weights_load(&summary, model, file), CC_EFORMAT, "empty");
}

static const char config[] = "data: {source: ctheart}\n"
                             "preprocess: {size: 64}\n"
                             "net: {arch: unet, width: 4, depth: 2}\n"
                             "loss: {type: bce}\n"
                             "optimizer: {type: sgd, lr: 0.1}\n"
                             "train: {epochs: 1, batch: 2}\n";

/* `calcade run` on the phantom in `folder`, into the experiment `name`; `output` is what it prints. */
static int run(const char *name, const char *more) {
    return cc_test_run(output, OUTPUT,
                       "cd %s && %s run c.yaml --out out --set name=%s --set data.root=phantom %s", folder,
                       CC_PROGRAM, name, more);
}

static void read_result(cc_run *out, const char *name, cc_arena *arena) {
    char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%s/out/%s/default/fold-0/seed-1.h5", folder, name);
    assert_ok(cc_run_read(out, path, CC_RUN_MODEL, arena));
}

/* A phantom and one run on it, for all tests. */
static int begin(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    snprintf(file, sizeof file, "%s/w.safetensors", folder);
    setenv("OMP_NUM_THREADS", "1", 1); /* small nets gain nothing from more */
    assert_ok(cc_file_write(cc_test_path(folder, "c.yaml"), config, strlen(config)));
    assert_int_equal(cc_test_run(output, OUTPUT, "%s phantom %s/phantom --patients 3 --size 64 --slices 2",
                                 CC_PROGRAM, folder),
                     0);
    return run("first", "");
}

static int export(const char *name) {
    return cc_test_run(output, OUTPUT, "cd %s && %s export out/%s/default/fold-0/seed-1.h5 -o w.safetensors",
                       folder, CC_PROGRAM, name);
}

/* Whether a model that loads `path` has every value of the run. */
static void assert_loads(const char *path, const cc_run *want) {
    static float got[VALUES_MAX];
    make_model(&small);
    assert_ok(cc_weights_load(&summary, model, path));
    assert_int_equal(summary.loaded, want->tensor_count);
    assert_int_equal(summary.left_over + summary.missing + summary.summed, 0);
    for (size_t i = 0; i < want->tensor_count; i++) {
        int index = index_of(want->tensors[i].name);
        size_t count = (size_t)cc_model_parameter(model, index)->count;
        assert_in_range(count, 1, VALUES_MAX);
        assert_ok(cc_model_get(got, model, index));
        assert_memory_equal(got, want->tensors[i].data, count * sizeof *got);
    }
}

static void a_run_goes_round_through_its_export(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_run first, same, other;
    assert_int_equal(export("first"), 0);
    read_result(&first, "first", arena);
    assert_loads(file, &first);
    assert_loads(cc_test_path(folder, "out/first/default/fold-0/seed-1.h5"), &first);

    assert_int_equal(run("same", "--set net.weights=w.safetensors --set optimizer.lr=1.0e-30"), 0);
    assert_non_null(strstr(output, "weights of w.safetensors: 16 tensors loaded; none left over in the file; "
                                   "none missing in it\n"));
    read_result(&same, "same", arena);
    assert_int_equal(same.slice_count, first.slice_count);
    assert_memory_equal(same.slices, first.slices, first.slice_count * sizeof *first.slices);
    assert_int_equal(run("other", "--set optimizer.lr=1.0e-30"), 0);
    read_result(&other, "other", arena);
    assert_memory_not_equal(other.slices, first.slices, first.slice_count * sizeof *first.slices);
    cc_arena_destroy(arena);
}

/* The checkpoint, of 14 KB, can be written, but not the result. */
static void a_run_that_goes_on_keeps_its_own_weights(void **state) {
    (void)state;
    const char *more = "--set net.weights=out/first/default/fold-0/seed-1.h5";
    assert_int_equal(cc_test_run(output, OUTPUT,
                                 "cd %s && ulimit -f 40 && %s run c.yaml --out out --set name=stopped --set "
                                 "data.root=phantom %s",
                                 folder, CC_PROGRAM, more),
                     1);
    assert_non_null(strstr(output, "tensors loaded"));
    assert_int_equal(run("stopped", more), 0);
    assert_non_null(strstr(output, "going on after epoch 1/1"));
    assert_null(strstr(output, "tensors loaded"));
}

static void the_contents_of_the_weights_are_part_of_the_identity(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_run read;
    cc_digest_text digest;
    assert_int_equal(export("first"), 0);
    assert_int_equal(run("x", "--set net.weights=w.safetensors"), 0);
    assert_ok(cc_digest_of_file(&digest, file));
    read_result(&read, "x", arena);
    assert_string_equal(read.provenance.weights_digest, digest.hex);
    assert_int_equal(run("x", "--set net.weights=$PWD/w.safetensors"), 0);
    assert_non_null(strstr(output, "done already"));
    assert_int_equal(run("x", "--set net.weights=out/first/default/fold-0/seed-1.h5"), 0);
    assert_null(strstr(output, "done already"));
    assert_int_equal(run("x", "--set net.weights=absent.safetensors"), 1);
    assert_non_null(strstr(output, "calcade: error: net.weights: absent.safetensors: "));
    assert_int_equal(run("x", "--set net.weights=/dev/zero"), 1);
    cc_arena_destroy(arena);
}

static void an_export_says_where_it_comes_from(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    cc_safetensors *exported;
    cc_run first;
    size_t count;
    read_result(&first, "first", arena);
    assert_int_equal(export("first"), 0);
    assert_ok(cc_safetensors_open(&exported, file));
    cc_safetensors_tensors(&count, exported);
    assert_int_equal(count, 16);
    assert_string_equal(cc_safetensors_metadata(exported, "format"), "pt");
    assert_string_equal(cc_safetensors_metadata(exported, "config"), first.config);
    assert_string_equal(cc_safetensors_metadata(exported, "identity"), first.provenance.identity);
    cc_safetensors_close(exported);
    cc_arena_destroy(arena);
}

static void an_export_that_cannot_be_is_one_line(void **state) {
    (void)state;
    assert_int_equal(cc_test_run(output, OUTPUT, "%s export a.h5", CC_PROGRAM), 2);
    assert_non_null(strstr(output, "calcade: error: export: wants -o and a file"));
    assert_int_equal(cc_test_run(output, OUTPUT, "%s export a.h5 -o a.h5", CC_PROGRAM), 2);
    assert_int_equal(
        cc_test_run(output, OUTPUT, "%s export absent.h5 -o %s/absent.safetensors", CC_PROGRAM, folder), 1);
    assert_non_null(strstr(output, "calcade: error: absent.h5: "));
    assert_false(cc_file_exists(cc_test_path(folder, "absent.safetensors")));
    assert_int_equal(cc_test_run(output, OUTPUT, "%s export --light results", CC_PROGRAM), 2);
    assert_non_null(strstr(output, "calcade: error: export: --light wants -o and a folder"));
    assert_int_equal(cc_test_run(output, OUTPUT, "%s export --kind twin a.h5 -o a.safetensors", CC_PROGRAM),
                     2);
    assert_non_null(strstr(output, "calcade: error: --kind: "));
    assert_int_equal(
        cc_test_run(output, OUTPUT, "%s export --light %s/absent -o %s/light", CC_PROGRAM, folder, folder),
        1);
    assert_non_null(strstr(output, "absent: holds no run file"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_teardown(name, end)
    const struct CMUnitTest tests[] = {
        TEST(the_names_of_other_libraries_are_known),
        TEST(no_two_parameters_share_a_name),
        TEST(weights_go_where_they_belong_and_the_rest_is_told),
        TEST(layers_that_a_package_never_uses_are_known),
        TEST(a_dense_layer_has_two_spellings),
        TEST(a_shape_that_does_not_fit_is_refused),
        TEST(weights_that_make_no_sense_are_refused),
        TEST(a_run_goes_round_through_its_export),
        TEST(a_run_that_goes_on_keeps_its_own_weights),
        TEST(the_contents_of_the_weights_are_part_of_the_identity),
        TEST(an_export_says_where_it_comes_from),
        TEST(an_export_that_cannot_be_is_one_line),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
