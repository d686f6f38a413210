/* nets/engine/hyperparameter.h -- a number, or a yes or no, that a config may set of a loss or an optimiser:
 * its name, place, range, default and meaning, declared once, in the folder of what it belongs to.
 *
 * The checks of nets/ and the configuration's table of options (experiments/config/options_training.c) both
 * read this declaration, so that no range or default stands twice. */
#ifndef CC_NETS_ENGINE_HYPERPARAMETER_H
#define CC_NETS_ENGINE_HYPERPARAMETER_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

typedef struct cc_hyperparameter {
    const char *name;    /* the key in a config, below `loss` or `optimizer`: "gamma" */
    size_t offset;       /* in the spec: of a double, or of the first of `count`; of a bool */
    bool flag;           /* it is a bool; neither count nor range means anything */
    int count;           /* 0: one number; else a list of so many, */
    size_t count_offset; /* or, where this is not 0, of 1 to so many: of an int, 0 where none is given */
    double min, max;     /* of each number; NaN never lies between */
    bool above_min, below_max; /* the bound itself is not allowed */
    const char *initial;       /* the default, as YAML; NULL: there is none, and 0 stands for "not given" */
    const char *initial_note;  /* where there is none: what happens then, for people */
    const char *usual;         /* of one that is younger than some runs: the value, as YAML, that they have */
    const char *unit, *meaning; /* for people; unit NULL: none */
} cc_hyperparameter;

/* Whether every number of the list (which NULL ends; NULL: an empty one) lies in its range in `spec`.
 *   CC_ECONFIG  the first that does not: "WHERE.NAME", its value, and the range */
cc_status cc_hyperparameters_check(const cc_hyperparameter *const *list, const void *spec, const char *where);

/* Whether the list has this very declaration. */
bool cc_hyperparameters_hold(const cc_hyperparameter *const *list, const cc_hyperparameter *one);

#endif
