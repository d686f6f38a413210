/* datasets/phantom/territories.h -- the territory of each coronary artery: where in the heart a plaque would
 * be its own. */
#ifndef CC_DATASETS_PHANTOM_TERRITORIES_H
#define CC_DATASETS_PHANTOM_TERRITORIES_H

#include "datasets/phantom/rasterise.h"

/* How far a territory reaches from the artery's course. */
#define CC_TERRITORY_REACH_MM 20.0

/* Of a pixel of a painted raster: 1 LAD with the left main, 2 LCX, 3 RCA; 0: it lies outside the pericardium,
 * or farther than CC_TERRITORY_REACH_MM from all three. A pixel that plaque touches is of its own artery,
 * another of the one whose course is nearest in the anatomy's space, of equal ones the first: at their common
 * root the LAD's. */
uint8_t cc_phantom_territory(const cc_raster *raster, const cc_anatomy *anatomy, size_t at);

#endif
