/* core/peak_memory.h -- the most memory that this process has held since some moment, for the cost of a
 * run; no result depends on it. */
#ifndef CC_CORE_PEAK_MEMORY_H
#define CC_CORE_PEAK_MEMORY_H

#include <stdint.h>

/* What is asked for next is the peak from here on, what the process holds already included. */
void cc_peak_memory_start(void);

/* Bytes of resident memory at its peak since cc_peak_memory_start. 0: not known, since the system does not
 * tell, or had no way to begin anew and the process has held more at an earlier time than the last start. */
int64_t cc_peak_memory_get(void);

#endif
