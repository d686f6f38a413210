/* tests/experiments/planning/test_gpus.c -- which GPU a worker is shown. */
#include <stdlib.h>
#include <string.h>
#include "experiments/planning/gpus.h"
#include "support.h"

static void gpus_are_given_to_workers_in_turn(void **state) {
    (void)state;
    static const char *const names[] = {"0", "1", "2", "0"};
    static const char *const of_a_job[] = {"3", "GPU-7f", "3", "GPU-7f"};
    char name[32];
    for (int worker = 0; worker < 4; worker++) {
        assert_true(cc_gpus_pick(name, sizeof name, NULL, 3, worker));
        assert_string_equal(name, names[worker]);
        /* A scheduler's list counts, whatever is installed. */
        assert_true(cc_gpus_pick(name, sizeof name, "3,GPU-7f", 8, worker));
        assert_string_equal(name, of_a_job[worker]);
    }
}

static void with_fewer_than_two_nothing_is_set(void **state) {
    (void)state;
    char name[8] = "x";
    assert_false(cc_gpus_pick(name, sizeof name, NULL, 0, 1));
    assert_false(cc_gpus_pick(name, sizeof name, NULL, 1, 1));
    assert_false(cc_gpus_pick(name, sizeof name, "", 8, 1));
    assert_false(cc_gpus_pick(name, sizeof name, "5", 8, 1));
    assert_false(cc_gpus_pick(name, sizeof name, "GPU-a-long-name,1", 8, 0));
}

static void a_worker_sees_one_of_the_list(void **state) {
    (void)state;
    setenv("CUDA_VISIBLE_DEVICES", "4,6", 1);
    cc_gpus_take(3);
    assert_string_equal(getenv("CUDA_VISIBLE_DEVICES"), "6");
    cc_gpus_take(2); /* one is left: it stays */
    assert_string_equal(getenv("CUDA_VISIBLE_DEVICES"), "6");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gpus_are_given_to_workers_in_turn),
        cmocka_unit_test(with_fewer_than_two_nothing_is_set),
        cmocka_unit_test(a_worker_sees_one_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
