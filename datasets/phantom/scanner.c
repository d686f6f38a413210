/* datasets/phantom/scanner.c -- four scanners: table, kernel, noise and calibration.
 *
 * A slice is sharpened as the reconstruction kernel would, given noise with the kernel's grain, which
 * grows towards the middle of the body as fewer photons arrive there, and recalibrated: each scanner reads
 * bone and calcium higher or lower, as tube voltage and filter do. The numbers are chosen so that a net
 * trained on one scanner notices the next. Source: on noise and kernels, Kalender, Computed Tomography,
 * 3rd ed. (2011), chapter 4; on calibration by voltage, Nakazato et al., JCCT 3 (2009), 394-400. */
#include "datasets/phantom/scanner.h"

#include <math.h>
#include <string.h>

static const cc_scanner scanners[CC_PHANTOM_SCANNERS] = {
    /* a wide field, a standard kernel, a slightly bent table */
    {.field_mm = 400,
     .centered = 0,
     .blur_mm = 1.4,
     .sharpness = 0,
     .kernel_mm = 1,
     .noise_hu = 15,
     .grain_mm = {0.5, 0.5},
     .coarse_mm = 0,
     .slope = 1.00,
     .offset_hu = 0,
     .table_gap_mm = 7,
     .table_half_width_mm = 130,
     .table_rise_mm = 14,
     .table_hu = 330,
     .table_shells = 1},
    /* a soft kernel: coarse, mottled noise; reads low */
    {.field_mm = 360,
     .centered = 0.3,
     .blur_mm = 2.2,
     .sharpness = 0,
     .kernel_mm = 1,
     .noise_hu = 11,
     .grain_mm = {0.75, 0.75},
     .coarse_mm = 0,
     .slope = 0.95,
     .offset_hu = -8,
     .table_gap_mm = 10,
     .table_half_width_mm = 190,
     .table_rise_mm = 30,
     .table_hu = 180,
     .table_shells = 2},
    /* a sharp kernel: fine noise, edges enhanced; reads high */
    {.field_mm = 330,
     .centered = 0.6,
     .blur_mm = 1.0,
     .sharpness = 0.55,
     .kernel_mm = 1.1,
     .noise_hu = 24,
     .grain_mm = {0.35, 0.35},
     .coarse_mm = 1.4,
     .slope = 1.08,
     .offset_hu = 8,
     .table_gap_mm = 5,
     .table_half_width_mm = 105,
     .table_rise_mm = 10,
     .table_hu = 420,
     .table_shells = 2},
    /* a small field, noise in streaks across the body */
    {.field_mm = 300,
     .centered = 1,
     .blur_mm = 1.6,
     .sharpness = 0.15,
     .kernel_mm = 1.4,
     .noise_hu = 18,
     .grain_mm = {1.1, 0.4},
     .coarse_mm = 0,
     .slope = 1.03,
     .offset_hu = -7,
     .table_gap_mm = 8,
     .table_half_width_mm = 150,
     .table_rise_mm = 3,
     .table_hu = 300,
     .table_shells = 1},
};

const cc_scanner *cc_scanner_get(int scanner) {
    return &scanners[scanner];
}

void cc_scanner_add_table(cc_solid_list *table, const cc_scanner *s, double back_mm) {
    enum { POINTS = 17 };
    const double shell_mm = 2, distance_mm = 16; /* half the thickness of a shell; from one to the next */
    for (int shell = 0; shell < s->table_shells; shell++) {
        double half = s->table_half_width_mm * (1 - 0.25 * shell);
        cc_point points[POINTS];
        /* A parabola: t from -1 to 1 across the table, its edges higher than its middle (y runs to the
         * back). */
        for (int i = 0; i < POINTS; i++) {
            double t = 2.0 * i / (POINTS - 1) - 1;
            points[i] = (cc_point){
                t * half, back_mm + s->table_gap_mm + distance_mm * shell - s->table_rise_mm * t * t, 0};
        }
        cc_solid like =
            cc_solid_capsule(CC_TISSUE_TABLE, s->table_hu, points[0], points[1], shell_mm, shell_mm);
        like.squash = 0;
        cc_solids_add_tube(table, like, points, POINTS);
    }
}

enum { KERNEL_MAX = 32 };

/* weights[0..reach] of a sampled Gaussian that sums to 1; returns reach. */
static int gaussian(double weights[KERNEL_MAX + 1], double sigma_pixels) {
    int reach = (int)ceil(3 * sigma_pixels); /* beyond 3 sigma lies 0.3 % of a Gaussian */
    if (sigma_pixels < 0.2) reach = 0;
    if (reach > KERNEL_MAX) reach = KERNEL_MAX;
    double sum = 0;
    for (int k = 0; k <= reach; k++) {
        weights[k] = k ? exp(-0.5 * k * k / (sigma_pixels * sigma_pixels)) : 1;
        sum += k ? 2 * weights[k] : weights[k];
    }
    for (int k = 0; k <= reach; k++) weights[k] /= sum;
    return reach;
}

