/* tests/metrics/test_coverage.c -- how often intervals that say 95 % hold the true mean, method by method.
 *
 * Patients' scores are drawn from a distribution whose mean is known, an interval of each method is made
 * of them, and those that hold the mean are counted. The distributions: Beta(20,2), a net that does well
 * on everyone (mean 0.91); the same with failures, one patient in twenty from Beta(1,20) (mean 0.05);
 * Beta(5,2), a net that does so-so (mean 0.71). The chosen method (metrics/interval.h) is run as the
 * report runs it, on counts.
 *
 * $CALCADE_COVERAGE_TRIALS gives the number of trials, of methods with resamples too (those of
 * metrics/README.md: 20000, which take minutes; the constants of cc_interval_coverage: 200000 and no
 * resampling). Without it there are few, and bounds are five standard errors of so many. */
#include <math.h>
#include <stdlib.h>
#include "core/rng.h"
#include "metrics/distributions.h"
#include "metrics/interval.h"
#include "metrics/resampling.h"
#include "support.h"

enum {
    MOST = 60,
    SCALE = 1000000, /* a score is so many pixels of which `tp` are true */
    RESAMPLES = 600, /* of the few trials; else RESAMPLES_LONG */
    RESAMPLES_LONG = 2000,
    TRIALS = 300,        /* with resamples */
    TRIALS_CHEAP = 4000, /* without */
};

static const size_t sizes[] = {2, 3, 4, 7, 8, 16, 32, 60};
enum { SIZES = sizeof sizes / sizeof *sizes };

typedef enum shape { GOOD, FAILURES, FAIR, SHAPES } shape;
static const char *const shape_names[SHAPES] = {"Beta(20,2)", "with failures", "Beta(5,2)"};
static const double means[SHAPES] = {20.0 / 22, 0.95 * 20 / 22 + 0.05 / 21, 5.0 / 7};

typedef enum method { T_LOGIT, T_RAW, PERCENTILE, BASIC, BCA, STUDENTISED, METHODS } method;
static const char *const method_names[METHODS] = {"t, logit", "t",   "percentile",
                                                  "basic",    "BCa", "studentised, logit"};

/* What one method did on one distribution with one number of patients. */
typedef struct tally {
    double held, width, trials;
} tally;
static tally tallies[METHODS][SHAPES][SIZES];

/* A gamma number of whole shape is a sum of so many exponential ones: minus the logarithm of a product. */
static double draw_gamma(cc_rng *rng, int k) {
    double product = 1;
    for (int i = 0; i < k; i++) product *= 1 - cc_rng_uniform(rng);
    return -log(product);
}

static double draw_beta(cc_rng *rng, int a, int b) {
    const double x = draw_gamma(rng, a), y = draw_gamma(rng, b);
    return x / (x + y);
}

static double draw_score(cc_rng *rng, shape s) {
    if (s == FAIR) return draw_beta(rng, 5, 2);
    if (s == FAILURES && cc_rng_uniform(rng) < 0.05) return draw_beta(rng, 1, 20);
    return draw_beta(rng, 20, 2);
}

static double logit(double x) {
    return log(x / (1 - x));
}

static void count(method m, shape s, size_t size, double low, double high) {
    tally *t = &tallies[m][s][size];
    t->held += low <= means[s] && means[s] <= high;
    t->width += high - low;
    t->trials++;
}

/* The chosen method, by the function that the report calls. */
static void try_chosen(const double *scores, shape s, size_t size) {
    cc_count_row rows[MOST];
    cc_estimate e;
    const size_t n = sizes[size];
    for (size_t i = 0; i < n; i++) {
        const int64_t tp = llround(scores[i] * SCALE);
        rows[i] = (cc_count_row){(uint32_t)i, {tp, SCALE - tp, 0, 0}};
    }
    assert_ok(cc_estimate_make(&e, &(cc_sample){rows, n, 0, 1}, 1,
                               (cc_convention){CC_AVERAGE_PATIENT, CC_EMPTY_SKIP}, 0));
    count(T_LOGIT, s, size, e.low.value[CC_SCORE_PRECISION], e.high.value[CC_SCORE_PRECISION]);
}

/* The mean of scores[drawn[n]] and its standard error. */
static double average(double *error, const double *scores, const uint32_t *drawn, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += scores[drawn[i]];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) squares += (scores[drawn[i]] - mean) * (scores[drawn[i]] - mean);
    *error = sqrt(squares / (double)(n - 1) / (double)n);
    return mean;
}

