/* tests/experiments/commands/test_bench.c -- `calcade bench`: its JSON, its profile, and what it refuses. */
#include "support.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static json_t *bench(const char *arguments) {
    char output[65536];
    assert_int_equal(
        cc_test_run(output, sizeof output, "%s bench %s --json --device cpu", CC_PROGRAM, arguments), 0);
    json_t *out = json_loads(output, 0, NULL);
    assert_non_null(out);
    return out;
}

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void assert_text(const json_t *object, const char *key, const char *want) {
    assert_string_equal(json_string_value(json_object_get(object, key)), want);
}

static void json_has_every_field(void **state) {
    (void)state;
    json_t *got = bench("train --net unet-bn:4x3 --size 16 --batch 2 --steps 3 --threads 1");
    assert_text(got, "net", "unet-bn:4x3");
    assert_text(got, "precision", "f32");
    assert_text(got, "plan", "timed");
    assert_text(got, "device", "cpu");
    assert_true(number(got, "size") == 16 && number(got, "batch") == 2);
    assert_true(number(got, "threads") == 1 && number(got, "steps") == 3);
    assert_true(number(got, "ms_min") > 0 && number(got, "ms_median") >= number(got, "ms_min"));
    assert_float_equal(number(got, "images_per_s") * number(got, "ms_median"), 2000, 1e-3);
    assert_true(number(got, "peak_rss_mb") > 1);
    assert_true(number(got, "device_mb") == 0 && number(got, "multiply_adds") == 2 * 395264);
    assert_int_equal(json_object_size(got), 15);
    json_decref(got);
}

static bool has_bf16(void) {
    char output[4096];
    return cc_test_run(
               output, sizeof output,
               "%s bench infer --net unet:4x3 --size 16 --batch 1 --steps 1 --precision bf16 --device cpu",
               CC_PROGRAM) == 0;
}

static void a_bench_in_bf16_says_so(void **state) {
    (void)state;
    if (!has_bf16()) {
        print_message("skipped: this processor has no bf16\n");
        return;
    }
    json_t *got = bench("train --net unet-bn:4x3 --size 16 --batch 2 --steps 1 --threads 1 --precision bf16");
    assert_text(got, "precision", "bf16");
    json_decref(got);
}

/* oneDNN is told to see an older processor. */
static void bf16_is_refused_where_the_processor_has_none(void **state) {
    (void)state;
    char output[4096];
    assert_int_equal(cc_test_run(output, sizeof output,
                                 "DNNL_MAX_CPU_ISA=AVX2 %s bench infer --net unet:4x3 --size 16 --batch 1 "
                                 "--steps 1 --precision bf16 --device cpu",
                                 CC_PROGRAM),
                     1);
    assert_non_null(strstr(output, "calcade: error: precision: cpu (oneDNN"));
    assert_non_null(strstr(output, "does not compute in bf16 (use f32)\n"));
    assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
}

/* The counts are those of the fixtures in golden/. */
static void names_stand_for_the_nets_of_the_paper(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double params;
    } nets[] = {
        {"unet-bn:16x5", 1942289}, {"efficientnet-b0", 5838733}, {"efficientnet-b0:transpose", 6483965}};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        char arguments[128];
        snprintf(arguments, sizeof arguments, "infer --net %s --size 32 --batch 1 --steps 1 --threads 1",
                 nets[i].name);
        json_t *got = bench(arguments);
        assert_true(number(got, "params") == nets[i].params);
        json_decref(got);
    }
}

static void a_profile_adds_up_to_the_step(void **state) {
    (void)state;
    json_t *got = bench("train --net unet:4x3 --size 16 --batch 1 --steps 1 --threads 1 --profile"), *row;
    double total = 0;
    size_t i;
    bool backward = false;
    json_array_foreach(json_object_get(got, "profile"), i, row) {
        total += number(row, "ms");
        backward |= strcmp(json_string_value(json_object_get(row, "pass")), "backward") == 0;
    }
    assert_true(backward);
    assert_float_equal(total, number(got, "ms_median"), 1e-6 * total);
    json_decref(got);
}

static void a_wrong_command_is_refused_in_one_line(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *part;
        int exit_status;
    } cases[] = {
        {"train --net resnet-35 --size 64 --batch 1", "calcade nets", 2},
        {"train --net resnet-34:cubic --size 64 --batch 1", "transpose", 2},
        {"train --net unet:16 --size 64 --batch 1", "unet-bn:16x4", 2},
        {"train --net unet --size 64", "--batch is missing", 2},
        {"infer --net unet --size 64 --batch 1 --precision f16", "f32 or bf16", 2},
        {"fly --net unet --size 64 --batch 1", "train or infer", 2},
        {"infer --net resnet-34 --size 65 --batch 1 --device cpu", "multiple of 32", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char output[4096];
        assert_int_equal(cc_test_run(output, sizeof output, "%s bench %s", CC_PROGRAM, cases[i].arguments),
                         cases[i].exit_status);
        assert_non_null(strstr(output, cases[i].part));
        assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_every_field),
        cmocka_unit_test(a_bench_in_bf16_says_so),
        cmocka_unit_test(bf16_is_refused_where_the_processor_has_none),
        cmocka_unit_test(names_stand_for_the_nets_of_the_paper),
        cmocka_unit_test(a_profile_adds_up_to_the_step),
        cmocka_unit_test(a_wrong_command_is_refused_in_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
