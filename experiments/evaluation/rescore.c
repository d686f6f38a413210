/* experiments/evaluation/rescore.c -- reads a run with its masks and hands them to measure.c, which measured
 * them when the run was made. What comes out is compared with what the file says: a program that measures
 * otherwise would be seen here. */
#include "experiments/evaluation/rescore.h"

#include <string.h>
#include "results/compare.h"

/* What the run's stages say of its masks. A cascade's last stage is that of its last rows. */
static cc_measure_source describe(const cc_run *run, double nsd_tolerance_mm) {
    cc_measure_source source = {.stage = CC_STAGE_ROI,
                                .has_truth = true,
                                .nsd_tolerance_mm = nsd_tolerance_mm,
                                .slices = run->slices,
                                .slice_count = run->slice_count,
                                .masks = &run->masks};
    if (strcmp(run->stage, cc_cascade_stage_name(CC_STAGE_ROI)) == 0) return source;
    /* An ensemble of the roi stage has no rows of stages. */
    if (strcmp(run->stage, "ensemble") == 0 && run->stage_count == 0) return source;
    source.stage = CC_STAGE_CALCIFICATION;
    for (size_t i = 0; i < run->stage_count; i++) {
        const char *stage = run->stages[i].stage;
        if (strcmp(stage, cc_cascade_stage_name(CC_STAGE_ROI)) == 0) source.has_region = true;
        if (strcmp(stage, cc_cascade_stage_name(CC_STAGE_FALSE_POSITIVE)) == 0)
            source.stage = CC_STAGE_FALSE_POSITIVE;
    }
    return source;
}

/* The run with what was measured in place of what its file says. */
static cc_run with_measures(const cc_rescored *r, const cc_measures *m) {
    cc_run run = r->run;
    run.slices = r->slices;
    run.patients = m->patients;
    run.patient_count = m->patient_count;
    run.stages = m->stages;
    run.stage_count = m->stage_count;
    run.baselines = m->baselines;
    run.baseline_count = m->baseline_count;
    run.challenge = m->challenge;
    run.challenge_count = m->challenge_count;
    return run;
}

/* Measures, and compares with the file. */
static cc_status measure(cc_rescored *r, double nsd_tolerance_mm, cc_arena *arena) {
    cc_measure_source source = describe(&r->run, CC_NSD_TOLERANCE_MM);
    r->slices = cc_arena_get_array(arena, r->run.slice_count + 1, sizeof *r->slices);
    if (!r->slices) return CC_ENOMEM;
    CC_TRY(cc_measure_slices(r->slices, &source));
    CC_TRY(cc_measure_patients(&r->measures, &source, arena));
    /* Pixels first: masks of another prediction are no rounding. */
    const cc_run again = with_measures(r, &r->measures);
    if (cc_run_compare_counts(&r->run, &again) != CC_OK) {
        const cc_error e = *cc_error_get();
        return cc_fail(CC_EFORMAT, "masks", "run the experiment again",
                       "they contradict the file's counts: %s: %s", e.where, e.what);
    }
    if (cc_run_compare_masked(&r->run, &again) != CC_OK) {
        r->difference = cc_arena_format(arena, "%s: %s", cc_error_get()->where, cc_error_get()->what);
        if (!r->difference) return CC_ENOMEM;
        cc_error_clear();
    }
    /* Another tolerance than the file's: only what is given back is measured at it. */
    if (nsd_tolerance_mm == CC_NSD_TOLERANCE_MM) return CC_OK;
    source.nsd_tolerance_mm = nsd_tolerance_mm;
    return cc_measure_patients(&r->measures, &source, arena);
}

cc_status cc_rescore(cc_rescored *out, const char *path, double nsd_tolerance_mm, cc_arena *arena) {
    cc_rescored r = {0};
    CC_TRY(cc_run_read(&r.run, path, CC_RUN_MASKS, arena));
    if (r.run.masks.count == 0)
        return cc_fail(CC_EUNSUPPORTED, path, "take the run's own file, or make the run anew",
                       "holds no masks: it is a light copy, or an older program made it");
    const cc_status status = measure(&r, nsd_tolerance_mm, arena);
    if (status != CC_OK) return status == CC_EFORMAT ? cc_fail_within(status, path) : status;
    *out = r;
    return CC_OK;
}
