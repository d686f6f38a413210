/* experiments/config/option_rows.h -- private to the table of options: its five parts, and what their rows
 * are written with. */
#ifndef CC_EXPERIMENTS_CONFIG_OPTION_ROWS_H
#define CC_EXPERIMENTS_CONFIG_OPTION_ROWS_H

#include "experiments/config/options.h"

typedef struct cc_option_rows {
    const cc_option *rows;
    int count;
} cc_option_rows;

extern const cc_option_rows cc_option_rows_data, cc_option_rows_volumes;
/* Put together on the first call, from what datasets/augment_random.h declares; by any thread. */
const cc_option_rows *cc_option_rows_augment(void);
/* Put together on the first call, from what nets/ declares; by any thread. */
const cc_option_rows *cc_option_rows_training(void);
/* Rows of `net` that cc_option_rows_training has among its own; called by it alone, once. */
const cc_option_rows *cc_option_rows_net(void);
/* The same, from what metrics/ declares. */
const cc_option_rows *cc_option_rows_report(void);

#define AT(member)       .offset = offsetof(cc_experiment_config, member)
#define COUNT_AT(member) .count_offset = offsetof(cc_experiment_config, member)

/* The stages that train a net. */
#define TRAINED "roi|calcification|false_positive"

#endif
