/* tests/experiments/commands/test_submit.c -- what is handed to a scheduler, and what its jobs do. Stand-ins
 * for sbatch and scontrol write down how they are called: sbatch(1) answers "NUMBER;CLUSTER" under
 * --parsable. */
#include "core/yaml.h"
#include "experiments/planning/claim.h"
#include "runs.h"

static char place[256];

static int begin(void **state) {
    (void)state;
    char text[1024];
    snprintf(place, sizeof place, "%s", runs_folder());
    snprintf(text, sizeof text,
             "extends: %s\nname: t/roi\nvariant: null\ntrain: {epochs: 1}\n"
             "matrix: {seed: [2, 3, 4, 5, 6]}\n",
             runs_config);
    runs_write(cc_test_path(place, "roi.yaml"), text);
    snprintf(text, sizeof text,
             "extends: %s\nname: t/next\nvariant: null\nstage: calcification\ntrain: {epochs: 1}\n"
             "preprocess: {roi: {mode: blank}}\nupstream: {roi: first.yaml}\n",
             runs_config);
    runs_write(cc_test_path(place, "next.yaml"), text);
    snprintf(text, sizeof text, "extends: %s\nname: t/first\nvariant: null\ntrain: {epochs: 1}\n",
             runs_config);
    runs_write(cc_test_path(place, "first.yaml"), text);
    assert_int_equal(
        cc_test_run(
            NULL, 0,
            "mkdir %s/bin && cd %s/bin && "
            "printf '#!/bin/sh\\necho \"$@\" >>%s/calls\\necho \"$(wc -l <%s/calls);cluster\"\\n' >sbatch && "
            "printf '#!/bin/sh\\necho \"$@\" >>%s/requeued\\n' >scontrol && chmod +x *",
            place, place, place, place, place),
        0);
    return 0;
}

/* LINE, in the folder and with the stand-ins. */
static void shell(outcome *o, const char *line) {
    char whole[4096];
    snprintf(whole, sizeof whole, "cd %s || exit; PATH=%s/bin:$PATH; export PATH; %s", place, place, line);
    runs_shell(o, whole);
}

static void submit(outcome *o, const char *arguments) {
    char line[1024];
    snprintf(line, sizeof line, "%s submit --device cpu %s", CC_PROGRAM, arguments);
    shell(o, line);
}

static void submit_ok(outcome *o, const char *arguments) {
    submit(o, arguments);
    if (o->status != 0) print_error("%s%s", o->out, o->err);
    assert_int_equal(o->status, 0);
}

static void an_array_a_level_behind_the_level_before(void **state) {
    (void)state;
    outcome o;
    char calls[4096], job[8192];
    runs_write(cc_test_path(place, "site.yaml"),
               "partition: gpu\ntime: 1-0\ngres: gpu:1\nmax_array: 4\nat_once: 3\n"
               "memory: 16G\nsetup: [module load x]\noptions: [--exclude=n7]\n");
    submit_ok(&o, "next.yaml roi.yaml --executor slurm --site site.yaml --out runs");
    assert_says(o.out, "sweep.jsonl: 7 runs, 7 of them to be made, in 7 tasks of 2 levels\n");
    assert_says(o.out, "submitted: 1,2,3\n");
    assert_says(o.out, "calcade cancel --plan ");
    runs_slurp(calls, sizeof calls, cc_test_path(place, "calls"));
    assert_string_equal(calls,
                        "--parsable --output=log-%A_%a.txt --array=0-3%3 slurm.sh level-0.tasks 0\n"
                        "--parsable --output=log-%A_%a.txt --array=0-1%3 slurm.sh level-0.tasks 4\n"
                        "--parsable --output=log-%A_%a.txt --array=0-0%3 --dependency=afterany:1:2 slurm.sh "
                        "level-1.tasks 0\n");
    runs_slurp(job, sizeof job, cc_test_path(place, "sweep.jsonl.jobs/slurm.sh"));
    assert_says(job, "#SBATCH --requeue\n");
    assert_says(job, "#SBATCH --signal=B:USR1@120\n");
    assert_says(job, "#SBATCH --partition=gpu\n");
    assert_says(job, "#SBATCH --mem=16G\n");
    assert_says(job, "#SBATCH --exclude=n7\n");
    assert_says(job, "\nmodule load x\n");
    shell(
        &o,
        "cd sweep.jsonl.jobs && for f in *.sh; do sh -n $f || exit 1; done && "
        "if command -v shellcheck >/dev/null; then shellcheck -S warning submit.sh slurm.sh parallel.sh; fi");
    if (o.status != 0) print_error("%s%s", o.out, o.err);
    assert_int_equal(o.status, 0);
}

