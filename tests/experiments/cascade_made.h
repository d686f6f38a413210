/* tests/experiments/cascade_made.h -- a small cascade, roi -> calcification -> false_positive, made
 * once through the program. */
#ifndef CC_TESTS_EXPERIMENTS_CASCADE_MADE_H
#define CC_TESTS_EXPERIMENTS_CASCADE_MADE_H

#include "experiments/config/device.h"
#include "experiments/planning/run_plan.h"
#include "runs.h"

/* The slices of each of its scans. */
enum { CASCADE_DEPTH = 5 };

/* One cascade, made once: OUT, and the folder of its configs. */
static char cascade_out[256], cascade_configs[256];

static inline void cascade_write(const char *name, const char *text) {
    runs_write(cc_test_path(cascade_configs, name), text);
}

#define PREPARATION "preprocess: {histogram_matching: true, roi: {opening: 3, margin: 2}}\n"
#define UPSTREAM    "reference: first.yaml, roi: roi.yaml"

/* The net of both kinds of data: the heart's slices, and below "orca" the scans with calcification. */
static inline void cascade_write_data(void) {
    static const char net[] = "net: {arch: unet-bn, width: 4, depth: 3}\noptimizer: {lr: 1.0e-2}\n"
                              "train: {epochs: 3, batch: 4, workers: 1}\n";
    char text[1024];
    snprintf(text, sizeof text,
             "data: {source: ctheart, root: %s, split: {train: 2, validation: 1, test: 1}}\n%s", runs_data,
             net);
    cascade_write("heart.yaml", text);
    snprintf(
        text, sizeof text,
        "data: {source: orcascore, root: %s-orca, split: {train: 4, validation: 2, test: 2}}\n" PREPARATION
        "upstream: {" UPSTREAM "}\n",
        runs_data);
    cascade_write("orca.yaml", text);
    snprintf(text, sizeof text, "extends: orca.yaml\n%s", net);
    cascade_write("net.yaml", text);
}

/* small.yaml, which every helper of runs.h runs, is the run of stage 3, without runs out of fold. */
static inline void cascade_write_configs(void) {
    cascade_write_data();
    cascade_write("first.yaml", "extends: heart.yaml\nname: test/first\n");
    cascade_write("roi.yaml", "extends: heart.yaml\nname: test/roi\n"
                              "preprocess: {histogram_matching: true}\nupstream: {reference: first.yaml}\n");
    cascade_write("calcification.yaml", "extends: net.yaml\nname: test/calcification\n"
                                        "stage: calcification\noptimizer: {lr: 3.0e-2}\n"
                                        "train: {epochs: 6}\n");
    cascade_write("small.yaml", "extends: net.yaml\nname: test/small\nvariant: a\n"
                                "stage: false_positive\nwindows: {size: 32, augment_negative: [hflip]}\n"
                                "upstream: {calcification: calcification.yaml, out_of_fold: false}\n"
                                "train: {epochs: 2}\n");
    cascade_write("cascade.yaml", "extends: orca.yaml\nname: test/cascade\nstage: cascade\n"
                                  "windows: {size: 32}\n"
                                  "upstream: {calcification: calcification.yaml}\n"
                                  "matrix:\n  - {variant: without}\n"
                                  "  - {variant: with, upstream.false_positive: small.yaml}\n");
}

/* calcade run NAME --out OUT ARGUMENTS */
static inline void cascade_go(outcome *o, const char *name, const char *out, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "%s run %s --device cpu --out %s %s", CC_PROGRAM,
             cc_test_path(cascade_configs, name), out, arguments);
    runs_shell(o, line);
}

static inline void cascade_ok(outcome *o, const char *name, const char *out) {
    cascade_go(o, name, out, "");
    if (o->status != 0) print_error("%s", o->err);
    assert_int_equal(o->status, 0);
}

static inline int cascade_setup(void **state) {
    outcome o;
    runs_setup(state);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s-orca --patients 8 --size 64 --slices %d --seed 2 --layout "
                                 "orcascore",
                                 CC_PROGRAM, runs_data, CASCADE_DEPTH),
                     0);
    snprintf(cascade_configs, sizeof cascade_configs, "%s", runs_folder());
    snprintf(runs_config, sizeof runs_config, "%s", cc_test_path(cascade_configs, "small.yaml"));
    cascade_write_configs();
    snprintf(cascade_out, sizeof cascade_out, "%s", runs_folder());
    cascade_ok(&o, "cascade.yaml", cascade_out);
    return 0;
}

static inline const char *cascade_path(const char *out, const char *run) {
    char name[128];
    snprintf(name, sizeof name, "test/%s/fold-0/seed-1.h5", run);
    return cc_test_path(out, name);
}

/* The planned run of a config of the cascade, which is done. */
typedef struct cascade_planned {
    cc_config *config;
    cc_run_plan *plan;
    const cc_planned_run *run;
    const cc_backend *backend;
} cascade_planned;

static inline void cascade_plan(cascade_planned *p, const char *name) {
    assert_ok(cc_device_find(&p->backend, "cpu"));
    assert_ok(cc_config_load(&p->config, cc_test_path(cascade_configs, name), NULL, 0, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&p->plan, &p->config, 1, cascade_out, &cc_backend_cpu, 1));
    p->run = cc_run_plan_get(p->plan, cc_run_plan_count(p->plan) - 1);
    assert_int_equal(p->run->state, CC_RUN_DONE);
}

static inline void cascade_drop(cascade_planned *p) {
    cc_run_plan_destroy(p->plan);
    cc_config_destroy(p->config);
}

#endif
