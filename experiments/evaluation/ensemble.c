/* experiments/evaluation/ensemble.c -- the steps open, predict upstream and view of each member, on the data
 * of the ensemble; its net is loaded when it is its turn.
 *
 * A member is its own run with another test part: a copy of its config has the ensemble's data in place of
 * its own, and no part to train on. */
#include "experiments/evaluation/ensemble.h"

#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "experiments/cascade/combine.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/planning/members.h"

typedef struct member {
    cc_experiment_config config; /* the member's, with the ensemble's data */
    cc_planned_run run;          /* the member's, with that config */
    cc_dataset dataset;
    cc_cascade cascade;
    cc_net_view view;
} member;

struct cc_ensemble {
    const cc_net_view *view;
    const cc_planned_run *run;
    const cc_backend *backend;
    member *members;         /* [run->member_count] */
    bool *takes;             /* [members][slices of the base]; NULL: all members predict all slices */
    const unsigned *mirrors; /* as cc_ensemble_run has them */
    bool leaks, in_sample;
};

/* Who predicts which slice: with ensemble.out_of_fold those who have not seen the patient. A scan that is
 * predicted nobody has seen. */
static cc_status find_takers(cc_ensemble *e) {
    const cc_slice_set *base = e->view->dataset->base;
    const size_t slices = cc_slice_set_count(base), count = (size_t)e->run->member_count;
    if (!e->run->config->ensemble.out_of_fold || !e->run->data_digest.hex[0]) return CC_OK;
    e->takes = calloc(count * slices + 1, sizeof *e->takes);
    if (!e->takes) return cc_fail_memory("members", count * slices);
    for (size_t m = 0; m < count; m++) {
        bool *of_member = e->takes + m * slices;
        CC_TRY(cc_member_seen(of_member, e->run, e->run->members[m], base));
        for (size_t i = 0; i < slices; i++) of_member[i] = !of_member[i];
    }
    return CC_OK;
}

/* The config of a member on the ensemble's data. What it is shown of a slice stays its own. */
static void describe_member(member *m, const cc_planned_run *run, const cc_planned_run *of) {
    m->config = *of->config;
    m->config.data = run->config->data;
    m->config.data.items = of->config->data.items;
    m->config.data.slices = of->config->data.slices;
    m->config.data.channels = of->config->data.channels;
    m->config.data.targets = of->config->data.targets;
    m->config.train.workers = run->config->train.workers;
    m->run = *of;
    m->run.config = &m->config;
    m->run.data_digest = run->data_digest;
    m->run.folder = run->folder;
    m->run.out_of_fold_count = 0; /* nobody is learnt from */
}

static cc_status open_member(cc_ensemble *e, int number) {
    cc_status status = CC_OK;
    cc_run read;
    member *m = &e->members[number];
    const cc_dataset *dataset = e->view->dataset;
    const cc_split_part *test = &dataset->split.test;
    const size_t slices = cc_slice_set_count(dataset->base);
    cc_split_part part = {.slices = malloc((test->count + 1) * sizeof *part.slices)};
    cc_arena *arena = cc_arena_create();
    if (!part.slices || !arena) CC_CHECK(cc_fail_memory("slices", test->count * sizeof *part.slices));
    for (size_t i = 0; i < test->count; i++)
        if (!e->takes || e->takes[(size_t)number * slices + test->slices[i]])
            part.slices[part.count++] = test->slices[i];
    describe_member(m, e->run, e->run->members[number]);
    CC_CHECK(cc_upstream_read(&read, &m->run, CC_RUN_BASIC, arena));
    CC_CHECK(cc_dataset_open_part(&m->dataset, &m->run, dataset->base, &part));
    CC_CHECK(cc_cascade_predict(&m->cascade, &m->dataset, e->backend));
    CC_CHECK(cc_net_view_init(&m->view, &m->cascade));
    e->leaks = e->leaks || m->cascade.leaks;
    e->in_sample = e->in_sample || read.in_sample_upstream;
done:
    cc_arena_destroy(arena);
    free(part.slices);
    return status;
}

