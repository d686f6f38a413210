/* experiments/config/config_report.h -- the `report:` block of a config, which says what the table of its
 * variants looks like: its two kinds of values that no other option has, and what must agree with the matrix.
 *
 *     report:
 *       labels: {original: Original U-Net, modified: Modified U-Net}
 *       claims:
 *         - {text: Batch normalization helps, a: modified, b: original, score: f1, direction: higher}
 *
 * What the block is for: results/report_block.h. Private to experiments/config. */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_REPORT_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_REPORT_H

#include "core/yaml.h"
#include "experiments/config/experiment.h"

/* A map {VARIANT: TEXT}, no two texts alike. `key` is for messages. The arena owns the list. CC_ECONFIG */
cc_status cc_config_read_labels(cc_label_list *out, const char *key, const cc_yaml *node, cc_arena *arena);
/* A list of maps {text, a, b, score, direction}; only b may be left out. CC_ECONFIG names what is missing, no
 * key of a claim (with the nearest that is one), or no word of its kind. */
cc_status cc_config_read_claims(cc_claim_list *out, const char *key, const cc_yaml *node, cc_arena *arena);

/* Whether every variant that the block names is one: in the labels, as the baseline and in the claims. `tree`
 * is the whole of the config, for the places of what it names.
 *   CC_ECONFIG  names the first that is none, and the nearest variant */
cc_status cc_config_check_report(const cc_yaml *tree, const cc_experiment_config *variants, int count);

#endif
