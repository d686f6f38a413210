/* datasets/morphology.c -- unions, openings and boxes of binary masks.
 *
 * A rectangle is the sum of a row and a column (a structuring element that separates), so an opening by it
 * is four passes over lines: erosion along rows and columns, then dilation along columns and rows. Along a
 * line both keep a running count instead of looking at `size` neighbours, which makes the work independent
 * of the rectangle's size (van Herk, Pattern Recognition Letters 13 (1992), 517-521, for the general case
 * of grey values). */
#include "datasets/morphology.h"

#include <assert.h>
#include <stdbool.h>

void cc_mask_union(uint8_t *out, const uint8_t *slices, int depth, int height, int width) {
    const size_t area = (size_t)height * (size_t)width;
    for (size_t i = 0; i < area; i++) out[i] = 0;
    for (int z = 0; z < depth; z++)
        for (size_t i = 0; i < area; i++) out[i] |= slices[(size_t)z * area + i] != 0;
}

/* --- opening along a line: a pixel is marked where a run of `size` foreground pixels starts (erosion), and
 * from each mark `size` pixels are filled (dilation): what stays is what a run of that length covers --- */

static void erode_line(uint8_t *line, size_t step, int count, int size) {
    int run = 0;
    for (int i = count - 1; i >= 0; i--) {
        uint8_t *pixel = line + (size_t)i * step;
        run = *pixel ? run + 1 : 0;
        *pixel = run >= size;
    }
}

static void dilate_line(uint8_t *line, size_t step, int count, int size) {
    int left = 0;
    for (int i = 0; i < count; i++) {
        uint8_t *pixel = line + (size_t)i * step;
        if (*pixel) left = size;
        *pixel = left > 0;
        left -= left > 0;
    }
}

void cc_mask_open(uint8_t *out, const uint8_t *in, int height, int width, int rows, int columns) {
    assert(rows >= 1 && columns >= 1);
    const size_t row = (size_t)width;
    for (size_t i = 0; i < (size_t)height * row; i++) out[i] = in[i] != 0;
    for (int y = 0; y < height; y++) erode_line(out + (size_t)y * row, 1, width, columns);
    for (int x = 0; x < width; x++) {
        /* Along columns both at once: the two erosions are done, and the first dilation may begin. */
        erode_line(out + x, row, height, rows);
        dilate_line(out + x, row, height, rows);
    }
    for (int y = 0; y < height; y++) dilate_line(out + (size_t)y * row, 1, width, columns);
}

cc_box cc_mask_box(const uint8_t *mask, int height, int width) {
    cc_box box = {0, 0, 0, 0};
    bool any = false;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            if (!mask[(size_t)y * (size_t)width + (size_t)x]) continue;
            if (!any) box = (cc_box){y, x, y, x};
            any = true;
            box.y1 = y + 1;
            if (x < box.x0) box.x0 = x;
            if (x + 1 > box.x1) box.x1 = x + 1;
        }
    return box;
}
