/* experiments/planning/members.c -- members of an ensemble compared with each other, and with whom it tests.
 *
 * Whom a member has learnt from is its split, made again from its config on the ensemble's slices; so
 * patients in no part of it (of runs on inner folds those left for the test) are known to be unseen. */
#include "experiments/planning/members.h"

#include <stdlib.h>
#include <string.h>
#include "experiments/planning/data.h"
#include "experiments/planning/run_nets.h"

cc_status cc_members_suit(const cc_planned_run *run) {
    const cc_experiment_config *config = run->config, *first = cc_planned_run_net(run)->config;
    const char *combine = config->ensemble.combine;
    for (int i = 0; i < run->member_count; i++) {
        const cc_planned_run *last = cc_planned_run_net(run->members[i]);
        if (!last || last->member_count > 0 || cc_experiment_is_ensemble(last->config))
            return cc_fail(CC_ECONFIG, config->name, "name the runs of which it is made",
                           "%s cannot be a member: it stands on an ensemble", run->members[i]->config->name);
        const cc_experiment_config *net = last->config;
        if ((strcmp(net->stage, "roi") == 0) != (strcmp(first->stage, "roi") == 0))
            return cc_fail(CC_ECONFIG, config->name, "combine runs that mark the same",
                           "upstream.members are of the stages %s and %s", first->stage, net->stage);
        if (net->net.head_count > 0)
            return cc_fail(CC_ECONFIG, config->name, "combine nets with one output",
                           "%s cannot be a member: its net has several outputs", net->name);
        cc_net_targets targets;
        CC_TRY(cc_data_targets(&targets, net, config));
        const double *window = net->preprocess.window_hu;
        if (strcmp(config->data.source, "ctheart") == 0 &&
            memcmp(window, config->preprocess.window_hu, sizeof net->preprocess.window_hu) != 0)
            return cc_fail(CC_ECONFIG, config->name, "give all the same preprocess.window_hu",
                           "grey values of pictures become HU by it, and that of %s is [%g, %g]", net->name,
                           window[0], window[1]);
        if (strcmp(net->data.targets.one, first->data.targets.one) != 0 ||
            net->net.classes != first->net.classes)
            return cc_fail(CC_ECONFIG, config->name, "combine runs of the same data.targets",
                           "the nets of %s and %s tell other classes apart", first->name, net->name);
    }
    if (first->net.classes > 1 && strcmp(combine, "mean") != 0 && strcmp(combine, "labels") != 0)
        return cc_fail(CC_ECONFIG, config->name, "use mean or labels",
                       "ensemble.combine: %s is of masks, and the members tell %d classes apart", combine,
                       first->net.classes - 1);
    return CC_OK;
}

cc_status cc_members_suit_cascade(const cc_planned_run *ensemble, const cc_planned_run *cascade) {
    const cc_experiment_config *config = ensemble->config, *first = ensemble->members[0]->config;
    const char *name = cascade->config->name;
    if (!cascade->config->upstream.false_positive)
        return cc_fail(CC_ECONFIG, name, "run the ensemble itself, or give upstream.false_positive",
                       "upstream.calcification names an ensemble, and no stage comes after it");
    if (config->ensemble.out_of_fold)
        return cc_fail(CC_ECONFIG, name, "name an ensemble without it",
                       "upstream.calcification names %s, which has ensemble.out_of_fold", config->name);
    for (int i = 0; i < ensemble->member_count; i++) {
        const cc_experiment_config *member = ensemble->members[i]->config;
        if (strcmp(member->stage, "calcification") != 0)
            return cc_fail(CC_ECONFIG, name, "name an ensemble of runs of stage calcification",
                           "upstream.calcification names %s, a member of which is of stage %s", config->name,
                           member->stage);
        if (memcmp(member->preprocess.window_hu, first->preprocess.window_hu,
                   sizeof first->preprocess.window_hu) != 0)
            return cc_fail(CC_ECONFIG, name, "give all members the same",
                           "the members of %s differ in preprocess.window_hu", config->name);
        /* Regions blank what slices show, and crop what volumes do: one view cannot be of both. */
        if (cc_data_has_volumes(member) != cc_data_has_volumes(first))
            return cc_fail(CC_ECONFIG, name, "name an ensemble of either",
                           "some members of %s take slices, others volumes", config->name);
    }
    return CC_OK;
}

