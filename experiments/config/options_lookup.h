/* experiments/config/options_lookup.h -- finding rows of the table of options, whether one means something
 * beside the choices already made, and what messages say of it. Private to experiments/config. */
#ifndef CC_EXPERIMENTS_CONFIG_OPTIONS_LOOKUP_H
#define CC_EXPERIMENTS_CONFIG_OPTIONS_LOOKUP_H

#include "experiments/config/options.h"

/* The table's rows, in the order of the resolved print. */
int cc_option_count(void);
const cc_option *cc_option_get(int row);

/* The first row of a key, or -1. */
int cc_option_find(const char *key);
/* Whether a key is a part of longer keys: "data.split". */
bool cc_option_is_group(const char *key);

/* What stands in a group, "" being the whole: "type, lr, momentum". */
void cc_option_list(char *out, size_t capacity, const char *group);

/* Whether a row means something beside the choices already in `config`. */
bool cc_option_holds(const cc_option *option, const cc_experiment_config *config, bool in_term);

/* The word that a choice or boolean has in `config`; NULL where a choice means nothing there. */
const char *cc_option_word(const cc_option *option, const cc_experiment_config *config);

/* The words of a row's `is`, "roi|cascade", with `between` in place of each bar. */
void cc_option_words(char *out, size_t capacity, const char *words, const char *between);

/* What a row wants: "a whole number from 1 to 16", "one of pad, scale". */
void cc_option_wants(char *out, size_t capacity, const cc_option *option);

/* A hint for a key that is none: the nearest, or those of its group. */
void cc_option_hint(char *out, size_t capacity, const char *unknown_key);
/* A hint for a word that is no choice of the row; "" where none is near. */
void cc_option_hint_choice(char *out, size_t capacity, const cc_option *option, const char *word);

/* A number in its shortest form that reads back exactly, with a point before an exponent (YAML 1.1 wants
 * one). */
void cc_option_format_real(char out[32], double value);

#endif
