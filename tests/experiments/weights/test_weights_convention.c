/* What a file of weights asks of a net beside its tensors: the numbers that timm's and SMP's own modules give
 * with TensorFlow's padding and epsilon, whose weights a file is by its names, and files of other
 * programs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "experiments/config/config.h"
#include "experiments/parity/made_values.h"
#include "experiments/weights/convention.h"
#include "experiments/weights/names.h"
#include "experiments/weights/source.h"
#include "nets/engine/backend.h"
#include "nets/engine/plan.h"
#include "nets/ops/conv/conv.h"
#include "results/safetensors.h"
#include "support.h"

enum { HEIGHT = 64, WIDTH = 32, PIXELS = HEIGHT * WIDTH, SEED = 5 };

static cc_net_spec efficientnet(const char *encoder) {
    return (cc_net_spec){.arch = "unet-encoder",
                         .encoder = encoder,
                         .upsample = "nearest",
                         .channels = {256, 128, 64, 32, 16},
                         .channel_count = 5,
                         .in_channels = 1,
                         .classes = 1};
}

/* The values that are made from the name "5:input" as those of parameters are (golden/README.md). */
static void make_input(float input[PIXELS]) {
    cc_parameter p = {.name = "input", .count = PIXELS, .of = {.role = CC_ROLE_BIAS}};
    cc_made_values(input, &p, SEED);
    for (int i = 0; i < PIXELS; i++) input[i] *= 10; /* a bias is a tenth of them */
}

static void compute(float logits[PIXELS], const cc_net_spec *spec) {
    static float input[PIXELS];
    const float *got;
    cc_model *model;
    cc_plan *plan;
    assert_ok(cc_model_create(&model, spec, &cc_backend_cpu));
    assert_ok(cc_plan_create(&plan, model, &(cc_plan_options){.n = 1, .height = HEIGHT, .width = WIDTH}));
    for (int i = 0; i < cc_model_parameter_count(model); i++) {
        const cc_parameter *p = cc_model_parameter(model, i);
        float *values = malloc((size_t)p->count * sizeof *values);
        assert_non_null(values);
        cc_made_values(values, p, SEED);
        assert_ok(cc_model_set(model, i, values));
        free(values);
    }
    make_input(input);
    assert_ok(cc_plan_forward(plan, input, &got));
    memcpy(logits, got, PIXELS * sizeof *logits);
    cc_plan_destroy(plan);
    cc_model_destroy(model);
}

/* Computed in float64 by PyTorch 2.15: timm 1.0.31's tf_efficientnet_b0 and _b3, and its tf_efficientnet_b3
 * and _b5 with the ZeroPad2d of segmentation_models_pytorch 0.6.0's efficientnet-b3 and -b5, below the
 * decoder of golden/make_golden.py, whose batch norms have 1e-5. Logits 0, 33, 700, 2047, and the norm of
 * all. */
static void the_nets_compute_what_the_libraries_of_the_weights_do(void **state) {
    (void)state;
    static const struct {
        const char *encoder, *padding;
        double norm, logits[4];
    } cases[] = {
        {"efficientnet-b0", "same", 13.0492544, {0.0360086043, -0.0258616337, 0.174725316, 0.10553893}},
        {"efficientnet-b3", "same", 15.5417064, {0.150038875, 0.374841808, 0.458198474, 0.0960296313}},
        {"efficientnet-b3",
         "same-nominal",
         15.5454728,
         {0.149951538, 0.371821679, 0.450623268, 0.0934940108}},
        {"efficientnet-b5",
         "same-nominal",
         18.6207274,
         {0.180793855, -0.00737742247, 0.275190014, 0.194733442}},
    };
    static const int at[] = {0, 33, 700, 2047};
    static float logits[PIXELS];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_net_spec spec = efficientnet(cases[i].encoder);
        double squares = 0;
        spec.padding = cases[i].padding;
        spec.norm_epsilon = 1e-3;
        compute(logits, &spec);
        for (int k = 0; k < PIXELS; k++) squares += (double)logits[k] * logits[k];
        assert_true(fabs(sqrt(squares) - cases[i].norm) < 1e-4);
        for (int k = 0; k < 4; k++)
            if (fabs(logits[at[k]] - cases[i].logits[k]) > 1e-4)
                fail_msg("%s %s: logit %d is %g, not %g", cases[i].encoder, cases[i].padding, at[k],
                         (double)logits[at[k]], cases[i].logits[k]);
    }
}

/* "Same" of 224, 112, 75 and 7 pixels, by TensorFlow's rule (tf.nn.convolution): max((ceil(n/s) - 1) s + k -
 * n, 0) in all, the smaller half before. */
