/* tests/nets/engine/test_chooser.c -- the choice among candidates whose times are made up: by name, by rule,
 * by the clock, and what is remembered. The expected answers follow from the contract in
 * nets/engine/chooser.h by hand. */
#include "support.h"
#include <math.h>
#include "nets/engine/chooser.h"

enum { COUNT = 4 };

/* Four candidates, what each takes, and what was asked of them. */
typedef struct fake {
    double ms[COUNT];
    cc_status begins;
    int began, ended, timed, ruled;
    double best_seen[COUNT];
} fake;

static const char *name_of(const void *context, int i) {
    static const char *const names[COUNT] = {"one", "two", "three", "four"};
    (void)context;
    return names[i];
}
static cc_status rule(int *out, void *context, bool exact) {
    ((fake *)context)->ruled++;
    *out = exact ? 3 : 1;
    return CC_OK;
}
static cc_status begin(void *context) {
    fake *f = context;
    f->began++;
    return f->begins == CC_OK ? CC_OK : cc_fail(f->begins, NULL, NULL, "no memory to time in");
}
static void end(void *context) {
    ((fake *)context)->ended++;
}
static cc_status time_one(double *ms, void *context, int i, double best_ms) {
    fake *f = context;
    f->timed++;
    f->best_seen[i] = best_ms;
    *ms = f->ms[i];
    return f->ms[i] < 0 ? cc_fail(CC_EDEVICE, NULL, NULL, "the device is lost") : CC_OK;
}
static cc_status refuse(const void *context, const char *recorded) {
    (void)context;
    return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "there is no %s", recorded ? recorded : "algorithm");
}

static cc_candidates candidates_of(fake *f, double margin, bool rule_where_untimed) {
    return (cc_candidates){.context = f,
                           .count = COUNT,
                           .name = name_of,
                           .rule = rule,
                           .begin = begin,
                           .end = end,
                           .time = time_one,
                           .margin = margin,
                           .rule_where_untimed = rule_where_untimed,
                           .refuse = refuse};
}

static void a_recorded_name_goes_before_rule_and_clock(void **state) {
    (void)state;
    fake f = {.ms = {1, 1, 1, 1}};
    const cc_candidates c = candidates_of(&f, 1, true);
    int out;
    double ms = -1;
    assert_ok(cc_choose(&out, &ms, &c, CC_TUNING_TIMED, "three"));
    assert_int_equal(out, 2);
    assert_true(ms == 0);
    assert_error(cc_choose(&out, &ms, &c, CC_TUNING_TIMED, "five"), CC_EUNSUPPORTED, "there is no five");
    assert_int_equal(f.ruled + f.timed, 0);
}

static void a_rule_decides_without_the_clock(void **state) {
    (void)state;
    fake f = {.ms = {1, 1, 1, 1}};
    const cc_candidates c = candidates_of(&f, 1, true);
    int out;
    double ms;
    assert_ok(cc_choose(&out, &ms, &c, CC_TUNING_FIXED, NULL));
    assert_int_equal(out, 1);
    assert_ok(cc_choose(&out, &ms, &c, CC_TUNING_EXACT, NULL));
    assert_int_equal(out, 3);
    assert_int_equal(f.began + f.timed, 0);
}

/* 9.8 is not less than 0.97 * 10, 9.69 is; at a margin of 1, 9.8 is less too, and 9.69 less than that. */
static void the_clock_takes_the_fastest_by_a_margin(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        fake f = {.ms = {10, i ? 9.8 : 9.69, INFINITY, i ? 9.8 : 9.69}};
        const cc_candidates c = candidates_of(&f, 0.97, false);
        int out;
        double ms;
        assert_ok(cc_choose(&out, &ms, &c, i ? CC_TUNING_FAST : CC_TUNING_TIMED, NULL));
        assert_int_equal(out, i ? 0 : 1); /* of two that are equally fast, the first */
        assert_true(ms == f.ms[out]);
        assert_true(f.began == 1 && f.ended == 1 && f.timed == COUNT && f.ruled == 0);
        assert_true(isinf(f.best_seen[0]) && f.best_seen[1] == 10 && f.best_seen[3] == ms);
    }
    fake f = {.ms = {10, 9.8, 9.69, 9.69}};
    const cc_candidates c = candidates_of(&f, 1, false);
    int out;
    double ms;
    assert_ok(cc_choose(&out, &ms, &c, CC_TUNING_TIMED, NULL));
    assert_int_equal(out, 2);
}

