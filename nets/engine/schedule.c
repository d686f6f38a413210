/* nets/engine/schedule.c -- the formulas of schedule.h. Nothing is stored but what the scores noted have led
 * to, so that a resumed training only notes them again. */
#include "nets/engine/schedule.h"

#include <math.h>
#include <string.h>

#define BETTER_BY  1e-4 /* of the best score: ReduceLROnPlateau's threshold, in its relative mode */
#define LEAST_STEP 1e-8 /* its eps: a smaller change of the rate is left out */

enum { CONSTANT, COSINE, PLATEAU, POLYNOMIAL, STEP, SCHEDULES };
static const char *const names[SCHEDULES] = {[CONSTANT] = "constant",
                                             [COSINE] = "cosine",
                                             [PLATEAU] = "plateau",
                                             [POLYNOMIAL] = "polynomial",
                                             [STEP] = "step"};

const char *cc_schedule_name(int index) {
    return index < SCHEDULES ? names[index] : NULL;
}

static bool is(const cc_schedule *s, int schedule) {
    return strcmp(s->spec->schedule.type, names[schedule]) == 0;
}

cc_schedule cc_schedule_start(const cc_optimizer_spec *spec, int epochs, bool largest) {
    return (cc_schedule){.spec = spec,
                         .epochs = epochs,
                         .largest = largest,
                         .lr = spec->lr,
                         .best = largest ? -INFINITY : INFINITY};
}

double cc_schedule_rate(const cc_schedule *s) {
    const double lr = s->spec->lr, low = s->spec->schedule.min_lr;
    const int warmup = s->spec->schedule.warmup, t = s->epoch - warmup;
    /* lr (e + 1) / (warmup + 1): the first epoch has a part of the rate, the one behind the warmup all. */
    if (t < 0) return lr * (s->epoch + 1) / (warmup + 1);
    /* Half a cosine from lr at t = 0 towards min_lr at t = T; acos(-1) is pi. */
    if (is(s, COSINE)) return low + (lr - low) * (1 + cos(acos(-1) * t / (s->epochs - warmup))) / 2;
    if (is(s, POLYNOMIAL)) return lr * pow(1 - (double)t / (s->epochs - warmup), s->spec->schedule.power);
    if (is(s, STEP)) return lr * pow(s->spec->schedule.factor, t / s->spec->schedule.every);
    return s->lr; /* lr itself, unless a plateau lowered it */
}

static bool is_better(const cc_schedule *s, double score) {
    return s->largest ? score > s->best * (1 + BETTER_BY) : score < s->best * (1 - BETTER_BY);
}

/* plateau: counts the epochs without a better score, and lowers the rate after more than `patience`. */
static void watch(cc_schedule *s, double score) {
    if (is_better(s, score)) {
        s->best = score;
        s->bad = 0;
        return;
    }
    if (++s->bad <= s->spec->schedule.patience) return;
    double lower = fmax(s->lr * s->spec->schedule.factor, s->spec->schedule.min_lr);
    if (s->lr - lower > LEAST_STEP) s->lr = lower;
    s->bad = 0;
}

void cc_schedule_note(cc_schedule *s, double score) {
    if (is(s, PLATEAU) && s->epoch >= s->spec->schedule.warmup) watch(s, score);
    s->epoch++;
}