/* Blurs lines of `n` values, `step` apart, in place; the picture repeats its border. */
static void blur_line(float *line, int n, size_t step, const double *weights, int reach) {
    double kept[CC_PHANTOM_SIZE_MAX];
    for (int i = 0; i < n; i++) kept[i] = line[(size_t)i * step];
    for (int i = 0; i < n; i++) {
        double sum = weights[0] * kept[i];
        for (int k = 1; k <= reach; k++)
            sum += weights[k] * (kept[i - k < 0 ? 0 : i - k] + kept[i + k >= n ? n - 1 : i + k]);
        line[(size_t)i * step] = (float)sum;
    }
}

static void blur(float *plane, int n, double sigma_x, double sigma_y) {
    double weights[KERNEL_MAX + 1];
    int reach = gaussian(weights, sigma_x);
    for (int j = 0; reach && j < n; j++) blur_line(plane + (size_t)j * (size_t)n, n, 1, weights, reach);
    reach = gaussian(weights, sigma_y);
    for (int i = 0; reach && i < n; i++) blur_line(plane + i, n, (size_t)n, weights, reach);
}

/* hu += sharpness * (hu - blurred hu). */
static void sharpen(cc_raster *r, const cc_scanner *s) {
    size_t n = (size_t)r->size * (size_t)r->size;
    double sigma = s->kernel_mm / r->pixel_mm;
    if (s->sharpness == 0) return;
    memcpy(r->layer, r->hu, n * sizeof(float));
    blur(r->layer, r->size, sigma, sigma);
    for (size_t i = 0; i < n; i++) r->hu[i] += (float)s->sharpness * (r->hu[i] - r->layer[i]);
}

/* Unit noise with the scanner's grain into raster->layer. */
static void make_grain(cc_raster *r, const cc_scanner *s, cc_rng *rng) {
    size_t n = (size_t)r->size * (size_t)r->size;
    float *grain = r->layer, *coarse = r->region[CC_REGION_CAVITY];
    for (size_t i = 0; i < n; i++) grain[i] = (float)cc_rng_normal(rng);
    blur(grain, r->size, s->grain_mm[0] / r->pixel_mm, s->grain_mm[1] / r->pixel_mm);
    if (s->coarse_mm > 0) {
        memcpy(coarse, grain, n * sizeof(float));
        blur(coarse, r->size, s->coarse_mm / r->pixel_mm, s->coarse_mm / r->pixel_mm);
        for (size_t i = 0; i < n; i++) grain[i] -= 0.8f * coarse[i];
    }
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += (double)grain[i] * grain[i];
    /* To a standard deviation of 1, whatever the filters left of it. */
    float scale = (float)(1 / sqrt(squares / (double)n));
    for (size_t i = 0; i < n; i++) grain[i] *= scale;
}

/* Less of the beam arrives through the middle of the body than near its skin: noise grows inwards. */
static double noise_share(double x_mm, double y_mm) {
    return 0.6 + 0.4 * exp(-(x_mm * x_mm / (130.0 * 130) + y_mm * y_mm / (90.0 * 90)));
}

/* The offset is that of water and goes with density, so that air stays at -1000; the slope, which stands for
 * the tube's voltage and filter, acts on what is denser than water: bone and calcium. */
static double calibrated(double hu, const cc_scanner *s) {
    double density = (hu + 1000) / 1000;
    return (hu > 0 ? s->slope * hu : hu) + s->offset_hu * (density < 1 ? density : 1);
}

void cc_scanner_expose(cc_raster *r, const cc_scanner *s, cc_rng noise) {
    const double lowest = -1024, highest = 3071, radius_mm = 0.5 * s->field_mm;
    double middle = 0.5 * (r->size - 1);
    sharpen(r, s);
    make_grain(r, s, &noise);
    for (int j = 0; j < r->size; j++)
        for (int i = 0; i < r->size; i++) {
            size_t at = (size_t)j * (size_t)r->size + (size_t)i;
            double u = (i - middle) * r->pixel_mm, v = (j - middle) * r->pixel_mm;
            double share = noise_share(r->left_mm + i * r->pixel_mm, r->top_mm + j * r->pixel_mm);
            double hu = calibrated(r->hu[at], s) + s->noise_hu * share * r->layer[at];
            if (!s->whole_field && u * u + v * v > radius_mm * radius_mm) {
                hu = lowest;
                r->tissue[at] = CC_TISSUE_AIR;
                r->heart[at] = 0;
            }
            hu = hu < lowest ? lowest : hu > highest ? highest : hu;
            r->hu[at] = (float)floor(hu + 0.5);
        }
}
