/* tests/experiments/commands/test_run.c -- what `calcade run` promises about its files, its words and its
 * exit status. */
#include <math.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "runs.h"

static void a_second_run_does_nothing_and_says_so(void **state) {
    (void)state;
    outcome first, second;
    struct stat before, after;
    char path[CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(path, sizeof path, "%s", runs_path(out, 1));
    runs_ok(&first, out, "--set train.epochs=1");
    assert_int_equal(stat(path, &before), 0);
    runs_ok(&second, out, "--set train.epochs=1");
    assert_int_equal(stat(path, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof before.st_mtim);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_says(second.err, "the run is done already: nothing to do");
    assert_null(strstr(second.err, "epoch"));
    assert_string_equal(first.out, second.out);
    assert_int_equal(runs_count(out, "seed-*"), 1);
}

static void another_seed_makes_another_file(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    runs_ok(&o, out, "--set train.epochs=1 --set seed=1");
    runs_ok(&o, out, "--set train.epochs=1 --set seed=2");
    cc_run a, b;
    cc_arena *arena = cc_arena_create();
    runs_read(&a, runs_path(out, 1), arena);
    runs_read(&b, runs_path(out, 2), arena);
    assert_int_equal(a.seed, 1);
    assert_int_equal(b.seed, 2);
    assert_memory_not_equal(a.tensors[0].data, b.tensors[0].data, 4 * sizeof(float));
    cc_arena_destroy(arena);
}

static void a_stale_file_is_kept_and_a_new_one_made(void **state) {
    (void)state;
    outcome o;
    char identity[65], old_path[CC_PATH_MAX], kept[CC_PATH_MAX + 16];
    const char *out = runs_folder(), *before = cc_test_path(runs_folder(), "before");
    snprintf(old_path, sizeof old_path, "%s", runs_path(out, 1));
    runs_ok(&o, out, "--set train.epochs=1");
    assert_ok(cc_run_read_identity(identity, old_path));
    assert_int_equal(cc_test_run(NULL, 0, "cp %s %s", old_path, before), 0);
    for (int i = 0; i < 2; i++) { /* there and back: the second time another file is the stale one */
        runs_ok(&o, out, i == 0 ? "--set train.epochs=2" : "--set train.epochs=1");
        assert_says(o.err, "was made from another config or other data");
        assert_says(o.err, "the older file is kept as ");
    }
    snprintf(kept, sizeof kept, "%s.stale-%.8s", old_path, identity);
    assert_int_equal(cc_test_run(NULL, 0, "cmp %s %s", kept, before), 0);
    assert_int_equal(runs_count(out, "*.stale-*"), 2);
    assert_same_run(old_path, kept);
    runs_ok(&o, out, "--set train.epochs=2");
    assert_int_equal(runs_count(out, "*.stale-*"), 3); /* none was lost for another of its name */
}

static void places_and_threads_do_not_make_a_run_stale(void **state) {
    (void)state;
    outcome o;
    char arguments[512];
    const char *out = runs_folder(), *copy = cc_test_path(runs_folder(), "moved");
    runs_ok(&o, out, "--set train.epochs=1");
    assert_int_equal(cc_test_run(NULL, 0, "cp -r %s %s", runs_data, copy), 0);
    snprintf(arguments, sizeof arguments, "--set train.epochs=1 --set train.workers=3 --set data.root=%s",
             copy);
    runs_ok(&o, out, arguments);
    assert_says(o.err, "done already");
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cp %s/train/ct_001/image/1-002.png %s/train/ct_001/image/1-001.png", copy,
                                 copy),
                     0);
    runs_ok(&o, out, arguments);
    assert_says(o.err, "was made from another config or other data");
}

static void results_do_not_depend_on_the_number_of_loader_threads(void **state) {
    (void)state;
    outcome o;
    const char *workers[] = {"--set train.epochs=2 --set train.workers=1",
                             "--set train.epochs=2 --set train.workers=3",
                             "--set train.epochs=2 --set train.workers=1"};
    char first[CC_PATH_MAX];
    for (int i = 0; i < 3; i++) {
        const char *out = runs_folder();
        runs_ok(&o, out, workers[i]);
        if (i == 0) snprintf(first, sizeof first, "%s", runs_path(out, 1));
        assert_same_run(first, runs_path(out, 1));
    }
}

