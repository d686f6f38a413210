/* core/clock.c -- the monotonic clock, and spans of time as people read them. CLOCK_MONOTONIC never goes
 * back, whatever happens to the time of day. */
#include "core/clock.h"

#include <stdio.h>
#include <time.h>

double cc_clock_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void cc_clock_format(char out[16], double seconds) {
    /* 99:59:59 at most: out[16] holds it */
    long s = seconds < 0 ? 0 : seconds > 359999 ? 359999 : (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(out, 16, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, 16, "%ld:%02ld", s / 60, s % 60);
}