static void same_padding_is_tensorflows(void **state) {
    (void)state;
    static const struct {
        int64_t extent, kernel, stride, before, more;
    } cases[] = {{224, 3, 2, 0, 1}, {112, 5, 2, 1, 1}, {75, 5, 2, 2, 0}, {75, 3, 2, 1, 0},
                 {7, 5, 1, 2, 0},   {224, 7, 2, 2, 1}, {8, 1, 2, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_conv_attr a = cc_conv_2d(1, cases[i].kernel, cases[i].stride);
        cc_conv_pad_same(&a, cases[i].extent);
        for (int k = 1; k < 3; k++) {
            assert_int_equal(a.padding[k], cases[i].before);
            assert_int_equal(a.padding_more[k], cases[i].more);
        }
        assert_int_equal(a.padding[0] + a.padding_more[0], 0);
    }
}

/* A folder whose name outlives the buffers of cc_test_path. */
static const char *new_folder(void) {
    static char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    return folder;
}

/* A file with one tensor of that name. */
static const char *file_of(const char *folder, const char *name, const char *tensor, const char *key,
                           const char *text) {
    static const float value;
    const char *path = cc_test_path(folder, name);
    const cc_safetensors_text metadata[] = {{key, text}};
    assert_ok(cc_safetensors_write(path, &(cc_run_tensor){tensor, 1, {1}, &value}, 1, metadata, key ? 1 : 0));
    return path;
}

static void check(const char *encoder, const char *path, const char *padding, double epsilon) {
    cc_net_spec spec = efficientnet(encoder);
    spec.weights = path;
    assert_ok(cc_weight_convention_settle(&spec));
    if (padding)
        assert_string_equal(spec.padding, padding);
    else
        assert_null(spec.padding);
    assert_true(spec.norm_epsilon == epsilon);
}

static void a_net_follows_the_library_that_the_names_tell(void **state) {
    (void)state;
    const char *folder = new_folder();
    static const char own[] = "net:\n  padding: same\n  norm_epsilon: 1.0e-3\n";
    check("efficientnet-b0", file_of(folder, "a", "encoder._conv_stem.weight", NULL, NULL), "same-nominal",
          1e-3);
    check("efficientnet-b3", file_of(folder, "b", "model.encoder._conv_stem.weight", NULL, NULL),
          "same-nominal", 1e-3);
    check("efficientnet-b3", file_of(folder, "c", "features.1.0.block.0.0.weight", NULL, NULL), NULL, 0);
    check("efficientnet-b5", file_of(folder, "d", "features.1.0.block.0.0.weight", NULL, NULL), NULL, 1e-3);
    check("efficientnet-b0", file_of(folder, "e", "conv_stem.weight", "architecture", "tf_efficientnet_b0"),
          "same", 1e-3);
    check("efficientnet-b0",
          file_of(folder, "f", "conv_stem.weight", "architecture", "efficientnet_b0.ra_in1k"), NULL, 0);
    check("efficientnet-b0",
          file_of(folder, "tf_efficientnet_b0_aa-827b6e33.safetensors", "conv_stem.weight", 0, 0), "same",
          1e-3);
    check("efficientnet-b0", file_of(folder, "efficientnet_b0.safetensors", "conv_stem.weight", 0, 0), NULL,
          0);
    check("resnet-34", file_of(folder, "g", "layer1.0.conv1.weight", NULL, NULL), NULL, 0);
    const cc_safetensors_text exported[] = {{"identity", "0"}, {"config", own}};
    static const float value;
    const char *path = cc_test_path(folder, "h");
    assert_ok(cc_safetensors_write(path, &(cc_run_tensor){"encoder.conv_stem.weight", 1, {1}, &value}, 1,
                                   exported, 2));
    check("efficientnet-b0", path, "same", 1e-3);
    cc_net_spec unet = {.arch = "unet-bn", .weights = path};
    assert_ok(cc_weight_convention_settle(&unet));
    assert_true(unet.norm_epsilon == 1e-3);
}

static void a_config_beside_the_file_tells_timms_families_apart(void **state) {
    (void)state;
    static const char timm[] = "{\"architecture\": \"tf_efficientnet_b0\"}",
                      smp[] = "{\"encoder_name\": \"timm-efficientnet-b0\"}";
    const char *folder = new_folder(), *config = cc_test_path(folder, "config.json"),
               *path = file_of(folder, "model.safetensors", "encoder.conv_stem.weight", NULL, NULL);
    assert_ok(cc_file_write(config, timm, strlen(timm)));
    check("efficientnet-b0", path, "same", 1e-3);
    assert_ok(cc_file_write(config, smp, strlen(smp)));
    check("efficientnet-b0", path, NULL, 0);
}

static void what_nothing_tells_must_be_stated(void **state) {
    (void)state;
    cc_net_spec spec = efficientnet("efficientnet-b0");
    spec.weights = file_of(cc_test_folder(), "w.safetensors", "model.conv_stem.weight", "format", "pt");
    assert_error(cc_weight_convention_settle(&spec), CC_ECONFIG, "state net.padding and net.norm_epsilon");
    spec.padding = "symmetric";
    assert_error(cc_weight_convention_settle(&spec), CC_ECONFIG, "timm's names");
    spec.norm_epsilon = 1e-5;
    assert_ok(cc_weight_convention_settle(&spec));
    assert_string_equal(spec.padding, "symmetric"); /* what is stated stands */
    spec.weights = file_of(cc_test_folder(), "w.safetensors", "_conv_stem.weight", NULL, NULL);
    assert_ok(cc_weight_convention_settle(&spec));
    assert_string_equal(spec.padding, "symmetric");
    assert_true(spec.norm_epsilon == 1e-5);
}

static const char config[] = "net: {arch: unet-encoder, encoder: efficientnet-b0%s}\n";

static char *identity_of(const char *more, cc_arena *arena) {
    char text[256], *out;
    cc_config *c;
    const int length = snprintf(text, sizeof text, config, more);
    assert_ok(cc_config_parse_text(&c, text, (size_t)length, "t.yaml", NULL, 0));
    assert_ok(cc_config_identity_text(&out, cc_config_get(c, 0), arena));
    cc_config_destroy(c);
    return out;
}

/* Runs that were made before there were the options keep their identity. */
static void the_options_are_in_the_identity_only_where_they_change_something(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *plain = identity_of("", arena);
    assert_null(strstr(plain, "padding"));
    assert_string_equal(identity_of(", padding: symmetric, norm_epsilon: 0.00001", arena), plain);
    assert_string_equal(identity_of(", padding: null", arena), plain);
    assert_non_null(strstr(identity_of(", padding: same, norm_epsilon: 1.0e-3", arena), "  padding: same\n"));
    assert_non_null(strstr(identity_of(", norm_epsilon: 0.001", arena), "  norm_epsilon: 0.001\n"));
    cc_arena_destroy(arena);
}

#define BYTES(literal) literal, sizeof(literal) - 1
static void files_of_other_programs_are_named(void **state) {
    (void)state;
    const char *folder = new_folder();
    static const struct {
        const char *name, *bytes;
        size_t count;
        const char *part;
    } cases[] = {
        {"w.npz", BYTES("PK\3\4................------\12\0\0\0conv.0.npy and so on"), "is NumPy's (.npz"},
        {"w.pth", BYTES("PK\3\4................------\20\0\0\0archive/data.pkl and so on"),
         "is a pickle of PyTorch"},
        {"w.keras", BYTES("PK\3\4................------\15\0\0\0metadata.json and so on"),
         "is a file of Keras"},
        {"w.bin", BYTES("\x80\4\x95 a pickle of protocol 4"), "safetensors.torch.save_file("},
        {"w.npy", BYTES("\x93NUMPY\1\0v\0{'descr'"), "is NumPy's"},
        {"w.h5", BYTES("\211HDF\r\n\032\n........ keras_version 2.4.0"), "is a file of Keras"},
        {"w.onnx", BYTES("\10\7\22\7pytorch\32\0051.9.0"), "is an ONNX graph"},
        {"w.pb", BYTES("\10\1\22\7 saved_model"), "is a file of TensorFlow"},
        {"w.tflite", BYTES("\34\0\0\0TFL3 and so on"), "is a file of TensorFlow"},
        {"w.safetensors", BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
         "git lfs pull"},
        {"x.safetensors", BYTES("<!DOCTYPE html><html>"), "is a web page"},
        {"y.json", BYTES("{\"metadata\": {}, \"weight_map\": {}}"), "is the index"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cc_weight_source source;
        const char *path = cc_test_path(folder, cases[i].name);
        assert_ok(cc_file_write(path, cases[i].bytes, cases[i].count));
        assert_error(cc_weight_source_open(&source, path), CC_EUNSUPPORTED, cases[i].part);
    }
}

static void what_training_programs_put_before_names_is_dropped(void **state) {
    (void)state;
    static const char *const before[] = {
        "net.",        "backbone.",         "model.",          "module.", "_orig_mod.",
        "state_dict.", "module.model.net.", "model._orig_mod."};
    char name[128];
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        snprintf(name, sizeof name, "%sencoder.conv_stem.weight", before[i]);
        assert_string_equal(cc_weight_name_bare(name), "encoder.conv_stem.weight");
    }
    assert_string_equal(cc_weight_name_bare("network_head.weight"), "network_head.weight");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nets_compute_what_the_libraries_of_the_weights_do),
        cmocka_unit_test(same_padding_is_tensorflows),
        cmocka_unit_test(a_net_follows_the_library_that_the_names_tell),
        cmocka_unit_test(a_config_beside_the_file_tells_timms_families_apart),
        cmocka_unit_test(what_nothing_tells_must_be_stated),
        cmocka_unit_test(the_options_are_in_the_identity_only_where_they_change_something),
        cmocka_unit_test(files_of_other_programs_are_named),
        cmocka_unit_test(what_training_programs_put_before_names_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
