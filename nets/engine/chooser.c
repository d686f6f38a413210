/* nets/engine/chooser.c -- one algorithm of several: recorded, by rule or by the clock.
 *
 * A choice must be the same whenever a run goes on, since algorithms round differently: the name that was
 * recorded with the run goes before all else, and where no candidate has it the plan is refused rather than
 * made with another. Answers of the clock are remembered for the process, as nets repeat the same few shapes,
 * and as a plan that is made twice is then the same plan. */
#include "nets/engine/chooser.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The fastest by the clock; -1: none could be timed. Candidates that are nearly as fast as one before them do
 * not replace it, so that their order is an order of preference. */
static cc_status find_fastest(int *out, double *ms, const cc_candidates *c) {
    cc_status status = CC_OK;
    double best = INFINITY;
    *out = -1;
    CC_CHECK(c->begin(c->context));
    for (int i = 0; i < c->count; i++) {
        double one;
        CC_CHECK(c->time(&one, c->context, i, best));
        if (one >= c->margin * best) continue;
        *out = i;
        best = one;
    }
done:
    c->end(c->context);
    *ms = *out < 0 ? 0 : best;
    return status;
}

cc_status cc_choose(int *out, double *ms, const cc_candidates *c, cc_tuning tuning, const char *recorded) {
    *ms = 0;
    if (recorded) {
        for (*out = 0; *out < c->count; (*out)++)
            if (strcmp(c->name(c->context, *out), recorded) == 0) return CC_OK;
        return c->refuse(c->context, recorded);
    }
    if (cc_tuning_is_timed(tuning)) {
        cc_status status = find_fastest(out, ms, c);
        /* Less memory than timing wants may yet be enough for the plan, which shares its own among all
         * nodes. */
        if (status == CC_ENOMEM && c->rule_where_untimed) {
            cc_error_clear();
            status = CC_OK;
        }
        if (status != CC_OK || *out >= 0) return status;
        if (!c->rule_where_untimed) return c->refuse(c->context, NULL);
    }
    return c->rule(out, c->context, tuning == CC_TUNING_EXACT);
}

void cc_choice_key_add(cc_choice_key *key, const int64_t *values, int count) {
    assert(key->count + count <= CC_KEY_VALUES_MAX);
    memcpy(key->values + key->count, values, (size_t)count * sizeof *values);
    key->count += count;
}

/* A key with its answer; the text is the answer's own copy. */
struct cc_answer {
    struct cc_answer *next;
    cc_choice_key key;
    char *text;
    void *answer;
};

static bool is_same(const cc_choice_key *a, const cc_choice_key *b) {
    return a->count == b->count && memcmp(a->values, b->values, (size_t)a->count * sizeof *a->values) == 0 &&
           !a->text == !b->text && (!a->text || strcmp(a->text, b->text) == 0);
}

/* Called with the mutex held. */
static cc_status find_or_make(const void **out, cc_answers *answers, const cc_choice_key *key,
                              cc_status (*make)(void **out, void *context), void *context) {
    cc_status status = CC_OK;
    for (struct cc_answer *a = answers->first; a; a = a->next)
        if (is_same(&a->key, key)) {
            *out = a->answer;
            return CC_OK;
        }
    struct cc_answer *a = calloc(1, sizeof *a);
    if (!a) return cc_fail_memory("plan", sizeof *a);
    a->key = *key;
    if (key->text) a->key.text = a->text = strdup(key->text);
    if (key->text && !a->text) CC_CHECK(cc_fail_memory("plan", strlen(key->text) + 1));
    CC_CHECK(make(&a->answer, context));
    *out = a->answer;
    a->next = answers->first;
    answers->first = a;
    return CC_OK;
done:
    free(a->text);
    free(a);
    return status;
}

cc_status cc_answers_get(const void **out, cc_answers *answers, const cc_choice_key *key,
                         cc_status (*make)(void **out, void *context), void *context) {
    *out = NULL;
    pthread_mutex_lock(&answers->mutex);
    cc_status status = find_or_make(out, answers, key, make, context);
    pthread_mutex_unlock(&answers->mutex);
    return status;
}
