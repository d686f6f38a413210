/* Runs of stage ensemble, on three seeds of a small stage 2 with regions, made through the program. What
 * members say is taken from their own nets and files, and combined here by other arithmetic. */
#include <math.h>
#include <omp.h>
#include "cascade_made.h"
#include "experiments/cascade/upstream_net.h"
#include "experiments/evaluation/predictor.h"
#include "datasets/volume_file.h"
#include "metrics/consensus.h"
#include "results/masks.h"
#include "run_data.h"

enum { SIDE = 64, DEPTH = CASCADE_DEPTH, PIXELS = SIDE * SIDE, SEEDS = 3, SLICES = 2 * DEPTH, FOLDS = 3 };

static char seeds[SEEDS][CC_PATH_MAX];

static void write_ensemble(const char *name, const char *upstream) {
    char text[2048];
    snprintf(text, sizeof text,
             "stage: ensemble\nname: test/%.*s\n"
             "data: {source: orcascore, root: %s-orca, split: {train: 4, validation: 2, test: 2}}\n%s",
             (int)strcspn(name, "."), name, runs_data, upstream);
    cascade_write(name, text);
}

static int setup(void **state) {
    outcome o;
    cascade_setup(state);
    cascade_write("members.yaml", "extends: calcification.yaml\nname: test/members\nvariant: a\n"
                                  "train: {epochs: 3}\nmatrix: {seed: [1, 2, 3]}\n");
    write_ensemble("ensemble.yaml", "upstream: {members: [members.yaml]}\n"
                                    "matrix: {ensemble.combine: [mean, majority, labels, staple]}\n");
    cascade_ok(&o, "ensemble.yaml", cascade_out);
    for (int i = 0; i < SEEDS; i++)
        snprintf(seeds[i], sizeof *seeds, "%s/test/members/a/fold-0/seed-%d.h5", cascade_out, i + 1);
    return 0;
}

static const char *combined(const char *how) {
    static char names[8][64];
    static int count;
    char *name = names[count++ % 8];
    snprintf(name, sizeof *names, "ensemble/combine=%s", how);
    return cascade_path(cascade_out, name);
}

static void read_all(cc_run *run, const char *path, cc_arena *arena) {
    assert_ok(cc_run_read(run, path, CC_RUN_ALL, arena));
}

/* What a run's file says that is marked of one slice of its test part. */
static void marked_by(uint8_t mask[PIXELS], const cc_run *run, size_t slice) {
    assert_int_equal(run->masks.slices[slice].height * run->masks.slices[slice].width, PIXELS);
    assert_ok(cc_run_masks_unpack(mask, &run->masks, slice));
    for (int i = 0; i < PIXELS; i++) mask[i] &= CC_PIXEL_PREDICTED;
}

/* A plan for a new folder of results, of the runs that lie there. */
static void plan_in(cascade_planned *p, const char *name, const char *out) {
    assert_ok(cc_config_load(&p->config, cc_test_path(cascade_configs, name), NULL, 0, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&p->plan, &p->config, 1, out, &cc_backend_cpu, 1));
    p->run = cc_run_plan_get(p->plan, cc_run_plan_count(p->plan) - 1);
}

static cc_status plan_fails(const char *name, const char *set) {
    cc_config *config;
    cc_run_plan *plan;
    assert_ok(
        cc_config_load(&config, cc_test_path(cascade_configs, name), &set, set != NULL, CC_CONFIG_RUNNABLE));
    cc_status status = cc_run_plan_create(&plan, &config, 1, cascade_out, &cc_backend_cpu, 1);
    if (status == CC_OK) cc_run_plan_destroy(plan);
    cc_config_destroy(config);
    return status;
}

static void members_that_do_not_exist_are_planned_first_and_in_order(void **state) {
    (void)state;
    cascade_planned p;
    plan_in(&p, "ensemble.yaml", runs_folder());
    assert_int_equal(cc_run_plan_count(p.plan), 2 + SEEDS + 4); /* reference and roi; seeds; four ways */
    for (int way = 0; way < 4; way++) {
        const cc_planned_run *run = cc_run_plan_get(p.plan, 2 + SEEDS + way);
        assert_int_equal(run->state, CC_RUN_MISSING);
        assert_int_equal(run->member_count, SEEDS);
        for (int i = 0; i < SEEDS; i++) {
            assert_ptr_equal(run->members[i], cc_run_plan_get(p.plan, 2 + i));
            assert_true(cc_planned_run_needs(run, run->members[i]));
            assert_int_equal(run->members[i]->config->seed, i + 1);
        }
    }
    cascade_drop(&p);
}

