/* experiments/config/experiment.c -- what is asked of a variant more often than its words can be compared. */
#include "experiments/config/experiment.h"

#include <string.h>
#include "datasets/mirror.h"

bool cc_experiment_is_ensemble(const cc_experiment_config *config) {
    return strcmp(config->stage, "ensemble") == 0;
}

bool cc_experiment_trains(const cc_experiment_config *config) {
    return strcmp(config->stage, "cascade") != 0 && !cc_experiment_is_ensemble(config);
}

unsigned cc_experiment_mirrors(const cc_experiment_config *config) {
    unsigned axes = 0;
    for (int i = 0; i < config->evaluate.mirrors.count; i++)
        axes |= cc_mirror_axis(config->evaluate.mirrors.items[i]);
    return axes;
}
