/* experiments/cascade/patients.c -- which patients upstream runs have seen, or keep for their test.
 *
 * What is compared is a list of scans with patient, part and digest of voxels, one of each run. A dataset
 * that was saved again has other voxels under the same names; one that was renamed has the same voxels
 * under other names: either way the patients are the same. */
#include "experiments/cascade/patients.h"

#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/scan_facts.h"
#include "experiments/cascade/regions.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/planning/data.h"
#include "experiments/planning/interrupt.h"

/* Parts of a split, as bits. */
enum { TRAIN = 1, VALIDATION = 2, TEST = 4, LEARNED = TRAIN | VALIDATION };

/* A scan with slices in a part. Two scans of a patient, or parts of a scan, are two entries. */
typedef struct scan {
    const char *patient; /* the set's, */
    uint32_t number;     /* and which of its patients that is */
    unsigned part;
    cc_digest_text image; /* "": not compared */
} scan;

typedef struct scan_list {
    scan *items;
    size_t count;
} scan_list;

/* Two runs whose patients are compared. */
typedef struct pair {
    const cc_planned_run *upstream;
    scan_list mine, theirs;
    bool by_name;   /* names are of persons, and of one layout of datasets */
    bool same_data; /* one dataset: names are all that is compared */
    bool refuses;   /* a patient who was seen and is tested is an error */
} pair;

/* What two lists share first; both NULL: nothing. */
typedef struct shared {
    const scan *mine, *theirs;
} shared;

bool cc_patients_is_tested(const cc_run *run, const char *patient) {
    for (size_t i = 0; i < run->patient_count; i++)
        if (strcmp(run->patients[i].patient, patient) == 0) return true;
    return false;
}

/* --- lists of scans --- */

/* The scans of all parts; their voxels are digested where `digests`, unless the set knows the digests
 * already. */
static cc_status list_scans(scan_list *out, const cc_slice_set *set, const cc_split *split, bool digests,
                            cc_arena *arena) {
    const cc_split_part *parts[] = {&split->train, &split->validation, &split->test};
    const size_t slices = cc_slice_set_count(set);
    *out = (scan_list){.items = cc_arena_get_array(arena, slices + 1, sizeof *out->items)};
    cc_scan_facts *facts = malloc(sizeof *facts);
    cc_status status = out->items && facts ? CC_OK : cc_fail_memory("scans", slices * sizeof *out->items);
    for (int p = 0; p < 3 && status == CC_OK; p++) {
        uint32_t last = UINT32_MAX;
        for (size_t i = 0; i < parts[p]->count && status == CC_OK; i++) {
            const cc_slice *slice = cc_slice_set_get(set, parts[p]->slices[i]);
            size_t first, end;
            if (slice->scan == last) continue;
            last = slice->scan;
            scan *s = &out->items[out->count++];
            *s = (scan){.patient = cc_slice_set_patient(set, slice->patient),
                        .number = slice->patient,
                        .part = 1U << p};
            if (!digests) continue;
            cc_scan_of(&first, &end, set, parts[p]->slices[i]);
            status = cc_interrupt_check();
            if (status == CC_OK) status = cc_scan_facts_read(facts, set, first, end - first);
            if (status == CC_OK) s->image = facts->image;
        }
    }
    free(facts);
    return status;
}

/* left_out[patients of the base]: who is in no part of a run on an inner fold: those are tested by others. */
static cc_status find_left_out(bool **left_out, const cc_experiment_config *config, const cc_slice_set *base,
                               cc_arena *arena) {
    cc_split split;
    const size_t patients = cc_slice_set_patient_count(base);
    bool *out = *left_out = cc_arena_get_array(arena, patients + 1, sizeof *out);
    if (!out) return CC_ENOMEM;
    if (config->data.split.inner_folds == CC_INNER_FOLDS_NONE) return CC_OK; /* nobody */
    CC_TRY(cc_data_split(&split, base, config));
    const cc_split_part *parts[] = {&split.train, &split.validation, &split.test};
    memset(out, true, patients * sizeof *out);
    for (int p = 0; p < 3; p++)
        for (size_t i = 0; i < parts[p]->count; i++)
            out[cc_slice_set_get(base, parts[p]->slices[i])->patient] = false;
    cc_split_deinit(&split);
    return CC_OK;
}