static void a_damaged_result_is_kept_and_made_anew(void **state) {
    (void)state;
    outcome o;
    char path[CC_PATH_MAX], whole[CC_PATH_MAX];
    const char *out = runs_folder();
    snprintf(path, sizeof path, "%s", runs_path(out, 1));
    snprintf(whole, sizeof whole, "%s", cc_test_path(runs_folder(), "whole"));
    runs_ok(&o, out, "--set train.epochs=1");
    assert_int_equal(cc_test_run(NULL, 0, "cp %s %s", path, whole), 0);
    assert_int_equal(truncate(path, 3000), 0);
    runs_ok(&o, out, "--set train.epochs=1");
    assert_says(o.err, "seed-1.h5 is damaged: the run is made anew");
    assert_same_run(path, whole);
    assert_int_equal(runs_count(out, "*.damaged"), 1);
    /* The result, what is kept, the list of runs, what their table looks like, five folders. */
    assert_int_equal(runs_count(out, "*"), 9);
}

static void history_and_provenance_are_sane(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    double sum = 0;
    const char *out = runs_folder();
    cc_arena *arena = cc_arena_create();
    runs_ok(&o, out, "");
    runs_read(&run, runs_path(out, 1), arena);
    assert_int_equal(run.epoch_count, 4);
    for (size_t i = 0; i < run.epoch_count; i++) {
        assert_int_equal(run.epochs[i].epoch, i + 1);
        assert_true(run.epochs[i].seconds > 0);
        assert_true(run.epochs[i].learning_rate == 1e-2);
        sum += run.epochs[i].seconds;
    }
    assert_true(run.provenance.seconds >= sum);
    assert_in_range(run.provenance.peak_memory_bytes, 1 << 20, 1 << 30); /* a small net on the host */
    assert_int_equal(strlen(run.provenance.started), strlen("2026-01-01T00:00:00Z"));
    assert_true(strcmp(run.provenance.started, run.provenance.finished) <= 0);
    assert_int_equal(run.provenance.threads, 1);
    assert_int_equal(run.slice_count, 3);
    assert_int_equal(run.leaking_split, 0);
    cc_arena_destroy(arena);
}

/* A copy of the phantom in which one file is another. */
static const char *spoilt_data(const char *command) {
    char line[512];
    const char *copy = cc_test_path(runs_folder(), "data");
    snprintf(line, sizeof line, "cp -r %s %s && f=%s/train/ct_003/image/1-002.png && %s", runs_data, copy,
             copy, command);
    assert_int_equal(cc_test_run(NULL, 0, "%s", line), 0);
    return copy;
}

static void every_fault_is_one_line_with_its_exit_status(void **state) {
    (void)state;
    static const struct {
        const char *arguments;
        int status;
        const char *part;
    } faults[] = {
        {"--set data.root=/nonexistent", 1,
         "/nonexistent: the dataset's folder is not there (check data.root)"},
        {"--set train.batch=1000", 2,
         "train.batch: 12 items do not fill a batch of 1000 (use a smaller batch)"},
        {"--set preprocess.size=50", 2,
         "preprocess.size: 50 is not a multiple of 4, which this unet-bn needs (52"},
        {"--set data.split.train=300 --set data.split.test=400 --set data.split.validation=1 --set "
         "data.split.by=slab",
         2, "data.split"},
        {"--set train.epochz=3", 2, "train.epochs"},
        {"--set train.epochs=many", 2, "train.epochs"},
        {"--device cuda", 1, "--device cuda: "},
        {"--device gpu", 2, "--device: there is no device \"gpu\""},
        {"--jib", 2, "run: unknown option --jib"},
        {"/nonexistent.yaml", 1, "/nonexistent.yaml: cannot open"},
        {"--out /dev/null/results", 1, "/dev/null/results"},
    };
    outcome o;
    const char *out = runs_folder();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        runs_go(&o, out, faults[i].arguments);
        assert_failed(&o, faults[i].status, faults[i].part);
        assert_string_equal(o.out, "");
    }
    runs_left_no_file(out);
}

static void an_unreadable_picture_is_named(void **state) {
    (void)state;
    outcome o;
    char arguments[512];
    const char *commands[] = {"echo junk >$f", "truncate -s -60 $f", "rm $f && touch $f"};
    for (int i = 0; i < 3; i++) {
        const char *out = runs_folder();
        snprintf(arguments, sizeof arguments, "--set data.root=%s", spoilt_data(commands[i]));
        runs_go(&o, out, arguments);
        assert_failed(&o, 1, "ct_003/");
        assert_says(o.err, "1-002.png");
        assert_string_equal(o.out, "");
        runs_left_no_file(out);
    }
}

