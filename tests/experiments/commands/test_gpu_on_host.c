/* tests/experiments/commands/test_gpu_on_host.c -- the program with --device cuda, as people run it, on the
 * stand-in for a GPU (tests/cuda_on_host): what it records, and what it says where the GPU is not there, too
 * small or lost. */
#include "runs.h"

#define ON_HOST CC_PROGRAM_ON_HOST

static outcome o;

/* VARIABLES program run SMALL --out OUT ARGUMENTS, half as wide and less deep: threads are costly to
 * imitate */
static void go(const char *variables, const char *out, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "%s %s run %s --out %s --set net.width=2 --set net.depth=2 %s", variables,
             ON_HOST, runs_config, out, arguments);
    runs_shell(&o, line);
}

static void go_well(const char *out, const char *arguments) {
    go("", out, arguments);
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
}

static void bench(const char *variables, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "%s %s bench train --net unet:4x3 --size 32 --batch 2 --steps 1 %s",
             variables, ON_HOST, arguments);
    runs_shell(&o, line);
}

/* What PyTorch computed, with the bounds of any device. */
static void nets_of_the_fixtures_pass(void **state) {
    (void)state;
    static const char *const nets[] = {"unet-bn", "efficientnet-b0-nearest"};
    for (int i = 0; i < cc_test_cases(sizeof nets / sizeof *nets); i++) {
        char name[64], line[1024];
        snprintf(name, sizeof name, "golden/%s.h5", nets[i]);
        snprintf(line, sizeof line, "%s parity %s --device cuda", ON_HOST, cc_test_shared(name));
        runs_shell(&o, line);
        if (o.status != 0) print_error("%s%s", o.out, o.err);
        assert_int_equal(o.status, 0);
        assert_says(o.out, "7 passed, 0 failed");
    }
}

static void a_result_names_the_device_that_made_it(void **state) {
    (void)state;
    const char *out = runs_folder();
    cc_run run;
    cc_arena *arena = cc_arena_create();
    go_well(out, "--device cuda --set train.epochs=1");
    runs_read(&run, runs_path(out, 1), arena);
    assert_says(run.provenance.device, "cuda: the host as a GPU, compute capability 8.0, driver ");
    assert_string_equal(run.provenance.precision, "f32");
    assert_string_equal(run.provenance.algorithms, "fixed");
    assert_int_equal(run.provenance.library_count, 1);
    assert_string_equal(run.provenance.libraries[0].name, "cuda");
    assert_string_equal(run.provenance.libraries[0].version, "the host as a GPU, CUDA 13.0, cuDNN 9.0.0");
    cc_arena_destroy(arena);
}

static void fast_and_tf32_are_part_of_a_run(void **state) {
    (void)state;
    const char *out = runs_folder(), *exact = runs_folder();
    cc_run run, other;
    cc_arena *arena = cc_arena_create();
    go_well(out, "--device cuda --set train.epochs=1 --fast --tf32");
    go_well(exact, "--device cpu --set train.epochs=1");
    runs_read(&run, runs_path(out, 1), arena);
    runs_read(&other, runs_path(exact, 1), arena);
    assert_string_equal(run.provenance.precision, "tf32");
    assert_string_equal(run.provenance.algorithms, "fast");
    assert_says(run.config, "precision: tf32");
    assert_says(run.plan, "eng1 cudnn "); /* the stand-in's that varies */
    assert_string_not_equal(run.provenance.identity, other.provenance.identity);
    cc_arena_destroy(arena);
}

static void the_cpu_has_no_tf32_and_nothing_that_varies(void **state) {
    (void)state;
    bench("", "--device cpu --tf32");
    assert_failed(&o, 1, "precision: cpu (");
    assert_failed(&o, 1, "does not compute in tf32 (use f32)");
    bench("", "--device cpu --fast");
    assert_int_equal(o.status, 0);
    assert_string_equal(o.err, "calcade: plan fast is plan timed on the CPU: all of its algorithms give the "
                               "same bytes\n");
    bench("", "--device cpu --tf32 --precision bf16");
    assert_failed(&o, 2, "--tf32 stands for --precision tf32, not bf16");
    bench("", "--device cpu --fast --plan fixed");
    assert_failed(&o, 2, "--fast stands for --plan fast, not fixed");
}

