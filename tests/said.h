/* tests/said.h -- what a piece of a test says on standard error. */
#ifndef CC_TESTS_SAID_H
#define CC_TESTS_SAID_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "support.h"

typedef struct said {
    FILE *kept;
    int before;
    char text[16384]; /* after said_end */
} said;

static inline void said_start(said *s) {
    s->kept = tmpfile();
    s->before = dup(STDERR_FILENO);
    assert_true(s->kept && s->before >= 0);
    dup2(fileno(s->kept), STDERR_FILENO);
}

static inline void said_end(said *s) {
    dup2(s->before, STDERR_FILENO);
    close(s->before);
    rewind(s->kept);
    s->text[fread(s->text, 1, sizeof s->text - 1, s->kept)] = 0;
    fclose(s->kept);
}

/* How often a part stands in what was said. */
static inline int said_count(const said *s, const char *part) {
    int count = 0;
    for (const char *at = s->text; (at = strstr(at, part)); at += strlen(part)) count++;
    return count;
}

static inline void said_has(const said *s, const char *part) {
    if (!strstr(s->text, part)) fail_msg("no \"%s\" in:\n%s", part, s->text);
}

#endif
