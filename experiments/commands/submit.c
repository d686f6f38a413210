/* experiments/commands/submit.c -- `calcade submit`: the runs of configs, or of a plan, handed to a scheduler
 * that is there already. It writes a plan and scripts that a person can read, has one of them run, and
 * returns. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "experiments/commands/command.h"
#include "experiments/commands/program.h"
#include "experiments/commands/session.h"
#include "experiments/planning/cancel.h"
#include "experiments/planning/sweep_status.h"
#include "experiments/planning/workflow.h"

/* What the command line says. */
typedef struct values {
    cc_session session;
    const char *plan, *file, *executor, *emit, *site;
    long long pack, at_once, jobs;
    bool dry_run;
} values;

static const char *const executors[] = {"slurm", "parallel", "print"};
enum { EXECUTORS = sizeof executors / sizeof *executors };

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "--executor",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, executor),
     .value = "slurm|parallel|print",
     .meaning =
         "Slurm's arrays of jobs; GNU parallel on this machine, in the background; or the scripts alone"},
    {.name = "--emit",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, emit),
     .value = "snakemake|kubernetes|htcondor",
     .meaning =
         "in place of --executor: writes the runs as a Snakefile, an Indexed Job or a DAG, and says what "
         "begins it"},
    {.name = "--site",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, site),
     .value = "FILE.yaml",
     .completes = CC_COMPLETES_CONFIG,
     .meaning =
         "what the cluster asks of a job: partition, account, gres, time, memory, container, setup, ... "
         "(configs/README.md)"},
    {.name = "-o",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, file),
     .value = "FILE.jsonl",
     .completes = CC_COMPLETES_PATH,
     .meaning =
         "the plan that is made of configs; sweep.jsonl where it is not given. Scripts go to the folder "
         "FILE.jsonl.jobs"},
    {.name = "--plan",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, plan),
     .value = "FILE.jsonl",
     .completes = CC_COMPLETES_PATH,
     .meaning = "in place of configs: a plan that is there"},
    {.name = "--at-once",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, at_once),
     .max = 100000,
     .value = "P",
     .meaning = "jobs of an array that Slurm has at work at the same time, over the site's"},
    {.name = "--jobs",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, jobs),
     .min = 1,
     .max = 1024,
     .value = "N",
     .meaning = "runs that GNU parallel makes at the same time; 1 where it is not given"},
    {.name = "--pack",
     .kind = CC_FLAG_INTEGER,
     CC_FLAG_AT(values, pack),
     .min = 1,
     .max = 10000,
     .value = "K",
     .meaning = "runs that a job makes one after another; where it is not given, as many as take ten "
                "minutes, by what "
                "the plan expects, or one"},
    CC_FLAG_SET(values, session.sets),
    CC_FLAG_OUT(values, session.out),
    CC_FLAG_DEVICE(values, session.device),
    CC_FLAG_FAST(values, session.fast),
    CC_FLAG_TF32(values, session.tf32),
    {.name = "--dry-run",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, dry_run),
     .meaning = "writes the scripts, and says what would be run"},
    {0}};

/* Runs `sh FOLDER/NAME`, its output to ours; or, in the background, to FOLDER/log.txt. */
static cc_status run_script(const char *folder, const char *name, bool background) {
    char path[CC_PATH_MAX], log[CC_PATH_MAX];
    int ended;
    CC_TRY(cc_path_join(path, folder, name));
    CC_TRY(cc_path_join(log, folder, "log.txt"));
    fflush(stdout);
    const pid_t pid = fork();
    if (pid < 0) return cc_fail_errno("sh", "start");
    if (pid == 0) {
        if (background) {
            /* It outlives the terminal: a session of its own, and nothing of ours open. */
            const int to = open(log, O_WRONLY | O_CREAT | O_APPEND, 0666), from = open("/dev/null", O_RDONLY);
            if (to < 0 || from < 0 || setsid() < 0) _exit(126);
            dup2(from, STDIN_FILENO);
            dup2(to, STDOUT_FILENO);
            dup2(to, STDERR_FILENO);
        }
        execlp("sh", "sh", path, (char *)NULL);
        _exit(127);
    }
    if (background) {
        printf("process %ld is at work; its lines: %s\n", (long)pid, log);
        return CC_OK;
    }
    while (waitpid(pid, &ended, 0) < 0)
        if (errno != EINTR) return cc_fail_errno("sh", "wait for");
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == 0) return CC_OK;
    return cc_fail(CC_EIO, path, "its lines above say why; what it has submitted, squeue shows",
                   "it has not come to its end");
}

/* The plan's file, made of configs where it is not there yet. */
static cc_status get_plan(const char **file, values *v) {
    cc_session *s = &v->session;
    *file = v->plan ? v->plan : v->file ? v->file : "sweep.jsonl";
    if (v->plan) return CC_OK;
    if (!s->out) s->out = cc_session_results;
    CC_TRY(cc_session_open(s));
    return cc_session_save(s, *file);
}

static cc_status real_path(char out[CC_PATH_MAX], const char *path) {
    return realpath(path, out) ? CC_OK : cc_fail_errno(path, "find");
}