/* Percentile, basic, BCa and studentised intervals of the same resamples. */
static void try_resampling(const double *scores, double mean, double error, shape s, size_t size,
                           int resamples, cc_rng *rng) {
    static double values[RESAMPLES_LONG], students[RESAMPLES_LONG];
    double low, high, influences[MOST];
    const size_t n = sizes[size];
    size_t studentised = 0;
    for (int r = 0; r < resamples; r++) {
        uint32_t drawn[MOST];
        double own;
        cc_resampling_draw(drawn, n, rng);
        values[r] = average(&own, scores, drawn, n);
        /* Resamples of one patient alone have no error, and are left out. */
        if (own > 1e-12)
            students[studentised++] = (logit(values[r]) - logit(mean)) * values[r] * (1 - values[r]) / own;
    }
    for (size_t i = 0; i < n; i++) influences[i] = scores[i] - mean;
    static const cc_resampling kinds[] = {CC_RESAMPLING_PERCENTILE, CC_RESAMPLING_BASIC, CC_RESAMPLING_BCA};
    for (int k = 0; k < 3; k++) {
        cc_resampling_interval(&low, &high, kinds[k], values, (size_t)resamples, mean,
                               cc_resampling_acceleration(influences, n));
        count((method)(PERCENTILE + k), s, size, low, high);
    }
    cc_resampling_interval(&low, &high, CC_RESAMPLING_PERCENTILE, students, studentised, 0, 0);
    const double scaled = error / (mean * (1 - mean));
    count(STUDENTISED, s, size, 1 / (1 + exp(high * scaled - logit(mean))),
          1 / (1 + exp(low * scaled - logit(mean))));
}

static void simulate(shape s, size_t size, int trials, int with_resamples, int resamples) {
    const size_t n = sizes[size];
    uint32_t once[MOST];
    for (uint32_t i = 0; i < MOST; i++) once[i] = i;
    const double t = cc_student_quantile(0.975, (double)n - 1);
    for (int k = 0; k < trials; k++) {
        cc_rng rng = cc_rng_init((uint64_t)s, CC_PURPOSE_TEST, size, (uint64_t)k);
        double scores[MOST], error;
        for (size_t i = 0; i < n; i++) scores[i] = draw_score(&rng, s);
        const double mean = average(&error, scores, once, n);
        try_chosen(scores, s, size);
        count(T_RAW, s, size, mean - t * error, mean + t * error);
        if (k < with_resamples && n >= 4) try_resampling(scores, mean, error, s, size, resamples, &rng);
    }
}

static double coverage(method m, shape s, size_t size) {
    const tally *t = &tallies[m][s][size];
    return 100 * t->held / t->trials;
}

/* Five standard errors of a share of percent, over the method's trials and those that the expected value
 * came from. */
static double tolerance(method m, shape s, size_t size, double percent, double expected_trials) {
    const double variance = percent * (100 - percent);
    return 5 * sqrt(variance / tallies[m][s][size].trials + variance / expected_trials);
}

static void print_table(void) {
    print_message("coverage of 95 %% intervals, %% (and mean width, points)\n%-20s %-14s", "method",
                  "scores");
    for (int i = 0; i < SIZES; i++) print_message("        n=%-3zu", sizes[i]);
    for (int m = 0; m < METHODS; m++)
        for (int s = 0; s < SHAPES; s++) {
            print_message("\n%-20s %-14s", method_names[m], shape_names[s]);
            for (size_t i = 0; i < SIZES; i++) {
                const tally *t = &tallies[m][s][i];
                if (t->trials > 0)
                    print_message(" %5.1f (%4.1f)", coverage((method)m, (shape)s, i),
                                  100 * t->width / t->trials);
                else
                    print_message("%13s", "");
            }
        }
    print_message("\n");
}

static int run_simulation(void **state) {
    (void)state;
    const char *given = getenv("CALCADE_COVERAGE_TRIALS");
    const int trials = given ? atoi(given) : TRIALS_CHEAP,
              with_resamples = given ? (trials > 50000 ? 0 : trials) : TRIALS;
    for (int s = 0; s < SHAPES; s++)
        for (size_t i = 0; i < SIZES; i++)
            simulate((shape)s, i, trials, with_resamples, given ? RESAMPLES_LONG : RESAMPLES);
    print_table();
    return 0;
}

/* --- seeds and folds --- */

/* A study of folds x seeds x patients whose scores are 0.7 + patient + seed + rest, normal with these
 * deviations. */
typedef struct layout {
    int folds, seeds, patients;
    double patient_sd, seed_sd, rest_sd, least, most; /* bounds of the coverage, percent */
} layout;

/* How often the interval holds 0.7. */
static double cover_layout(const layout *l, int trials) {
    enum { RUNS = 16, PATIENTS = 24 };
    static cc_count_row rows[RUNS][PATIENTS];
    cc_sample runs[RUNS];
    int held = 0;
    for (int k = 0; k < trials; k++) {
        cc_rng rng = cc_rng_init(100, CC_PURPOSE_TEST,
                                 (uint64_t)(l->folds * 10000 + l->seeds * 100 + l->patients), (uint64_t)k);
        for (int f = 0; f < l->folds; f++) {
            double patients[PATIENTS];
            for (int p = 0; p < l->patients; p++) patients[p] = l->patient_sd * cc_rng_normal(&rng);
            for (int s = 0; s < l->seeds; s++) {
                const int r = f * l->seeds + s;
                const double seed = l->seed_sd * cc_rng_normal(&rng);
                for (int p = 0; p < l->patients; p++) {
                    const double score = 0.7 + patients[p] + seed + l->rest_sd * cc_rng_normal(&rng);
                    const int64_t tp = llround(fmin(1, fmax(0, score)) * SCALE);
                    rows[r][p] = (cc_count_row){(uint32_t)(f * l->patients + p), {tp, SCALE - tp, 0, 0}};
                }
                runs[r] = (cc_sample){rows[r], (size_t)l->patients, f + 1, s + 1};
            }
        }
        cc_estimate e;
        assert_ok(cc_estimate_make(&e, runs, (size_t)(l->folds * l->seeds),
                                   (cc_convention){CC_AVERAGE_PATIENT, CC_EMPTY_SKIP}, 0));
        held += e.low.value[CC_SCORE_PRECISION] <= 0.7 && 0.7 <= e.high.value[CC_SCORE_PRECISION];
    }
    return 100.0 * held / trials;
}

