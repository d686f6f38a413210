/* experiments/config/config_values.h -- nodes of a configuration's YAML: one node as one value, as a row of
 * the table of options wants it, and what messages say of nodes. Private to experiments/config.
 *
 * The parts of the configuration, each seeing those above it only:
 *   options_lookup.c  a key -> its row of the table
 *   config_values.c   a node -> one value
 *   config_report.c   a node of the `report:` block -> its labels or claims
 *   config_search.c   a matrix of ranges -> samples
 *   config_matrix.c   a tree and its matrix -> a tree for each variant
 *   config_read.c     a tree -> cc_experiment_config
 *   config.c          files, `extends`, overrides -> one tree; its variants -> cc_config
 *   config_print.c    cc_experiment_config -> text; the table -> its reference
 *   schema.c          the table -> a JSON Schema */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_VALUES_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_VALUES_H

#include "core/yaml.h"
#include "experiments/config/options.h"

enum {
    CC_CONFIG_KEY_MAX = 160,    /* bytes of a dotted key in a message, its terminator included */
    CC_CONFIG_EXTENDS_MAX = 16, /* files of one `extends`, and of a chain of them */
    CC_CONFIG_CLAIMS_MAX = 100  /* of a `report:` block */
};

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

/* Reads one value into `config` as the row wants it. `key` is for messages; any kind but CC_OPTION_LOSSES,
 * CC_OPTION_LABELS and CC_OPTION_CLAIMS. A null node is for rows without a default only: it gives their
 * `null_value` or NULL. */
cc_status cc_config_read_value(cc_experiment_config *config, const cc_option *option, const char *key,
                               const cc_yaml *node, cc_arena *arena);

/* A text of one line that is not empty; *out stays where the node is none. `key` is for messages. */
cc_status cc_config_read_line(const char **out, const char *key, const cc_yaml *node, cc_arena *arena);

/* A map without one key; its members are shared. */
cc_status cc_config_without(cc_yaml **out, const cc_yaml *map, const char *key, cc_arena *arena);

#endif
