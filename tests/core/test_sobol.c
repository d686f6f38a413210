/* tests/core/test_sobol.c -- Sobol's points against SciPy's, and what the scrambling must keep. */
#include "core/sobol.h"
#include "support.h"

/* scipy.stats.qmc.Sobol(32, scramble=False, bits=32).random(4096) of SciPy 1.17.1, times 2^32. */
static void points_are_those_of_scipy(void **state) {
    (void)state;
    static const int dimensions[] = {0, 1, 2, 3, 5, 8, 13, 20, 31};
    static const struct {
        uint32_t point, at[9];
    } want[] = {
        {0, {0}},
        {1,
         {2147483648, 2147483648, 2147483648, 2147483648, 2147483648, 2147483648, 2147483648, 2147483648,
          2147483648}},
        {2,
         {3221225472, 1073741824, 1073741824, 1073741824, 3221225472, 3221225472, 1073741824, 1073741824,
          1073741824}},
        {5,
         {3758096384, 3758096384, 536870912, 1610612736, 2684354560, 1610612736, 536870912, 2684354560,
          2684354560}},
        {7,
         {536870912, 2684354560, 1610612736, 536870912, 1610612736, 2684354560, 1610612736, 3758096384,
          3758096384}},
        {100,
         {1778384896, 1107296256, 3321888768, 3120562176, 3187671040, 2717908992, 3657433088, 3254779904,
          1778384896}},
        {1023,
         {4194304, 3233808384, 2629828608, 624951296, 1883242496, 1480589312, 2856321024, 3720347648,
          2638217216}},
        {4095,
         {1048576, 4042260480, 1435500544, 3872391168, 338690048, 823132160, 2232418304, 969932800,
          376438784}},
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        for (int d = 0; d < 9; d++)
            assert_int_equal(cc_sobol_coordinate(want[i].point, dimensions[d]), want[i].at[d]);
}

/* The property that Owen (1995) proves of scrambled nets: 2^k points still lie one in each of 2^k intervals
 * of every dimension; and in the first two dimensions, a (0,2)-sequence, one in each box of area 2^-k. */
static void scrambled_points_are_as_even_as_plain_ones(void **state) {
    (void)state;
    enum { BITS = 6, POINTS = 1 << BITS };
    for (uint64_t seed = 0; seed < 3; seed++) {
        for (int d = 0; d < CC_SOBOL_DIMENSIONS; d++) {
            int seen[POINTS] = {0};
            for (uint32_t p = 0; p < POINTS; p++) seen[cc_sobol_scrambled(p, d, seed) >> (32 - BITS)]++;
            for (int i = 0; i < POINTS; i++) assert_int_equal(seen[i], 1);
        }
        for (int across = 0; across <= BITS; across++) {
            int seen[POINTS] = {0};
            for (uint32_t p = 0; p < POINTS; p++) {
                const uint64_t x = cc_sobol_scrambled(p, 0, seed), y = cc_sobol_scrambled(p, 1, seed);
                seen[(x >> (32 - across)) << (BITS - across) | y >> (32 - BITS + across)]++;
            }
            for (int i = 0; i < POINTS; i++) assert_int_equal(seen[i], 1);
        }
    }
}

static void a_seed_moves_every_point_and_names_it(void **state) {
    (void)state;
    double sum = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        const uint32_t x = cc_sobol_scrambled(0, 3, seed);
        assert_int_equal(x, cc_sobol_scrambled(0, 3, seed));
        assert_int_not_equal(x, cc_sobol_scrambled(0, 3, seed + 1));
        sum += x * 0x1p-32;
    }
    /* Uniform over the seeds: the mean of 1000 is within 4 of its standard deviations, 1/sqrt(12000). */
    assert_true(sum / 1000 > 0.5 - 0.037 && sum / 1000 < 0.5 + 0.037);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_those_of_scipy),
        cmocka_unit_test(scrambled_points_are_as_even_as_plain_ones),
        cmocka_unit_test(a_seed_moves_every_point_and_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
