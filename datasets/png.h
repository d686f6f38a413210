/* datasets/png.h -- grey and colour pictures as PNG files.
 *
 * A picture is row-major, top row first. Files are written whole or not at all. */
#ifndef CC_DATASETS_PNG_H
#define CC_DATASETS_PNG_H

#include <stdbool.h>
#include <stdint.h>
#include "core/status.h"

/* No picture with more pixels is read or written. */
#define CC_PNG_PIXELS_MAX (INT64_C(1) << 28)

/* Grey values, and what of the picture is transparent: both [height*width]. */
typedef struct cc_png_picture {
    int height, width, bits; /* bits 8: values are 0..255; 16: 0..65535 */
    uint16_t *grey;
    uint16_t *alpha; /* 0: transparent; NULL where the file has no alpha, or one value throughout */
} cc_png_picture;

/* Reads a picture. 1, 2 and 4 bits are widened to 8; palettes and RGB are read where every pixel is grey. The
 * caller gives *out back by cc_png_deinit; on failure it is zeroed.
 *   CC_ENOTFOUND, CC_EIO  it cannot be opened or read
 *   CC_EFORMAT            it is no PNG, is cut off or damaged, or claims more pixels than its bytes can hold
 *   CC_EUNSUPPORTED       it has colours, or more than CC_PNG_PIXELS_MAX pixels */
cc_status cc_png_read(cc_png_picture *out, const char *path);
/* Takes a zeroed one. */
void cc_png_deinit(cc_png_picture *picture);

/* Whether all that can be seen is in the alpha channel: it varies, and grey does not. */
bool cc_png_is_in_alpha(const cc_png_picture *picture);
/* The error about such a file: CC_EUNSUPPORTED. */
cc_status cc_png_refuse_alpha(const char *path);

/* The grey values alone, *pixels[height*width]; the caller frees them. An alpha channel that varies is left
 * out with a warning; a picture that is in it alone is CC_EUNSUPPORTED. Else as cc_png_read. */
cc_status cc_png_read_gray(uint16_t **pixels, int *height, int *width, int *bits, const char *path);

/* Writes grey values: pixels is uint8_t[height*width] where bits is 8, uint16_t[height*width] where it is 16.
 */
cc_status cc_png_write_gray(const char *path, const void *pixels, int height, int width, int bits);

/* Writes rgb[height*width*3]. */
cc_status cc_png_write_rgb(const char *path, const uint8_t *rgb, int height, int width);

#endif
