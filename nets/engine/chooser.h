/* nets/engine/chooser.h -- how a kernel that has several algorithms comes to one of them: the recorded one,
 * else by a rule, else by the clock, whose answers are remembered. One chooser for all backends.
 *
 * What differs between backends is handed in: which candidates there are and in which order they are timed,
 * the rule, how one of them is timed on the device, and by how much a candidate must be faster than one
 * before it. */
#ifndef CC_NETS_ENGINE_CHOOSER_H
#define CC_NETS_ENGINE_CHOOSER_H

#include <pthread.h>
#include "nets/engine/kernel.h"

/* What there is to choose among: candidates 0 .. count - 1. All functions get `context`. */
typedef struct cc_candidates {
    void *context;
    int count;
    /* The name of a candidate in recorded plans; no two of these candidates have the same. */
    const char *(*name)(const void *context, int i);
    /* The answer without a clock. Fails where the rule finds none. */
    cc_status (*rule)(int *out, void *context, bool exact);
    /* Around all timing: `begin` takes the memory that candidates are run on; `end` gives it back, and is
     * called after a `begin` that failed too. */
    cc_status (*begin)(void *context);
    void (*end)(void *context);
    /* *ms: one run of candidate i, best_ms that of the fastest so far (INFINITY: none). INFINITY where it
     * cannot run, or is not worth timing. An error ends the choice. */
    cc_status (*time)(double *ms, void *context, int i, double best_ms);
    /* A candidate takes the place of one before it if its time is less than this part of that one's, lest
     * noise decides between equals; at most 1. */
    double margin;
    /* Whether the rule decides where the clock could time none of them, for lack of memory too; else that is
     * an error. */
    bool rule_where_untimed;
    /* The error where there is no candidate of the recorded name or, recorded == NULL, none could be
     * timed. */
    cc_status (*refuse)(const void *context, const char *recorded);
} cc_candidates;

/* *out: the candidate of the recorded name, if a name is given; else by the clock where the tuning is timed;
 * else by rule. *ms: its time, 0 where no clock was asked. Errors are those of the functions. */
cc_status cc_choose(int *out, double *ms, const cc_candidates *c, cc_tuning tuning, const char *recorded);

/* All that an answer depends on: numbers, and perhaps a text (borrowed; NULL: none). */
enum { CC_KEY_VALUES_MAX = 64 };
typedef struct cc_choice_key {
    int64_t values[CC_KEY_VALUES_MAX];
    int count;
    const char *text;
} cc_choice_key;

void cc_choice_key_add(cc_choice_key *key, const int64_t *values, int count);

/* Answers of one kernel, as long as the process. */
typedef struct cc_answers {
    pthread_mutex_t mutex;
    struct cc_answer *first;
} cc_answers;
#define CC_ANSWERS_NONE                                                                                      \
    { PTHREAD_MUTEX_INITIALIZER, NULL }

/* *out: what `make` gave for the same key before, else what it gives now; borrowed, it lives as long as the
 * process. Where `make` fails nothing is remembered. Any thread may ask; one is answered at a time, so that
 * no two candidates are timed at once. */
cc_status cc_answers_get(const void **out, cc_answers *answers, const cc_choice_key *key,
                         cc_status (*make)(void **out, void *context), void *context);

#endif
