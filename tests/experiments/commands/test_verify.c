/* tests/experiments/commands/test_verify.c -- `calcade verify`: a stored run that is made again is the
 * same to the bit, and what was changed in it is found. */
#include "runs.h"

static void verify(outcome *o, const char *before, const char *out, const char *arguments) {
    char line[4096];
    snprintf(line, sizeof line, "%s %s verify %s --device cpu --results %s %s", before, CC_PROGRAM,
             runs_config, out, arguments);
    runs_shell(o, line);
}

/* What becomes of a stored run. */
typedef void (*change)(cc_run *run);

/* Rewrites the stored run of seed 1, changed; its names and identity stay. */
static void rewrite(const char *out, change apply) {
    cc_run run;
    cc_arena *arena = cc_arena_create();
    assert_ok(cc_run_read(&run, runs_path(out, 1), CC_RUN_MODEL | CC_RUN_EXAMPLES | CC_RUN_REFERENCE, arena));
    apply(&run);
    assert_ok(cc_run_write(runs_path(out, 1), &run));
    cc_arena_destroy(arena);
}

static void change_weight(cc_run *run) {
    ((float *)run->tensors[0].data)[0] += 1e-6f;
}

static void change_count(cc_run *run) {
    cc_run_slice *slice = (cc_run_slice *)run->slices;
    cc_run_patient *patient = (cc_run_patient *)run->patients;
    slice->tp++, slice->tn--;
    patient->tp++, patient->tn--;
    run->cuts = (cc_run_cuts){0}; /* they would contradict the counts */
}

static void change_history(cc_run *run) {
    ((cc_run_epoch *)run->epochs)[1].train_loss += 1e-9;
}

/* No light file has weights. */
static void drop_weights(cc_run *run) {
    run->tensor_count = 0;
}

static void a_stored_run_is_made_again_to_the_bit(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    runs_ok(&o, out, "");
    verify(&o, "TMPDIR=/dev/shm", out, "");
    if (o.status != 0) print_error("%s", o.err);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "machine   as the stored run's\ncompared  weights, ");
    assert_says(o.out, "verdict   the same\n");
    assert_int_equal(cc_test_run(NULL, 0, "ls -d /dev/shm/calcade-verify-*"), 2); /* nothing is left */
    rewrite(out, drop_weights);
    verify(&o, "", out, "--json --seed 7");
    assert_int_equal(o.status, 0);
    assert_says(o.out, "the stored file is light and has no weights");
}

static void what_was_changed_is_found(void **state) {
    (void)state;
    static const struct {
        change apply;
        const char *first;
    } changes[] = {{change_weight, "verdict   differs: model: "},
                   {change_count, "verdict   differs: slices: row 0 differs"},
                   {change_history, "verdict   differs: history: field train_loss of row 1 differs"}};
    outcome o;
    for (int i = 0; i < cc_test_cases(sizeof changes / sizeof *changes); i++) {
        const char *out = runs_folder();
        runs_ok(&o, out, "");
        rewrite(out, changes[i].apply);
        verify(&o, "", out, "");
        assert_failed(&o, 3, "what is made again differs from what is stored");
        assert_says(o.out, changes[i].first);
    }
}

/* Another machine gives other bytes; one seed does not say how far they may be. */
static void another_machine_is_held_to_the_spread_of_seeds_alone(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder();
    char line[4096];
    snprintf(line, sizeof line,
             "OPENBLAS_CORETYPE=Prescott ONEDNN_MAX_CPU_ISA=SSE41 %s run %s --device cpu --out %s",
             CC_PROGRAM, runs_config, out);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    verify(&o, "", out, "");
    assert_failed(&o, 3, "not verified: one seed is stored");
    assert_says(o.out, "machine   another than the stored run's: ");
    assert_says(o.out, "compared  nothing\n");
}

/* With three seeds there is a spread, and the same seed on another machine lies well within it. */
static void scores_of_another_machine_lie_within_the_spread(void **state) {
    (void)state;
    outcome o;
    const char *out = runs_folder(), *dir = runs_folder();
    char line[4096], text[512], config[256];
    snprintf(config, sizeof config, "%s", cc_test_path(dir, "seeds.yaml"));
    snprintf(text, sizeof text,
             "extends: %s\nvariant: null\ntrain: {epochs: 2}\n"
             "matrix: [{variant: a, seed: 1}, {variant: a, seed: 2}, {variant: a, seed: 3}]\n",
             runs_config);
    runs_write(config, text);
    snprintf(line, sizeof line,
             "OPENBLAS_CORETYPE=Prescott ONEDNN_MAX_CPU_ISA=SSE41 %s run %s --device cpu --out %s",
             CC_PROGRAM, config, out);
    runs_shell(&o, line);
    assert_int_equal(o.status, 0);
    snprintf(line, sizeof line, "%s verify %s --device cpu --results %s --seed 3", CC_PROGRAM, config, out);
    runs_shell(&o, line);
    if (o.status != 0) print_error("%s%s", o.out, o.err);
    assert_int_equal(o.status, 0);
    assert_says(o.out, "within the 95 % prediction interval of the 3 stored seeds; no bytes\n");
    assert_says(o.out, "verdict   within the seeds' spread\n");
}

static void what_is_not_stored_is_not_verified(void **state) {
    (void)state;
    outcome o;
    verify(&o, "", runs_folder(), "");
    assert_failed(&o, 3, "nothing can be verified");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stored_run_is_made_again_to_the_bit),
        cmocka_unit_test(what_was_changed_is_found),
        cmocka_unit_test(another_machine_is_held_to_the_spread_of_seeds_alone),
        cmocka_unit_test(scores_of_another_machine_lie_within_the_spread),
        cmocka_unit_test(what_is_not_stored_is_not_verified),
    };
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