static void what_cannot_be_timed_is_ruled_or_refused(void **state) {
    (void)state;
    static const cc_status begins[] = {CC_OK, CC_ENOMEM};
    int out;
    double ms;
    for (int i = 0; i < 2; i++) {
        fake f = {.ms = {INFINITY, INFINITY, INFINITY, INFINITY}, .begins = begins[i]};
        const cc_candidates ruled = candidates_of(&f, 1, true), refused = candidates_of(&f, 1, false);
        cc_error_clear();
        assert_ok(cc_choose(&out, &ms, &ruled, CC_TUNING_TIMED, NULL));
        assert_int_equal(out, 1);
        assert_true(ms == 0);
        assert_string_equal(cc_error_get()->what, "");
        assert_error(cc_choose(&out, &ms, &refused, CC_TUNING_TIMED, NULL), i ? CC_ENOMEM : CC_EUNSUPPORTED,
                     i ? "no memory to time in" : "there is no algorithm");
        assert_int_equal(f.ended, f.began);
    }
    fake f = {.ms = {1, -1, 1, 1}};
    const cc_candidates c = candidates_of(&f, 1, true);
    assert_error(cc_choose(&out, &ms, &c, CC_TUNING_TIMED, NULL), CC_EDEVICE, "the device is lost");
    assert_int_equal(f.timed, 2);
    assert_int_equal(f.ended, 1);
}

static cc_status make(void **out, void *context) {
    int *made = context;
    *out = made + ++*made; /* another answer each time */
    return *made % 2 ? cc_fail(CC_EUNSUPPORTED, NULL, NULL, "not at once") : CC_OK;
}

/* `make` fails at every other call. */
static void an_answer_is_remembered_by_its_whole_key(void **state) {
    (void)state;
    static cc_answers answers = CC_ANSWERS_NONE;
    const int64_t numbers[] = {1, 2, 3};
    char text[] = "text";
    const void *answer = NULL;
    int made[16] = {0};
    for (int i = 0; i < 8; i++) { /* four keys, each asked for until there is an answer, then twice */
        cc_choice_key key = {.text = i < 4 ? NULL : text};
        cc_choice_key_add(&key, numbers, 2);
        cc_choice_key_add(&key, numbers + i / 2 % 2, 1); /* 1,2,1 or 1,2,2 */
        if (i % 2 == 0) {
            assert_int_equal(cc_answers_get(&answer, &answers, &key, make, made), CC_EUNSUPPORTED);
            assert_null(answer);
        }
        assert_ok(cc_answers_get(&answer, &answers, &key, make, made));
        assert_ptr_equal(answer, made + 2 * (i / 2 + 1));
        assert_int_equal(made[0], 2 * (i / 2 + 1));
    }
    text[0] = 'n'; /* the key's text was copied */
    cc_choice_key key = {.text = "text"};
    cc_choice_key_add(&key, numbers, 2);
    cc_choice_key_add(&key, numbers, 1);
    assert_ok(cc_answers_get(&answer, &answers, &key, make, made));
    assert_ptr_equal(answer, made + 6);
    key.text = "another";
    assert_int_equal(cc_answers_get(&answer, &answers, &key, make, made), CC_EUNSUPPORTED);
    assert_int_equal(made[0], 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_name_goes_before_rule_and_clock),
        cmocka_unit_test(a_rule_decides_without_the_clock),
        cmocka_unit_test(the_clock_takes_the_fastest_by_a_margin),
        cmocka_unit_test(what_cannot_be_timed_is_ruled_or_refused),
        cmocka_unit_test(an_answer_is_remembered_by_its_whole_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
