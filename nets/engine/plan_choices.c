/* nets/engine/plan_choices.c -- a plan's choices of algorithms as text, and back: what a result file stores,
 * so that a run that goes on, or a trained net that predicts, computes with the same algorithms and gives the
 * same bytes. */
#include "nets/engine/plan_choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 5 };

static const char *const pass_names[CC_PASSES] = {[CC_PASS_FORWARD] = "forward",
                                                  [CC_PASS_BACKWARD_DATA] = "backward-data",
                                                  [CC_PASS_BACKWARD_WEIGHTS] = "backward-weights"};

typedef struct line {
    const char *node;
    int pass;
    cc_choice choice;
} line;

struct cc_recorded {
    char *text; /* its words ended by zeros */
    line *lines;
    int count;
};

cc_status cc_choices_print(char **out, const cc_task *tasks, int count) {
    size_t bytes;
    *out = NULL;
    FILE *f = open_memstream(out, &bytes);
    if (!f) return cc_fail_memory("plan", 0);
    for (int i = 0; i < count; i++)
        for (int pass = 0; pass < CC_PASSES; pass++) {
            const cc_choice *c = &tasks[i].choices[pass];
            if (c->algorithm)
                fprintf(f, "%s %s %s %s %.3f\n", tasks[i].name, pass_names[pass], c->algorithm,
                        c->implementation, c->ms);
        }
    if (fclose(f) == 0) return CC_OK;
    free(*out);
    *out = NULL;
    return cc_fail_memory("plan", bytes);
}

/* Cuts `text` at its spaces: the words of *out point into it. Exactly FIELDS of them, the second a pass. */
static cc_status parse_line(line *out, char *text, int number) {
    char *rest, *words[FIELDS];
    int count = 0;
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest), count++)
        if (count < FIELDS) words[count] = word;
    for (out->pass = 0; count == FIELDS && out->pass < CC_PASSES; out->pass++)
        if (strcmp(words[1], pass_names[out->pass]) == 0) {
            out->node = words[0];
            out->choice = (cc_choice){words[2], words[3], strtod(words[4], NULL)};
            return CC_OK;
        }
    return cc_fail(CC_EFORMAT, "recorded plan", NULL,
                   "line %d is not \"node pass algorithm implementation ms\"", number);
}

cc_status cc_recorded_parse(cc_recorded **out, const char *text) {
    cc_status status = CC_OK;
    char *rest;
    /* As many lines as there are ends of lines, and one that has none. The text is copied, and cut into words
     * where it lies: a record holds pointers into its own copy. */
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    cc_recorded *r = calloc(1, sizeof *r);
    if (!r) return cc_fail_memory("plan", sizeof *r);
    r->text = strdup(text);
    r->lines = calloc(lines, sizeof *r->lines);
    if (!r->text || !r->lines) CC_CHECK(cc_fail_memory("plan", lines * sizeof *r->lines));
    for (char *next = strtok_r(r->text, "\n", &rest); next; next = strtok_r(NULL, "\n", &rest)) {
        CC_CHECK(parse_line(&r->lines[r->count], next, r->count + 1));
        r->count++;
    }
    *out = r;
    r = NULL;
done:
    cc_recorded_destroy(r);
    return status;
}

void cc_recorded_destroy(cc_recorded *r) {
    if (!r) return;
    free(r->text);
    free(r->lines);
    free(r);
}

/* A record may name nodes that this plan does not have, and lack some that it has: those are chosen anew. */
void cc_recorded_apply(cc_task *task, const cc_recorded *r) {
    for (int i = 0; i < r->count; i++)
        if (strcmp(r->lines[i].node, task->name) == 0) task->recorded[r->lines[i].pass] = r->lines[i].choice;
}
