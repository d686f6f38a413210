/* Whatever happens to a checkpoint's bytes: it is read back as it was written, or not at all. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/file.h"
#include "experiments/training/checkpoint.h"
#include "support.h"

enum { EPOCHS = 3, CAPACITY = 5, VALUES = 7, STATE = 9, AVERAGES = 6 };

typedef struct arrays {
    cc_run_epoch history[CAPACITY];
    float values[VALUES], best_values[VALUES], optimizer[STATE], ema[AVERAGES];
} arrays;

static cc_checkpoint over(arrays *a) {
    cc_checkpoint c = {.machine = "cpu 1",
                       .history = a->history,
                       .history_capacity = CAPACITY,
                       .values = a->values,
                       .best_values = a->best_values,
                       .value_count = VALUES,
                       .optimizer = a->optimizer,
                       .optimizer_count = STATE,
                       .ema = a->ema,
                       .ema_count = AVERAGES};
    c.identity = cc_digest_of("a run", 5);
    return c;
}

static cc_checkpoint filled(arrays *a) {
    memset(a, 0, sizeof *a);
    cc_checkpoint c = over(a);
    c.plan = "a forward direct own 0\n\nb forward direct own 0\n";
    c.started = 1700000000;
    c.seconds = 12.5;
    c.epoch = EPOCHS;
    c.best_epoch = 2;
    c.step = 33;
    c.best = 0.75;
    for (int i = 0; i < EPOCHS; i++)
        a->history[i] = (cc_run_epoch){.epoch = i + 1, .train_loss = 1.0 / (i + 1)};
    for (int i = 0; i < VALUES; i++) a->values[i] = (float)i, a->best_values[i] = (float)-i;
    for (int i = 0; i < STATE; i++) a->optimizer[i] = 0.5f * (float)i;
    for (int i = 0; i < AVERAGES; i++) a->ema[i] = 0.25f * (float)i;
    return c;
}

static cc_checkpoint_state read_state(const char *path) {
    arrays a;
    cc_checkpoint c = over(&a);
    cc_checkpoint_state state;
    assert_ok(cc_checkpoint_read(&state, &c, path));
    if (state != CC_CHECKPOINT_WHOLE) assert_int_equal(c.epoch, 0);
    return state;
}

static void it_reads_back_as_it_was_written(void **state) {
    (void)state;
    arrays a, b = {0};
    const char *path = cc_test_path(cc_test_folder(), "c");
    cc_checkpoint written = filled(&a), found = over(&b);
    cc_checkpoint_state got;
    assert_ok(cc_checkpoint_read(&got, &found, path));
    assert_int_equal(got, CC_CHECKPOINT_NONE);
    assert_ok(cc_checkpoint_write(path, &written));
    assert_ok(cc_checkpoint_read(&got, &found, path));
    assert_int_equal(got, CC_CHECKPOINT_WHOLE);
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(found.started, written.started);
    assert_true(found.seconds == written.seconds);
    assert_true(found.best == written.best);
    assert_int_equal(found.epoch, EPOCHS);
    assert_int_equal(found.best_epoch, 2);
    assert_int_equal(found.step, 33);
    char *plan;
    assert_ok(cc_checkpoint_read_plan(&plan, &found, path));
    assert_string_equal(plan, written.plan);
    free(plan);
    snprintf(found.machine, sizeof found.machine, "cpu 2");
    assert_ok(cc_checkpoint_read_plan(&plan, &found, path));
    assert_null(plan);
}

static void weights_that_are_no_numbers_are_refused_with_their_number(void **state) {
    (void)state;
    const char *path = cc_test_path(cc_test_folder(), "c");
    for (int which = 0; which < 4; which++) {
        static const char *const says[] = {"c: 2 of the 7 values of the weights are NaN or infinite (",
                                           "2 of the 7 values of the best weights",
                                           "2 of the 6 values of the moving"};
        arrays a, b;
        cc_checkpoint written = filled(&a), found = over(&b);
        cc_checkpoint_state got;
        float *const array[] = {a.values, a.best_values, a.ema, a.optimizer};
        array[which][1] = NAN;
        array[which][5] = -INFINITY;
        assert_ok(cc_checkpoint_write(path, &written));
        if (which < 3)
            assert_error(cc_checkpoint_read(&got, &found, path), CC_EFORMAT, says[which]);
        else /* no weight: what training makes of it is checked there */
            assert_ok(cc_checkpoint_read(&got, &found, path));
    }
}

static void no_change_of_a_byte_and_no_cut_goes_unseen(void **state) {
    (void)state;
    arrays a;
    char *bytes;
    size_t count;
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "c");
    cc_checkpoint written = filled(&a);
    assert_ok(cc_checkpoint_write(path, &written));
    assert_ok(cc_file_read(&bytes, &count, path, 1 << 20, arena));
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    for (size_t i = 0; i < count; i++) {
        fseek(file, (long)i, SEEK_SET);
        fputc(bytes[i] ^ 0x10, file);
        assert_int_not_equal(read_state(path), CC_CHECKPOINT_WHOLE);
        fseek(file, (long)i, SEEK_SET);
        fputc(bytes[i], file);
    }
    assert_int_equal(read_state(path), CC_CHECKPOINT_WHOLE);
    fseek(file, 0, SEEK_END);
    fputc(0, file);
    assert_int_equal(read_state(path), CC_CHECKPOINT_DAMAGED);
    for (size_t i = count; i-- > 0;) {
        assert_int_equal(truncate(path, (off_t)i), 0);
        assert_int_equal(read_state(path), CC_CHECKPOINT_DAMAGED);
    }
    fclose(file);
    cc_arena_destroy(arena);
}

static void one_of_another_run_or_machine_is_foreign(void **state) {
    (void)state;
    arrays a;
    const char *path = cc_test_path(cc_test_folder(), "c");
    for (int i = 0; i < 4; i++) {
        cc_checkpoint c = filled(&a);
        cc_run_epoch long_history[CAPACITY + 1] = {0};
        if (i == 0) c.identity = cc_digest_of("another", 7);
        if (i == 1) strcpy(c.machine, "cpu 2");
        if (i == 2) c.value_count--;
        if (i == 3) c.history = long_history, c.epoch = CAPACITY + 1;
        assert_ok(cc_checkpoint_write(path, &c));
        assert_int_equal(read_state(path), CC_CHECKPOINT_FOREIGN);
    }
}

static void a_write_that_fails_leaves_the_older_one(void **state) {
    (void)state;
    arrays a;
    char temporary[CC_PATH_MAX];
    const char *path = cc_test_path(cc_test_folder(), "c");
    cc_checkpoint c = filled(&a);
    assert_ok(cc_checkpoint_write(path, &c));
    assert_ok(cc_path_temporary(temporary, path));
    assert_int_equal(mkdir(temporary, 0700), 0);
    assert_error(cc_checkpoint_write(path, &c), CC_EIO, "c: cannot write: Is a directory");
    assert_int_equal(read_state(path), CC_CHECKPOINT_WHOLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_reads_back_as_it_was_written),
        cmocka_unit_test(weights_that_are_no_numbers_are_refused_with_their_number),
        cmocka_unit_test(no_change_of_a_byte_and_no_cut_goes_unseen),
        cmocka_unit_test(one_of_another_run_or_machine_is_foreign),
        cmocka_unit_test(a_write_that_fails_leaves_the_older_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
