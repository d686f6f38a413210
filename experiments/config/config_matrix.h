/* experiments/config/config_matrix.h -- `matrix:`, which makes several variants of one tree. Private to
 * experiments/config. */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_MATRIX_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_MATRIX_H

#include <stdbool.h>
#include "experiments/config/config_search.h"

/* A tree without its matrix, and what the matrix makes of it. */
typedef struct cc_config_matrix {
    cc_yaml *plain;
    const cc_yaml *matrix; /* NULL or null where there is none; then changes is NULL and count 1 */
    cc_config_change *changes;
    int count;
} cc_config_matrix;

/* Lists the variants of a tree; it is borrowed, the arena owns the rest. CC_ECONFIG where the matrix is no
 * map of lists, search (config_search.h) or list of maps, names no option, or makes more than CC_VARIANTS_MAX
 * variants. */
cc_status cc_config_matrix_open(cc_config_matrix *matrix, const cc_yaml *tree, cc_arena *arena);
/* The tree of one variant, with the name that its changes give it under `variant`. */
cc_status cc_config_matrix_tree(cc_yaml **out, const cc_config_matrix *matrix, int index, cc_arena *arena);
/* Whether a variant sets this key, or a group that it lies in. */
bool cc_config_matrix_sets(const cc_config_matrix *matrix, const char *key);

#endif