/* Patients and seeds are both random; folds of few patients and seeds rather hold the mean too often than
 * too rarely. */
static void intervals_over_seeds_and_folds_keep_their_coverage(void **state) {
    (void)state;
    static const layout layouts[] = {
        {1, 1, 8, 0.06, 0, 0.05, 93.5, 97},    {1, 3, 8, 0.06, 0.03, 0.05, 93.5, 98},
        {1, 3, 8, 0.06, 0, 0.05, 93.5, 98},    {1, 5, 16, 0.06, 0.05, 0.03, 92, 98},
        {1, 3, 8, 0, 0, 0.06, 93.5, 99.9},     {4, 1, 5, 0.06, 0, 0.05, 93.5, 97},
        {4, 3, 5, 0.06, 0.03, 0.05, 93.5, 98}, {5, 2, 2, 0.06, 0.02, 0.05, 93.5, 99.9},
        {10, 1, 1, 0.06, 0, 0.05, 93.5, 97},
    };
    const int trials = getenv("CALCADE_COVERAGE_TRIALS") ? TRIALS_CHEAP * 10 : TRIALS_CHEAP;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const layout *l = &layouts[i];
        const double found = cover_layout(l, trials), slack = 5 * sqrt(95.0 * 5 / trials);
        print_message("%2d folds of %2d patients, %d seeds; deviations of patient %.2f, seed %.2f, rest "
                      "%.2f: %.1f %%\n",
                      l->folds, l->patients, l->seeds, l->patient_sd, l->seed_sd, l->rest_sd, found);
        if (!(found > l->least - slack && found < l->most + slack))
            fail_msg("outside %g to %g", l->least, l->most);
    }
}

/* --- one seed --- */

/* What captions print is what is found here. */
static void the_chosen_method_covers_as_often_as_it_says(void **state) {
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        const double says[] = {cc_interval_coverage(sizes[i]), cc_interval_coverage_with_failures(sizes[i])};
        for (int s = GOOD; s <= FAILURES; s++) {
            const double found = coverage(T_LOGIT, (shape)s, i);
            if (!(fabs(found - says[s]) < 0.05 + tolerance(T_LOGIT, (shape)s, i, found, 200000)))
                fail_msg("%s, n = %zu: %.2f instead of %.1f", shape_names[s], sizes[i], found, says[s]);
        }
    }
    assert_true(isnan(cc_interval_coverage(1)));
    assert_true(cc_interval_coverage(9) == cc_interval_coverage(8));
    assert_true(cc_interval_coverage(5000) == cc_interval_coverage(60));
}

/* Without failures it lies within a point of 95 from 4 patients on, where percentiles of resamples lie far
 * below. */
static void the_chosen_method_keeps_its_coverage_where_resampling_does_not(void **state) {
    (void)state;
    for (size_t i = 2; i < SIZES; i++) {
        for (int s = GOOD; s <= FAIR; s += FAIR - GOOD)
            assert_true(fabs(coverage(T_LOGIT, (shape)s, i) - 95) <
                        1 + tolerance(T_LOGIT, (shape)s, i, 95, 1e9));
        if (sizes[i] > 8 || tallies[BCA][GOOD][i].trials == 0) continue;
        for (int m = PERCENTILE; m <= BCA; m++) assert_true(coverage((method)m, GOOD, i) < 92);
    }
}

/* One patient in twenty fails: among 8 none does two times of three, and no method can know of what it has
 * not seen. */
static void no_method_rescues_rare_failures_of_8_patients(void **state) {
    (void)state;
    for (int m = 0; m < METHODS; m++) {
        if (tallies[m][FAILURES][4].trials == 0) continue;
        const double found = coverage((method)m, FAILURES, 4);
        assert_true(found < 78 + tolerance((method)m, FAILURES, 4, 78, 1e9));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_chosen_method_covers_as_often_as_it_says),
        cmocka_unit_test(the_chosen_method_keeps_its_coverage_where_resampling_does_not),
        cmocka_unit_test(no_method_rescues_rare_failures_of_8_patients),
        cmocka_unit_test(intervals_over_seeds_and_folds_keep_their_coverage),
    };
    return cmocka_run_group_tests(tests, run_simulation, NULL);
}
