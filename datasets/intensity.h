/* datasets/intensity.h -- what a scanner or a protocol does to a slice's values: noise, blur, contrast, low
 * resolution, gamma.
 *
 * Pictures are [height*width], row by row, and changed in place. Which of these are drawn with which numbers
 * is datasets/augment_random.h's. */
#ifndef CC_DATASETS_INTENSITY_H
#define CC_DATASETS_INTENSITY_H

#include <stddef.h>
#include "core/rng.h"

/* Adds independent Gaussian noise of standard deviation `sigma`, in the picture's unit. */
void cc_intensity_noise(float *image, size_t count, double sigma, cc_rng *rng);

/* Gaussian blur of `sigma` pixels, above 0 and at most CC_BLUR_SIGMA_MAX: scipy.ndimage.gaussian_filter with
 * mode="nearest" (edges repeated), truncated at four sigma. `other` is a picture of the same size to work
 * in, `row` holds width + 2 * CC_BLUR_RADIUS_MAX floats. */
enum { CC_BLUR_SIGMA_MAX = 8, CC_BLUR_RADIUS_MAX = 4 * CC_BLUR_SIGMA_MAX };
void cc_intensity_blur(float *image, int height, int width, double sigma, float *other, float *row);
/* The same across slices alone, [depth][plane], `plane` pixels each; `other` is of the size of all. */
void cc_intensity_blur_slices(float *image, int depth, size_t plane, double sigma, float *other);

/* mean + factor (value - mean), where the mean is that of the picture's values held to [low, high]. */
void cc_intensity_contrast(float *image, size_t count, double factor, float low, float high);

/* What an acquisition of `scale` times the resolution would show, 0 to 1: down by the nearest pixel to
 * round(side * scale) pixels, at least 1, and linearly up again, as MONAI's RandSimulateLowResolution
 * (torch.nn.functional.interpolate, nearest and linear, align_corners false). `other` as above, `row` holds
 * 3 width floats. */
void cc_intensity_low_resolution(float *image, int height, int width, double scale, float *other, float *row);
/* The same of a volume [depth][height][width], along all three axes (trilinear up): `other` is of the size of
 * the volume, `row` holds 3 width floats and a slice. */
void cc_intensity_low_resolution_volume(float *image, int depth, int height, int width, double scale,
                                        float *other, float *row);

/* value ^ exponent, of values in [0, 1]. */
void cc_intensity_gamma(float *image, size_t count, double exponent);

#endif
