/* experiments/planning/workflow.c -- three texts from one plan. */
#include "experiments/planning/workflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "experiments/planning/script.h"

/* How often a run that failed is begun again. */
enum { RETRIES = 2 };

const char *cc_workflow_word(cc_workflow workflow) {
    static const char *const words[] = {
#define X(name, word, command) word,
        CC_WORKFLOW_LIST(X)
#undef X
    };
    return words[workflow];
}

void cc_workflow_print_command(FILE *out, cc_workflow workflow, const char *folder) {
    switch (workflow) {
#define X(name, word, command)                                                                               \
    case CC_WORKFLOW_##name:                                                                                 \
        fprintf(out, command, folder);                                                                       \
        break;
        CC_WORKFLOW_LIST(X)
#undef X
    case CC_WORKFLOWS:
        break;
    }
}

/* Memory as Slurm states it (sbatch(1), --mem: a whole number with K, M, G or T, binary; M where there is
 * none), in MiB; 0: not stated, or not so. */
static long long memory_mib(const char *text) {
    char *end;
    if (!text) return 0;
    const long long number = strtoll(text, &end, 10);
    if (end == text || number <= 0) return 0;
    switch (*end) {
    case 'K':
        return number / 1024 > 0 ? number / 1024 : 1;
    case 'G':
        return number * 1024;
    case 'T':
        return number * 1024 * 1024;
    default:
        return number;
    }
}

/* GPUs of a job, of Slurm's --gres "gpu:a100:2" or "gpu:2" or "gpu"; 0: none. */
static int gpus_of(const char *gres) {
    if (!gres || strncmp(gres, "gpu", 3) != 0) return 0;
    const char *colon = strrchr(gres, ':');
    const int number = colon ? atoi(colon + 1) : 1;
    return number > 0 ? number : 1;
}

/* FOLDER/NAME as a string between double quotes. */
static cc_status put_path(FILE *out, const char *folder, const char *name, const char *doubled) {
    char path[CC_PATH_MAX];
    CC_TRY(cc_path_join(path, folder, name));
    cc_script_put_string(out, path, doubled);
    return CC_OK;
}

/* --- Snakemake --- */

/* The path of a run's result. Snakemake takes braces in paths for wildcards. */
static cc_status put_result(FILE *out, const cc_submission *s, int index) {
    const char *file = s->sweep->tasks[index].file;
    if (strpbrk(s->results, "{}") || strpbrk(file, "{}"))
        return cc_fail(CC_ECONFIG, s->results, "another --out",
                       "Snakemake takes braces in paths for wildcards");
    return put_path(out, s->results, file, NULL);
}

static cc_status put_rule(FILE *out, const cc_submission *s, int index) {
    const cc_sweep_task *t = &s->sweep->tasks[index];
    fprintf(out, "\n# %s\nrule run_%d:\n", t->name, index);
    if (t->upstream_count > 0) {
        fputs("    input:\n", out);
        for (int i = 0; i < t->upstream_count; i++) {
            fputs("        ", out);
            CC_TRY(put_result(out, s, t->upstream[i]));
            fputs(",\n", out);
        }
    }
    fputs("    output: ", out);
    CC_TRY(put_result(out, s, index));
    if (s->site->cpus > 0) fprintf(out, "\n    threads: %lld", s->site->cpus);
    const long long memory = memory_mib(s->site->memory);
    if (memory > 0) fprintf(out, "\n    resources: mem_mb=%lld", memory);
    fprintf(out, "\n    retries: %d\n    shell: \"sh \" + RUN + \" %d\"\n", RETRIES, index);
    return CC_OK;
}