/* The scripts of a plan, without the runs that are done; then the one that is asked for. */
static cc_status submit(const values *v, const char *file, cc_workflow workflow, cc_arena *arena) {
    cc_sweep sweep;
    cc_site site;
    int tasks, levels, left = 0;
    char folder[CC_PATH_MAX], plan[CC_PATH_MAX], program[CC_PATH_MAX], results[CC_PATH_MAX];
    CC_TRY(cc_sweep_read(&sweep, file, arena));
    CC_TRY(cc_site_read(&site, v->site, arena));
    if (v->at_once > 0) site.at_once = v->at_once;
    CC_TRY(real_path(plan, file));
    CC_TRY(real_path(program, cc_program_path()));
    CC_TRY(cc_path_append(folder, plan, ".jobs"));
    CC_TRY(cc_path_join(results, sweep.tasks[0].folder, sweep.tasks[0].out));
    if (v->session.out && v->plan) {
        char here[CC_PATH_MAX];
        CC_TRY(real_path(here, "."));
        CC_TRY(cc_path_join(results, here, v->session.out));
    }

    cc_task_status *status = cc_arena_get_array(arena, (size_t)sweep.count, sizeof *status);
    bool *done = cc_arena_get_array(arena, (size_t)sweep.count, sizeof *done);
    if (!status || !done) return CC_ENOMEM;
    CC_TRY(cc_sweep_look(status, &sweep, results));
    for (int i = 0; i < sweep.count; i++) {
        done[i] = status[i].state == CC_TASK_DONE;
        left += !done[i];
    }
    const cc_submission submission = {.sweep = &sweep,
                                      .left_out = done,
                                      .site = &site,
                                      .folder = folder,
                                      .plan = plan,
                                      .program = program,
                                      .results = results,
                                      .device = v->session.device,
                                      .in_container = v->emit && workflow == CC_WORKFLOW_KUBERNETES,
                                      .pack = (int)v->pack,
                                      .jobs = (int)v->jobs};
    CC_TRY(cc_submission_write(&tasks, &levels, &submission));
    if (v->emit && left > 0) CC_TRY(cc_workflow_write(&submission, workflow));
    printf("%s: %d runs, %d of them to be made, in %d tasks of %d level%s\n", file, sweep.count, left, tasks,
           levels, levels == 1 ? "" : "s");
    if (v->emit && left == 0) return CC_OK;
    if (v->emit) {
        printf("scripts: %s; begins: ", folder);
        cc_workflow_print_command(stdout, workflow, folder);
        putchar('\n');
        return CC_OK;
    }
    const bool slurm = strcmp(v->executor, "parallel") != 0;
    if (v->dry_run || strcmp(v->executor, "print") == 0) {
        printf("scripts: %s; sh %s/%s begins\n", folder, folder, slurm ? "submit.sh" : "parallel.sh");
        return CC_OK;
    }
    if (left == 0) return CC_OK;
    CC_TRY(cc_cancel_set(plan, false)); /* who submits anew wants them made */
    CC_TRY(run_script(folder, slurm ? "submit.sh" : "parallel.sh", !slurm));
    if (!slurm)
        printf("to look:   calcade status --plan %s\nto cancel: calcade cancel --plan %s\n", file, file);
    return CC_OK;
}

static cc_status command(int argc, char **argv) {
    const char *paths[argc], *file;
    values v = {.session = {.paths = paths, .device = "auto", .threads = cc_machine_threads()}, .jobs = 1};
    cc_session *s = &v.session;
    cc_status status = CC_OK;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, paths, &s->path_count, 0, argc));
    if (!v.plan == (s->path_count == 0))
        return cc_fail(CC_EUSAGE, argv[0], "see calcade --help", "wants configs, or --plan FILE");
    int executor = 0, workflow = 0;
    if (!v.executor == !v.emit)
        return cc_fail(CC_EUSAGE, argv[0], "see calcade submit --help", "wants --executor, or --emit");
    while (v.executor && executor < EXECUTORS && strcmp(v.executor, executors[executor]) != 0) executor++;
    if (executor == EXECUTORS)
        return cc_fail(CC_EUSAGE, "--executor", NULL, "wants slurm, parallel or print, not \"%s\"",
                       v.executor);
    while (v.emit && workflow < CC_WORKFLOWS && strcmp(v.emit, cc_workflow_word((cc_workflow)workflow)) != 0)
        workflow++;
    if (workflow == CC_WORKFLOWS)
        return cc_fail(CC_EUSAGE, "--emit", NULL, "wants snakemake, kubernetes or htcondor, not \"%s\"",
                       v.emit);
    if (v.plan && (v.file || s->sets.count > 0 || s->fast || s->tf32))
        return cc_fail(CC_EUSAGE, "--plan", "leave out -o, --set, --fast and --tf32",
                       "a plan holds its configs and what was set");
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a plan", 0);
    CC_CHECK(get_plan(&file, &v));
    CC_CHECK(submit(&v, file, (cc_workflow)workflow, arena));
done:
    cc_session_close(s);
    cc_arena_destroy(arena);
    return status;
}

const cc_command cc_command_submit = {
    .name = "submit",
    .operands = {{"CONFIG...", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .what = "hands runs to a scheduler: arrays of Slurm jobs, or GNU parallel; returns at once, and says how "
            "to look and "
            "to cancel",
    .run = command,
};
