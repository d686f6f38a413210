/* experiments/planning/submission.c -- the scripts, in POSIX sh.
 *
 * A job is told SIGUSR1 some time before its end (--signal=B: the script alone). The script passes it on;
 * calcade ends its step, writes a checkpoint and exits with 75, and the script puts its job back into the
 * queue. A node that fails is Slurm's own business (--requeue). Both are bounded by SLURM_RESTART_COUNT. */
#include "experiments/planning/submission.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/planning/script.h"

enum { PACK_SECONDS = 600, PACK_MOST = 100 };

/* --- the tasks of a level --- */

/* The runs of a task: those of a level whose time is known to be short are made one after another, since
 * starting a job takes a scheduler seconds. */
static int pack_of(const cc_submission *s, const int *level, int number) {
    double longest = 0;
    if (s->pack > 0) return s->pack;
    for (int i = 0; i < s->sweep->count; i++)
        if (level[i] == number && !s->left_out[i])
            longest =
                fmax(longest, isnan(s->sweep->tasks[i].seconds) ? INFINITY : s->sweep->tasks[i].seconds);
    const double fit = longest > 0 ? PACK_SECONDS / longest : 1;
    return fit < 1 ? 1 : fit > PACK_MOST ? PACK_MOST : (int)fit;
}

/* level-N.tasks; *tasks is how many lines it has. */
static cc_status write_tasks(int *tasks, const cc_submission *s, const int *level, int number) {
    char name[32];
    cc_script script;
    CC_TRY(cc_script_open(&script));
    const int pack = pack_of(s, level, number);
    int runs = 0;
    for (int i = 0; i < s->sweep->count; i++) {
        if (level[i] != number || s->left_out[i]) continue;
        fprintf(script.out, "%s%d", runs == 0 ? "" : runs % pack == 0 ? "\n" : " ", i);
        runs++;
    }
    if (runs > 0) fputc('\n', script.out);
    *tasks = (runs + pack - 1) / pack;
    snprintf(name, sizeof name, "level-%d.tasks", number);
    return cc_script_save(&script, s->folder, name);
}

/* --- a job --- */

/* "#SBATCH --NAME=TEXT" */
static void put_option(FILE *out, const char *name, const char *text) {
    if (text) fprintf(out, strpbrk(text, " \t") ? "#SBATCH --%s=\"%s\"\n" : "#SBATCH --%s=%s\n", name, text);
}

/* The function that makes one run: the same words in all scripts. The shell that calls it becomes calcade, so
 * that signals to its process reach it. */
static void put_runner(FILE *out, const cc_submission *s) {
    cc_script_put_variable(out, "plan", s->plan);
    fputs("make_run() {\n    ", out);
    if (s->in_container) {
        fputs("exec calcade", out);
    } else if (s->site->container) {
        fputs("exec apptainer exec --nv ", out);
        cc_script_put_word(out, s->site->container);
        fputs(" calcade", out);
    } else {
        fputs("exec ", out);
        cc_script_put_word(out, s->program);
    }
    fputs(" run --plan \"$plan\" --task \"$1\" --device ", out);
    cc_script_put_word(out, s->device);
    if (s->results) {
        fputs(" --out ", out);
        cc_script_put_word(out, s->results);
    }
    fputs("\n}\n", out);
}

/* Before all else: a signal that comes while a site's setup is at work must not end the script. */
static const char job_signals[] =
    "child='' told=0 woken=0\n"
    "# Told to stop, or to stop soon: calcade writes a checkpoint and exits with 75.\n"
    "tell() {\n"
    "    told=1 woken=1\n"
    "    [ -z \"$child\" ] || kill -USR1 \"$child\" 2>/dev/null || true\n"
    "}\n"
    "trap tell USR1 TERM\n";