static void short_runs_are_packed_and_done_ones_left_out(void **state) {
    (void)state;
    outcome o;
    char tasks[256];
    submit_ok(&o, "roi.yaml --executor print --pack 2 --out runs");
    runs_slurp(tasks, sizeof tasks, cc_test_path(place, "sweep.jsonl.jobs/level-0.tasks"));
    assert_string_equal(tasks, "0 1\n2 3\n4\n");
    assert_int_equal(runs_count(place, "calls"), 0);
    shell(&o, CC_PROGRAM " run --plan sweep.jsonl --device cpu --task 1");
    assert_int_equal(o.status, 0);
    submit_ok(&o, "roi.yaml --executor slurm --out runs"); /* a run takes seconds, as is known now */
    assert_says(o.out, "5 runs, 4 of them to be made, in 1 tasks of 1 level\n");
    runs_slurp(tasks, sizeof tasks, cc_test_path(place, "sweep.jsonl.jobs/level-0.tasks"));
    assert_string_equal(tasks, "0 2 3 4\n");
}

/* A job as Slurm begins it. */
static void job(outcome *o, const char *level, int task, int restarts) {
    char line[512];
    snprintf(line, sizeof line,
             "SLURM_ARRAY_JOB_ID=77 SLURM_ARRAY_TASK_ID=%d SLURM_RESTART_COUNT=%d sh "
             "sweep.jsonl.jobs/slurm.sh %s 0",
             task, restarts, level);
    shell(o, line);
}

static void a_job_makes_its_runs_and_goes_back_into_the_queue_where_it_cannot_yet(void **state) {
    (void)state;
    outcome o;
    cc_claim *claim;
    char requeued[64], result[CC_PATH_MAX];
    runs_write(cc_test_path(place, "site.yaml"), "requeues: 2\nwait_seconds: 0\n");
    submit_ok(&o, "next.yaml --executor print --site site.yaml --out runs");
    job(&o, "level-1.tasks", 0, 0);
    assert_says(o.err, "1 run that it needs is not there yet");
    runs_slurp(requeued, sizeof requeued, cc_test_path(place, "requeued"));
    assert_string_equal(requeued, "requeue 77_0\n");
    job(&o, "level-1.tasks", 0, 2);
    assert_int_equal(o.status, 75); /* twice is enough */
    assert_says(o.err, "stopped 2 times");
    snprintf(result, sizeof result, "%s", cc_test_path(place, "runs/t/first/default/fold-0/seed-1.h5"));
    assert_ok(cc_claim_take(&claim, result, NULL));
    job(&o, "level-0.tasks", 0, 0);
    cc_claim_release(claim);
    runs_slurp(requeued, sizeof requeued, cc_test_path(place, "requeued"));
    assert_string_equal(requeued, "requeue 77_0\nrequeue 77_0\n");
    job(&o, "level-0.tasks", 0, 0);
    assert_int_equal(o.status, 0);
    job(&o, "level-1.tasks", 0, 0);
    assert_int_equal(o.status, 0);
    assert_int_equal(runs_count(place, "seed-1.h5"), 2);
    shell(&o, CC_PROGRAM " cancel --plan sweep.jsonl && rm -r runs");
    job(&o, "level-0.tasks", 0, 0);
    assert_int_equal(o.status, 75); /* and is not put back */
    assert_says(o.err, "the plan is cancelled");
}

