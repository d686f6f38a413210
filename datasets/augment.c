/* datasets/augment.c -- flips and rotations of a slice and its mask.
 *
 * Rotation is done with SciPy's arithmetic (scipy.ndimage.affine_transform), in the same order of operations,
 * so that pixels on the border fall on the same side of it and results can be compared to the last bit. An
 * output pixel (y, x) comes from the input at
 *
 *     R (y - cy, x - cx) + (cy, cx),      R = (cos sin; -sin cos),  (cy, cx) the centre of the picture,
 *
 * which along a row is a start and a constant step. Nothing but a name of the table says what is done: a new
 * way to change a slice is a function and a row. */
#include "datasets/augment.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A slice and what becomes of it; a NULL `in` or `in_mask` is left out. */
typedef struct change {
    float *out;
    uint8_t *out_mask;
    const float *in;
    const uint8_t *in_mask;
    int height, width, degrees;
    float fill;
} change;

/* --- flips --- */

static void flip_left_right(const change *c) {
    for (int y = 0; y < c->height; y++) {
        /* the row's first pixel and its last */
        size_t row = (size_t)y * (size_t)c->width, last = row + (size_t)c->width - 1;
        for (size_t x = 0; c->in && x < (size_t)c->width; x++) c->out[row + x] = c->in[last - x];
        for (size_t x = 0; c->in_mask && x < (size_t)c->width; x++)
            c->out_mask[row + x] = c->in_mask[last - x];
    }
}

static void flip_top_bottom(const change *c) {
    size_t width = (size_t)c->width;
    for (int y = 0; y < c->height; y++) {
        size_t to = (size_t)y * width, from = (size_t)(c->height - 1 - y) * width;
        if (c->in) memcpy(c->out + to, c->in + from, width * sizeof *c->out);
        if (c->in_mask) memcpy(c->out_mask + to, c->in_mask + from, width);
    }
}

/* --- rotation --- */

/* The sine of whole degrees from 0 to 449, from that of an angle of 0 to 90: exact where it is 0 or 1, and
 * equal for equal angles, so that rotations by 90, 180 and 270 degrees put pixels on pixels. */
static double sine(int degrees) {
    double sign = degrees % 360 < 180 ? 1 : -1;
    int d = degrees % 180;
    return sign * sin((d > 90 ? 180 - d : d) * (M_PI / 180));
}

/* Where the pixels of an output row come from: input (y, x) = start + x * step. */
typedef struct sampling_line {
    double start[2], step[2];
} sampling_line;

static sampling_line line_of(int y, int height, int width, int degrees) {
    double s = sine(degrees), c = sine(degrees + 90);
    /* Grouped as scipy.ndimage.rotate computes its offset: centre - R centre, then R times the row. */
    double cy = (height - 1) / 2.0, cx = (width - 1) / 2.0;
    return (sampling_line){.start = {cy - (c * cy + s * cx) + y * c, cx - (-s * cy + c * cx) + y * -s},
                           .step = {s, c}};
}

static inline double along(const sampling_line *l, int axis, int x) {
    return l->start[axis] + x * l->step[axis];
}

static bool inside(const sampling_line *l, int x, int height, int width) {
    double v = along(l, 0, x), u = along(l, 1, x);
    return v >= 0 && v <= height - 1 && u >= 0 && u <= width - 1;
}

/* The value between pixels, v rows down and u columns right; both inside. */
static inline float bilinear(const float *in, double v, double u, int height, int width) {
    int y = (int)v, x = (int)u; /* not negative */
    /* On the last row or column the neighbour beyond has the weight 0: any pixel will do for it. */
    int right = x + 1 < width ? x + 1 : x;
    double fy = v - y, fx = u - x;
    const float *top = in + (size_t)y * (size_t)width, *bottom = y + 1 < height ? top + width : top;
    return (float)(top[x] * ((1 - fy) * (1 - fx)) + top[right] * ((1 - fy) * fx) +
                   bottom[x] * (fy * (1 - fx)) + bottom[right] * (fy * fx));
}

