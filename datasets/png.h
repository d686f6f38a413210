/* datasets/png.h -- grey and colour pictures as PNG files.
 *
 * A picture is row-major, top row first. Files are written whole or not at all. */
#ifndef CC_DATASETS_PNG_H
#define CC_DATASETS_PNG_H

#include <stdint.h>
#include "core/status.h"

/* No picture with more pixels is read or written. */
#define CC_PNG_PIXELS_MAX (INT64_C(1) << 28)

/* Reads a picture as grey values: *pixels[height*width] in 0..255 (*bits 8) or 0..65535 (*bits 16). 1, 2 and
 * 4 bits are widened to 8; palettes and RGB are read where every pixel is grey; an alpha channel is left out.
 * The caller frees *pixels.
 *   CC_ENOTFOUND, CC_EIO  it cannot be opened or read
 *   CC_EFORMAT            it is no PNG, is cut off or damaged, or claims more pixels than its bytes can hold
 *   CC_EUNSUPPORTED       it has colours, or more than CC_PNG_PIXELS_MAX pixels */
cc_status cc_png_read_gray(uint16_t **pixels, int *height, int *width, int *bits, const char *path);

/* Writes grey values: pixels is uint8_t[height*width] where bits is 8, uint16_t[height*width] where it is 16.
 */
cc_status cc_png_write_gray(const char *path, const void *pixels, int height, int width, int bits);

/* Writes rgb[height*width*3]. */
cc_status cc_png_write_rgb(const char *path, const uint8_t *rgb, int height, int width);

#endif
