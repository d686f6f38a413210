/* core/sobol.h -- Sobol's sequence: points that fill a cube more evenly than random ones.
 *
 * The first 2^k points of one dimension lie one in each of 2^k equal intervals, and the later ones keep
 * filling the gaps, so that more points may be asked for at any time. Source: Sobol, USSR Comput. Math. Math.
 * Phys. 7(4) (1967), 86-112; the direction numbers of Joe & Kuo, SIAM J. Sci. Comput. 30 (2008), 2635-2654
 * (their file new-joe-kuo-6); the order of Gray's code, Antonov & Saleev (1979), as SciPy has it. */
#ifndef CC_CORE_SOBOL_H
#define CC_CORE_SOBOL_H

#include <stdint.h>

enum { CC_SOBOL_DIMENSIONS = 32 };

/* Coordinate 0..CC_SOBOL_DIMENSIONS-1 of a point, in units of 2^-32. Point 0 is the origin. */
uint32_t cc_sobol_coordinate(uint32_t point, int dimension);

/* The same after Owen's scrambling by a seed: each point is uniform over the cube, and the points together
 * are as even as before. Source: Owen, "Randomly permuted (t,m,s)-nets and (t,s)-sequences", Monte Carlo and
 * Quasi-Monte Carlo Methods in Scientific Computing (1995), 299-317. */
uint32_t cc_sobol_scrambled(uint32_t point, int dimension, uint64_t seed);

#endif
