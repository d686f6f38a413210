/* experiments/parity/made_values.c -- parameters from names, as the scripts that made the fixtures have them.
 *
 * The scripts hold the same three functions in Python; a net's weights need not be stored, and both sides
 * agree on them to the bit. The constants are those of FNV-1a (Fowler, Noll, Vo) and of SplitMix64 (Steele,
 * Lea, Flood, OOPSLA 2014). */
#include "experiments/parity/made_values.h"

#include <math.h>

/* FNV-1a's 64-bit hash of a text. */
static uint64_t fnv1a64(const char *text) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    return hash;
}

/* The i-th number of a key, uniform in [-1, 1): 53 bits of SplitMix64. */
static double uniform_at(uint64_t key, uint64_t i) {
    uint64_t z = key + (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1.0p-53 * 2.0 - 1.0;
}

/* value = centre + spread * u */
static void scale_of(double *centre, double *spread, const cc_op_parameter *p) {
    const bool one = p->role == CC_ROLE_NORM_WEIGHT || p->role == CC_ROLE_RUNNING_VAR;
    *centre = one ? 1 : p->role == CC_ROLE_SLOPE ? 0.25 : 0;
    *spread = p->role == CC_ROLE_KERNEL ? sqrt(6.0 / p->fan_in) : p->role == CC_ROLE_RUNNING_VAR ? 0.5 : 0.1;
}

void cc_made_values(float *values, const cc_parameter *parameter, uint64_t seed) {
    char text[512];
    double centre, spread;
    snprintf(text, sizeof text, "%llu:%s", (unsigned long long)seed, parameter->name);
    scale_of(&centre, &spread, &parameter->of);
    uint64_t key = fnv1a64(text);
    for (int64_t i = 0; i < parameter->count; i++)
        values[i] = (float)(centre + spread * uniform_at(key, (uint64_t)i));
}