/* Those of an upstream run on the same dataset: all patients whom it did not test, it has seen, but for
 * those whom its inner fold leaves out. */
static cc_status list_theirs_by_file(pair *p, const cc_slice_set *base, cc_arena *arena) {
    cc_run read;
    bool *left_out;
    CC_TRY(cc_upstream_read(&read, p->upstream, CC_RUN_BASIC, arena));
    CC_TRY(find_left_out(&left_out, p->upstream->config, base, arena));
    p->theirs.items = cc_arena_get_array(arena, p->mine.count + 1, sizeof *p->theirs.items);
    if (!p->theirs.items) return CC_ENOMEM;
    for (size_t i = 0; i < p->mine.count; i++) {
        const char *patient = p->mine.items[i].patient;
        if (left_out[p->mine.items[i].number]) continue;
        p->theirs.items[p->theirs.count++] =
            (scan){.patient = patient, .part = cc_patients_is_tested(&read, patient) ? TEST : LEARNED};
    }
    return CC_OK;
}

/* The first scan of some parts here that is also one of some parts there: by name, or by voxels under another
 * name. */
static shared find_shared(const pair *p, unsigned mine, unsigned theirs, bool by_voxels) {
    for (size_t i = 0; i < p->mine.count; i++) {
        const scan *a = &p->mine.items[i];
        for (size_t k = 0; (a->part & mine) && k < p->theirs.count; k++) {
            const scan *b = &p->theirs.items[k];
            if (!(b->part & theirs)) continue;
            const bool same_name = p->by_name && strcmp(a->patient, b->patient) == 0;
            const bool same_voxels = a->image.hex[0] && strcmp(a->image.hex, b->image.hex) == 0;
            if (by_voxels ? same_voxels && !same_name : same_name) return (shared){a, b};
        }
    }
    return (shared){NULL, NULL};
}

/* --- what may not be shared --- */

/* How it is known that two patients are one: "", or in words. */
static const char *how(const pair *p, const shared *s) {
    if (p->same_data) return "";
    if (strcmp(s->mine->image.hex, s->theirs->image.hex) == 0)
        return " (by name and voxels, in another dataset)";
    return " (by name, in a dataset of other files)";
}

/* Warns of each way in which the upstream run has seen a patient who is tested here. Of a run out of fold
 * no score is shown: a net of stage 1 that has seen the patients of an inner fold is what all of them
 * stand on. */
static cc_status look_for_leaks(cc_patients_found *out, const pair *p, bool warns) {
    const shared named = find_shared(p, TEST, LEARNED, false), copied = find_shared(p, TEST, LEARNED, true);
    if (p->refuses && (named.mine || copied.mine))
        return cc_fail(CC_ECONFIG, "upstream.members", "combine runs that have not seen the test patients",
                       "%s has seen patient %s, who is to be tested%s", p->upstream->path,
                       named.mine ? named.mine->patient : copied.mine->patient,
                       named.mine ? how(p, &named) : " (the same voxels under another name)");
    if (warns && named.mine)
        cc_log(CC_LOG_WARNING, "%s has seen patient %s, who is tested here%s: scores flatter",
               p->upstream->path, named.mine->patient, how(p, &named));
    if (warns && copied.mine)
        cc_log(
            CC_LOG_WARNING,
            "%s has seen patient %s, who is tested here under the name %s (the same voxels): scores flatter",
            p->upstream->path, copied.theirs->patient, copied.mine->patient);
    out->leaks = out->leaks || named.mine || copied.mine;
    return CC_OK;
}

/* Stage 3 must not learn from the calcification run's test patients; whether it learns from those whom
 * that run's net has seen is noted. */
