/* experiments/planning/workflow.h -- a plan's runs in the words of three systems whose jobs may depend on
 * each other. Written on request, beside the scripts of planning/submission.h, whose run.sh they begin: one
 * process a run, which says by its exit status what is to become of it (0 done; 75 stopped, to be begun
 * again; 4 what it needs is not there yet; 2 the plan is wrong).
 *
 *   Snakefile          rules of Snakemake (7 or later), one a run of the plan, done or not: input the results
 *                      that it needs, output its own (Koester & Rahmann, Bioinformatics 28, 2012)
 *   kubernetes.yaml, pod.sh
 *                      one Indexed Job (batch/v1, Kubernetes 1.31 or later), index = line of runs.txt. It
 *                      knows no dependencies: lines are in the order of levels, pods are begun in the order
 *                      of their index, and one whose upstream run is not there ends with 4, which is no
 *                      failure and is begun again later
 *   condor.dag, condor.sub
 *                      a DAG of HTCondor and the description of its jobs */
#ifndef CC_EXPERIMENTS_PLANNING_WORKFLOW_H
#define CC_EXPERIMENTS_PLANNING_WORKFLOW_H

#include <stdio.h>
#include "experiments/planning/submission.h"

/* X(NAME, word, what begins it) */
#define CC_WORKFLOW_LIST(X)                                                                                  \
    X(SNAKEMAKE, "snakemake", "snakemake --cores all --keep-going --snakefile %s/Snakefile")                 \
    X(KUBERNETES, "kubernetes", "kubectl apply -f %s/kubernetes.yaml")                                       \
    X(HTCONDOR, "htcondor", "condor_submit_dag %s/condor.dag")

typedef enum cc_workflow {
#define X(name, word, command) CC_WORKFLOW_##name,
    CC_WORKFLOW_LIST(X)
#undef X
        CC_WORKFLOWS
} cc_workflow;

/* "snakemake", ... */
const char *cc_workflow_word(cc_workflow workflow);
/* Prints the command that begins it. */
void cc_workflow_print_command(FILE *out, cc_workflow workflow, const char *folder);

/* Writes the files. The scripts must be there (cc_submission_write).
 *   CC_ECONFIG  the site says nothing of what Kubernetes must know: container, volume_claim
 *   others as cc_file_write */
cc_status cc_workflow_write(const cc_submission *submission, cc_workflow workflow);

#endif
