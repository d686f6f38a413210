/* nets/losses/map.c -- a loss over all its pixels on the host: chunks in parallel, sums in a fixed order.
 *
 * Each chunk has sums of its own; they are added in the chunks' order once all are there, so that any number
 * of threads gives the same bytes. The derivatives of a chunk stay in one thread's cache until they are
 * rounded and stored. */
#include "nets/losses/map.h"

#include <string.h>
#include "core/hot.h"

static size_t chunks_of_image(cc_loss_shape shape) {
    return (cc_loss_image_pixels(shape) + CC_LOSS_CHUNK - 1) / CC_LOSS_CHUNK;
}

size_t cc_loss_image_pixels(cc_loss_shape shape) {
    return (size_t)shape.classes * (size_t)shape.pixels;
}

size_t cc_loss_sums_bytes(const cc_loss_spec *spec, cc_loss_shape shape) {
    (void)spec;
    return (size_t)shape.n * chunks_of_image(shape) * CC_LOSS_SUMS * sizeof(double);
}

/* The one place where a derivative is rounded to float32. */
CC_HOT static void store_gradient(float *gradient, const double *derivative, size_t count, double scale,
                                  bool add) {
    if (add)
        for (size_t i = 0; i < count; i++) gradient[i] = (float)(gradient[i] + scale * derivative[i]);
    else
        for (size_t i = 0; i < count; i++) gradient[i] = (float)(scale * derivative[i]);
}

/* Chunk `index` of all: [n][chunks of an image]. The last of an image is shorter. */
static void run_chunk(double sums[CC_LOSS_SUMS], size_t index, const cc_loss_run *run, cc_loss_kernel *kernel,
                      const void *context, bool commit) {
    double derivative[CC_LOSS_CHUNK]; /* 16 KiB, on the thread's stack */
    size_t chunks = chunks_of_image(run->shape), pixels = cc_loss_image_pixels(run->shape);
    size_t image = index / chunks, first = index % chunks * CC_LOSS_CHUNK;
    size_t offset = image * pixels + first, left = pixels - first;
    cc_loss_chunk chunk = {.logits = run->logits + offset,
                           .target = run->target + offset,
                           .count = left < CC_LOSS_CHUNK ? left : CC_LOSS_CHUNK,
                           .image = (int64_t)image,
                           .first = first};
    kernel(sums, derivative, &chunk, context);
    if (commit && run->gradient)
        store_gradient(run->gradient + offset, derivative, chunk.count, run->scale, run->add);
}

/* Leaves the sums of image i at sums[i]: never ahead of the chunks still to be read. */
static void add_chunks(double *sums, int64_t n, size_t chunks) {
    for (size_t image = 0; image < (size_t)n; image++) {
        double total[CC_LOSS_SUMS];
        cc_loss_add_images(total, sums + image * chunks * CC_LOSS_SUMS, (int64_t)chunks); /* of its chunks */
        memcpy(sums + image * CC_LOSS_SUMS, total, sizeof total);
    }
}

void cc_loss_map(double *sums, const cc_loss_run *run, cc_loss_kernel *kernel, const void *context,
                 bool commit) {
    const size_t chunks = chunks_of_image(run->shape), all = (size_t)run->shape.n * chunks;
#pragma omp parallel for schedule(static) if (all > 4)
    for (size_t i = 0; i < all; i++) {
        double part[CC_LOSS_SUMS] = {0};
        run_chunk(part, i, run, kernel, context, commit);
        if (sums) memcpy(sums + i * CC_LOSS_SUMS, part, sizeof part);
    }
    if (sums) add_chunks(sums, run->shape.n, chunks);
}

CC_HOT static double sum_values(const double *values, size_t count) {
    double total = 0;
#pragma omp simd reduction(+ : total)
    for (size_t i = 0; i < count; i++) total += values[i];
    return total;
}

double cc_loss_sum_values(const double *values, size_t count) {
    return sum_values(values, count);
}

void cc_loss_add_images(double total[CC_LOSS_SUMS], const double *sums, int64_t n) {
    memset(total, 0, CC_LOSS_SUMS * sizeof *total);
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < CC_LOSS_SUMS; k++) total[k] += sums[i * CC_LOSS_SUMS + k];
}
