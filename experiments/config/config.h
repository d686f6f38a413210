/* experiments/config/config.h -- an experiment's configuration: a YAML file in, one cc_experiment_config a
 * variant out.
 *
 * The table of options (experiments/config/options.h) declares each once (key, type, range, default, unit,
 * meaning, place in experiments/config/experiment.h); reading, checking, printing, the reference page and the
 * schema for editors (schema.h) all follow that table. The rules of the format:
 *   extends: FILE     the file starts from another (relative to itself; chains): maps merge, anything else is
 *                     replaced. A list of files: each is laid over those before it, this one over all
 *   matrix: ...       one file, several variants: {net.arch: [unet, unet-bn], ...} is the cartesian product,
 *                     the last key fastest; [{variant: a, net.arch: unet}, ...] lists them. A named key is
 *                     replaced whole. Of a chain of files the nearest matrix counts; `matrix: null` drops it
 *   report: ...       what the table of the variants looks like: of the file, and of no variant
 *   ${NAME}           in paths, from the environment; ${NAME:-text} where NAME may be unset
 *   --set a.b=VALUE   over the files, before the matrix; VALUE is YAML
 *   null              the option's default
 * A relative path under `data`, and that of `net.weights`, is relative to the current folder, as on a command
 * line.
 *
 * Every fault is CC_ECONFIG (a file that cannot be read: CC_ENOTFOUND or CC_EIO) with FILE:LINE, or "--set
 * a.b=VALUE", the key, and what would be right. */
#ifndef CC_EXPERIMENTS_CONFIG_CONFIG_H
#define CC_EXPERIMENTS_CONFIG_CONFIG_H

#include "core/status.h"
#include "experiments/config/config_print.h"
#include "experiments/config/experiment.h"

/* One file's variants, and the memory of their strings. */
typedef struct cc_config cc_config;

/* Reads a file with what it extends, the overrides "a.b=VALUE" and its matrix. The caller owns *out. */
cc_status cc_config_load(cc_config **out, const char *path, const char *const *sets, int set_count,
                         unsigned flags);

/* The same of one variant alone, by its number: the config then has this one, and the others are not looked
 * at. For who has loaded the whole before. CC_ECONFIG too where the file makes no variant of that number. */
cc_status cc_config_load_variant(cc_config **out, const char *path, const char *const *sets, int set_count,
                                 unsigned flags, int variant);

/* Reads one YAML text, e.g. the `spec` of a parity fixture; it may not extend a file. `where` names it in
 * messages. `section` is NULL, or the key whose value the text is: with "loss" the text is "type: focal" and
 * the like. */
cc_status cc_config_parse_text(cc_config **out, const char *text, size_t bytes, const char *where,
                               const char *section, unsigned flags);

void cc_config_destroy(cc_config *config); /* takes NULL */

/* At least 1. Without a matrix there is one variant. No two have the same variant, fold and seed. */
int cc_config_count(const cc_config *config);
/* The flags that it was read with. */
unsigned cc_config_flags(const cc_config *config);
/* Whether --set gave it a matrix or a variant, so that its variants are not those of the file. */
bool cc_config_has_own_variants(const cc_config *config);
/* Borrowed, until the config is destroyed. */
const cc_experiment_config *cc_config_get(const cc_config *config, int index);

#endif