/* The probabilities of a run's own test part, from its net. */
typedef struct said {
    float probability[SLICES][PIXELS];
    size_t count;
} said;

static cc_status keep(void *context, const cc_prediction *p) {
    said *s = context;
    memcpy(s->probability[s->count++], p->probability, sizeof *s->probability);
    return CC_OK;
}

static void ask(said *s, const cc_planned_run *run) {
    run_data d;
    cc_upstream_net net;
    s->count = 0;
    assert_ok(run_data_init(&d, run, &cc_backend_cpu));
    assert_ok(cc_upstream_net_init(&net, run, d.view.set, &cc_backend_cpu, NULL));
    const cc_predictor predictor = {.view = &d.view, .plan = net.plan};
    assert_ok(cc_predictor_run(&predictor, &d.dataset.split.test, keep, s));
    assert_int_equal(s->count, SLICES);
    cc_upstream_net_deinit(&net);
    run_data_deinit(&d);
}

static void its_mean_is_that_of_the_members_own_probabilities(void **state) {
    (void)state;
    static said of[SEEDS];
    static float mean[SLICES][PIXELS];
    cascade_planned p;
    cc_run run;
    size_t marked = 0, compared = 0;
    cc_arena *arena = cc_arena_create();
    plan_in(&p, "ensemble.yaml", cascade_out);
    for (int m = 0; m < SEEDS; m++) ask(&of[m], p.run->members[m]);
    read_all(&run, combined("mean"), arena);
    assert_int_equal(run.slice_count, SLICES);
    for (size_t s = 0; s < SLICES; s++) {
        uint8_t mask[PIXELS];
        double sum = 0;
        marked_by(mask, &run, s);
        for (int i = 0; i < PIXELS; i++) {
            long double total = 0;
            for (int m = 0; m < SEEDS; m++) total += of[m].probability[s][i];
            mean[s][i] = (float)(total / SEEDS);
            sum += mean[s][i];
            assert_int_equal(mask[i], mean[s][i] >= 0.5F);
            marked += mask[i];
        }
        assert_float_equal(run.slices[s].soft_prediction, sum, 1e-6 * PIXELS);
    }
    assert_in_range(marked, 1, SLICES * PIXELS - 1);
    /* What is stored as a picture is the same mean. */
    for (size_t e = 0; e < run.example_count; e++)
        for (size_t s = 0; s < SLICES; s++) {
            const cc_run_example *x = &run.examples[e];
            if (run.slices[s].slice != x->slice || strcmp(run.slices[s].patient, x->patient) != 0) continue;
            for (int i = 0; i < PIXELS; i++) assert_float_equal(x->probability[i], mean[s][i], 1e-7);
            compared++;
        }
    assert_true(compared > 0);
    cascade_drop(&p);
    cc_arena_destroy(arena);
}

/* The members' stored masks of all slices, one behind the other. */
static void read_masks(uint8_t masks[SEEDS][SLICES][PIXELS], cc_arena *arena) {
    for (int m = 0; m < SEEDS; m++) {
        cc_run member;
        read_all(&member, seeds[m], arena);
        for (size_t s = 0; s < SLICES; s++) marked_by(masks[m][s], &member, s);
    }
}

