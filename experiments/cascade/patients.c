/* experiments/cascade/patients.c -- which patients upstream runs have seen.
 *
 * A result file lists the patients that its run tested. On the same data (by digest) all others are taken to
 * have been trained on; on other data the upstream run's config is split again, and names are compared. */
#include "experiments/cascade/patients.h"

#include <string.h>
#include "core/log.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/planning/data.h"

static bool is_tested(const cc_run *run, const char *patient) {
    for (size_t i = 0; i < run->patient_count; i++)
        if (strcmp(run->patients[i].patient, patient) == 0) return true;
    return false;
}

/* The first patient of a part who is (`tested`), or is not, among those that a run tested; NULL: none. */
static const char *find_patient(const cc_run *run, bool tested, const cc_slice_set *base,
                                const cc_split_part *part) {
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < part->count; i++) {
        uint32_t patient = cc_slice_set_get(base, part->slices[i])->patient;
        if (patient == last) continue;
        last = patient;
        const char *name = cc_slice_set_patient(base, patient);
        if (is_tested(run, name) == tested) return name;
    }
    return NULL;
}

/* Neither what is trained on nor what chooses the epoch may be tested by stage 2. */
static cc_status check_parts(const cc_run *stage_2, const char *path, const cc_slice_set *base,
                             const cc_split *split) {
    const char *patient = find_patient(stage_2, true, base, &split->train);
    const char *part = "training";
    if (!patient) {
        patient = find_patient(stage_2, true, base, &split->validation);
        part = "validation";
    }
    if (!patient) return CC_OK;
    return cc_fail(CC_ECONFIG, "data.split", "give both runs the same data.split and data.fold",
                   "patient %s of the %s part is a test patient of %s, the stage before", patient, part,
                   path);
}

cc_status cc_patients_check_apart(const cc_planned_run *run, const cc_slice_set *base,
                                  const cc_split *split) {
    const cc_planned_run *stage_2 = run->upstream[CC_UPSTREAM_CALCIFICATION];
    cc_run read;
    /* Patients of another kind of source are others, whatever their names. */
    if (strcmp(stage_2->config->data.source, run->config->data.source) != 0) return CC_OK;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_upstream_read(&read, stage_2, CC_RUN_BASIC, arena);
    if (status == CC_OK) status = check_parts(&read, stage_2->path, base, split);
    cc_arena_destroy(arena);
    return status;
}

static void warn_of_leak(const cc_planned_run *upstream, const char *patient, const char *detail) {
    cc_log(CC_LOG_WARNING, "%s has seen patient %s, who is tested here%s: scores flatter", upstream->path,
           patient, detail);
}

/* Of the same data: all patients whom the upstream run did not test, it has seen. */
static cc_status leaks_from(bool *out, const cc_planned_run *upstream, const cc_slice_set *base,
                            const cc_split *split) {
    cc_run read;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_upstream_read(&read, upstream, CC_RUN_BASIC, arena);
    const char *patient = status == CC_OK ? find_patient(&read, false, base, &split->test) : NULL;
    if (patient) {
        *out = true;
        warn_of_leak(upstream, patient, "");
    }
    cc_arena_destroy(arena);
    return status;
}

/* Whether a part has slices of a patient of this name. */
static bool has_name(const cc_slice_set *set, const cc_split_part *part, const char *name) {
    for (size_t i = 0; i < part->count; i++)
        if (strcmp(cc_slice_set_patient(set, cc_slice_set_get(set, part->slices[i])->patient), name) == 0)
            return true;
    return false;
}

/* The first patient of the test part whose name an upstream run on other data trained on or chose by; NULL:
 * none. */
static const char *find_by_name(const cc_slice_set *theirs, const cc_split *their_split,
                                const cc_slice_set *base, const cc_split_part *test) {
    uint32_t last = UINT32_MAX;
    for (size_t i = 0; i < test->count; i++) {
        const uint32_t patient = cc_slice_set_get(base, test->slices[i])->patient;
        const char *name = cc_slice_set_patient(base, patient);
        if (patient == last) continue;
        last = patient;
        if (has_name(theirs, &their_split->train, name) || has_name(theirs, &their_split->validation, name))
            return name;
    }
    return NULL;
}

/* Two copies of a dataset have other digests where one was saved again or is a part of the other. The name of
 * a single volume is a file's, such as "ct", and identifies no patient. */
static cc_status leaks_by_name(bool *out, const cc_planned_run *run, const cc_planned_run *upstream,
                               const cc_slice_set *base, const cc_split *split) {
    cc_slice_set *set;
    cc_split theirs = {0};
    const char *source = upstream->config->data.source;
    if (strcmp(source, run->config->data.source) != 0 || strcmp(source, "volume") == 0) return CC_OK;
    CC_TRY(cc_data_open(&set, upstream->config));
    cc_status status = cc_data_split(&theirs, set, upstream->config);
    if (status == CC_OK) {
        const char *patient = find_by_name(set, &theirs, base, &split->test);
        if (patient) {
            *out = true;
            warn_of_leak(upstream, patient, " (by name, in a dataset of other files)");
        }
        cc_split_deinit(&theirs);
    }
    cc_slice_set_close(set);
    return status;
}

cc_status cc_patients_leak(bool *out, const cc_planned_run *run, const cc_slice_set *base,
                           const cc_split *split) {
    *out = false;
    if (!run->data_digest.hex[0]) return CC_OK;
    for (int u = 0; u < CC_UPSTREAMS; u++) {
        const cc_planned_run *upstream = run->upstream[u];
        if (!upstream) continue;
        if (strcmp(upstream->data_digest.hex, run->data_digest.hex) == 0)
            CC_TRY(leaks_from(out, upstream, base, split));
        else
            CC_TRY(leaks_by_name(out, run, upstream, base, split));
    }
    return CC_OK;
}
