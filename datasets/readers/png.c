/* datasets/readers/png.c -- a picture as a volume of one slice; its voxels are grey values, not HU.
 *
 * A PNG file says nothing about mm that scanners write (pHYs is for screens and printers): where no
 * spacing is stated, a pixel is taken for 1 mm, with a warning. */
#include "datasets/png.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/readers/reader.h"

static bool probe(const cc_head *head) {
    return !head->gzipped && head->count >= 8 && memcmp(head->bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static cc_status read_picture(cc_volume *out, const char *path, const cc_head *head,
                              const cc_read_options *options) {
    (void)head;
    uint16_t *pixels;
    int height, width, bits;
    bool stated = true;
    out->grid = cc_grid_unit();
    for (int k = 0; k < 3; k++) {
        stated = stated && options->spacing_mm[k] > 0;
        if (options->spacing_mm[k] > 0) out->grid.spacing_mm[k] = options->spacing_mm[k];
    }
    if (!stated)
        cc_log(CC_LOG_WARNING,
               "%s: spacing: a picture does not say how large a pixel is; 1 mm is taken (state it: "
               "--spacing X,Y,Z)",
               path);
    CC_TRY(cc_png_read_gray(&pixels, &height, &width, &bits, path));
    out->grid.dims[0] = width;
    out->grid.dims[1] = height;
    snprintf(out->type, sizeof out->type, "uint%d", bits);
    cc_status status = cc_volume_allocate(out, path);
    for (size_t i = 0; status == CC_OK && i < cc_volume_count(out); i++) out->voxels[i] = pixels[i];
    free(pixels);
    return status;
}

const cc_reader cc_reader_png = {"png", probe, read_picture};
