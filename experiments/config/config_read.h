/* experiments/config/config_read.h -- a whole tree of YAML as one variant. Private to experiments/config. */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_READ_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_READ_H

#include "core/yaml.h"
#include "experiments/config/experiment.h"

/* Reads every option of a tree and checks the whole. `defaults` holds each row's default in the order of the
 * table, or NULL where it has none; `flags` are CC_CONFIG_... Strings are the arena's or the tree's.
 *   CC_ECONFIG  an unknown key, a wrong value, a missing one, or one that means nothing beside the others;
 *   names
 *               the place, the key and what would be right
 *   CC_ENOMEM */
cc_status cc_config_read_tree(cc_experiment_config *config, const cc_yaml *tree,
                              const cc_yaml *const *defaults, unsigned flags, cc_arena *arena);

#endif
