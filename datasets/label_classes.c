/* datasets/label_classes.c -- one table of 256 labels for each kind of target. */
#include "datasets/label_classes.h"

#include <assert.h>
#include <string.h>

/* Every label is foreground: none can be wrong. */
static void any_label(cc_label_classes *t) {
    t->count = 1;
    memset(t->of, 1, sizeof t->of);
    t->of[0] = 0;
}

/* Of chosen labels others have become background (datasets/slice.h), so that none of them is met; without a
 * choice they would be, and have no class. */
static cc_status each_label(cc_label_classes *t, const int *labels, int count) {
    t->count = count;
    memset(t->of, CC_LABEL_CLASS_NONE, sizeof t->of);
    t->of[0] = 0;
    for (int i = 0; i < count; i++) {
        if (t->of[labels[i]] != CC_LABEL_CLASS_NONE)
            return cc_fail(CC_ECONFIG, "data.labels", "give each once", "label %d would be two classes",
                           labels[i]);
        t->of[labels[i]] = (uint8_t)(i + 1);
    }
    return CC_OK;
}

cc_status cc_label_classes_init(cc_label_classes *out, const char *kind, const int *labels, int count) {
    static const int arteries[CC_LABEL_CLASSES_ARTERIES] = {1, 2, 3};
    cc_label_classes t = {.arteries = strcmp(kind, "arteries") == 0};
    if (strcmp(kind, "calcium") == 0) {
        any_label(&t);
    } else if (t.arteries) {
        if (count != 0 && count != CC_LABEL_CLASSES_ARTERIES)
            return cc_fail(CC_ECONFIG, "data.labels",
                           "give those of LAD, LCX and RCA, in this order, or none",
                           "data.targets: arteries takes three labels, not %d", count);
        CC_TRY(each_label(&t, count ? labels : arteries, CC_LABEL_CLASSES_ARTERIES));
    } else if (strcmp(kind, "labels") == 0) {
        if (count < 1 || count > CC_LABEL_CLASSES_MAX)
            return cc_fail(CC_ECONFIG, "data.labels", "name the labels that are to be classes",
                           "data.targets: labels takes 1 to %d labels, not %d", CC_LABEL_CLASSES_MAX, count);
        CC_TRY(each_label(&t, labels, count));
    } else {
        return cc_fail(CC_ECONFIG, "data.targets", "use calcium, arteries or labels",
                       "no target is called \"%s\"", kind);
    }
    *out = t;
    return CC_OK;
}

cc_label_classes cc_label_classes_of_regions(int count) {
    cc_label_classes t = {.count = count, .regions = true};
    assert(count >= 1 && count < CC_LABEL_CLASS_NONE);
    memset(t.of, CC_LABEL_CLASS_NONE, sizeof t.of);
    for (int label = 0; label <= count; label++) t.of[label] = (uint8_t)label;
    return t;
}