static cc_status put_snakefile(FILE *out, const cc_submission *s) {
    char path[CC_PATH_MAX];
    fputs("# A rule a run. Snakemake begins a run when the results that it needs are there; calcade looks "
          "itself,\n"
          "# and does nothing where the run is done.\n"
          "import shlex\n\nRUN = shlex.quote(",
          out);
    CC_TRY(cc_path_join(path, s->folder, "run.sh"));
    cc_script_put_string(out, path, NULL);
    fputs(").replace(\"{\", \"{{\").replace(\"}\", \"}}\")\n\nrule all:\n    input:\n", out);
    for (int i = 0; i < s->sweep->count; i++) {
        fputs("        ", out);
        CC_TRY(put_result(out, s, i));
        fputs(",\n", out);
    }
    for (int i = 0; i < s->sweep->count; i++) CC_TRY(put_rule(out, s, i));
    return CC_OK;
}

/* --- Kubernetes --- */

/* runs.txt: the runs to be made, a line each, level by level. */
static cc_status write_runs(int *count, const cc_submission *s) {
    cc_script script;
    const size_t runs = (size_t)s->sweep->count;
    int *level = calloc(runs, sizeof *level);
    *count = 0;
    if (!level) return cc_fail_memory("levels", runs * sizeof *level);
    const int levels = cc_sweep_levels(level, s->sweep);
    cc_status status = cc_script_open(&script);
    for (int number = 0; status == CC_OK && number < levels; number++)
        for (int i = 0; i < s->sweep->count; i++) {
            if (level[i] != number || s->left_out[i]) continue;
            fprintf(script.out, "%d\n", i);
            ++*count;
        }
    if (status == CC_OK) status = cc_script_save(&script, s->folder, "runs.txt");
    free(level);
    return status;
}

/* pod.sh: the run of the pod's index. The shell becomes run.sh, and that calcade, which a pod's SIGTERM
 * reaches. */
static cc_status write_pod(const cc_submission *s) {
    cc_script script;
    CC_TRY(cc_script_open(&script));
    cc_script_put_variable(script.out, "folder", s->folder);
    fputs(
        "exec sh \"$folder/run.sh\" \"$(sed -n \"$((JOB_COMPLETION_INDEX + 1))p\" \"$folder/runs.txt\")\"\n",
        script.out);
    return cc_script_save(&script, s->folder, "pod.sh");
}

/* What a pod may take. */
static void put_resources(FILE *out, const cc_site *site) {
    const long long memory = memory_mib(site->memory);
    const int gpus = gpus_of(site->gres);
    if (memory == 0 && gpus == 0 && site->cpus == 0) return;
    fputs("          resources:\n            limits:\n", out);
    if (site->cpus > 0) fprintf(out, "              cpu: %lld\n", site->cpus);
    if (memory > 0) fprintf(out, "              memory: %lldMi\n", memory);
    if (gpus > 0) fprintf(out, "              nvidia.com/gpu: %d\n", gpus);
}

/* Exit statuses 75 and 4, and a node that is taken away, are no failures; 2 fails its index for good. A
 * volume that all pods share is mounted where this machine has it, as the plan's paths are real. */
static cc_status put_kubernetes(FILE *out, const cc_submission *s) {
    const cc_site *site = s->site;
    int count;
    if (!site->container || !site->volume_claim)
        return cc_fail(CC_ECONFIG, "--site", "container: IMAGE, volume_claim: NAME, mount_path: FOLDER",
                       "Kubernetes must know an image with calcade in it and a volume that all pods share");
    CC_TRY(write_runs(&count, s));
    CC_TRY(write_pod(s));
    fprintf(out,
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: calcade-%.12s\nspec:\n"
            "  completionMode: Indexed\n  completions: %d\n  parallelism: %lld\n"
            "  backoffLimitPerIndex: %d\n  maxFailedIndexes: %d\n",
            s->sweep->tasks[s->sweep->count - 1].request, count,
            site->at_once > 0 && site->at_once < count ? site->at_once : count, RETRIES, count);
    fputs("  podFailurePolicy:\n    rules:\n"
          "      - action: Ignore\n        onPodConditions: [{type: DisruptionTarget}]\n"
          "      - action: Ignore\n        onExitCodes: {operator: In, values: [4, 75]}\n"
          "      - action: FailIndex\n        onExitCodes: {operator: In, values: [2]}\n"
          "  template:\n    spec:\n      restartPolicy: Never\n",
          out);
    fprintf(out, "      terminationGracePeriodSeconds: %lld\n      containers:\n        - name: calcade\n",
            site->signal_seconds);
    fputs("          image: ", out);
    cc_script_put_string(out, site->container, NULL);
    fputs("\n          command: [sh, ", out);
    CC_TRY(put_path(out, s->folder, "pod.sh", "$")); /* Kubernetes expands $(NAME); $$ is one $ */
    fputs("]\n", out);
    put_resources(out, site);
    fputs("          volumeMounts:\n            - name: shared\n              mountPath: ", out);
    cc_script_put_string(out, site->mount_path ? site->mount_path : "/", NULL);
    fputs(
        "\n      volumes:\n        - name: shared\n          persistentVolumeClaim:\n            claimName: ",
        out);
    cc_script_put_string(out, site->volume_claim, NULL);
    fputc('\n', out);
    return CC_OK;
}

