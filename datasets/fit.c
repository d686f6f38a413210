/* datasets/fit.c -- slices onto a canvas of the net's size, by padding or by scaling, and back.
 *
 * Padding is the default: a pixel keeps its size in mm, and a lesion has as many pixels as the scanner
 * gave it. Scaling changes the size of a pixel, and with it what a count of pixels means; scores are
 * therefore counted after cc_fit_restore, on the slice's own grid. */
#include "datasets/fit.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "core/words.h"

#define X(name) #name,
static const char *const modes[] = {CC_FIT_MODE_LIST(X)};
#undef X
enum { MODES = sizeof modes / sizeof *modes };

static bool scales(const cc_fit *fit) {
    return strcmp(fit->mode, "scale") == 0;
}

int cc_fit_size(int size, int multiple) {
    assert(size >= 1 && multiple >= 1);
    return (size + multiple - 1) / multiple * multiple;
}

cc_status cc_fit_check(const cc_fit *fit) {
    bool known = false;
    char hint[64] = "use ";
    for (size_t i = 0; i < MODES; i++) known = known || (fit->mode && strcmp(fit->mode, modes[i]) == 0);
    cc_words_or(hint + 4, sizeof hint - 4, modes, MODES);
    if (!known)
        return cc_fail(CC_ECONFIG, "preprocess.fit", hint, "\"%s\" is not known", fit->mode ? fit->mode : "");
    if (fit->height < 1 || fit->width < 1 || fit->height > CC_FIT_CANVAS_MAX ||
        fit->width > CC_FIT_CANVAS_MAX)
        return cc_fail(CC_ECONFIG, "preprocess.size", NULL, "a canvas of %d x %d; sides are 1 to %d",
                       fit->width, fit->height, CC_FIT_CANVAS_MAX);
    return CC_OK;
}

/* --- pad: along each axis the smaller lies in the middle of the larger; of an odd difference the extra pixel
 * is behind --- */

typedef struct axis_overlap {
    int from, to, count; /* first index in the source, first in the target, how many */
} axis_overlap;

static axis_overlap centre(int source, int target) {
    if (source <= target) return (axis_overlap){.from = 0, .to = (target - source) / 2, .count = source};
    return (axis_overlap){.from = (source - target) / 2, .to = 0, .count = target};
}

/* Copies the part that both hold; `size` is that of a pixel. */
static void place(void *out, int out_height, int out_width, const void *in, int height, int width,
                  size_t size) {
    axis_overlap rows = centre(height, out_height), columns = centre(width, out_width);
    for (int i = 0; i < rows.count; i++) {
        size_t to = (size_t)(rows.to + i) * (size_t)out_width + (size_t)columns.to;
        size_t from = (size_t)(rows.from + i) * (size_t)width + (size_t)columns.from;
        memcpy((char *)out + to * size, (const char *)in + from * size, (size_t)columns.count * size);
    }
}

static void place_image(float *out, int out_height, int out_width, const float *in, int height, int width,
                        float fill) {
    size_t count = (size_t)out_height * (size_t)out_width;
    if (out_height > height || out_width > width)
        for (size_t i = 0; i < count; i++) out[i] = fill;
    place(out, out_height, out_width, in, height, width, sizeof *out);
}

/* --- scale --- */

/* Two neighbours along an axis and the weight of the second. */
typedef struct between {
    int first, second;
    float weight;
} between;

static between locate(int index, int out_size, int size) {
    /* Pixel centres lie at i + 1/2 on both grids (align_corners = False of PyTorch), and the outermost are
     * repeated beyond. */
    double at = (index + 0.5) * size / out_size - 0.5;
    at = at < 0 ? 0 : at > size - 1 ? size - 1 : at;
    int first = (int)at;
    return (between){
        .first = first, .second = first + 1 < size ? first + 1 : first, .weight = (float)(at - first)};
}

static void scale_image(float *out, int out_height, int out_width, const float *in, int height, int width) {
    for (int y = 0; y < out_height; y++) {
        between v = locate(y, out_height, height);
        const float *top = in + (size_t)v.first * (size_t)width;
        const float *bottom = in + (size_t)v.second * (size_t)width;
        for (int x = 0; x < out_width; x++) {
            between u = locate(x, out_width, width);
            /* Linear along x in both rows, then along y between them. */
            float above = top[u.first] + u.weight * (top[u.second] - top[u.first]);
            float below = bottom[u.first] + u.weight * (bottom[u.second] - bottom[u.first]);
            *out++ = above + v.weight * (below - above);
        }
    }
}

static void scale_mask(uint8_t *out, int out_height, int out_width, const uint8_t *in, int height,
                       int width) {
    for (int y = 0; y < out_height; y++) {
        /* floor((index + 1/2) * size / out_size) in whole numbers; below `size` for every index */
        const uint8_t *row =
            in + (size_t)((2 * (int64_t)y + 1) * height / (2 * (int64_t)out_height)) * (size_t)width;
        for (int x = 0; x < out_width; x++)
            *out++ = row[(2 * (int64_t)x + 1) * width / (2 * (int64_t)out_width)];
    }
}

/* --- both --- */

void cc_fit_image(float *canvas, const cc_fit *fit, const float *image, int height, int width, float fill) {
    if (scales(fit))
        scale_image(canvas, fit->height, fit->width, image, height, width);
    else
        place_image(canvas, fit->height, fit->width, image, height, width, fill);
}

void cc_fit_mask(uint8_t *canvas, const cc_fit *fit, const uint8_t *mask, int height, int width) {
    if (scales(fit)) {
        scale_mask(canvas, fit->height, fit->width, mask, height, width);
        return;
    }
    if (fit->height > height || fit->width > width)
        memset(canvas, 0, (size_t)fit->height * (size_t)fit->width);
    place(canvas, fit->height, fit->width, mask, height, width, sizeof *canvas);
}

void cc_fit_restore(float *image, const cc_fit *fit, const float *canvas, int height, int width, float fill) {
    if (scales(fit))
        scale_image(image, height, width, canvas, fit->height, fit->width);
    else
        place_image(image, height, width, canvas, fit->height, fit->width, fill);
}