static void a_net_with_an_encoder_trains(void **state) {
    (void)state;
    outcome o;
    char line[512];
    const char *dir = runs_folder(), *config = cc_test_path(dir, "encoder.yaml");
    snprintf(line, sizeof line,
             "name: test/encoder\nvariant: a\nstage: roi\ndata: {source: ctheart, root: %s}\n"
             "net: {arch: unet-encoder, encoder: efficientnet-b0}\n",
             runs_data);
    runs_write(config, line);
    snprintf(line, sizeof line, "%s run %s --out %s --set train.epochs=1", CC_PROGRAM, config, dir);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "test/encoder");
}

static void a_folder_in_the_result_s_place_is_an_error_before_any_training(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    assert_ok(cc_folder_make(runs_path(out, 1)));
    runs_go(&o, out, "");
    assert_failed(&o, 1, "seed-1.h5: something that is no file stands where the result goes");
    assert_null(strstr(o.err, "epoch"));
}

/* As under a quota: no file may grow beyond so many bytes. */
static void go_with_file_limit(outcome *o, rlim_t bytes, const char *out, const char *arguments) {
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    runs_go(o, out, arguments);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

static void a_full_disk_is_one_line_and_leaves_no_half_file(void **state) {
    (void)state;
    outcome o;
    char whole[CC_PATH_MAX];
    /* sgd keeps no state, whose size would depend on the processor's channel blocks */
    const char *small = "--set net.width=2 --set net.depth=2 --set train.epochs=2 --set optimizer.type=sgd "
                        "--set optimizer.lr=0.01";
    const char *out = runs_folder(), *other = runs_folder();
    go_with_file_limit(&o, 2 << 10, out, small); /* less than a checkpoint */
    assert_failed(&o, 1, "seed-1.h5.checkpoint: cannot write: File too large");
    runs_left_no_file(out);
    go_with_file_limit(&o, 24 << 10, out, small); /* more than one, less than the result */
    assert_failed(&o, 1, "seed-1.h5: cannot write: File too large");
    assert_int_equal(runs_count(out, "seed-*"), 2); /* the checkpoint, and why it stopped */
    runs_ok(&o, out, small);
    assert_says(o.err, "going on after epoch 2/2");
    assert_int_equal(runs_count(out, "seed-*"), 1);
    snprintf(whole, sizeof whole, "%s", runs_path(out, 1));
    runs_ok(&o, other, small);
    assert_same_run(whole, runs_path(other, 1));
}

static void standard_output_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    runs_go(&o, out, "--set train.epochs=1 >/dev/full");
    assert_failed(&o, 1, "standard output: cannot write");
    assert_true(cc_file_exists(runs_path(out, 1)));
    runs_shell(&o, CC_PROGRAM " --help >/dev/full");
    assert_failed(&o, 1, "standard output: cannot write");
}

static void several_configs_and_a_matrix_are_one_table(void **state) {
    (void)state;
    outcome o;
    char line[1024], text[512];
    const char *dir = runs_folder(), *matrix = cc_test_path(dir, "matrix.yaml");
    snprintf(
        text, sizeof text,
        "extends: %s\nname: test/matrix\nvariant: null\nmatrix: {net.arch: [unet, unet-bn], seed: [1, 2]}\n",
        runs_config);
    runs_write(matrix, text);
    snprintf(line, sizeof line, "%s run %s %s --out %s/runs --set train.epochs=1", CC_PROGRAM, runs_config,
             matrix, dir);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    int lines = 0;
    for (const char *at = o.out; (at = strchr(at, '\n')); at++) lines++;
    assert_int_equal(lines, 6);
    assert_int_equal(runs_count(dir, "seed-*.h5"), 5);
    assert_null(strstr(o.out, "calcade:"));
    assert_null(strstr(o.err, "pooled F1"));
    runs_shell(&o, line);
    assert_says(o.err, "all 5 runs are done already: nothing to do");
    const char *other = cc_test_path(dir, "other.yaml");
    snprintf(text, sizeof text, "extends: %s\ntrain: {batch: 2}\n", runs_config);
    runs_write(other, text);
    snprintf(line, sizeof line, "%s run %s %s --out %s/runs", CC_PROGRAM, runs_config, other, dir);
    runs_shell(&o, line);
    assert_failed(&o, 2, "two runs would write");
}

