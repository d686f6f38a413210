/* core/sobol.c -- Sobol's points from Joe & Kuo's direction numbers, and Owen's scrambling of them.
 *
 * Each dimension has a primitive polynomial over the field of two elements, x^s + a1 x^(s-1) + ... + 1, and
 * odd start values m_1..m_s. The recurrence
 *
 *     m_k = 2 a1 m_(k-1) ^ 4 a2 m_(k-2) ^ ... ^ 2^s m_(k-s) ^ m_(k-s)
 *
 * gives the direction numbers v_k = m_k / 2^k, and point n is the XOR of those v_k whose bit k is set in
 * Gray's code of n. A point is made alone, from its number: nothing is kept between calls. */
#include "core/sobol.h"

#include <assert.h>
#include "core/rng.h"

enum { BITS = 32, DEGREE_MAX = 7 };

/* Joe & Kuo's columns: the degree s, the inner coefficients a1..a_(s-1) as a binary number, m_1..m_s. Their
 * dimension 1, which has no polynomial, is not among them. */
static const struct {
    uint8_t degree, inner, start[DEGREE_MAX];
} directions[CC_SOBOL_DIMENSIONS - 1] = {
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
    {6, 19, {1, 1, 1, 15, 7, 5}},
    {6, 22, {1, 3, 1, 15, 13, 25}},
    {6, 25, {1, 1, 5, 5, 19, 61}},
    {7, 1, {1, 3, 7, 11, 23, 15, 103}},
    {7, 4, {1, 3, 7, 13, 13, 15, 69}},
    {7, 7, {1, 1, 3, 13, 7, 35, 63}},
    {7, 8, {1, 3, 5, 9, 1, 25, 53}},
    {7, 14, {1, 3, 1, 13, 9, 35, 107}},
    {7, 19, {1, 3, 1, 5, 27, 61, 31}},
    {7, 21, {1, 1, 5, 11, 19, 41, 61}},
    {7, 28, {1, 3, 5, 3, 3, 13, 69}},
    {7, 31, {1, 1, 7, 13, 1, 19, 1}},
    {7, 32, {1, 3, 7, 5, 13, 19, 59}},
    {7, 37, {1, 1, 3, 9, 25, 29, 41}},
    {7, 41, {1, 3, 5, 13, 23, 1, 55}},
    {7, 42, {1, 3, 7, 3, 13, 59, 17}},
};

uint32_t cc_sobol_coordinate(uint32_t point, int dimension) {
    uint32_t m[BITS], out = 0;
    const uint32_t gray = point ^ point >> 1;
    assert(dimension >= 0 && dimension < CC_SOBOL_DIMENSIONS);
    for (int k = 0; k < BITS; k++) {
        m[k] = 1; /* the first dimension: van der Corput's sequence */
        if (dimension > 0) {
            const int s = directions[dimension - 1].degree;
            if (k < s) {
                m[k] = directions[dimension - 1].start[k];
            } else {
                m[k] = m[k - s] << s ^ m[k - s];
                for (int i = 1; i < s; i++)
                    if (directions[dimension - 1].inner >> (s - 1 - i) & 1) m[k] ^= m[k - i] << i;
            }
        }
        /* m_k has k + 1 bits here, counted from 0: v_k is m_k moved to the top of the word. */
        if (gray >> k & 1) out ^= m[k] << (BITS - 1 - k);
    }
    return out;
}

uint32_t cc_sobol_scrambled(uint32_t point, int dimension, uint64_t seed) {
    const uint32_t plain = cc_sobol_coordinate(point, dimension);
    uint32_t out = 0;
    /* The bits before bit k, counted from the highest, say in which of 2^k intervals the point lies; in each
     * of them the halves are exchanged or not, by a coin of its own. Two points share the coins of the
     * intervals that hold both. */
    for (int k = 0; k < BITS; k++) {
        const uint64_t interval = (1ULL << k) | (k ? plain >> (BITS - k) : 0);
        cc_rng coin = cc_rng_init(seed, CC_PURPOSE_SEARCH, interval, (uint64_t)dimension);
        const uint32_t bit = plain >> (BITS - 1 - k) & 1;
        out |= (bit ^ (uint32_t)(cc_rng_u64(&coin) & 1)) << (BITS - 1 - k);
    }
    return out;
}
