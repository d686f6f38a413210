/* Every variant is one 2 x 2 matrix about the picture's centre, from output to input: flips are matrices of
 * 0 and 1, for which the interpolation gives the very pixel back. The arithmetic is that of SciPy's
 * affine_transform, in the same order, so that pixels on the border fall on the same side of it. */
#include "datasets/augment.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Input (y, x) = offset + m * output (y, x). */
typedef struct affine {
    double m[2][2], offset[2];
} affine;

static void flip_left_right(double m[2][2], int degrees) {
    (void)degrees;
    m[0][0] = 1;
    m[1][1] = -1;
}

static void flip_top_bottom(double m[2][2], int degrees) {
    (void)degrees;
    m[0][0] = -1;
    m[1][1] = 1;
}

/* The sine of whole degrees from 0 to 449, exact where it is 0, 1/2 or 1: with quarter turns pixels fall on
 * pixels, and with 30 and 60 degrees half way between two, where a rounding error would choose the other. */
static double sine(int degrees) {
    int d = degrees % 360;
    double sign = d < 180 ? 1 : -1;
    d %= 180;
    if (d > 90) d = 180 - d;
    return sign * (d == 0 ? 0 : d == 30 ? 0.5 : d == 90 ? 1 : sin(d * (M_PI / 180)));
}

static void rotate(double m[2][2], int degrees) {
    m[0][0] = m[1][1] = sine(degrees + 90);
    m[0][1] = sine(degrees);
    m[1][0] = -m[0][1];
}

static const struct kind {
    const char *name;
    bool angle; /* a number of degrees stands behind the name */
    void (*matrix)(double m[2][2], int degrees);
} kinds[] = {
    {"original", false, NULL}, /* never by name: every slice has it */
    {"hflip", false, flip_left_right},
    {"vflip", false, flip_top_bottom},
    {"rotate", true, rotate},
};

enum { ORIGINAL = 0, KINDS = sizeof kinds / sizeof *kinds };

/* 1 to 359 without a leading zero; else 0. */
static int parse_degrees(const char *text) {
    if (text[0] == '0' || strlen(text) > 3) return 0;
    for (const char *c = text; *c; c++)
        if (!isdigit((unsigned char)*c)) return 0;
    int degrees = atoi(text);
    return degrees < 360 ? degrees : 0;
}

static cc_status parse(cc_variant *out, const char *name) {
    for (int i = ORIGINAL + 1; i < KINDS; i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(name, kinds[i].name, length) != 0) continue;
        *out = (cc_variant){.name = name, .kind = i};
        if (kinds[i].angle)
            out->degrees = parse_degrees(name + length);
        else if (name[length])
            continue;
        if (!kinds[i].angle || out->degrees) return CC_OK;
        return cc_fail(CC_ECONFIG, "augment", "e.g. rotate45", "\"%s\" is no rotation by 1 to 359 degrees",
                       name);
    }
    return cc_fail(CC_ECONFIG, "augment", "use hflip, vflip, rotateN; the original is always there",
                   "\"%s\" is not known", name);
}

cc_status cc_augment_init(cc_augment *out, const char *const *names, int count) {
    cc_augment augment = {.variants = {{.name = kinds[ORIGINAL].name, .kind = ORIGINAL}}, .count = 1};
    if (count > CC_AUGMENT_MAX)
        return cc_fail(CC_ECONFIG, "augment", NULL, "%d names are more than %d", count, CC_AUGMENT_MAX);
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0)
                return cc_fail(CC_ECONFIG, "augment", "name each once", "\"%s\" stands there twice",
                               names[i]);
        CC_TRY(parse(&augment.variants[augment.count++], names[i]));
    }
    *out = augment;
    return CC_OK;
}

static affine about_centre(const cc_variant *variant, int height, int width) {
    affine a = {0};
    kinds[variant->kind].matrix(a.m, variant->degrees);
    double cy = (height - 1) / 2.0, cx = (width - 1) / 2.0;
    a.offset[0] = cy - (a.m[0][0] * cy + a.m[0][1] * cx);
    a.offset[1] = cx - (a.m[1][0] * cy + a.m[1][1] * cx);
    return a;
}

static inline double along(const affine *a, int axis, int y, int x) {
    return a->offset[axis] + y * a->m[axis][0] + x * a->m[axis][1];
}

static inline bool inside(double v, double u, int height, int width) {
    return v >= 0 && v <= height - 1 && u >= 0 && u <= width - 1;
}

/* v, u: the place in `in`, y and x. */
static inline float bilinear(const float *in, double v, double u, int height, int width) {
    int y = (int)v, x = (int)u; /* not negative */
    int below = y + 1 < height ? y + 1 : y, right = x + 1 < width ? x + 1 : x;
    double fy = v - y, fx = u - x;
    const float *top = in + (size_t)y * (size_t)width, *bottom = in + (size_t)below * (size_t)width;
    return (float)(top[x] * ((1 - fy) * (1 - fx)) + top[right] * ((1 - fy) * fx) +
                   bottom[x] * (fy * (1 - fx)) + bottom[right] * (fy * fx));
}

static void transform_image(float *out, const float *in, const affine *a, int height, int width, float fill) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double v = along(a, 0, y, x), u = along(a, 1, y, x);
            *out++ = inside(v, u, height, width) ? bilinear(in, v, u, height, width) : fill;
        }
}

static void transform_mask(uint8_t *out, const uint8_t *in, const affine *a, int height, int width) {
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double v = along(a, 0, y, x), u = along(a, 1, y, x);
            *out++ =
                inside(v, u, height, width) ? in[(size_t)(v + 0.5) * (size_t)width + (size_t)(u + 0.5)] : 0;
        }
}

void cc_variant_apply(const cc_variant *variant, float *out, uint8_t *out_mask, const float *in,
                      const uint8_t *in_mask, int height, int width, float fill) {
    size_t count = (size_t)height * (size_t)width;
    assert(variant->kind >= ORIGINAL && variant->kind < KINDS);
    if (variant->kind == ORIGINAL) {
        if (in) memcpy(out, in, count * sizeof *out);
        if (in_mask) memcpy(out_mask, in_mask, count);
        return;
    }
    affine a = about_centre(variant, height, width);
    if (in) transform_image(out, in, &a, height, width, fill);
    if (in_mask) transform_mask(out_mask, in_mask, &a, height, width);
}
