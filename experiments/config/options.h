/* experiments/config/options.h -- a row of the table of options: all that is known of one option.
 *
 * Reading, checking, printing, reference and schema follow the table; a new option is a member of
 * cc_experiment_config (experiment.h) and a row of options_data.c, options_volumes.c, options_augment.c,
 * options_net.c, options_training.c or options_report.c (after Redis' config.c). Private to the
 * configuration; others include experiments/config/config.h. */
#ifndef CC_EXPERIMENTS_CONFIG_OPTIONS_H
#define CC_EXPERIMENTS_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "experiments/config/experiment.h"

/* What stands at the offset. */
typedef enum cc_option_kind {
    CC_OPTION_INTEGER, /* int */
    CC_OPTION_SEED,    /* uint64_t; the file's number goes to 2^63 - 1 */
    CC_OPTION_REAL,    /* double */
    CC_OPTION_BOOLEAN, /* bool */
    CC_OPTION_CHOICE,  /* const char *, one of `choices` */
    CC_OPTION_NAME,    /* const char *, folder names joined by '/', at most `most` of them */
    CC_OPTION_PATH,    /* const char *, ${NAME} replaced */
    /* const char *, "FILE" or "FILE#VARIANT", ${NAME} replaced; the file's path is absolute, a relative one
     * counts from the file that gives it */
    CC_OPTION_CONFIG,
    CC_OPTION_CONFIGS,  /* cc_text_list, each item as CC_OPTION_CONFIG, no two alike */
    CC_OPTION_INTEGERS, /* int[most], and its count, an int, at count_offset */
    /* cc_extents[most], and their count, an int, at count_offset: a list of numbers, each of all axes, and
     * of lists of one number an axis */
    CC_OPTION_EXTENTS,
    CC_OPTION_REALS,  /* double[most], all given; or, where count_offset is not 0, as CC_OPTION_INTEGERS */
    CC_OPTION_TEXTS,  /* cc_text_list, each item as `item_ok` likes it, no two alike */
    CC_OPTION_LOSSES, /* the terms of a cc_loss_spec */
    CC_OPTION_HEADS,  /* cc_head_spec[most], and their count, an int, at count_offset: a map of names */
    /* cc_target_words: one of `choices`, or a map of names and these or CC_TARGET_REGIONS */
    CC_OPTION_TARGETS,
    CC_OPTION_TEXT,   /* const char *, a line of any letters */
    CC_OPTION_LABELS, /* cc_label_list: a map of variants and texts */
    CC_OPTION_CLAIMS, /* cc_claim_list: a list of maps (config_report.h) */
} cc_option_kind;

enum { CC_OPTION_CHOICES_MAX = 16, CC_NAME_MAX = 128 /* bytes of a name, without its terminator */ };

/* One row. Two rows may have one key: `when` tells which of them holds, e.g. for a default that depends. */
typedef struct cc_option {
    const char *key; /* dotted */
    cc_option_kind kind;
    size_t offset, count_offset; /* in cc_experiment_config */
    const char *when;            /* the option means something only where this choice, of a row above, or
                                    boolean ("true", "false"), or list of texts ... */
    const char *is;              /* ... is, or holds, one of these words, separated by '|' */
    double min, max;             /* numbers, and the items of a list of numbers */
    bool above_min, below_max;   /* the bound itself lies outside */
    int least, most;             /* list: number of items; name: most parts */
    const char
        *choices[CC_OPTION_CHOICES_MAX]; /* a choice; a list of texts: its items, or else item_pattern */
    bool (*item_ok)(const char *text);
    const char *item_wants;   /* what item_ok likes, for people */
    const char *item_pattern; /* the same as a regular expression, as JSON Schema has them */
    const char *initial;      /* the default, as YAML; NULL: none, and the value is `null_value` or NULL */
    const char *initial_note; /* where there is none: what happens then, for people */
    int null_value;           /* integer, real: stands for null */
    bool needed;              /* must be given where it means something */
    bool needed_to_run;       /* the same under CC_CONFIG_RUNNABLE */
    bool only_term;           /* means something only in a term of a loss */
    bool locates;             /* says where things lie or how fast: its text is no part of a run's identity */
    const char *usual; /* of an option that is younger than some runs: the value that means what they have, as
                          it is printed. It is no part of an identity; null is not printed */
    const char
        *usual_as; /* the same where that value is not one but that of another option, of a row above: the
                             key of it */
    const char *unit, *meaning;
} cc_option;

#endif
