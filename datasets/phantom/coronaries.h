/* datasets/phantom/coronaries.h -- the coronary arteries, and calcium in them and elsewhere. */
#ifndef CC_DATASETS_PHANTOM_CORONARIES_H
#define CC_DATASETS_PHANTOM_CORONARIES_H

#include "datasets/phantom/anatomy.h"

/* Lays the arteries on the ellipsoid of the ventricles, from the root of the aorta, each in a groove of fat;
 * then their plaques, as many and as large as anatomy->plaque says, of the clinical burden anatomy->agatston,
 * and calcium of the aortic root and of the mitral annulus where anatomy->wall_calcium is set. */
void cc_anatomy_add_coronaries(cc_anatomy *anatomy, const cc_solid *ventricles, cc_point root, uint64_t seed,
                               int patient);

/* Calcium in the wall of a vessel: one to four arcs around the axis from..to at its radius. */
void cc_anatomy_add_wall_calcium(cc_anatomy *anatomy, cc_rng *rng, cc_phantom_tissue tissue, cc_point from,
                                 cc_point to, double radius_mm);

#endif