/* --- HTCondor --- */

/* A job of which 75 is not the end stays in the queue (on_exit_remove) and begins again where there is
 * room. What an eviction sends is the signal that calcade writes its checkpoint on. */
static cc_status write_condor_job(const cc_submission *s) {
    const cc_site *site = s->site;
    cc_script script;
    CC_TRY(cc_script_open(&script));
    FILE *out = script.out;
    fprintf(out, "universe = vanilla\ninitialdir = %s\n", s->folder);
    fputs("executable = /bin/sh\narguments = run.sh $(run)\ntransfer_executable = false\n"
          "output = log-$(run).txt\nerror = log-$(run).txt\nlog = condor.log\n"
          "should_transfer_files = NO\nkill_sig = SIGUSR1\n",
          out);
    fprintf(out, "job_max_vacate_time = %lld\n", site->signal_seconds);
    fprintf(out, "on_exit_remove = (ExitCode =!= 75) || (NumJobStarts > %lld)\n", site->requeues);
    if (site->cpus > 0) fprintf(out, "request_cpus = %lld\n", site->cpus);
    const long long memory = memory_mib(site->memory);
    if (memory > 0) fprintf(out, "request_memory = %lldM\n", memory);
    if (gpus_of(site->gres) > 0) fprintf(out, "request_gpus = %d\n", gpus_of(site->gres));
    fputs("queue\n", out);
    return cc_script_save(&script, s->folder, "condor.sub");
}

static cc_status put_condor_dag(FILE *out, const cc_submission *s) {
    fprintf(out, "# %d runs\n", s->sweep->count);
    for (int i = 0; i < s->sweep->count; i++) {
        const cc_sweep_task *t = &s->sweep->tasks[i];
        if (s->left_out[i]) continue;
        fprintf(out, "JOB run%d condor.sub\nVARS run%d run=\"%d\"\nRETRY run%d %d UNLESS-EXIT 2\n", i, i, i,
                i, RETRIES);
        for (int k = 0; k < t->upstream_count; k++)
            if (!s->left_out[t->upstream[k]]) fprintf(out, "PARENT run%d CHILD run%d\n", t->upstream[k], i);
    }
    return write_condor_job(s);
}

cc_status cc_workflow_write(const cc_submission *s, cc_workflow workflow) {
    static const struct {
        const char *file;
        cc_status (*put)(FILE *out, const cc_submission *s);
    } writers[] = {[CC_WORKFLOW_SNAKEMAKE] = {"Snakefile", put_snakefile},
                   [CC_WORKFLOW_KUBERNETES] = {"kubernetes.yaml", put_kubernetes},
                   [CC_WORKFLOW_HTCONDOR] = {"condor.dag", put_condor_dag}};
    cc_script script;
    CC_TRY(cc_script_open(&script));
    cc_status status = writers[workflow].put(script.out, s);
    if (status == CC_OK) return cc_script_save(&script, s->folder, writers[workflow].file);
    cc_script_drop(&script);
    return status;
}
