/* experiments/training/paper_counts.c -- the counts of the paper's section 3.1, as a table, and one line that
 * compares a run's with them.
 *
 * configs/paper/published.yaml holds the paper's tables of scores and its sums; what a count belongs to
 * (source, stage, split) and why ours differ from it has no place in that format. */
#include "experiments/training/paper_counts.h"

#include <stdio.h>
#include <string.h>

/* One dataset as the paper used it. */
typedef struct published {
    const char *source, *stage;
    size_t patients, slices;                 /* which dataset it is; 0 patients: any number */
    size_t train_items, validation, test;    /* images of an epoch, augmented ones included; slices */
    const char *by;                          /* the split that such counts need; NULL: any */
    const char *why_split, *why_other_split; /* what explains a difference, with that split and with others */
} published;

static const published table[] = {
    {.source = "ctheart",
     .stage = "roi",
     .slices = 2532,
     .train_items = 6076,
     .validation = 506,
     .test = 506,
     .by = "slice",
     .why_split =
         "its 1519 + 506 + 506 slices are 2531 of 2532: every share was cut down, and one slice lost",
     .why_other_split =
         "its counts need a split by slice, whose scores leak; whole patients do not add up to "
         "them"},
    {.source = "orcascore",
     .stage = "calcification",
     .patients = 32,
     .slices = 1540,
     .train_items = 4248,
     .validation = 150,
     .test = 301,
     .why_split = "its 1062 + 150 + 301 slices are 1513 of 1540; which patients lie in which part, and which "
                  "27 slices are missing, it does not say"},
};

/* The paper's counts of the same data and stage; NULL: it has none. */
static const published *find(const cc_run_counts *run) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const published *p = &table[i];
        if (strcmp(p->source, run->source) == 0 && strcmp(p->stage, run->stage) == 0 &&
            p->slices == run->slices && (p->patients == 0 || p->patients == run->patients))
            return p;
    }
    return NULL;
}

/* "training and test differ" */
static void name_differences(char *out, size_t capacity, const bool differs[3]) {
    static const char *const parts[] = {"training", "validation", "test"};
    int left = differs[0] + differs[1] + differs[2];
    size_t used = 0;
    const char *verb = left == 1 ? "differs" : "differ";
    for (int i = 0; i < 3; i++) {
        if (!differs[i]) continue;
        left--;
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", parts[i],
                                 left == 0   ? " "
                                 : left == 1 ? " and "
                                             : ", ");
    }
    snprintf(out + used, capacity - used, "%s", verb);
}

bool cc_paper_counts_describe(char line[CC_PAPER_COUNTS_BYTES], const cc_run_counts *run) {
    const published *p = find(run);
    if (!p) return false;
    const bool differs[3] = {p->train_items != run->train_items, p->validation != run->validation,
                             p->test != run->test};
    int used =
        snprintf(line, CC_PAPER_COUNTS_BYTES,
                 "the paper (3.1) has %zu/%zu/%zu pictures to train, validate and test, here %zu/%zu/%zu",
                 p->train_items, p->validation, p->test, run->train_items, run->validation, run->test);
    char *rest = line + used;
    size_t room = CC_PAPER_COUNTS_BYTES - (size_t)used;
    if (!differs[0] && !differs[1] && !differs[2]) {
        snprintf(rest, room, ": the same");
        return true;
    }
    char parts[64];
    bool other_split = p->by && strcmp(p->by, run->by) != 0;
    name_differences(parts, sizeof parts, differs);
    snprintf(rest, room, ": %s (%s)", parts, other_split ? p->why_other_split : p->why_split);
    return true;
}