/* As --signal=B:USR1@120 does: the script alone is told. Its training would take hours. */
static void a_job_that_is_told_to_stop_leaves_a_checkpoint_and_is_put_back(void **state) {
    (void)state;
    outcome o;
    char requeued[64];
    submit_ok(&o, "first.yaml --executor print --out runs --set train.epochs=100000");
    shell(&o, "(SLURM_ARRAY_JOB_ID=77 SLURM_ARRAY_TASK_ID=0 exec sh sweep.jsonl.jobs/slurm.sh level-0.tasks "
              "0) & p=$!; "
              "until ls runs/t/first/default/fold-0/seed-1*.checkpoint >&2; do sleep 0.02; done 2>/dev/null; "
              "kill -USR1 $p; wait $p");
    assert_int_equal(o.status, 0);
    assert_says(o.err, "stopped on request (the same command goes on after epoch ");
    runs_slurp(requeued, sizeof requeued, cc_test_path(place, "requeued"));
    assert_string_equal(requeued, "requeue 77_0\n");
    assert_int_equal(runs_count(place, "*.claim"), 0);
    assert_int_equal(runs_count(place, "*.checkpoint"), 1);
}

static void a_signal_before_its_first_run_puts_a_job_back_too(void **state) {
    (void)state;
    outcome o;
    char requeued[64];
    runs_write(cc_test_path(place, "site.yaml"), "setup: [kill -USR1 $$]\n");
    submit_ok(&o, "first.yaml --executor print --site site.yaml --out runs");
    job(&o, "level-0.tasks", 0, 0);
    assert_int_equal(o.status, 0);
    runs_slurp(requeued, sizeof requeued, cc_test_path(place, "requeued"));
    assert_string_equal(requeued, "requeue 77_0\n");
    assert_int_equal(runs_count(place, "*.h5"), 0);
}

/* next.yaml and what it needs, by the emitter, with a file of the scripts' folder. */
static void emit(char text[8192], const char *kind, const char *file) {
    outcome o;
    char arguments[256], path[256];
    snprintf(arguments, sizeof arguments, "next.yaml --emit %s --site site.yaml --out runs", kind);
    submit_ok(&o, arguments);
    assert_says(o.out, "; begins: ");
    snprintf(path, sizeof path, "sweep.jsonl.jobs/%s", file);
    runs_slurp(text, 8192, cc_test_path(place, path));
}

static void a_snakefile_has_a_rule_a_run(void **state) {
    (void)state;
    outcome o;
    char text[8192];
    runs_write(cc_test_path(place, "site.yaml"), "memory: 2G\ncpus: 2\n");
    emit(text, "snakemake", "Snakefile");
    assert_says(text, "rule all:\n");
    assert_says(text, "rule run_1:\n    input:\n");
    assert_says(text, "/runs/t/first/default/fold-0/seed-1.h5\",\n    output: \"");
    assert_says(text, "    resources: mem_mb=2048\n");
    shell(&o,
          "command -v snakemake >/dev/null || exit 77; "
          "snakemake -n -s sweep.jsonl.jobs/Snakefile && snakemake -s sweep.jsonl.jobs/Snakefile --cores 2");
    if (o.status != 77) {
        assert_int_equal(o.status, 0);
        assert_int_equal(runs_count(place, "seed-1.h5"), 2);
    }
    submit(&o, "first.yaml --emit snakemake --out 'a{b}'");
    assert_failed(&o, 2, "Snakemake takes braces in paths for wildcards (another --out)");
}

/* A member of a map by its path, "a.b.0". */
static const cc_yaml *at(const cc_yaml *node, const char *path) {
    char copy[128], *rest = copy;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *word; node && (word = strsep(&rest, "."));) {
        const cc_yaml *next = NULL;
        for (size_t i = 0; i < node->count; i++)
            if (node->kind == CC_YAML_LIST ? (size_t)atoi(word) == i : strcmp(node->keys[i], word) == 0)
                next = node->items[i];
        node = next;
    }
    assert_non_null(node);
    return node;
}