static void a_gpu_that_cannot_be_used_is_one_line(void **state) {
    (void)state;
    static const struct {
        const char *variables, *what;
    } cases[] = {
        {"CC_ON_HOST_NO_DEVICE=100", "there is no GPU"},
        {"CC_ON_HOST_NO_DEVICE=35 CC_ON_HOST_DRIVER=0", "there is no NVIDIA driver"},
        {"CC_ON_HOST_NO_DEVICE=35 CC_ON_HOST_DRIVER=12020",
         "the NVIDIA driver is too old: it is for CUDA 12.2, this build wants 13.0"},
        {"CC_ON_HOST_NO_DEVICE=999", "a fault of the host as a GPU"},
        {"CC_ON_HOST_CAPABILITY=61",
         "the host as a GPU has compute capability 6.1; this build wants at least 7.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[256];
        bench(cases[i].variables, "--device cuda");
        assert_failed(&o, 1, cases[i].what);
        assert_says(o.err, "use --device cpu)\n");
        assert_ptr_equal(strchr(o.err, '\n'), o.err + strlen(o.err) - 1);
        bench(cases[i].variables, "--device auto");
        assert_int_equal(o.status, 0);
        snprintf(want, sizeof want, "running on the CPU: %s\n", cases[i].what);
        assert_says(o.err, want);
        assert_ptr_equal(strchr(o.err, '\n'), o.err + strlen(o.err) - 1);
        assert_says(o.out, ", cpu, ");
    }
}

static void a_gpu_without_tensor_cores_for_it_refuses_bf16_and_tf32(void **state) {
    (void)state;
    bench("CC_ON_HOST_CAPABILITY=75", "--device cuda --precision bf16");
    assert_failed(&o, 1, "does not compute in bf16 (use f32)");
    bench("CC_ON_HOST_CAPABILITY=75", "--device cuda --tf32");
    assert_failed(&o, 1, "does not compute in tf32 (use f32)");
}

static void a_gpu_too_small_is_told_the_largest_batch(void **state) {
    (void)state;
    bench("CC_ON_HOST_MEMORY=700000", "--device cuda");
    assert_failed(&o, 1, "cuda: a batch of 2 takes 0.8 MB, 0.7 MB are free (a batch of 1 fits)");
    bench("CC_ON_HOST_MEMORY=100000", "--device cuda");
    assert_failed(&o, 1, "not even a batch of 1 fits");
    go("CC_ON_HOST_MEMORY=2000000", runs_folder(), "--device cuda --set net.width=4 --set net.depth=3");
    assert_failed(&o, 1, "a batch of 4 takes ");
    assert_says(o.err, " fits)\n");
}

/* What was made before the fault goes on, to the same bytes. */
static void a_run_goes_on_where_its_gpu_was_lost(void **state) {
    (void)state;
    static const struct {
        const char *variables, *what;
    } faults[] = {{"CC_ON_HOST_LOST_AFTER=250", "unspecified launch failure"},
                  {"CC_ON_HOST_LOST_AFTER=260 CC_ON_HOST_LOST_AS=46", "a fault of the host as a GPU"}};
    const char *whole = runs_folder();
    go_well(whole, "--device cuda");
    for (int i = 0; i < cc_test_cases(sizeof faults / sizeof *faults); i++) {
        const char *out = runs_folder();
        go(faults[i].variables, out, "--device cuda");
        assert_failed(&o, 1, "test/small a, seed 1: cuda: ");
        assert_says(o.err, faults[i].what);
        assert_says(o.err, " (check nvidia-smi; the same command goes on after epoch ");
        go_well(out, "--device cuda");
        assert_says(o.err, "going on after epoch");
        assert_same_run(runs_path(out, 1), runs_path(whole, 1));
    }
}

/* The memory of a recording is the driver's own: it may lack when all else has been taken. */
static void a_recording_that_cannot_be_made_is_one_line(void **state) {
    (void)state;
    const char *out = runs_folder();
    bench("CC_ON_HOST_NO_GRAPH=2", "--device cuda --plan fixed");
    assert_failed(&o, 1, "cuda: out of memory for recording (use a smaller batch or smaller images)");
    bench("CC_ON_HOST_NO_GRAPH=1", "--device cuda --plan fixed");
    assert_failed(&o, 1, "cuda: recording: a fault of the host as a GPU");
    go("CC_ON_HOST_NO_GRAPH=2", out, "--device cuda --set train.epochs=1");
    assert_failed(&o, 1, "out of memory for recording");
    go_well(out, "--device cuda --set train.epochs=1");
}

/* At any point: while plans are timed, in the first step, in a replay. */
static void a_gpu_lost_at_any_point_is_one_line(void **state) {
    (void)state;
    for (int after = 1; after <= 35; after += cc_test_sanitized() ? 11 : 3) {
        char variables[64];
        snprintf(variables, sizeof variables, "CC_ON_HOST_LOST_AFTER=%d", after);
        bench(variables, "--device cuda --steps 3 --plan fixed");
        assert_failed(&o, 1, "unspecified launch failure (check nvidia-smi, or use --device cpu)");
    }
}

static void a_loss_that_is_no_number_says_where(void **state) {
    (void)state;
    const char *arguments = "--set net.arch=unet --set net.depth=5 --set loss.type=bce --set "
                            "optimizer.type=sgd --set optimizer.lr=1000";
    char line[512];
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "--device %s %s", i ? "cuda" : "cpu", arguments);
        go("", runs_folder(), line);
        assert_failed(&o, 1, "test/small a, seed 1: epoch ");
        assert_says(o.err, " of 3: the loss is ");
        assert_says(o.err, "(lower optimizer.lr, or set optimizer.clip_norm)");
    }
}