cc_status cc_ensemble_create(cc_ensemble **out, const cc_net_view *view, const cc_backend *backend) {
    cc_status status = CC_OK;
    cc_ensemble *e = calloc(1, sizeof *e);
    if (!e) return cc_fail_memory("an ensemble", sizeof *e);
    *e = (cc_ensemble){.view = view, .run = view->dataset->run, .backend = backend};
    e->members = calloc((size_t)e->run->member_count, sizeof *e->members);
    if (!e->members) CC_CHECK(cc_fail_memory("members", (size_t)e->run->member_count * sizeof *e->members));
    CC_CHECK(find_takers(e));
    for (int m = 0; m < e->run->member_count; m++) CC_CHECK(open_member(e, m));
    *out = e;
    e = NULL;
done:
    cc_ensemble_destroy(e);
    return status;
}

void cc_ensemble_destroy(cc_ensemble *e) {
    if (!e) return;
    for (int m = 0; e->members && m < e->run->member_count; m++) {
        cc_net_view_deinit(&e->members[m].view);
        cc_cascade_deinit(&e->members[m].cascade);
        cc_dataset_close(&e->members[m].dataset);
    }
    free(e->members);
    free(e->takes);
    free(e);
}

bool cc_ensemble_leaks(const cc_ensemble *e) {
    return e->leaks;
}

bool cc_ensemble_is_in_sample(const cc_ensemble *e) {
    return e->in_sample;
}

/* One member over some slices: its net, as in its own test. */
static cc_status predict_member(void *context, int number, const cc_split_part *slices, bool by_class,
                                cc_prediction_sink *sink, void *to) {
    cc_status status = CC_OK;
    cc_ensemble *e = context;
    member *m = &e->members[number];
    const cc_net_view *view = &m->view;
    cc_upstream_net net = {0}; /* stays empty where stage 3 has no window */
    cc_net_view_part part = {0};
    cc_evaluator *evaluator = NULL;
    cc_evaluation ignored;
    cc_log(CC_LOG_INFO, "%s: predicting %zu slice%s, member %d of %d", m->run.path, slices->count,
           slices->count == 1 ? "" : "s", number + 1, e->run->member_count);
    if (view->set)
        CC_CHECK(cc_cascade_trains(&m->cascade)
                     ? cc_upstream_net_init_as_tested(&net, &m->run, view->set, e->backend)
                     : cc_upstream_net_init(&net, m->cascade.last, view->set, e->backend, NULL));
    CC_CHECK(cc_net_view_part_init(&part, view, slices));
    cc_evaluation_source source = cc_net_view_test(view, &part, net.plan);
    source.mirrors = e->mirrors ? *e->mirrors : source.mirrors | cc_experiment_mirrors(e->run->config);
    source.by_class = by_class;
    CC_CHECK(cc_evaluator_create(&evaluator, &source));
    CC_CHECK(cc_evaluator_run(&ignored, evaluator, sink, to));
done:
    cc_evaluator_destroy(evaluator);
    cc_net_view_part_deinit(&part);
    cc_upstream_net_deinit(&net);
    return status;
}

cc_status cc_ensemble_run(cc_ensemble *e, const cc_split_part *slices, const unsigned *mirrors,
                          cc_prediction_sink *sink, void *context) {
    const cc_experiment_config *config = e->run->config;
    const bool roi = e->view->cascade->stage == CC_STAGE_ROI;
    e->mirrors = mirrors;
    const cc_combination combination = {.combine = config->ensemble.combine,
                                        .members = e->run->member_count,
                                        .classes = e->view->cascade->last->config->net.classes,
                                        .predict = predict_member,
                                        .context = e,
                                        .takes = e->takes,
                                        .base = e->view->dataset->base,
                                        .slices = slices,
                                        .threshold = config->results.threshold,
                                        .only_above = !roi && config->evaluate.above_hu != CC_ABOVE_HU_NONE,
                                        .above_hu = config->evaluate.above_hu};
    return cc_combination_run(&combination, sink, context);
}
