/* experiments/config/config_search.h -- a matrix that samples options instead of multiplying them:
 *
 *   matrix:
 *     optimizer.lr: {log: [1.0e-5, 1.0e-2]}   a range: linear, log, integer or integer_log
 *     loss.type: [dice, bce]                  a list: one of its values, each as likely
 *     seed: [1, 2, 3]                         seed and data.fold multiply the samples
 *     samples: 16
 *     search: sobol                           the default; or random
 *     search_seed: 1                          0 without it
 *
 * The same text gives the same variants on every machine, and fewer samples give the first ones of more.
 * Private to experiments/config. */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_SEARCH_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_SEARCH_H

#include <stdbool.h>
#include "core/yaml.h"

/* X(name, whole, logarithmic) of each kind of range: "{name: [low, high]}". */
#define CC_CONFIG_RANGE_LIST(X)                                                                              \
    X(linear, false, false) X(log, false, true) X(integer, true, false) X(integer_log, true, true)

/* What one variant changes. */
typedef struct cc_config_change {
    size_t count;
    const char **keys; /* dotted */
    cc_yaml **values;
} cc_config_change;

/* Whether a key of a matrix is of the search itself: samples, search, search_seed. */
bool cc_config_is_search_key(const char *key);
/* Whether a map of a matrix is a search: it has such a key, or a range. */
bool cc_config_is_search(const cc_yaml *map);

/* The variants of a search, whose other keys are known to be options or groups; the arena owns them.
 * CC_ECONFIG, with file and line, where a range or a word is wrong, or where fewer different variants than
 * `samples` come up. */
cc_status cc_config_search(cc_config_change **out, int *count, const cc_yaml *map, cc_arena *arena);

#endif