static void an_indexed_job_counts_the_runs_that_are_left(void **state) {
    (void)state;
    outcome o;
    cc_yaml *job;
    char text[8192];
    cc_arena *arena = cc_arena_create();
    runs_write(cc_test_path(place, "site.yaml"), "gres: gpu:a100:2\n");
    submit(&o, "first.yaml --emit kubernetes --site site.yaml --out runs");
    assert_failed(&o, 2, "Kubernetes must know an image");
    runs_write(
        cc_test_path(place, "site.yaml"),
        "container: registry/calcade:1\nvolume_claim: \"my: disk\"\nmount_path: /srv\ngres: gpu:a100:2\n");
    emit(text, "kubernetes", "kubernetes.yaml");
    assert_ok(cc_yaml_read(&job, cc_test_path(place, "sweep.jsonl.jobs/kubernetes.yaml"), arena));
    assert_string_equal(at(job, "spec.completions")->text, "2");
    assert_string_equal(at(job, "spec.completionMode")->text, "Indexed");
    assert_string_equal(at(job, "spec.podFailurePolicy.rules.1.onExitCodes.values.1")->text, "75");
    assert_string_equal(at(job, "spec.template.spec.restartPolicy")->text, "Never");
    assert_string_equal(at(job, "spec.template.spec.volumes.0.persistentVolumeClaim.claimName")->text,
                        "my: disk");
    const cc_yaml *pod = at(job, "spec.template.spec.containers.0");
    assert_string_equal(at(pod, "image")->text, "registry/calcade:1");
    for (size_t i = 0; i < at(pod, "resources.limits")->count; i++)
        assert_string_equal(at(pod, "resources.limits")->items[i]->text, "2");
    runs_slurp(text, sizeof text, cc_test_path(place, "sweep.jsonl.jobs/runs.txt"));
    assert_string_equal(text, "0\n1\n");
    /* What a pod does, the image's calcade being ours. */
    snprintf(text, sizeof text, "ln -s %s bin/calcade; JOB_COMPLETION_INDEX=1 sh sweep.jsonl.jobs/pod.sh",
             CC_PROGRAM);
    shell(&o, text);
    assert_int_equal(o.status, 4); /* what it needs is not there yet */
    shell(&o, "for i in 0 1; do JOB_COMPLETION_INDEX=$i sh sweep.jsonl.jobs/pod.sh || exit; done");
    assert_int_equal(o.status, 0);
    assert_int_equal(runs_count(place, "seed-1.h5"), 2);
    cc_arena_destroy(arena);
}

static void a_dag_has_a_job_a_run_and_a_line_a_dependency(void **state) {
    (void)state;
    outcome o;
    char text[8192];
    runs_write(cc_test_path(place, "site.yaml"), "memory: 2000\nrequeues: 7\n");
    emit(text, "htcondor", "condor.dag");
    assert_string_equal(text, "# 2 runs\n"
                              "JOB run0 condor.sub\nVARS run0 run=\"0\"\nRETRY run0 2 UNLESS-EXIT 2\n"
                              "JOB run1 condor.sub\nVARS run1 run=\"1\"\nRETRY run1 2 UNLESS-EXIT 2\n"
                              "PARENT run0 CHILD run1\n");
    emit(text, "htcondor", "condor.sub");
    assert_says(text, "\nexecutable = /bin/sh\narguments = run.sh $(run)\n");
    assert_says(text, "\non_exit_remove = (ExitCode =!= 75) || (NumJobStarts > 7)\n");
    assert_says(text, "\nrequest_memory = 2000M\n");
    shell(&o, "cd sweep.jsonl.jobs && sh run.sh 0"); /* as the description says, in its folder */
    assert_int_equal(o.status, 0);
    emit(text, "htcondor", "condor.dag"); /* what is done is left out, and nothing waits for it */
    assert_null(strstr(text, "run0"));
    assert_null(strstr(text, "PARENT"));
    submit(&o, "first.yaml --emit pbs");
    assert_failed(&o, 2, "--emit: wants snakemake, kubernetes or htcondor, not \"pbs\"");
    submit(&o, "first.yaml");
    assert_failed(&o, 2, "wants --executor, or --emit");
}

/* A stand-in for GNU parallel: one after another. */
static void without_a_scheduler_gnu_parallel_makes_them(void **state) {
    (void)state;
    outcome o;
    assert_int_equal(
        cc_test_run(
            NULL, 0,
            "cd %s/bin && printf '#!/bin/sh\\necho \"$@\" >>%s/calls\\nwhile read -r n; do sh run.sh $n; "
            "done\\n' >parallel && chmod +x parallel",
            place, place),
        0);
    submit_ok(&o, "next.yaml --executor parallel --jobs 3 --out runs");
    assert_says(o.out, " is at work; its lines: ");
    shell(&o, "until [ -e runs/t/next/default/fold-0/seed-1.h5 ]; do sleep 0.05; done; cat calls");
    assert_says(o.out, "--jobs 3 --joblog level-0.log sh run.sh {}\n");
}

