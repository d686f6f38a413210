/* experiments/config/config_parts.h -- what the files of the configuration share among themselves:
 *   config.c         files, extends, overrides → one tree; variants → cc_config
 *   config_matrix.c  a tree and its matrix → a tree a variant
 *   config_read.c    a tree → cc_experiment_config
 *   config_values.c  a node → one value, as a row of the table wants it
 *   config_print.c   cc_experiment_config → text; the table → its reference */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_PARTS_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_PARTS_H

#include "core/yaml.h"
#include "experiments/config/config.h"
#include "experiments/config/options.h"

enum { CC_CONFIG_KEY_MAX = 160, CC_NAME_MAX = 128 };

/* Where a node stands: "FILE:LINE", or what an override says. `line` 0 takes the node's own. */
void cc_config_where(char out[512], const cc_yaml *node, int line);

/* CC_ECONFIG at a node: "KEY WHAT". */
cc_status cc_config_fail(const cc_yaml *node, int line, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What a node is, for people: "a map", "\"many\"". */
void cc_config_describe(char *out, size_t capacity, const cc_yaml *node);

/* Replaces ${NAME} and ${NAME:-text}; `key` is for messages. */
cc_status cc_config_expand(const char **out, const char *key, const cc_yaml *node, cc_arena *arena);

/* Whether a text is 1 to `most` folder names joined by '/', of letters, digits and . _ = , + -, none "." or
 * "..". */
bool cc_config_is_name(const char *text, int most);

/* Reads one value into `config` as the row wants it. `key` is for messages; any kind but CC_OPTION_LOSSES. A
 * null node is for rows without a default only: it gives their `null_value` or NULL. */
cc_status cc_config_read_value(cc_experiment_config *config, const cc_option *option, const char *key,
                               const cc_yaml *node, cc_arena *arena);

/* Reads a whole tree. `defaults` holds each row's default, or NULL where it has none. */
cc_status cc_config_read_tree(cc_experiment_config *config, const cc_yaml *tree,
                              const cc_yaml *const *defaults, unsigned flags, cc_arena *arena);

/* A map without one key; its members are shared. */
cc_status cc_config_without(cc_yaml **out, const cc_yaml *map, const char *key, cc_arena *arena);

/* What one variant changes. */
typedef struct cc_config_change {
    size_t count;
    const char **keys; /* dotted */
    cc_yaml **values;
} cc_config_change;

/* A tree without its matrix, and what the matrix makes of it. */
typedef struct cc_config_matrix {
    cc_yaml *plain;
    const cc_yaml *matrix; /* NULL or null where there is none; then changes is NULL and count 1 */
    cc_config_change *changes;
    int count;
} cc_config_matrix;

cc_status cc_config_matrix_open(cc_config_matrix *matrix, const cc_yaml *tree, cc_arena *arena);
/* The tree of one variant, with the name that its changes give it under `variant`. */
cc_status cc_config_matrix_tree(cc_yaml **out, const cc_config_matrix *matrix, int index, cc_arena *arena);
/* Whether a variant sets this key, or a group that it lies in. */
bool cc_config_matrix_sets(const cc_config_matrix *matrix, const char *key);

#endif