static cc_status look_at_learned(cc_patients_found *out, const pair *p) {
    shared s = find_shared(p, LEARNED, TEST, false);
    const bool copied = !s.mine;
    if (copied) s = find_shared(p, LEARNED, TEST, true);
    if (s.mine) {
        const char *part = s.mine->part == TRAIN ? "training" : "validation";
        const char *hint = "give both runs the same data.split and data.fold";
        if (copied)
            return cc_fail(
                CC_ECONFIG, "data.split", hint,
                "patient %s of the %s part has the voxels of %s, a test patient of %s, the stage before",
                s.mine->patient, part, s.theirs->patient, p->upstream->path);
        return cc_fail(CC_ECONFIG, "data.split", hint,
                       "patient %s of the %s part is a test patient of %s, the stage before%s",
                       s.mine->patient, part, p->upstream->path, how(p, &s));
    }
    out->in_sample =
        find_shared(p, LEARNED, LEARNED, false).mine || find_shared(p, LEARNED, LEARNED, true).mine;
    return CC_OK;
}

/* Lists the scans of both runs, and looks at what they share. */
static cc_status look_at_upstream(cc_patients_found *out, const cc_planned_run *run,
                                  const cc_planned_run *upstream, bool learns, const cc_slice_set *base,
                                  const cc_split *split) {
    cc_status status = CC_OK;
    cc_slice_set *set = NULL;
    cc_split their_split = {0};
    const char *source = upstream->config->data.source;
    const bool one_source = strcmp(source, run->config->data.source) == 0;
    pair p = {.upstream = upstream,
              .refuses = run->member_count > 0,
              .same_data = strcmp(upstream->data_digest.hex, run->data_digest.hex) == 0};
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    /* The name of a single volume is a file's, such as "ct", and identifies no patient. */
    p.by_name = p.same_data || (one_source && strcmp(source, "volume") != 0);
    if (p.same_data) {
        CC_CHECK(list_scans(&p.mine, base, split, false, arena));
        CC_CHECK(list_theirs_by_file(&p, base, arena));
    } else {
        CC_CHECK(cc_data_open(&set, upstream->config));
        CC_CHECK(cc_data_split(&their_split, set, upstream->config));
        /* Grey values of pictures are never the voxels of a CT in HU. */
        const bool digests = one_source || cc_slice_set_is_hu(set) == cc_slice_set_is_hu(base);
        CC_CHECK(list_scans(&p.mine, base, split, digests, arena));
        CC_CHECK(list_scans(&p.theirs, set, &their_split, digests, arena));
    }
    if (learns) CC_CHECK(look_at_learned(out, &p));
    CC_CHECK(look_for_leaks(out, &p, !run->is_out_of_fold));
done:
    cc_split_deinit(&their_split);
    cc_slice_set_close(set);
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_patients_check(cc_patients_found *out, const cc_planned_run *run, const cc_slice_set *base,
                            const cc_split *split) {
    const bool stage_3 = strcmp(run->config->stage, "false_positive") == 0;
    *out = (cc_patients_found){.leaks = false};
    if (!run->data_digest.hex[0]) return CC_OK;
    for (int kind = 0; kind < CC_UPSTREAMS; kind++) {
        const cc_planned_run *upstream = run->upstream[kind];
        if (!upstream) continue;
        if (upstream->member_count == 0)
            CC_TRY(look_at_upstream(out, run, upstream, stage_3 && kind == CC_UPSTREAM_CALCIFICATION, base,
                                    split));
        for (int i = 0; i < upstream->member_count; i++)
            CC_TRY(look_at_upstream(out, run, upstream->members[i], false, base, split));
    }
    /* Members on the same slices were looked at when the run was planned, slice by slice. */
    for (int i = 0; i < run->member_count; i++)
        if (!cc_data_has_same_slices(run->members[i]->config, run->config))
            CC_TRY(look_at_upstream(out, run, run->members[i], false, base, split));
    /* What a net says of its own training patients is then not learned from. */
    if (run->out_of_fold_count > 0) out->in_sample = false;
    return CC_OK;
}