static void a_majority_marks_what_two_of_three_stored_masks_do(void **state) {
    (void)state;
    static uint8_t masks[SEEDS][SLICES][PIXELS];
    static const char *const ways[] = {"majority", "labels"};
    size_t differ = 0;
    cc_arena *arena = cc_arena_create();
    read_masks(masks, arena);
    for (int w = 0; w < 2; w++) {
        cc_run run;
        read_all(&run, combined(ways[w]), arena);
        for (size_t s = 0; s < SLICES; s++) {
            uint8_t mask[PIXELS];
            double soft = 0;
            marked_by(mask, &run, s);
            for (int i = 0; i < PIXELS; i++) {
                const int votes = masks[0][s][i] + masks[1][s][i] + masks[2][s][i];
                assert_int_equal(mask[i], votes >= 2);
                differ += votes == 1 || votes == 2;
                soft += votes / 3.0; /* the share of votes stands for the probability */
            }
            assert_float_equal(run.slices[s].soft_prediction, soft, 1e-3);
        }
    }
    assert_true(differ > 0); /* else the test could not tell */
    cc_arena_destroy(arena);
}

static void staple_is_of_all_slices_of_a_scan(void **state) {
    (void)state;
    static uint8_t masks[SEEDS][SLICES][PIXELS];
    static double probability[DEPTH * PIXELS];
    cc_run run;
    cc_staple ignored;
    cc_arena *arena = cc_arena_create();
    read_masks(masks, arena);
    read_all(&run, combined("staple"), arena);
    for (size_t first = 0; first < SLICES; first += DEPTH) {
        const uint8_t *readers[] = {masks[0][first], masks[1][first], masks[2][first]};
        assert_ok(cc_consensus_staple(probability, &ignored, readers, SEEDS, DEPTH * PIXELS));
        for (size_t s = 0; s < DEPTH; s++) {
            uint8_t mask[PIXELS];
            marked_by(mask, &run, first + s);
            for (int i = 0; i < PIXELS; i++)
                assert_int_equal(mask[i], (float)probability[s * PIXELS + (size_t)i] >= 0.5F);
        }
    }
    cc_arena_destroy(arena);
}

static void its_file_says_what_it_stands_on_and_what_that_took(void **state) {
    (void)state;
    cc_run run, member;
    char identities[SEEDS * 65] = "";
    int64_t parameters = 0, multiply_adds = 0;
    double seconds = 0;
    cc_arena *arena = cc_arena_create();
    read_all(&run, combined("mean"), arena);
    for (int m = 0; m < SEEDS; m++) {
        read_all(&member, seeds[m], arena);
        snprintf(identities + strlen(identities), sizeof identities - strlen(identities), "%s%s",
                 m ? " " : "", member.provenance.identity);
        parameters += member.parameter_count;
        multiply_adds += member.multiply_adds;
        seconds += member.provenance.seconds;
        assert_true(run.provenance.peak_memory_bytes >= member.provenance.peak_memory_bytes);
    }
    assert_string_equal(run.stage, "ensemble");
    assert_string_equal(run.provenance.upstream_members, identities);
    assert_true(parameters > 0);
    assert_int_equal(run.parameter_count, parameters);
    assert_int_equal(run.multiply_adds, multiply_adds);
    assert_true(run.provenance.seconds >= seconds);
    assert_int_equal(run.tensor_count, 0);
    assert_int_equal(run.stage_count, 2); /* a row a patient, of what is marked in the end */
    assert_string_equal(run.stages[0].stage, "calcification");
    cc_arena_destroy(arena);
}

static void its_identity_is_of_its_members_and_of_how_they_are_combined(void **state) {
    (void)state;
    cascade_planned p;
    cc_digest_text identity, turned, other;
    plan_in(&p, "ensemble.yaml", cascade_out);
    cc_planned_run run = *p.run;
    assert_ok(cc_planned_run_identity(&identity, &run, 4, ""));
    const cc_planned_run *two[] = {run.members[0], run.members[2]},
                         *three[] = {run.members[1], run.members[0], run.members[2]};
    run.members = three;
    assert_ok(cc_planned_run_identity(&turned, &run, 4, ""));
    assert_string_not_equal(identity.hex, turned.hex);
    run.members = two;
    run.member_count = 2;
    assert_ok(cc_planned_run_identity(&turned, &run, 4, ""));
    assert_string_not_equal(identity.hex, turned.hex);
    run = *cc_run_plan_get(p.plan, 2 + SEEDS); /* the first way */
    assert_ok(cc_planned_run_identity(&other, &run, 4, ""));
    assert_string_not_equal(identity.hex, other.hex);
    cascade_drop(&p);
}