/* Marks whom the split of one run, made on the set, trains or chooses an epoch by. */
static cc_status mark_learned(bool *seen, const cc_experiment_config *learner, const cc_experiment_config *of,
                              const cc_slice_set *set) {
    cc_split split;
    const size_t slices = cc_slice_set_count(set);
    const char *by = learner->data.split.by;
    const bool by_slices =
        strcmp(by, of->data.split.by) == 0 && (strcmp(by, "slice") == 0 || strcmp(by, "slab") == 0);
    bool *patients = calloc(cc_slice_set_patient_count(set) + 1, sizeof *patients);
    if (!patients) return cc_fail_memory("patients", cc_slice_set_patient_count(set));
    const cc_status status = cc_data_split(&split, set, learner);
    if (status == CC_OK) {
        const cc_split_part *parts[] = {&split.train, &split.validation};
        for (int p = 0; p < 2; p++)
            for (size_t i = 0; i < parts[p]->count; i++) {
                const uint32_t slice = parts[p]->slices[i];
                seen[slice] = true;
                patients[cc_slice_set_get(set, slice)->patient] = true;
            }
        for (size_t i = 0; i < slices && !by_slices; i++)
            seen[i] = seen[i] || patients[cc_slice_set_get(set, i)->patient];
        cc_split_deinit(&split);
    }
    free(patients);
    return status;
}

/* Marks whom a run has learnt from, be it a net's own or an ensemble's. */
static cc_status mark_learner(bool *seen, const cc_planned_run *learner, const cc_experiment_config *of,
                              const cc_slice_set *set) {
    for (int i = 0; i < learner->member_count; i++) CC_TRY(mark_learner(seen, learner->members[i], of, set));
    if (!cc_experiment_trains(learner->config) || !cc_data_has_same_slices(learner->config, of)) return CC_OK;
    return mark_learned(seen, learner->config, of, set);
}

cc_status cc_member_seen(bool *seen, const cc_planned_run *run, const cc_planned_run *member,
                         const cc_slice_set *set) {
    static const cc_upstream stages[] = {CC_UPSTREAM_CALCIFICATION, CC_UPSTREAM_FALSE_POSITIVE};
    memset(seen, 0, cc_slice_set_count(set) * sizeof *seen);
    CC_TRY(mark_learner(seen, member, run->config, set));
    for (int i = 0; i < 2; i++)
        if (member->upstream[stages[i]])
            CC_TRY(mark_learner(seen, member->upstream[stages[i]], run->config, set));
    return CC_OK;
}

cc_status cc_members_check(const cc_planned_run *run, const cc_slice_set *set) {
    const bool out_of_fold = run->config->ensemble.out_of_fold;
    const size_t slices = cc_slice_set_count(set);
    const char *by = run->config->data.split.by;
    cc_status status = CC_OK;
    cc_split split = {0};
    bool *seen = calloc(slices + 1, sizeof *seen);
    int *unseen_by = calloc(slices + 1, sizeof *unseen_by); /* how many members have not seen a slice */
    if (!seen || !unseen_by) CC_CHECK(cc_fail_memory("slices", slices * sizeof *unseen_by));
    if (out_of_fold && strcmp(by, "patient") != 0 && strcmp(by, "list") != 0)
        CC_CHECK(cc_fail(CC_ECONFIG, run->config->name, "split by patient",
                         "ensemble.out_of_fold deals patients as wholes, not by %s", by));
    CC_CHECK(cc_data_split(&split, set, run->config));
    for (int m = 0; m < run->member_count; m++) {
        CC_CHECK(cc_member_seen(seen, run, run->members[m], set));
        for (size_t i = 0; i < split.test.count; i++) {
            const uint32_t slice = split.test.slices[i];
            const char *patient = cc_slice_set_patient(set, cc_slice_set_get(set, slice)->patient);
            unseen_by[slice] += !seen[slice];
            if (seen[slice] && !out_of_fold)
                CC_CHECK(
                    cc_fail(CC_ECONFIG, run->config->name,
                            "give all the same data.split and data.fold, or set ensemble.out_of_fold",
                            "patient %s is to be tested, and %s was trained on him or chose its epoch by "
                            "him",
                            patient, run->members[m]->path));
            if (m + 1 == run->member_count && unseen_by[slice] == 0)
                CC_CHECK(cc_fail(CC_ECONFIG, run->config->name, "name a member for each fold",
                                 "no member is left that has not seen patient %s", patient));
        }
    }
done:
    cc_split_deinit(&split);
    free(seen);
    free(unseen_by);
    return status;
}
