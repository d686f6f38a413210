/* A picture is a volume of one slice, 1 mm a pixel; its voxels are grey values, not HU. */
#include "datasets/png.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/readers/reader.h"

static bool probe(const cc_head *head) {
    return !head->gzipped && head->count >= 8 && memcmp(head->bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static cc_status read_picture(cc_volume *out, const char *path, const cc_head *head,
                              const cc_read_options *options) {
    (void)head;
    uint16_t *pixels;
    int height, width, bits;
    out->grid = cc_grid_unit();
    CC_TRY(cc_grid_settle_spacing(&out->grid, options, "spacing", path));
    CC_TRY(cc_png_read_gray(&pixels, &height, &width, &bits, path));
    out->grid.dims[0] = width;
    out->grid.dims[1] = height;
    snprintf(out->type, sizeof out->type, "uint%d", bits);
    cc_status status = cc_volume_take(out, path);
    for (size_t i = 0; status == CC_OK && i < cc_volume_count(out); i++) out->voxels[i] = pixels[i];
    free(pixels);
    return status;
}

const cc_reader cc_reader_png = {"png", probe, read_picture};
