/* tests/nets/engine/test_schedule.c -- learning rates against those of PyTorch 1.13
 * (torch.optim.lr_scheduler, float64), printed with %.17g. */
#include "support.h"
#include <math.h>
#include "nets/engine/schedule.h"

static void check(const cc_optimizer_spec *spec, bool largest, const double *scores, const double *want,
                  int epochs) {
    cc_schedule s = cc_schedule_start(spec, epochs, largest);
    for (int e = 0; e < epochs; e++) {
        double got = cc_schedule_rate(&s);
        if (fabs(got - want[e]) > 1e-14 * want[e]) print_error("epoch %d: %.17g\n", e, got);
        assert_true(fabs(got - want[e]) <= 1e-14 * want[e]);
        cc_schedule_note(&s, scores ? scores[e] : 0);
    }
}

/* SequentialLR of LinearLR(1/4, 1, 3) and CosineAnnealingLR(7, eta_min=0.001), milestone 3. */
static void a_cosine_behind_a_warmup_is_pytorch_s(void **state) {
    (void)state;
    const cc_optimizer_spec spec = {.lr = 0.1, .schedule = {.type = "cosine", .warmup = 3, .min_lr = 0.001}};
    static const double want[] = {0.025000000000000001, 0.050000000000000003, 0.075000000000000011,
                                  0.10000000000000001,  0.095097958961169751, 0.081362745192007313,
                                  0.061514786230837566, 0.039485213769162447, 0.019637254807992697,
                                  0.0059020410388302587};
    check(&spec, true, NULL, want, 10);
}

/* ReduceLROnPlateau("max", factor=0.3, patience=1, min_lr=0.004) */
static void a_plateau_of_a_score_that_should_rise_is_pytorch_s(void **state) {
    (void)state;
    const cc_optimizer_spec spec = {
        .lr = 0.1, .schedule = {.type = "plateau", .factor = 0.3, .patience = 1, .min_lr = 0.004}};
    static const double scores[] = {0.5, 0.6,  0.6, 0.60005, 0.55, 0.7, NAN,
                                    0.7, 0.69, 0.1, 0.2,     0.3,  0.3, 0.3},
                        want[] = {0.1,  0.1,   0.1,   0.1,   0.03,  0.03,  0.03,
                                  0.03, 0.009, 0.009, 0.004, 0.004, 0.004, 0.004};
    check(&spec, true, scores, want, 14);
}

/* ReduceLROnPlateau("min", factor=0.1, patience=2) */
static void a_plateau_of_a_score_that_should_fall_is_pytorch_s(void **state) {
    (void)state;
    const cc_optimizer_spec spec = {.lr = 0.01,
                                    .schedule = {.type = "plateau", .factor = 0.1, .patience = 2}};
    static const double scores[] = {0.5, 0.4, 0.39999, 0.41, 0.42, 0.3, 0.31, 0.32, 0.33, 0.34, 0.35, 0.36},
                        want[] = {0.01,  0.01,  0.01,  0.01,   0.01,   0.001,
                                  0.001, 0.001, 0.001, 0.0001, 0.0001, 0.0001};
    check(&spec, false, scores, want, 12);
}

/* As torch.optim.lr_scheduler documents PolynomialLR(total_iters=7, power=0.9) and StepLR(3, gamma=0.3), by
 * CPython's float64, each behind a LinearLR. */
static void a_polynomial_behind_a_warmup_follows_its_power(void **state) {
    (void)state;
    const cc_optimizer_spec spec = {.lr = 0.1, .schedule = {.type = "polynomial", .warmup = 3, .power = 0.9}};
    static const double want[] = {0.025000000000000001, 0.050000000000000003, 0.075000000000000011,
                                  0.10000000000000001,  0.087045813685915935, 0.073872835294955738,
                                  0.060431831447900132, 0.046646696566721588, 0.032384616619162782,
                                  0.017354486343415246};
    check(&spec, true, NULL, want, 10);
}

static void steps_lower_the_rate_every_so_many_epochs(void **state) {
    (void)state;
    const cc_optimizer_spec spec = {.lr = 0.2,
                                    .schedule = {.type = "step", .warmup = 2, .every = 3, .factor = 0.3}};
    static const double want[] = {0.066666666666666666, 0.13333333333333333,  0.20000000000000001,
                                  0.20000000000000001,  0.20000000000000001,  0.059999999999999998,
                                  0.059999999999999998, 0.059999999999999998, 0.017999999999999999,
                                  0.017999999999999999};
    check(&spec, true, NULL, want, 10);
}

static void scores_of_the_warmup_do_not_count(void **state) {
    (void)state;
    const cc_optimizer_spec spec = {.lr = 0.3, .schedule = {.type = "plateau", .factor = 0.5, .warmup = 2}};
    static const double scores[] = {0.9, 0.8, 0.1, 0.2, 0.2, 0.2}, want[] = {0.1, 0.2, 0.3, 0.3, 0.3, 0.15};
    check(&spec, true, scores, want, 6);
}

static void a_constant_stays(void **state) {
    (void)state;
    const cc_optimizer_spec spec = {.lr = 0.3, .schedule = {.type = "constant"}};
    static const double want[] = {0.3, 0.3, 0.3};
    check(&spec, true, NULL, want, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cosine_behind_a_warmup_is_pytorch_s),
        cmocka_unit_test(a_polynomial_behind_a_warmup_follows_its_power),
        cmocka_unit_test(steps_lower_the_rate_every_so_many_epochs),
        cmocka_unit_test(a_plateau_of_a_score_that_should_rise_is_pytorch_s),
        cmocka_unit_test(a_plateau_of_a_score_that_should_fall_is_pytorch_s),
        cmocka_unit_test(scores_of_the_warmup_do_not_count),
        cmocka_unit_test(a_constant_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