static const char job_text[] =
    "# slurm.sh FILE.tasks OFFSET: the runs of line OFFSET + SLURM_ARRAY_TASK_ID + 1.\n"
    "tasks=$(sed -n \"$(($2 + SLURM_ARRAY_TASK_ID + 1))p\" \"$folder/$1\")\n"
    "again=0 waits=0 failed=0\n"
    "for task in $tasks; do\n"
    "    [ \"$told\" -eq 0 ] || { again=1; break; }\n"
    "    make_run \"$task\" &\n"
    "    child=$!\n"
    "    status=0 woken=0\n"
    "    wait \"$child\" || status=$?\n"
    "    # A signal ends `wait` before the run has ended: then there is more to wait for. 127: there was "
    "not.\n"
    "    while [ \"$woken\" -eq 1 ]; do\n"
    "        woken=0 before=$status status=0\n"
    "        wait \"$child\" || status=$?\n"
    "        [ \"$status\" -ne 127 ] || status=$before\n"
    "    done\n"
    "    child=''\n"
    "    case $status in\n"
    "    0) ;;\n"
    "    75) again=1 ;;\n"
    "    4) waits=1 ;;\n"
    "    # The signal came before calcade looked out for it, and ended it.\n"
    "    *) if [ \"$told\" -eq 1 ] && [ \"$status\" -gt 128 ]; then again=1; else failed=1; fi ;;\n"
    "    esac\n"
    "done\n"
    "[ ! -e \"$plan.cancelled\" ] || { echo \"slurm.sh: the plan is cancelled\" >&2; exit 75; }\n"
    "if [ \"$again\" -eq 1 ] || [ \"$waits\" -eq 1 ]; then\n"
    "    if [ \"${SLURM_RESTART_COUNT:-0}\" -ge \"$requeues\" ]; then\n"
    "        echo \"slurm.sh: stopped $requeues times: calcade submit begins anew\" >&2\n"
    "        exit 75\n"
    "    fi\n"
    "    # What it needs is made elsewhere, or has failed: there is no hurry.\n"
    "    [ \"$waits\" -eq 0 ] || [ \"$told\" -eq 1 ] || sleep \"$wait_seconds\"\n"
    "    # Slurm ends this script with that; its controller may be away for a while.\n"
    "    tries=0\n"
    "    until scontrol requeue \"${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID\"; do\n"
    "        tries=$((tries + 1))\n"
    "        [ \"$tries\" -lt 30 ] || exit 75\n"
    "        sleep 10\n"
    "    done\n"
    "    exit 0\n"
    "fi\n"
    "exit \"$failed\"\n";

static cc_status write_job(const cc_submission *s) {
    const cc_site *site = s->site;
    cc_script script;
    CC_TRY(cc_script_open(&script));
    FILE *out = script.out;
    fprintf(out, "#!/bin/sh\n#SBATCH --requeue\n#SBATCH --signal=B:USR1@%lld\n#SBATCH --open-mode=append\n",
            site->signal_seconds);
    put_option(out, "partition", site->partition);
    put_option(out, "account", site->account);
    put_option(out, "qos", site->qos);
    put_option(out, "constraint", site->constraint);
    put_option(out, "gres", site->gres);
    put_option(out, "time", site->time);
    put_option(out, "mem", site->memory);
    if (site->cpus > 0) fprintf(out, "#SBATCH --cpus-per-task=%lld\n", site->cpus);
    for (int i = 0; i < site->option_count; i++) fprintf(out, "#SBATCH %s\n", site->options[i]);
    fprintf(out, "set -u\n%s", job_signals);
    cc_script_put_variable(out, "folder", s->folder);
    fprintf(out, "requeues=%lld wait_seconds=%lld\n", site->requeues, site->wait_seconds);
    for (int i = 0; i < site->setup_count; i++) fprintf(out, "%s\n", site->setup[i]);
    put_runner(out, s);
    fputs(job_text, out);
    return cc_script_save(&script, s->folder, "slurm.sh");
}

/* --- the levels --- */

/* Arrays of a level, each of at most max_array tasks; the variables `before` and `ids` hold job numbers. */
static void put_level(FILE *out, const cc_submission *s, int number, int tasks) {
    const long long most = s->site->max_array;
    char at_once[32] = "";
    if (s->site->at_once > 0) snprintf(at_once, sizeof at_once, "%%%lld", s->site->at_once);
    fprintf(out, "\n# level %d: %d task%s\nids=''\n", number, tasks, tasks == 1 ? "" : "s");
    for (long long offset = 0; offset < tasks; offset += most) {
        const long long count = tasks - offset < most ? tasks - offset : most;
        fprintf(out,
                "submit --array=0-%lld%s ${before:+\"--dependency=afterany$before\"} slurm.sh level-%d.tasks "
                "%lld\n",
                count - 1, at_once, number, offset);
    }
    fputs("before=$ids\n", out);
}

