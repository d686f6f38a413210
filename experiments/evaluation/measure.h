/* experiments/evaluation/measure.h -- from the masks of a test part to what is known of its patients: pixels,
 * lesions and calcium, stage by stage; surfaces; the challenge's counts.
 *
 * Of each scan: pixel counts, lesions (metrics/lesions.h), volume and Agatston score (metrics/calcium.h), of
 * the truth and of what each stage of the cascade marks; as a baseline without a net of stages 2 and 3, all
 * above 130 HU within the region of interest; of the last stage distances of surfaces (metrics/surfaces.h)
 * and the orCaScore challenge's counts (metrics/challenge.h).
 *
 * All of it is computed from the packed masks that a run file keeps (results/masks.h), whether the net has
 * just been run or a file is scored again: the two cannot differ. */
#ifndef CC_EXPERIMENTS_EVALUATION_MEASURE_H
#define CC_EXPERIMENTS_EVALUATION_MEASURE_H

#include "experiments/cascade/cascade.h"
#include "results/store.h"

#define CC_NSD_TOLERANCE_MM 1.0 /* of cc_run_patient.nsd_1mm */

typedef struct cc_measure_source {
    cc_cascade_stage stage; /* the last one, whose prediction counts */
    bool has_region;        /* stage 1 made regions: it has rows, and the baseline has */
    bool has_truth;         /* false: a scan that nobody has marked, of which no agreement is measured */
    double nsd_tolerance_mm;
    const cc_run_slice *slices; /* [slice_count]: slices of a patient are neighbours, and of a scan */
    size_t slice_count;
    const cc_run_masks *masks; /* of as many slices */
} cc_measure_source;

typedef struct cc_measures {  /* the arena owns all */
    cc_run_patient *patients; /* in the order of the slices; calcium is not known of the roi stage */
    size_t patient_count;
    cc_run_stage *stages; /* by stage, then by patient; none of the roi stage */
    size_t stage_count;
    cc_run_baseline *baselines; /* "roi_threshold", where stage 1 made regions */
    size_t baseline_count;
    cc_run_challenge
        *challenge; /* of patients whose scans are whole, with known spacing; not of the roi stage */
    size_t challenge_count;
} cc_measures;

/* Lesions are not known (-1) where the slices are a scan in part only, or differ in size; volume and Agatston
 * score (NaN) and surfaces neither, nor where its spacing is not known.
 *   CC_EFORMAT masks that do not unpack · CC_ENOMEM; else as cc_lesions_count, cc_calcium_measure,
 *   cc_surface_distances_init and cc_challenge_measure */
cc_status cc_measure_patients(cc_measures *out, const cc_measure_source *source, cc_arena *arena);

/* The slices' rows with their pixels counted anew from the masks; sums of probabilities, which masks do not
 * have, stay as they are. out [slice_count]. CC_EFORMAT, CC_ENOMEM */
cc_status cc_measure_slices(cc_run_slice *out, const cc_measure_source *source);

#endif