static void rotate_row(const change *c, const sampling_line *l, int y, int from, int to) {
    size_t row = (size_t)y * (size_t)c->width;
    if (c->in) {
        float *out = c->out + row;
        for (int x = 0; x < from; x++) out[x] = c->fill;
        for (int x = from; x < to; x++)
            out[x] = bilinear(c->in, along(l, 0, x), along(l, 1, x), c->height, c->width);
        for (int x = to; x < c->width; x++) out[x] = c->fill;
    }
    if (c->in_mask) {
        uint8_t *out = c->out_mask + row;
        memset(out, 0, (size_t)c->width);
        for (int x = from; x < to; x++)
            out[x] =
                /* Nearest: + 0.5 and cut; both coordinates are inside, so not negative. */
                c->in_mask[(size_t)((int)(along(l, 0, x) + 0.5) * c->width + (int)(along(l, 1, x) + 0.5))];
    }
}

/* A row meets the input, which is convex, in one run of pixels: found from both ends. */
static void rotate(const change *c) {
    for (int y = 0; y < c->height; y++) {
        sampling_line l = line_of(y, c->height, c->width, c->degrees);
        int from = 0, to = c->width;
        while (from < to && !inside(&l, from, c->height, c->width)) from++;
        while (to > from && !inside(&l, to - 1, c->height, c->width)) to--;
        rotate_row(c, &l, y, from, to);
    }
}

/* --- the table --- */

static void copy(const change *c) {
    size_t count = (size_t)c->height * (size_t)c->width;
    if (c->in) memcpy(c->out, c->in, count * sizeof *c->out);
    if (c->in_mask) memcpy(c->out_mask, c->in_mask, count);
}

static const struct kind {
    const char *name;
    bool angle; /* a number of degrees stands behind the name */
    void (*apply)(const change *c);
} kinds[] = {
    {"original", false, copy}, /* never by name: every slice has it */
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

/* Whether `name` is one of the table, never "original"; *out is what it means. */
static bool parse(cc_variant *out, const char *name) {
    for (int i = ORIGINAL + 1; i < KINDS; i++) {
        const size_t length = strlen(kinds[i].name);
        if (strncmp(name, kinds[i].name, length) != 0) continue;
        *out = (cc_variant){.name = name, .kind = i};
        if (kinds[i].angle) out->degrees = parse_degrees(name + length);
        if (kinds[i].angle ? out->degrees > 0 : !name[length]) return true;
    }
    return false;
}

bool cc_augment_is_name(const char *text) {
    cc_variant variant;
    return parse(&variant, text);
}

static cc_status refuse(const char *name) {
    if (strncmp(name, "rotate", strlen("rotate")) == 0)
        return cc_fail(CC_ECONFIG, "augment", "e.g. rotate45", "\"%s\" is no rotation by 1 to 359 degrees",
                       name);
    return cc_fail(CC_ECONFIG, "augment", "use hflip, vflip, rotateN; the original is always there",
                   "\"%s\" is not known", name);
}

cc_status cc_augment_init(cc_augment *out, const char *const *names, int count) {
    cc_augment augment = {.variants = {{.name = kinds[ORIGINAL].name, .kind = ORIGINAL}}, .count = 1};
    if (count > CC_AUGMENT_MAX)
        return cc_fail(CC_ECONFIG, "augment", NULL, "%d names are more than %d", count, CC_AUGMENT_MAX);
    for (int i = 0; i < count; i++) {
        /* A name twice would show the same item twice, and weigh it double. */
        for (int k = 0; k < i; k++)
            if (strcmp(names[i], names[k]) == 0)
                return cc_fail(CC_ECONFIG, "augment", "name each once", "\"%s\" stands there twice",
                               names[i]);
        if (!parse(&augment.variants[augment.count++], names[i])) return refuse(names[i]);
    }
    *out = augment;
    return CC_OK;
}

void cc_variant_apply(const cc_variant *variant, float *out, uint8_t *out_mask, const float *in,
                      const uint8_t *in_mask, int height, int width, float fill) {
    assert(variant->kind >= ORIGINAL && variant->kind < KINDS);
    change c = {out, out_mask, in, in_mask, height, width, variant->degrees, fill};
    kinds[variant->kind].apply(&c);
}