static const char submit_text[] = "# Of \"JOB;CLUSTER\", as sbatch prints it, the job's number.\n"
                                  "submit() {\n"
                                  "    id=$(sbatch --parsable --output=\"log-%A_%a.txt\" \"$@\")\n"
                                  "    ids=$ids:${id%%;*}\n"
                                  "    all=$all${all:+,}${id%%;*}\n"
                                  "}\n"
                                  "before='' all=''\n";

static cc_status write_submit(const cc_submission *s, const int *tasks, int levels) {
    cc_script script;
    CC_TRY(cc_script_open(&script));
    FILE *out = script.out;
    fputs("#!/bin/sh\n# An array of jobs for each level of runs, behind the level before.\nset -eu\n", out);
    cc_script_put_variable(out, "plan", s->plan);
    fputs("cd ", out);
    cc_script_put_word(out, s->folder);
    fprintf(out, "\n%s", submit_text);
    for (int i = 0; i < levels; i++)
        if (tasks[i] > 0) put_level(out, s, i, tasks[i]);
    fputs(
        "\necho \"$all\" >jobs.txt\n"
        "echo \"submitted: $all\"\n"
        "echo \"to look:   calcade status --plan $plan, squeue -j $all\"\n"
        "echo \"to cancel: calcade cancel --plan $plan (each run keeps its checkpoint), or scancel $all\"\n",
        out);
    return cc_script_save(&script, s->folder, "submit.sh");
}

/* run.sh N: one run, for whoever begins one process a run. */
static cc_status write_run(const cc_submission *s) {
    cc_script script;
    CC_TRY(cc_script_open(&script));
    FILE *out = script.out;
    fputs("#!/bin/sh\n# run.sh N: run N of the plan, with calcade's exit status.\n", out);
    for (int i = 0; i < s->site->setup_count; i++) fprintf(out, "%s\n", s->site->setup[i]);
    put_runner(out, s);
    fputs("make_run \"$1\"\n", out);
    return cc_script_save(&script, s->folder, "run.sh");
}

static cc_status write_parallel(const cc_submission *s, const int *tasks, int levels) {
    cc_script script;
    CC_TRY(cc_script_open(&script));
    FILE *out = script.out;
    fputs("#!/bin/sh\n# Level by level, by GNU parallel on this machine; exit status 1 where a run is not "
          "done.\nset -u\n",
          out);
    fputs("cd ", out);
    cc_script_put_word(out, s->folder);
    fputs(" || exit 1\nresult=0\n", out);
    for (int i = 0; i < levels; i++)
        if (tasks[i] > 0)
            fprintf(out,
                    "tr ' ' '\\n' <level-%d.tasks | parallel --will-cite --jobs %d --joblog level-%d.log sh "
                    "run.sh {} || result=1\n",
                    i, s->jobs, i);
    fputs("exit \"$result\"\n", out);
    return cc_script_save(&script, s->folder, "parallel.sh");
}

cc_status cc_submission_write(int *tasks, int *levels, const cc_submission *s) {
    cc_status status = CC_OK;
    const size_t count = (size_t)s->sweep->count;
    int *level = calloc(count, sizeof *level), *number = calloc(count, sizeof *number);
    if (!level || !number) CC_CHECK(cc_fail_memory("levels", count * sizeof *level));
    *levels = cc_sweep_levels(level, s->sweep);
    *tasks = 0;
    CC_CHECK(cc_folder_make(s->folder));
    for (int i = 0; i < *levels; i++) {
        CC_CHECK(write_tasks(&number[i], s, level, i));
        *tasks += number[i];
    }
    CC_CHECK(write_job(s));
    CC_CHECK(write_submit(s, number, *levels));
    CC_CHECK(write_run(s));
    CC_CHECK(write_parallel(s, number, *levels));
done:
    free(level);
    free(number);
    return status;
}