static void weights_that_are_no_numbers_end_the_run(void **state) {
    (void)state;
    static const struct {
        const char *arguments, *says, *hint;
    } cases[] = {
        {"--set optimizer.eps=0", "epoch ",
         "is no number (NaN) (lower optimizer.lr, or raise optimizer.eps (0))"},
        {"--set optimizer='{type: sgd, lr: 1000}' --set loss.type=bce", "epoch ",
         "(lower optimizer.lr, or set optimizer.clip_norm)"},
        {"--set optimizer.eps=0 --set train.ema=0.9", "epoch ", "raise optimizer.eps (0))"},
    };
    outcome o;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *out = runs_folder();
        runs_go(&o, out, cases[i].arguments);
        assert_failed(&o, 1, cases[i].says);
        assert_failed(&o, 1, cases[i].hint);
        assert_int_equal(runs_count(out, "seed-*.h5"), 0);
    }
}

static void identify(char out[65], cc_run *run, const char *path, cc_arena *arena) {
    runs_read(run, path, arena);
    snprintf(out, 65, "%s", run->provenance.identity);
}

static void threads_are_part_of_the_identity_and_no_run_is_made_anew_for_them_unasked(void **state) {
    (void)state;
    outcome o;
    cc_run one, two;
    char first[65], second[65], path[CC_PATH_MAX];
    const char *out = runs_folder(), *other = runs_folder();
    cc_arena *arena = cc_arena_create();
    runs_ok(&o, out, "--set train.epochs=1"); /* OMP_NUM_THREADS=1 */
    runs_ok(&o, other, "--set train.epochs=1 --set train.threads=2");
    snprintf(path, sizeof path, "%s", runs_path(out, 1));
    identify(first, &one, path, arena);
    identify(second, &two, runs_path(other, 1), arena);
    assert_string_not_equal(first, second);
    assert_string_equal(one.provenance.request, two.provenance.request);
    assert_int_equal(one.provenance.threads, 1);
    assert_int_equal(two.provenance.threads, 2);
    assert_says(one.provenance.machine, "cpu; threads 1; oneDNN ");
    assert_says(two.provenance.machine, "cpu; threads 2; oneDNN ");
    runs_ok(&o, out, "--set train.epochs=1 --set train.threads=1");
    assert_null(strstr(o.err, "made with"));
    assert_says(o.err, "done already");
    runs_ok(&o, other, "--set train.epochs=1");
    assert_says(
        o.err, "seed-1.h5: made with 2 threads, not 1; kept as done (--set train.threads=1, or removing it,");
    runs_ok(&o, other, "--set train.epochs=1 --set train.threads=1");
    assert_says(o.err, "was made with 2 threads, not 1, as train.threads states: the run is made anew");
    identify(second, &two, runs_path(other, 1), arena);
    assert_string_equal(first, second);
    assert_same_run(path, runs_path(other, 1));
    cc_arena_destroy(arena);
}

static void another_instruction_set_is_said_and_the_result_kept(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    setenv("ONEDNN_MAX_CPU_ISA", "SSE41", 1);
    runs_ok(&o, out, "--set train.epochs=1");
    unsetenv("ONEDNN_MAX_CPU_ISA");
    runs_ok(&o, out, "--set train.epochs=1");
    assert_says(o.err, "made with oneDNN ");
    assert_says(o.err, "kept as done (removing it has it made anew)");
    assert_says(o.err, "done already");
}

/* On one processor a run alone has one thread too, and the bytes are the same. */
static void jobs_that_change_a_run_s_threads_say_so(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    char alone[65], shared[65];
    const char *out = runs_folder(), *other = runs_folder();
    const bool several = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    cc_arena *arena = cc_arena_create();
    unsetenv("OMP_NUM_THREADS");
    runs_ok(&o, out, "--set train.epochs=1");
    identify(alone, &run, runs_path(out, 1), arena);
    runs_ok(&o, other, "--set train.epochs=1 --jobs 64");
    setenv("OMP_NUM_THREADS", "1", 1);
    identify(shared, &run, runs_path(other, 1), arena);
    if (several)
        assert_says(o.err, "64 runs at a time, 1 thread each: results differ in rounding from runs with ");
    assert_int_equal(strcmp(alone, shared) != 0, several);
    assert_int_equal(run.provenance.threads, 1);
    cc_arena_destroy(arena);
}

/* As programs of numerics version 4 wrote it: the identity is the request, and nothing is said of the
 * machine. */