static void its_bytes_depend_neither_on_workers_nor_on_a_kill(void **state) {
    (void)state;
    static const char *const workers[] = {"2", "4"};
    outcome o;
    char line[1024], one[CC_PATH_MAX];
    snprintf(one, sizeof one, "%s", combined("mean"));
    for (int i = 0; i < 2; i++) {
        const char *out = runs_folder();
        assert_int_equal(
            cc_test_run(NULL, 0, "cp -r %s/. %s && rm -r %s/test/ensemble", cascade_out, out, out), 0);
        snprintf(line, sizeof line, "--set train.workers=%s", workers[i]);
        if (i == 1) { /* killed while its members predict */
            held h;
            char config[CC_PATH_MAX], claim[CC_PATH_MAX];
            snprintf(claim, sizeof claim, "%s.1.claim", cascade_path(out, "ensemble/combine=mean"));
            snprintf(config, sizeof config, "%s", runs_config);
            snprintf(runs_config, sizeof runs_config, "%s", cc_test_path(cascade_configs, "ensemble.yaml"));
            held_room = 700; /* lines of what is there already, and some of predicting */
            held_start(&h, out, line);
            for (int k = 0; k < 30000 && !cc_file_exists(claim); k++) poll(NULL, 0, 2);
            assert_true(cc_file_exists(claim)); /* it is at work on the first of the four */
            held_end(&o, &h, SIGKILL);
            assert_int_equal(o.status, 128 + SIGKILL);
            snprintf(runs_config, sizeof runs_config, "%s", config);
            assert_false(cc_file_exists(cascade_path(out, "ensemble/combine=staple")));
        }
        cascade_go(&o, "ensemble.yaml", out, line);
        assert_int_equal(o.status, 0);
        assert_same_run(cascade_path(out, "ensemble/combine=mean"), one);
        assert_same_run(cascade_path(out, "ensemble/combine=staple"), combined("staple"));
    }
}

/* `calcade predict` on the scans of a run's test patients says what its file says of them; what is marked. */
static size_t predict_like(const char *model, const cc_run *run, const char *mask_path) {
    outcome o;
    char line[4 * CC_PATH_MAX];
    size_t marked = 0;
    for (size_t first = 0; first < SLICES; first += DEPTH) {
        cc_volume volume = {0};
        snprintf(line, sizeof line, "%s predict %s %s-orca/Training_set/Images/%sCTI.mhd -o %s --device cpu",
                 CC_PROGRAM, model, runs_data, run->slices[first].patient, mask_path);
        runs_shell(&o, line);
        if (o.status != 0) print_error("%s", o.err);
        assert_int_equal(o.status, 0);
        assert_ok(cc_volume_read(&volume, mask_path));
        for (size_t s = 0; s < DEPTH; s++) {
            uint8_t mask[PIXELS];
            marked_by(mask, run, first + s);
            for (size_t i = 0; i < PIXELS; i++) {
                assert_true(volume.voxels[s * PIXELS + i] == mask[i]);
                marked += mask[i];
            }
        }
        cc_volume_deinit(&volume);
    }
    return marked;
}