static void what_a_site_s_file_may_not_say_is_one_line(void **state) {
    (void)state;
    outcome o;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"partitoin: gpu\n", "site.yaml:1: partitoin is no option of a site (did you mean partition?)"},
        {"cpus: many\n", "site.yaml:1: cpus wants a whole number from 1 to 4096"},
        {"setup: module load x\n", "site.yaml:1: setup wants a list of texts"},
        {"time: \"1\\n2\"\n", "site.yaml:1: time wants a text of one line"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        runs_write(cc_test_path(place, "site.yaml"), cases[i].text);
        submit(&o, "first.yaml --executor print --site site.yaml --out runs");
        assert_failed(&o, 2, cases[i].says);
    }
    submit(&o, "first.yaml --executor pbs");
    assert_failed(&o, 2, "--executor: wants slurm, parallel or print, not \"pbs\"");
}

/* As the archive's is: the process's own file may then be a loader, which knows none of the arguments. */
static void a_program_with_a_launcher_is_started_by_it(void **state) {
    (void)state;
    outcome o;
    char job[8192];
    assert_int_equal(cc_test_run(NULL, 0,
                                 "cd %s/bin && printf '#!/bin/sh\necho one >>%s/starts\n"
                                 "export CALCADE_LAUNCHER=%s/bin/launched\nexec %s \"$@\"\n' >launched && "
                                 "chmod +x launched",
                                 place, place, place, CC_PROGRAM),
                     0);
    shell(&o, "launched submit next.yaml --device cpu --executor print --out runs");
    assert_int_equal(o.status, 0);
    runs_slurp(job, sizeof job, cc_test_path(place, "sweep.jsonl.jobs/run.sh"));
    assert_says(job, "/bin/launched");
    assert_null(strstr(job, CC_PROGRAM));
    /* To compute, it starts itself anew with libraries settled. */
    shell(&o, "rm starts; unset GOMP_SPINCOUNT; launched run first.yaml --device cpu --out runs; wc -l <starts");
    assert_int_equal(o.status, 0);
    assert_string_equal(o.out + strlen(o.out) - 2, "2\n");
}

static void a_run_that_fails_is_tried_again_or_ends_all(void **state) {
    (void)state;
    outcome o;
    /* Something stands where the checkpoint of seed 3 goes. */
    assert_int_equal(
        cc_test_run(NULL, 0, "mkdir -p %s/runs/t/roi/default/fold-0/seed-3.h5.checkpoint/x", place), 0);
    shell(&o, CC_PROGRAM " run roi.yaml --device cpu --out runs --retries 2 --fail-fast");
    assert_failed(&o, 1, "1 of 5 runs failed, 3 left out");
    assert_says(o.err, "is begun again: try 3 of 3");
    assert_says(o.err, "3 that were not begun are left out (--fail-fast)");
    shell(&o, CC_PROGRAM " run roi.yaml --device cpu --out runs --jobs 2 --retries 1");
    assert_failed(&o, 1, "1 of 5 runs failed, 0 left out");
    assert_says(o.err, "is begun again: try 2 of 2");
    assert_null(strstr(o.err, "try 3"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_array_a_level_behind_the_level_before, begin),
        cmocka_unit_test_setup(short_runs_are_packed_and_done_ones_left_out, begin),
        cmocka_unit_test_setup(a_job_makes_its_runs_and_goes_back_into_the_queue_where_it_cannot_yet, begin),
        cmocka_unit_test_setup(a_job_that_is_told_to_stop_leaves_a_checkpoint_and_is_put_back, begin),
        cmocka_unit_test_setup(a_signal_before_its_first_run_puts_a_job_back_too, begin),
        cmocka_unit_test_setup(a_snakefile_has_a_rule_a_run, begin),
        cmocka_unit_test_setup(an_indexed_job_counts_the_runs_that_are_left, begin),
        cmocka_unit_test_setup(a_dag_has_a_job_a_run_and_a_line_a_dependency, begin),
        cmocka_unit_test_setup(without_a_scheduler_gnu_parallel_makes_them, begin),
        cmocka_unit_test_setup(what_a_site_s_file_may_not_say_is_one_line, begin),
        cmocka_unit_test_setup(a_program_with_a_launcher_is_started_by_it, begin),
        cmocka_unit_test_setup(a_run_that_fails_is_tried_again_or_ends_all, begin),
    };
    return cmocka_run_group_tests(tests, runs_setup, NULL);
}