static void an_older_file_is_done_as_well(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    const char *out = runs_folder();
    cc_arena *arena = cc_arena_create();
    runs_ok(&o, out, "--set train.epochs=1");
    runs_read(&run, runs_path(out, 1), arena);
    run.provenance.identity = run.provenance.request;
    run.provenance.request = run.provenance.machine = NULL;
    assert_int_equal(unlink(runs_path(out, 1)), 0);
    assert_ok(cc_run_write(runs_path(out, 1), &run));
    runs_ok(&o, out, "--set train.epochs=1");
    assert_says(o.err, "made with 1 thread, by an older calcade");
    assert_says(o.err, "done already");
    runs_ok(&o, out, "--set train.epochs=1 --set train.threads=2");
    assert_says(o.err, "the run is made anew");
    cc_arena_destroy(arena);
}

static void a_log_says_each_epoch_once(void **state) {
    (void)state;
    outcome o;
    runs_ok(&o, runs_folder(), "--set train.epochs=2");
    int lines = 0, epochs = 0;
    for (const char *at = o.err; (at = strchr(at, '\n')); at++) lines++;
    for (const char *at = o.err; (at = strstr(at, "epoch ")); at++) epochs++;
    lines -= strstr(o.err, "OpenBLAS") != NULL; /* on a processor whose model that does not know */
    assert_int_equal(lines, 3);                 /* what starts, and two epochs */
    assert_int_equal(epochs, 2);
    assert_null(strchr(o.err, '\r'));
    assert_null(strchr(o.err, '\x1b'));
}

/* A focal loss of few true pixels is about 1e-5: a fixed number of decimals would show none. */
static void a_small_loss_is_logged_with_its_digits(void **state) {
    (void)state;
    outcome o;
    double loss = 0, validation_loss = 0;
    const char *out = runs_folder();
    runs_ok(&o, out, "--set train.epochs=1 --set 'loss={type: sum, terms: [{type: bce, weight: 1.0e-7}]}'");
    const char *line = strstr(o.err, "epoch 1/1: loss ");
    assert_non_null(line);
    assert_int_equal(sscanf(line, "epoch 1/1: loss %lf; validation loss %lf", &loss, &validation_loss), 2);
    /* Of weights at their start, log 2 a pixel or less; times the weight. */
    assert_true(loss > 1e-9 && loss < 2e-7 && validation_loss > 1e-9 && validation_loss < 1e-6);
    cc_run run;
    cc_arena *arena = cc_arena_create();
    runs_read(&run, runs_path(out, 1), arena);
    assert_true(fabs(run.epochs[0].train_loss / loss - 1) < 5e-4); /* four digits of what is stored */
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_run_does_nothing_and_says_so),
        cmocka_unit_test(a_damaged_result_is_kept_and_made_anew),
        cmocka_unit_test(every_fault_is_one_line_with_its_exit_status),
        cmocka_unit_test(an_unreadable_picture_is_named),
        cmocka_unit_test(a_folder_in_the_result_s_place_is_an_error_before_any_training),
        cmocka_unit_test(a_full_disk_is_one_line_and_leaves_no_half_file),
        cmocka_unit_test(standard_output_that_cannot_be_written_is_an_error),
        cmocka_unit_test(weights_that_are_no_numbers_end_the_run),
    };
    const struct CMUnitTest optimised[] = {
        cmocka_unit_test(a_small_loss_is_logged_with_its_digits),
        cmocka_unit_test(another_seed_makes_another_file),
        cmocka_unit_test(a_stale_file_is_kept_and_a_new_one_made),
        cmocka_unit_test(places_and_threads_do_not_make_a_run_stale),
        cmocka_unit_test(results_do_not_depend_on_the_number_of_loader_threads),
        cmocka_unit_test(history_and_provenance_are_sane),
        cmocka_unit_test(a_net_with_an_encoder_trains),
        cmocka_unit_test(several_configs_and_a_matrix_are_one_table),
        cmocka_unit_test(threads_are_part_of_the_identity_and_no_run_is_made_anew_for_them_unasked),
        cmocka_unit_test(another_instruction_set_is_said_and_the_result_kept),
        cmocka_unit_test(jobs_that_change_a_run_s_threads_say_so),
        cmocka_unit_test(an_older_file_is_done_as_well),
        cmocka_unit_test(a_log_says_each_epoch_once),
    };
    return cc_test_run_group(tests, optimised, runs_setup, NULL);
}
