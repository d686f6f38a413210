/* experiments/evaluation/pictures.c -- examples and panels of a tested run. A figure with other pictures
 * is a unit like panels.c, its result a member of cc_pictures, and a field of results/store.h. */
#include "experiments/evaluation/pictures.h"

#include "experiments/evaluation/examples.h"
#include "experiments/evaluation/panels.h"

cc_status cc_pictures_make(cc_pictures *out, const cc_test *test, const cc_predictor *predictor,
                           cc_arena *arena) {
    cc_example_choice choice;
    *out = (cc_pictures){0};
    CC_TRY(cc_examples_choose(&choice, test, arena));
    CC_TRY(cc_examples_make(&out->examples, &out->example_count, &choice, test, predictor, arena));
    return cc_panels_make(&out->panels, &out->panel_count, &choice, test, arena);
}
