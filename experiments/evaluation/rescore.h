/* experiments/evaluation/rescore.h -- a finished run scored again from the masks in its file: without the
 * net, the data or the machine that made it. */
#ifndef CC_EXPERIMENTS_EVALUATION_RESCORE_H
#define CC_EXPERIMENTS_EVALUATION_RESCORE_H

#include "experiments/evaluation/measure.h"

typedef struct cc_rescored {
    cc_run run;           /* as read, less weights and pictures, with its masks */
    cc_run_slice *slices; /* [run.slice_count], their pixels counted anew */
    cc_measures measures; /* of all that masks tell */
    /* In what these are not, to the bit, what the file says; NULL: in nothing. Counts of pixels are never
     * other ones: that is an error. */
    const char *difference;
} cc_rescored;

/* The arena owns all. nsd_tolerance_mm other than CC_NSD_TOLERANCE_MM: nsd_1mm of the measures is at that
 * one.
 *   CC_EUNSUPPORTED the file holds no masks: a light copy, or of an older program
 *   CC_EFORMAT      the masks do not unpack, or give other counts of pixels than the file states
 *   others          as cc_run_read and cc_measure_patients */
cc_status cc_rescore(cc_rescored *out, const char *path, double nsd_tolerance_mm, cc_arena *arena);

#endif
