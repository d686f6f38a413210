/* datasets/label_classes.h -- from the labels of masks to the classes that a net tells apart.
 *
 *     calcium    one class: any label is foreground
 *     arteries   three: 1 the left anterior descending with the left main, 2 the left circumflex, 3 the right
 *                coronary artery. They are the labels 1, 2, 3 or, where three labels are chosen, these in the
 *                order in which they are given
 *     labels     each chosen label is a class, from 1, in the order in which they are given
 *
 * Of a net with several outputs one may learn regions instead, such as the territories of the arteries:
 * labels of a volume of their own beside the scan (cc_slice_set_read_regions), each of which is the class of
 * its number.
 *
 * Class 0 is background. */
#ifndef CC_DATASETS_LABEL_CLASSES_H
#define CC_DATASETS_LABEL_CLASSES_H

#include <stdbool.h>
#include <stdint.h>
#include "core/status.h"

/* The kinds: X(NAME) for each; `data.targets: NAME` chooses one. */
#define CC_LABEL_CLASSES_LIST(X) X(calcium) X(arteries) X(labels)

enum {
    CC_LABEL_CLASSES_MAX = 7, /* what a run file holds of a pixel's truth (results/masks.h) */
    CC_LABEL_CLASSES_ARTERIES = 3,
    CC_LABEL_CLASS_NONE = UINT8_MAX, /* the class of a label that has none */
    CC_REGION_UNKNOWN = UINT8_MAX /* a region's label where nobody has said which it is: no class, no fault */
};

typedef struct cc_label_classes {
    int count;                 /* without background; 1: the target is 0 or 1 */
    bool arteries;             /* classes 1, 2, 3 are LAD, LCX, RCA */
    bool regions;              /* of the labels of regions, not of the mask's */
    uint8_t of[UINT8_MAX + 1]; /* of each label: 0 to count, or CC_LABEL_CLASS_NONE */
} cc_label_classes;

/* `labels`: those that are chosen (cc_slice_options.labels), `count` of them; 0: all stay as they are.
 *   CC_ECONFIG  under "data.targets" no such kind; under "data.labels" arteries of other than three labels,
 *               or labels without one, with too many, or with one that is given twice */
cc_status cc_label_classes_init(cc_label_classes *out, const char *kind, const int *labels, int count);

/* Those of regions: labels 1 to `count`, at most CC_LABEL_CLASS_NONE - 1, are classes of the same numbers. */
cc_label_classes cc_label_classes_of_regions(int count);

#endif
