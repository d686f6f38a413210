/* experiments/commands/session.h -- what commands on runs have in common: configs, their overrides, the
 * device and the folder of results, and the plan that follows from them. */
#ifndef CC_EXPERIMENTS_COMMANDS_SESSION_H
#define CC_EXPERIMENTS_COMMANDS_SESSION_H

#include "experiments/commands/flags.h"
#include "experiments/planning/run_plan.h"

typedef struct cc_session {
    /* Filled in by the caller, from the command line. */
    const char **paths, *out, *device;
    int path_count;
    cc_flag_texts sets;
    bool fast, tf32;
    bool looks;  /* nothing is to be made: no device is sought, and no result read */
    int threads; /* of a run whose config states none */
    /* Made by cc_session_open. */
    cc_config **configs;
    int config_count;
    cc_run_plan *plan;
    const cc_backend *backend;
} cc_session;

/* The folder of results where a command line names none. */
extern const char cc_session_results[];

/* --out of a session. */
#define CC_FLAG_OUT(values, member)                                                                          \
    {                                                                                                        \
        .name = "--out", .kind = CC_FLAG_TEXT, CC_FLAG_AT(values, member), .value = "DIR",                   \
        .completes = CC_COMPLETES_FOLDER,                                                                    \
        .meaning = "the folder of the run files; results/runs where it is not given"                         \
    }
#define CC_FLAG_FAST(values, member)                                                                         \
    {                                                                                                        \
        .name = "--fast", .kind = CC_FLAG_SWITCH, CC_FLAG_AT(values, member),                                \
        .meaning = "sets train.plan to fast in whatever trains"                                              \
    }
#define CC_FLAG_TF32(values, member)                                                                         \
    {                                                                                                        \
        .name = "--tf32", .kind = CC_FLAG_SWITCH, CC_FLAG_AT(values, member),                                \
        .meaning = "sets train.precision to tf32 in whatever trains in f32"                                  \
    }

/* Finds the device, reads the configs and plans their runs. As cc_device_find, cc_config_load and
 * cc_run_plan_create. */
cc_status cc_session_open(cc_session *session);
/* Notes the plan in the folder of results (results/manifest.h) with what the configs say of their tables, and
 * writes it to a file (planning/sweep.h) where `file` is not NULL. */
cc_status cc_session_save(const cc_session *session, const char *file);
/* Takes one that was opened half way, or closed. */
void cc_session_close(cc_session *session);

#endif
