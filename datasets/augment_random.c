/* datasets/augment_random.c -- the kinds' numbers, and what an item draws from them.
 *
 * Each kind has a stream of its own, and draws from it in one order: first whether it is applied, then its
 * numbers as the table below lists them. */
#include "datasets/augment_random.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/rng.h"
#include "datasets/intensity.h"
#include "datasets/warp.h"

static const char *const kind_names[] = {
#define X(name) #name,
    CC_RANDOM_KIND_LIST(X)
#undef X
};

enum { STREAMS = 16 }; /* of an item: more than there are kinds */
_Static_assert((int)CC_RANDOM_KINDS + (int)CC_RANDOM_PLANES <= (int)STREAMS,
               "each kind has its own stream, and so has the noise of each neighbour");

#define AT(member) offsetof(cc_random_ranges, member)
#define PROBABILITY(kind_name, text)                                                                         \
    {                                                                                                        \
        .kind = CC_RANDOM_##kind_name, .name = "probability",                                                \
        .offset = AT(probability[CC_RANDOM_##kind_name]), .max = 1, .initial = text, .unit = "share",        \
        .meaning = "share of the items that it is applied to, drawn for each"                                \
    }

/* The bounds leave out what has no inverse or no meaning (a scale of 0, a shear of 90 degrees, a power of 0)
 * and what no work buffer is made for (a wider blur). Where the defaults come from: augment_random.h. */
static const cc_random_number numbers[] = {
    PROBABILITY(affine, "0.2"),
    {CC_RANDOM_affine, "rotation", AT(rotation), 0, 0, 180, false, "30", "degrees",
     "turned about the centre, by up to so much in either direction"},
    {CC_RANDOM_affine, "scale", AT(scale), 2, 0.1, 10, false, "[0.7, 1.4]", "factor",
     "made larger (above 1) or smaller, log-uniform between the two"},
    {CC_RANDOM_affine, "shear", AT(shear), 0, 0, 60, false, "0", "degrees",
     "rows sheared, by up to so much in either direction"},
    {CC_RANDOM_affine, "shift", AT(shift), 0, 0, 0.5, false, "0", "share of the side",
     "moved along each axis, by up to so much in either direction"},
    PROBABILITY(elastic, "0.2"),
    {CC_RANDOM_elastic, "spacing", AT(elastic_spacing), 0, 0.02, 1, false, "0.125", "share of the side",
     "distance of the control points of a cubic B-spline"},
    {CC_RANDOM_elastic, "sigma", AT(elastic_sigma), 0, 0, 0.25, false, "0.02", "share of the side",
     "standard deviation of a control point's displacement along each axis; the picture moves by half of it"},
    PROBABILITY(noise, "0.1"),
    {CC_RANDOM_noise, "sigma", AT(noise_sigma), 0, 0, 1000, false, "30", "HU",
     "standard deviation of Gaussian noise, uniform from 0 to this"},
    PROBABILITY(blur, "0.2"),
    {CC_RANDOM_blur, "sigma", AT(blur_sigma), 2, 0.1, CC_BLUR_SIGMA_MAX, false, "[0.5, 1]", "pixels",
     "standard deviation of the Gaussian, uniform between the two"},
    PROBABILITY(brightness, "0.15"),
    {CC_RANDOM_brightness, "shift", AT(brightness_shift), 0, 0, 1000, false, "50", "HU",
     "added to every pixel, by up to so much in either direction"},
    PROBABILITY(contrast, "0.15"),
    {CC_RANDOM_contrast, "factor", AT(contrast_factor), 2, 0, 10, false, "[0.75, 1.25]", "factor",
     "distances from the mean of the slice, or patch, within the window are multiplied by this, uniform "
     "between the two"},
    PROBABILITY(low_resolution, "0.25"),
    {CC_RANDOM_low_resolution, "scale", AT(low_resolution_scale), 2, 0, 1, true, "[0.5, 1]",
     "share of the resolution",
     "shown as if scanned at this, uniform between the two: nearest down, linear up"},
    PROBABILITY(gamma, "0.3"),
    {CC_RANDOM_gamma, "exponent", AT(gamma_exponent), 2, 0, 10, true, "[0.7, 1.5]", "exponent",
     "power of the windowed values, 0 to 1, log-uniform between the two"},
};
#undef PROBABILITY
#undef AT

enum { NUMBERS = sizeof numbers / sizeof *numbers };

const cc_random_number *cc_random_numbers(size_t *count) {
    *count = NUMBERS;
    return numbers;
}

const char *cc_random_kind_name(int kind) {
    return kind < CC_RANDOM_KINDS ? kind_names[kind] : NULL;
}

/* A number, or both of a range, within what its row allows. */
static cc_status check_number(const cc_random_number *n, const cc_random_ranges *ranges) {
    const double *value = (const double *)((const char *)ranges + n->offset);
    char where[64];
    snprintf(where, sizeof where, "augment_random.%s.%s", kind_names[n->kind], n->name);
    for (int i = 0; i < (n->count ? n->count : 1); i++)
        if (!((n->above_min ? value[i] > n->min : value[i] >= n->min) && value[i] <= n->max))
            return cc_fail(CC_ECONFIG, where, NULL, "%g is not %s %g and up to %g", value[i],
                           n->above_min ? "above" : "from", n->min, n->max);
    if (n->count == 2 && value[0] > value[1])
        return cc_fail(CC_ECONFIG, where, "write [low, high]", "its low end %g lies above its high end %g",
                       value[0], value[1]);
    return CC_OK;
}

cc_status cc_random_augment_init(cc_random_augment *out, const char *const *names, int count,
                                 const cc_random_ranges *ranges) {
    cc_random_augment random = {.ranges = *ranges};
    for (int i = 0; i < count; i++) {
        int kind = 0;
        while (kind < CC_RANDOM_KINDS && strcmp(kind_names[kind], names[i]) != 0) kind++;
        if (kind == CC_RANDOM_KINDS)
            return cc_fail(CC_ECONFIG, "augment_random.types", NULL, "\"%s\" is not known", names[i]);
        random.named[kind] = true;
    }
    /* Of a kind that is not named the numbers may be anything, zeros above all. */
    for (size_t i = 0; i < NUMBERS; i++)
        if (random.named[numbers[i].kind]) CC_TRY(check_number(&numbers[i], ranges));
    *out = random;
    return CC_OK;
}

/* Pixels between control points; the same on both axes, so that a field is isotropic. */
static double spacing_of(const cc_random_augment *random, int height, int width) {
    return random->named[CC_RANDOM_elastic]
               ? random->ranges.elastic_spacing * (height > width ? height : width)
               : 0;
}

/* Floats of the lattice of a field. */
static size_t lattice_floats(double spacing, int height, int width) {
    return spacing > 0
               ? 2 * (size_t)cc_warp_lattice(height, spacing) * (size_t)cc_warp_lattice(width, spacing)
               : 0;
}

size_t cc_random_augment_values_work(const cc_random_augment *random, const int64_t size[3], bool along_z) {
    const size_t width = (size_t)size[0], plane = width * (size_t)size[1];
    const size_t blur = random->named[CC_RANDOM_blur] ? width + 2 * CC_BLUR_RADIUS_MAX : 0;
    const size_t low = random->named[CC_RANDOM_low_resolution] ? 3 * width + (along_z ? plane : 0) : 0;
    return blur > low ? blur : low;
}

size_t cc_random_augment_work(const cc_random_augment *random, int height, int width) {
    const double spacing = spacing_of(random, height, width);
    const size_t warp = lattice_floats(spacing, height, width) + cc_warp_work(height, width, spacing);
    const size_t values = cc_random_augment_values_work(random, (const int64_t[]){width, height, 1}, false);
    return warp > values ? warp : values;
}

bool cc_random_draws(cc_rng *rng, const cc_random_augment *random, const cc_random_item *item, int kind) {
    if (!random->named[kind]) return false;
    /* The stream is drawn from even where the kind is not applied: it is nobody else's. */
    *rng = cc_rng_init(item->seed, CC_PURPOSE_AUGMENT, item->epoch, item->number * STREAMS + (uint64_t)kind);
    return cc_rng_uniform(rng) < random->ranges.probability[kind];
}

/* Uniform in the logarithm: a factor and its inverse are equally likely where the range has both. */
static double log_between(cc_rng *rng, const double range[2]) {
    return exp(cc_rng_between(rng, log(range[0]), log(range[1])));
}

void cc_random_draw_affine(cc_random_affine *out, cc_rng *rng, const cc_random_ranges *r, bool in_space) {
    const double degree = M_PI / 180;
    *out = (cc_random_affine){.turn = cc_rng_between(rng, -r->rotation, r->rotation) * degree};
    out->scale = log_between(rng, r->scale);
    out->shear = tan(cc_rng_between(rng, -r->shear, r->shear) * degree);
    for (int i = 0; i < 2; i++) out->shift[i] = cc_rng_between(rng, -r->shift, r->shift);
    /* Behind those of a plane, which are the same with and without them. */
    for (int i = 0; in_space && i < 2; i++)
        out->tilt[i] = cc_rng_between(rng, -r->rotation, r->rotation) * degree;
    if (in_space) out->shift_z = cc_rng_between(rng, -r->shift, r->shift);
}

/* The map of a picture: M takes an output place to an input place, the inverse of what is done to the
 * picture. */
static void set_affine(cc_warp *warp, const cc_random_affine *a, int height, int width) {
    const double c = cos(a->turn) / a->scale, s = sin(a->turn) / a->scale;
    /* The inverse, by columns of an output place: turned and scaled back first, then sheared back,
     * (1 0; -shear 1) (c s; -s c) in (row, column): counter-clockwise on the screen, as rotateN. */
    warp->matrix[0][0] = c;
    warp->matrix[0][1] = s;
    warp->matrix[1][0] = -s - a->shear * c;
    warp->matrix[1][1] = c - a->shear * s;
    /* Moves by shares of each side, in pixels of the input. */
    warp->shift[0] = a->shift[0] * height;
    warp->shift[1] = a->shift[1] * width;
}

/* Both kinds that move pixels, as one resampling: two would blur twice. */
static void move(float *image, uint8_t *mask, const cc_random_augment *random, const cc_random_item *item,
                 int height, int width, float *other, uint8_t *other_mask, float *work) {
    const size_t pixels = (size_t)height * (size_t)width;
    const double spacing = spacing_of(random, height, width);
    cc_warp warp = {.matrix = {{1, 0}, {0, 1}}};
    cc_random_affine drawn;
    cc_rng rng;
    const bool affine = cc_random_draws(&rng, random, item, CC_RANDOM_affine);
    if (affine) {
        cc_random_draw_affine(&drawn, &rng, &random->ranges, false);
        set_affine(&warp, &drawn, height, width);
    }
    if (cc_random_draws(&rng, random, item, CC_RANDOM_elastic)) {
        /* The lattice lies at the beginning of the work buffer, what the warp needs beside it behind.
         * Control points just outside the picture are drawn too: they move its edge. */
        const double sigma = random->ranges.elastic_sigma * (height > width ? height : width);
        const size_t points = lattice_floats(spacing, height, width);
        for (size_t i = 0; i < points; i++) work[i] = (float)(sigma * cc_rng_normal(&rng));
        warp.spacing = spacing;
        warp.lattice = work;
        work += points;
    }
    if (!affine && !warp.lattice) return;
    if (image) memcpy(other, image, pixels * sizeof *other);
    if (mask) memcpy(other_mask, mask, pixels);
    cc_warp_apply(image, mask, &warp, image ? other : NULL, mask ? other_mask : NULL, height, width,
                  item->low_hu, work);
}

void cc_random_augment_values(float *image, const cc_random_augment *random, const cc_random_item *item,
                              const int64_t size[3], bool along_z, float *other, float *work) {
    const cc_random_ranges *r = &random->ranges;
    const int width = (int)size[0], height = (int)size[1], depth = (int)size[2];
    const size_t plane = (size_t)width * (size_t)height, count = plane * (size_t)depth;
    /* The scanner's noise and kernel; then its calibration, which scales that noise too; last the resolution,
     * which leaves the noise of the pixels that it takes. */
    cc_rng rng;
    /* The pixels' numbers follow that of sigma in the kind's stream; those of neighbours come from streams of
     * their own, the last ones of an item. */
    if (cc_random_draws(&rng, random, item, CC_RANDOM_noise)) {
        const double sigma = cc_rng_between(&rng, 0, r->noise_sigma);
        if (item->plane > 0)
            rng = cc_rng_init(item->seed, CC_PURPOSE_AUGMENT, item->epoch,
                              item->number * STREAMS + (uint64_t)(STREAMS - item->plane));
        cc_intensity_noise(image, count, sigma, &rng);
    }
    if (cc_random_draws(&rng, random, item, CC_RANDOM_blur)) {
        const double sigma = cc_rng_between(&rng, r->blur_sigma[0], r->blur_sigma[1]);
        for (size_t at = 0; at < count; at += plane)
            cc_intensity_blur(image + at, height, width, sigma, other, work);
        if (along_z) cc_intensity_blur_slices(image, depth, plane, sigma, other);
    }
    if (cc_random_draws(&rng, random, item, CC_RANDOM_brightness)) {
        const float shift = (float)cc_rng_between(&rng, -r->brightness_shift, r->brightness_shift);
        for (size_t i = 0; i < count; i++) image[i] += shift;
    }
    if (cc_random_draws(&rng, random, item, CC_RANDOM_contrast))
        cc_intensity_contrast(image, count,
                              cc_rng_between(&rng, r->contrast_factor[0], r->contrast_factor[1]),
                              item->low_hu, item->high_hu);
    if (cc_random_draws(&rng, random, item, CC_RANDOM_low_resolution)) {
        const double scale = cc_rng_between(&rng, r->low_resolution_scale[0], r->low_resolution_scale[1]);
        for (size_t at = 0; !along_z && at < count; at += plane)
            cc_intensity_low_resolution(image + at, height, width, scale, other, work);
        if (along_z) cc_intensity_low_resolution_volume(image, depth, height, width, scale, other, work);
    }
}

void cc_random_augment_hu(float *image, uint8_t *mask, const cc_random_augment *random,
                          const cc_random_item *item, int height, int width, float *other,
                          uint8_t *other_mask, float *work) {
    const int64_t size[3] = {width, height, 1};
    /* The patient first, then the scanner. */
    move(image, mask, random, item, height, width, other, other_mask, work);
    if (image) cc_random_augment_values(image, random, item, size, false, other, work);
}

void cc_random_augment_windowed(float *image, const cc_random_augment *random, const cc_random_item *item,
                                size_t count) {
    cc_rng rng;
    if (cc_random_draws(&rng, random, item, CC_RANDOM_gamma))
        cc_intensity_gamma(image, count, log_between(&rng, random->ranges.gamma_exponent));
}
