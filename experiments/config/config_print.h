/* experiments/config/config_print.h -- a configuration as text: the resolved YAML, what an identity digests
 * of it, what tells two variants apart, and the reference of all options. All follow the table of options. */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_PRINT_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_PRINT_H

#include "core/arena.h"
#include "core/status.h"
#include "experiments/config/experiment.h"

/* The resolved whole as YAML: every option that means something for this variant, in the table's order,
 * numbers in their shortest exact form. It reads back to the same text. The arena owns it. */
cc_status cc_config_print(char **out, const cc_experiment_config *config, cc_arena *arena);
/* The same without the block `report`, which is of the experiment's table: what a run's file holds. */
cc_status cc_config_run_text(char **out, const cc_experiment_config *config, cc_arena *arena);
/* That block alone, as "report:" and what stands below it. */
cc_status cc_config_report_text(char **out, const cc_experiment_config *config, cc_arena *arena);
/* The whole without the options that change no result (places, names, threads), and without those that were
 * added since identities were first made, while they have their default: what a run's identity digests,
 * beside the contents of the places. */
cc_status cc_config_identity_text(char **out, const cc_experiment_config *config, cc_arena *arena);

/* What tells two variants apart: "net.arch=unet loss.type=dice", the values of `config` where they are not
 * those of `base`; "" where nothing does. Names, folds, seeds and what changes no result are left out. The
 * arena owns it. */
cc_status cc_config_differences(char **out, const cc_experiment_config *config,
                                const cc_experiment_config *base, cc_arena *arena);

/* The reference of every option as Markdown (configs/reference.md). */
cc_status cc_config_reference(char **out, cc_arena *arena);

#endif
