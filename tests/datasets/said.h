/* tests/datasets/said.h -- what the code under test says on standard error. */
#ifndef CC_TESTS_DATASETS_SAID_H
#define CC_TESTS_DATASETS_SAID_H

#include <stdio.h>
#include <unistd.h>
#include "support.h"

enum { SAID_MAX = 1 << 14 };
typedef struct said {
    int before;
    FILE *kept;
    char text[SAID_MAX];
} said;

/* From here on standard error is kept. */
static inline void said_start(said *s) {
    s->kept = tmpfile();
    assert_non_null(s->kept);
    s->before = dup(STDERR_FILENO);
    dup2(fileno(s->kept), STDERR_FILENO);
}

/* No longer; what came is in s->text. */
static inline void said_stop(said *s) {
    dup2(s->before, STDERR_FILENO);
    close(s->before);
    rewind(s->kept);
    s->text[fread(s->text, 1, sizeof s->text - 1, s->kept)] = 0;
    fclose(s->kept);
}

#endif
