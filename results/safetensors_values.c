/* results/safetensors_values.c -- the types of numbers in safetensors files, and how those that weights come
 * in become float32.
 *
 * F16 and BF16 are exact in float32; F64 is rounded to nearest. Integers, booleans and 8-bit floats are
 * known, so that a file which holds some is not refused, but cannot be read as weights. */
#include "results/safetensors_values.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* As they lie in memory. */
static void from_f32(float *out, const unsigned char *in, size_t count) {
    memcpy(out, in, count * sizeof *out);
}

static void from_f64(float *out, const unsigned char *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, in + i * sizeof value, sizeof value);
        out[i] = (float)value;
    }
}

/* The upper half of a float32. */
static void from_bf16(float *out, const unsigned char *in, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)in[2 * i] << 16 | (uint32_t)in[2 * i + 1] << 24;
        memcpy(&out[i], &bits, sizeof bits);
    }
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction. */
static float half_value(unsigned bits) {
    int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
    /* Infinity and NaN; subnormals, fraction * 2^-24; else (1 + fraction / 1024) * 2^(exponent - 15). */
    float size = exponent == 31  ? (fraction ? NAN : INFINITY)
                 : exponent == 0 ? ldexpf((float)fraction, -24)
                                 : ldexpf((float)(1024 + fraction), exponent - 25);
    return bits & 0x8000 ? -size : size;
}

static void from_f16(float *out, const unsigned char *in, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = half_value(in[2 * i] | (unsigned)in[2 * i + 1] << 8);
}

static const cc_tensor_type types[] = {
    {"F32", 4, from_f32}, {"F16", 2, from_f16}, {"BF16", 2, from_bf16}, {"F64", 8, from_f64},
    {"I64", 8, NULL},     {"I32", 4, NULL},     {"I16", 2, NULL},       {"I8", 1, NULL},
    {"U64", 8, NULL},     {"U32", 4, NULL},     {"U16", 2, NULL},       {"U8", 1, NULL},
    {"BOOL", 1, NULL},    {"F8_E4M3", 1, NULL}, {"F8_E5M2", 1, NULL},   {"C64", 8, NULL},
};

const cc_tensor_type *cc_tensor_type_find(const char *name) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) return &types[i];
    return NULL;
}