static void a_scan_is_marked_as_the_ensemble_s_own_test_marked_it(void **state) {
    (void)state;
    outcome o;
    cc_run run;
    char line[4 * CC_PATH_MAX], mask_path[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    read_all(&run, combined("mean"), arena);
    snprintf(mask_path, sizeof mask_path, "%s/m.mha", runs_folder());
    assert_true(predict_like(combined("mean"), &run, mask_path) > 0);
    /* A member whose file is gone is missed by name. */
    const char *alone = runs_folder();
    assert_int_equal(cc_test_run(NULL, 0, "cp %s %s/e.h5", combined("mean"), alone), 0);
    snprintf(line, sizeof line, "%s predict %s/e.h5 %s-orca/Training_set/Images/%sCTI.mhd -o %s --runs %s",
             CC_PROGRAM, alone, runs_data, run.slices[0].patient, mask_path, alone);
    runs_shell(&o, line);
    assert_failed(&o, 1, "the run that its member was, identity ");
    cc_arena_destroy(arena);
}

static void mirrors_of_the_command_line_stand_for_those_of_the_run(void **state) {
    (void)state;
    static const char *const flags[] = {"", "--mirrors x,y", "--mirrors none"};
    uint8_t masks[3][PIXELS * DEPTH];
    outcome o;
    cc_run run;
    char line[4 * CC_PATH_MAX], mask_path[CC_PATH_MAX];
    cc_arena *arena = cc_arena_create();
    read_all(&run, seeds[0], arena);
    snprintf(mask_path, sizeof mask_path, "%s/m.mha", runs_folder());
    for (int f = 0; f < 3; f++) {
        cc_volume volume = {0};
        snprintf(line, sizeof line,
                 "%s predict %s %s-orca/Training_set/Images/%sCTI.mhd -o %s --device cpu %s", CC_PROGRAM,
                 seeds[0], runs_data, run.slices[0].patient, mask_path, flags[f]);
        runs_shell(&o, line);
        assert_int_equal(o.status, 0);
        assert_ok(cc_volume_read(&volume, mask_path));
        for (size_t i = 0; i < sizeof *masks; i++) masks[f][i] = volume.voxels[i] != 0;
        cc_volume_deinit(&volume);
    }
    assert_memory_equal(masks[0], masks[2], sizeof *masks);
    assert_memory_not_equal(masks[0], masks[1], sizeof *masks);
    snprintf(line, sizeof line, "%s predict %s a.mhd -o %s --mirrors x,z", CC_PROGRAM, seeds[0], mask_path);
    runs_shell(&o, line);
    assert_failed(&o, 2, "wants x, y, x,y or none, not x,z");
    cc_arena_destroy(arena);
}

/* The training is the same, validation included; the test is of mirror images, and the identity says so. */
static void mirrors_change_the_test_alone(void **state) {
    (void)state;
    outcome o;
    cc_run plain, mirrored;
    cc_arena *arena = cc_arena_create();
    cascade_write("mirrored.yaml", "extends: members.yaml\nname: test/mirrored\nevaluate: {mirrors: [x, y]}\n"
                                   "matrix: {seed: [1]}\n");
    cascade_ok(&o, "mirrored.yaml", cascade_out);
    read_all(&plain, seeds[0], arena);
    read_all(&mirrored, cascade_path(cascade_out, "mirrored/a"), arena);
    assert_string_not_equal(plain.provenance.request, mirrored.provenance.request);
    assert_non_null(strstr(mirrored.config, "mirrors: [x, \"y\"]"));
    assert_int_equal(plain.best_epoch, mirrored.best_epoch);
    for (size_t e = 0; e < plain.epoch_count; e++)
        assert_true(plain.epochs[e].validation_loss == mirrored.epochs[e].validation_loss);
    assert_int_equal(plain.tensor_count, mirrored.tensor_count);
    bool differs = false;
    for (size_t s = 0; s < SLICES; s++)
        differs = differs || plain.slices[s].soft_prediction != mirrored.slices[s].soft_prediction;
    assert_true(differs);
    cc_arena_destroy(arena);
}

/* Of one run of stage 3, by itself and as the end of a chain, the ensemble says what that run says. */
static void members_may_be_runs_of_stage_3_and_cascades(void **state) {
    (void)state;
    outcome o;
    cc_run alone, both;
    cc_arena *arena = cc_arena_create();
    write_ensemble("last.yaml", "upstream: {members: [small.yaml, cascade.yaml#with]}\nvariant: a\n");
    cascade_ok(&o, "last.yaml", cascade_out);
    read_all(&alone, cascade_path(cascade_out, "small/a"), arena);
    read_all(&both, cascade_path(cascade_out, "last/a"), arena);
    assert_int_equal(alone.slice_count, both.slice_count);
    assert_memory_equal(alone.slices, both.slices, alone.slice_count * sizeof *alone.slices);
    assert_true(both.in_sample_upstream); /* as that run has been trained */
    cc_arena_destroy(arena);
}

static void stage_2_of_a_cascade_may_be_an_ensemble(void **state) {
    (void)state;
    outcome o;
    cc_run chain, ensemble;
    cc_arena *arena = cc_arena_create();
    cascade_write("chain.yaml",
                  "extends: orca.yaml\nname: test/chain\nvariant: a\nstage: cascade\nwindows: {size: 32}\n"
                  "upstream: {calcification: 'ensemble.yaml#combine=mean', false_positive: small.yaml}\n");
    cascade_ok(&o, "chain.yaml", cascade_out);
    read_all(&chain, cascade_path(cascade_out, "chain/a"), arena);
    read_all(&ensemble, combined("mean"), arena);
    size_t compared = 0;
    for (size_t i = 0; i < chain.stage_count; i++) {
        const cc_run_stage *row = &chain.stages[i];
        if (strcmp(row->stage, "calcification") != 0) continue;
        for (size_t p = 0; p < ensemble.patient_count; p++) {
            const cc_run_patient *want = &ensemble.patients[p];
            if (strcmp(want->patient, row->patient) != 0) continue;
            assert_int_equal(row->tp, want->tp);
            assert_int_equal(row->fp, want->fp);
            assert_int_equal(row->fn, want->fn);
            compared++;
        }
    }
    assert_int_equal(compared, 2);
    char mask_path[CC_PATH_MAX];
    snprintf(mask_path, sizeof mask_path, "%s/m.mha", runs_folder());
    (void)predict_like(cascade_path(cascade_out, "chain/a"), &chain, mask_path);
    cascade_write("without.yaml", "extends: orca.yaml\nname: test/without\nstage: cascade\n"
                                  "upstream: {calcification: 'ensemble.yaml#combine=mean'}\n");
    assert_error(plan_fails("without.yaml", NULL), CC_ECONFIG, "no stage comes after it");
    cascade_write("learns.yaml", "extends: small.yaml\nname: test/learns\n"
                                 "upstream: {calcification: 'ensemble.yaml#combine=mean'}\n");
    assert_error(plan_fails("learns.yaml", NULL), CC_ECONFIG, "whose stage is ensemble, not calcification");
    cc_arena_destroy(arena);
}

/* Three folds, a seed each: a patient's row is that of the run that tested him. */
static void out_of_fold_a_patient_is_predicted_by_who_has_not_seen_him(void **state) {
    (void)state;
    outcome o;
    cc_run whole, fold;
    size_t compared = 0;
    cc_arena *arena = cc_arena_create();
    cascade_write("folds.yaml", "extends: calcification.yaml\nname: test/folds\nvariant: a\n"
                                "data: {folds: 3}\ntrain: {epochs: 2}\nmatrix: {data.fold: [0, 1, 2]}\n");
    write_ensemble("everybody.yaml", "upstream: {members: [folds.yaml]}\nensemble: {out_of_fold: true}\n");
    cascade_ok(&o, "everybody.yaml", cascade_out);
    read_all(&whole, cascade_path(cascade_out, "everybody/default"), arena);
    assert_int_equal(whole.patient_count, 8);
    assert_false(whole.leaking_split);
    for (int f = 1; f <= FOLDS; f++) {
        char path[CC_PATH_MAX];
        snprintf(path, sizeof path, "%s/test/folds/a/fold-%d/seed-1.h5", cascade_out, f);
        read_all(&fold, path, arena);
        for (size_t i = 0; i < fold.patient_count; i++)
            for (size_t p = 0; p < whole.patient_count; p++) {
                const cc_run_patient *a = &fold.patients[i], *b = &whole.patients[p];
                if (strcmp(a->patient, b->patient) != 0) continue;
                assert_true(a->tp == b->tp && a->fp == b->fp && a->fn == b->fn && a->tn == b->tn);
                compared++;
            }
    }
    assert_int_equal(compared, 8);
    /* Without the option, or with a fold too few, it is refused before anything is made. */
    assert_error(plan_fails("everybody.yaml", "ensemble.out_of_fold=false"), CC_ECONFIG,
                 "was trained on him or chose its epoch by him");
    assert_error(plan_fails("everybody.yaml", "ensemble.folds=[0, 1]"), CC_ECONFIG,
                 "no member is left that has not seen patient");
    cc_arena_destroy(arena);
}

static void seeds_and_folds_choose_members(void **state) {
    (void)state;
    cascade_planned p;
    write_ensemble("some.yaml", "upstream: {members: [members.yaml]}\nensemble: {seeds: [3, 1]}\n");
    plan_in(&p, "some.yaml", cascade_out);
    assert_int_equal(p.run->member_count, 2); /* in the order of the file */
    assert_int_equal(p.run->members[0]->config->seed, 1);
    assert_int_equal(p.run->members[1]->config->seed, 3);
    cascade_drop(&p);
    assert_error(plan_fails("some.yaml", "ensemble.seeds=[7]"), CC_ECONFIG, "which has no such run");
    /* With a fold of its own it has the members of that fold alone. */
    write_ensemble("fold.yaml", "upstream: {members: [folds.yaml]}\n");
    cascade_write("one.yaml", "extends: fold.yaml\nname: test/one\ndata: {folds: 3, fold: 1}\n");
    plan_in(&p, "one.yaml", cascade_out);
    assert_int_equal(p.run->member_count, 1);
    assert_int_equal(p.run->members[0]->config->data.fold, 1);
    cascade_drop(&p);
}

/* Three nets, each on other parts of the same patients, for the test patients whom all of them leave out. */
static void nets_of_inner_folds_leave_the_test_part_to_the_ensemble(void **state) {
    (void)state;
    cascade_planned p;
    cascade_write("inner.yaml",
                  "extends: calcification.yaml\nname: test/inner\ndata: {split: {inner_folds: 3}}\n"
                  "matrix: {data.split.inner_fold: [0, 1, 2]}\n");
    write_ensemble("distributions.yaml",
                   "upstream: {members: [inner.yaml]}\nensemble: {combine: majority}\n");
    plan_in(&p, "distributions.yaml", cascade_out);
    assert_int_equal(p.run->member_count, 3);
    cascade_drop(&p);
    assert_error(plan_fails("distributions.yaml", "data.split.seed=2"), CC_ECONFIG, "was trained on him");
}

static void what_cannot_be_combined_is_refused(void **state) {
    (void)state;
    write_ensemble("mixed.yaml", "upstream: {members: [members.yaml, roi.yaml]}\n");
    assert_error(plan_fails("mixed.yaml", NULL), CC_ECONFIG, "upstream.members are of the stages");
    write_ensemble("nested.yaml", "upstream: {members: [ensemble.yaml]}\n");
    assert_error(plan_fails("nested.yaml", NULL), CC_ECONFIG, "which is an ensemble itself");
    write_ensemble("twice.yaml", "upstream: {members: [members.yaml, members.yaml#a]}\n");
    assert_error(plan_fails("twice.yaml", NULL), CC_ECONFIG, "twice");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_that_do_not_exist_are_planned_first_and_in_order),
        cmocka_unit_test(its_mean_is_that_of_the_members_own_probabilities),
        cmocka_unit_test(a_majority_marks_what_two_of_three_stored_masks_do),
        cmocka_unit_test(staple_is_of_all_slices_of_a_scan),
        cmocka_unit_test(its_file_says_what_it_stands_on_and_what_that_took),
        cmocka_unit_test(its_identity_is_of_its_members_and_of_how_they_are_combined),
        cmocka_unit_test(its_bytes_depend_neither_on_workers_nor_on_a_kill),
        cmocka_unit_test(a_scan_is_marked_as_the_ensemble_s_own_test_marked_it),
        cmocka_unit_test(mirrors_of_the_command_line_stand_for_those_of_the_run),
        cmocka_unit_test(mirrors_change_the_test_alone),
        cmocka_unit_test(members_may_be_runs_of_stage_3_and_cascades),
        cmocka_unit_test(stage_2_of_a_cascade_may_be_an_ensemble),
        cmocka_unit_test(out_of_fold_a_patient_is_predicted_by_who_has_not_seen_him),
        cmocka_unit_test(seeds_and_folds_choose_members),
        cmocka_unit_test(nets_of_inner_folds_leave_the_test_part_to_the_ensemble),
        cmocka_unit_test(what_cannot_be_combined_is_refused),
    };
    omp_set_num_threads(1);
    return cmocka_run_group_tests(tests, setup, NULL);
}
