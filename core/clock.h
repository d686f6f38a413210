/* core/clock.h -- time, for progress and measurements; no result depends on it. */
#ifndef CC_CORE_CLOCK_H
#define CC_CORE_CLOCK_H

/* Seconds since some moment in the past, on a clock that only goes forward. Does not fail. */
double cc_clock_s(void);

#endif
