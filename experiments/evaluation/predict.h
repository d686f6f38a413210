/* experiments/evaluation/predict.h -- a finished run on one scan without truth: through its cascade as its
 * own test part, and the mask on the scan's own grid. */
#ifndef CC_EXPERIMENTS_EVALUATION_PREDICT_H
#define CC_EXPERIMENTS_EVALUATION_PREDICT_H

#include "datasets/read_options.h"
#include "datasets/volume.h"
#include "nets/engine/backend.h"

typedef struct cc_predict_request { /* all borrowed */
    const char *model;              /* a result file */
    const char *runs;               /* where the runs upstream are; NULL: as cc_finished_open */
    const char *scan;               /* as cc_volume_read_as */
    cc_read_options reading;        /* what is stated beside it */
    const char *mask;        /* as cc_volume_write; voxels are 0 and 1, or the net's classes, or regions */
    const unsigned *mirrors; /* axes in place of those of evaluate.mirrors; NULL: those */
    const cc_backend *backend;
} cc_predict_request;

typedef struct cc_prediction_summary {
    const char *stage; /* whose net had the last word; static */
    int64_t slices, voxels;
    /* As cc_run_patient.lesions_predicted and .volume_predicted_mm3. In the roi stage no lesion is looked for
     * (-1), and the volume is that of all voxels. NaN: a picture has no size in mm. */
    int64_t lesions;
    double volume_mm3;
} cc_prediction_summary;

/* The scan is seen upright (datasets/upright.h), as every source shows its own; the mask is in the order of
 * the scan's file. A picture is for a run that was trained on pictures.
 *   CC_EUSAGE        the mask's name has an ending that is not written, or is that of the scan or the model
 *   CC_EUNSUPPORTED  the scan is not of the kind that the run takes
 *   others           as cc_finished_open, cc_volume_read, cc_cascade_predict and cc_volume_write
 * What could be wrong with the mask's place is found before anything is predicted. */
cc_status cc_predict_scan(cc_prediction_summary *out, const cc_predict_request *request);

#endif
