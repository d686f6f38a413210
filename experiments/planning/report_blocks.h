/* experiments/planning/report_blocks.h -- what configs say of their experiments' tables, as the blocks that
 * lie beside the runs (results/report_block.h). */
#ifndef CC_EXPERIMENTS_PLANNING_REPORT_BLOCKS_H
#define CC_EXPERIMENTS_PLANNING_REPORT_BLOCKS_H

#include "experiments/config/config.h"
#include "results/report_block.h"

/* One block for each experiment that the configs name, in the order of the configs: its variants in the order
 * of the matrix (of several configs of one experiment, one behind the other) and the `report:` block of the
 * first. A config whose variants the command line chose says nothing of a table. The arena owns all of it. */
cc_status cc_report_blocks_make(cc_report_block **out, size_t *count, cc_config *const *configs,
                                int config_count, cc_arena *arena);

/* Writes them to the results folder. */
cc_status cc_report_blocks_save(cc_config *const *configs, int config_count, const char *results);

#endif
