/* experiments/config/targets.c -- from the words of data.targets to the classes of each output of the net. */
#include "experiments/config/targets.h"

#include <stdio.h>
#include <string.h>

/* "{region: WORD, lesion: WORD}": what data.targets would have to name. */
static void describe_outputs(char *out, size_t capacity, const cc_net_spec *net) {
    size_t used = 0;
    for (int i = 0; i < net->head_count && used < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s: WORD", i ? ", " : "write {",
                                 net->heads[i].name);
    if (used < capacity) snprintf(out + used, capacity - used, "}");
}

/* The word of an output; NULL with the error set. */
static const char *word_of(const cc_experiment_config *net, const char *head) {
    char hint[256];
    for (int i = 0; i < net->data.targets.count; i++)
        if (strcmp(net->data.targets.of[i].head, head) == 0) return net->data.targets.of[i].word;
    describe_outputs(hint, sizeof hint, &net->net);
    cc_fail(CC_ECONFIG, "data.targets", hint, "what does the output %s of %s learn?", head, net->net.arch);
    return NULL;
}

/* What one output learns. Of regions net.heads says how many there are; of all else the mask does. */
static cc_status find_classes(cc_label_classes *out, const cc_head_spec *head, const char *word,
                              const int *labels, int label_count) {
    if (strcmp(word, CC_TARGET_REGIONS) == 0) {
        if (head->classes < 2)
            return cc_fail(CC_ECONFIG, "net.heads", "count the background, too",
                           "%s learns regions, and has %d class", head->name, head->classes);
        if (head->classes > CC_LABEL_CLASSES_MAX + 1)
            return cc_fail(CC_ECONFIG, "net.heads", NULL, "%s has %d classes, and regions are %d at most",
                           head->name, head->classes, CC_LABEL_CLASSES_MAX);
        *out = cc_label_classes_of_regions(head->classes - 1);
        return CC_OK;
    }
    CC_TRY(cc_label_classes_init(out, word, labels, label_count));
    if (head->classes == out->count + 1) return CC_OK;
    return cc_fail(CC_ECONFIG, "net.heads", "count the background, too",
                   "%s has %d classes, but data.targets: %s makes %d", head->name, head->classes, word,
                   out->count + 1);
}

cc_status cc_net_targets_init(cc_net_targets *out, const cc_experiment_config *net, const int *labels,
                              int label_count) {
    const cc_target_words *words = &net->data.targets;
    const cc_net_spec *spec = &net->net;
    char hint[256];
    *out = (cc_net_targets){.count = 1, .scored = CC_NO_OUTPUT, .regions = CC_NO_OUTPUT};
    if (spec->head_count == 0) {
        if (words->count > 0)
            return cc_fail(CC_ECONFIG, "data.targets", "write one word", "%s has one output, not %d",
                           spec->arch, words->count);
        out->scored = 0;
        return cc_label_classes_init(&out->of[0], words->one ? words->one : "calcium", labels, label_count);
    }
    out->count = spec->head_count;
    for (int i = 0; i < out->count; i++) {
        const char *word = word_of(net, spec->heads[i].name);
        if (!word) return CC_ECONFIG;
        CC_TRY(find_classes(&out->of[i], &spec->heads[i], word, labels, label_count));
        int *place = out->of[i].regions ? &out->regions : &out->scored;
        if (*place != CC_NO_OUTPUT)
            return cc_fail(CC_ECONFIG, "data.targets", NULL, "both %s and %s learn %s",
                           spec->heads[*place].name, spec->heads[i].name,
                           out->of[i].regions ? "regions" : "from the mask");
        *place = i;
    }
    describe_outputs(hint, sizeof hint, spec);
    if (words->count > out->count)
        return cc_fail(CC_ECONFIG, "data.targets", hint, "it names %d outputs, and %s has %d", words->count,
                       spec->arch, out->count);
    if (out->scored == CC_NO_OUTPUT)
        return cc_fail(CC_ECONFIG, "data.targets", "one output learns calcium, arteries or labels",
                       "no output learns from the mask: nothing could be scored");
    return CC_OK;
}

bool cc_config_learns_regions(const cc_experiment_config *config) {
    for (int i = 0; i < config->data.targets.count; i++)
        if (strcmp(config->data.targets.of[i].word, CC_TARGET_REGIONS) == 0) return true;
    return false;
}