static void memory_is_told_without_a_gpu(void **state) {
    (void)state;
    static outcome there;
    const char *line = ON_HOST " nets unet-bn:8x3 --size 64 --batch 4 --device cuda --memory 0.1";
    char blind[512];
    runs_shell(&there, line);
    assert_int_equal(there.status, 0);
    snprintf(blind, sizeof blind, "CC_ON_HOST_NO_DEVICE=35 %s --precision bf16", line);
    runs_shell(&o, blind);
    assert_int_equal(o.status, 0);
    assert_says(there.out, "memory in MB: cuda, f32, batch 4");
    assert_says(there.out, "largest batch ");
    assert_says(o.out, "memory in MB: cuda, bf16, batch 4");
    assert_says(o.out, "and cuDNN's scratch memory, at most 537 MB");
    assert_null(strstr(there.out, "cuDNN's scratch"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nets_of_the_fixtures_pass),
        cmocka_unit_test(a_result_names_the_device_that_made_it),
        cmocka_unit_test(fast_and_tf32_are_part_of_a_run),
        cmocka_unit_test(the_cpu_has_no_tf32_and_nothing_that_varies),
        cmocka_unit_test(a_gpu_that_cannot_be_used_is_one_line),
        cmocka_unit_test(a_gpu_without_tensor_cores_for_it_refuses_bf16_and_tf32),
        cmocka_unit_test(a_gpu_too_small_is_told_the_largest_batch),
        cmocka_unit_test(a_run_goes_on_where_its_gpu_was_lost),
        cmocka_unit_test(a_recording_that_cannot_be_made_is_one_line),
        cmocka_unit_test(a_gpu_lost_at_any_point_is_one_line),
        cmocka_unit_test(a_loss_that_is_no_number_says_where),
        cmocka_unit_test(memory_is_told_without_a_gpu),
    };
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
