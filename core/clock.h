/* core/clock.h -- time, for progress and measurements; no result depends on it. */
#ifndef CC_CORE_CLOCK_H
#define CC_CORE_CLOCK_H

/* Seconds since some moment in the past, on a clock that only goes forward. Does not fail. */
double cc_clock_s(void);

/* "0:05", "12:30", "1:02:03". */
void cc_clock_format(char out[16], double seconds);

#endif
