/* datasets/phantom/territories.c -- distances to the courses of the coronary arteries.
 *
 * A course is a chain of straight segments (coronaries.c). The distance of a point q to the segment from a to
 * b is that to a + t (b - a), with t = (q - a).(b - a) / |b - a|^2 kept within [0, 1]. */
#include "datasets/phantom/territories.h"

#include <math.h>

/* The squared distance to a segment. */
static double from_segment(cc_point q, cc_point a, cc_point b) {
    const cc_point along = cc_point_add(b, -1, a), to = cc_point_add(q, -1, a);
    const double length = cc_point_dot(along, along);
    const double t = length > 0 ? fmin(fmax(cc_point_dot(to, along) / length, 0), 1) : 0;
    const cc_point d = cc_point_add(to, -t, along);
    return cc_point_dot(d, d);
}

uint8_t cc_phantom_territory(const cc_raster *r, const cc_anatomy *a, size_t at) {
    const uint8_t plaque = r->calcium[at];
    if (plaque >= CC_TISSUE_PLAQUE_LAD && plaque <= CC_TISSUE_PLAQUE_RCA) return plaque;
    if (!r->heart[at]) return 0;
    const cc_point q = {r->x[at], r->y[at], r->z[at]};
    double nearest = CC_TERRITORY_REACH_MM * CC_TERRITORY_REACH_MM;
    uint8_t territory = 0;
    for (int k = 0; k < CC_CORONARIES; k++)
        for (int i = 0; i + 1 < CC_CORONARY_POINTS; i++) {
            const double d = from_segment(q, a->coronaries[k][i], a->coronaries[k][i + 1]);
            if (d >= nearest) continue;
            nearest = d;
            territory = (uint8_t)(k + 1);
        }
    return territory;
}
