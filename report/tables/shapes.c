/* report/tables/shapes.c -- which listing a shape of tables has: a line each, for all that make tables (the
 * report, and the gate that makes those of an earlier state). Scores have listings of their own
 * (report/tables/scores.h). */
#include "report/tables/shapes.h"

#include <assert.h>
#include "report/tables/calcium.h"
#include "report/tables/challenge.h"
#include "report/tables/stages.h"
#include "report/tables/surfaces.h"

cc_status cc_table_listing_of_shape(cc_listing *out, const cc_table *table, cc_arena *arena) {
    static cc_status (*const listings[])(cc_listing * out, const cc_table *table, cc_arena *arena) = {
        [CC_SHAPE_STAGES] = cc_table_listing_stages,
        [CC_SHAPE_CALCIUM] = cc_table_listing_calcium,
        [CC_SHAPE_SURFACES] = cc_table_listing_surfaces,
        [CC_SHAPE_CHALLENGE] = cc_table_listing_challenge};
    assert(table->spec->shape != CC_SHAPE_SCORES);
    return listings[table->spec->shape](out, table, arena);
}
