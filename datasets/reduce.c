/* datasets/reduce.c -- cells of voxels into their maximum or mean, and their labels into one.
 *
 * Both walk over the same cells; the sum of a cell is kept in double and in the order of its voxels. A cell
 * is one thread's, so that its value does not depend on how many there are. */
#include "datasets/reduce.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

cc_status cc_reduce_grid(cc_grid *out, const cc_grid *scan, const int64_t factors[3]) {
    cc_grid grid = *scan;
    for (int k = 0; k < 3; k++) {
        if (factors[k] < 1)
            return cc_fail(CC_EINVAL, "reduction", "each is at least 1", "a factor of %lld along %c",
                           (long long)factors[k], "xyz"[k]);
        grid.dims[k] = (scan->dims[k] - 1) / factors[k] + 1;
        grid.spacing_mm[k] *= (double)factors[k];
        /* The middle of `factors` voxels lies (factors - 1) / 2 of them behind the middle of the first. */
        for (int i = 0; i < 3; i++)
            grid.origin_mm[i] +=
                scan->direction[3 * i + k] * scan->spacing_mm[k] * (double)(factors[k] - 1) / 2;
    }
    *out = grid;
    return CC_OK;
}

/* The voxels low <= index < high of a cell, on each axis. */
typedef struct cell {
    int64_t low[3], high[3];
} cell;

/* Cell number i of a volume, counted as the cells' own volume is laid out. */
static cell cell_at(int64_t i, const int64_t dims[3], const int64_t factors[3]) {
    cell out;
    for (int k = 0; k < 3; k++) {
        const int64_t across = (dims[k] - 1) / factors[k] + 1;
        out.low[k] = i % across * factors[k];
        out.high[k] = dims[k] - out.low[k] < factors[k] ? dims[k] : out.low[k] + factors[k];
        i /= across;
    }
    return out;
}

/* Of the cells' own volume. */
static int64_t cell_count(const int64_t dims[3], const int64_t factors[3]) {
    int64_t count = 1;
    for (int k = 0; k < 3; k++) {
        assert(dims[k] >= 1 && factors[k] >= 1);
        count *= (dims[k] - 1) / factors[k] + 1;
    }
    return count;
}

void cc_reduce(float *value, uint8_t *marked, const float *in, const int64_t dims[3],
               const int64_t factors[3], float threshold) {
    const int64_t cells = cell_count(dims, factors);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < cells; i++) {
        const cell c = cell_at(i, dims, factors);
        float largest = in[(c.low[2] * dims[1] + c.low[1]) * dims[0] + c.low[0]];
        double sum = 0;
        for (int64_t z = c.low[2]; z < c.high[2]; z++)
            for (int64_t y = c.low[1]; y < c.high[1]; y++) {
                const float *row = in + (z * dims[1] + y) * dims[0];
                for (int64_t x = c.low[0]; x < c.high[0]; x++) {
                    sum += (double)row[x];
                    largest = row[x] > largest ? row[x] : largest;
                }
            }
        /* The threshold itself is no calcium, as in scores: above 130 HU. */
        const bool above = largest > threshold;
        const int64_t voxels = (c.high[0] - c.low[0]) * (c.high[1] - c.low[1]) * (c.high[2] - c.low[2]);
        value[i] = above ? largest : (float)(sum / (double)voxels);
        if (marked) marked[i] = above;
    }
}

void cc_reduce_labels(uint8_t *out, const uint8_t *in, const int64_t dims[3], const int64_t factors[3]) {
    const int64_t cells = cell_count(dims, factors);
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < cells; i++) {
        const cell c = cell_at(i, dims, factors);
        int64_t votes[UINT8_MAX + 1] = {0};
        int highest = 0, most = 0;
        for (int64_t z = c.low[2]; z < c.high[2]; z++)
            for (int64_t y = c.low[1]; y < c.high[1]; y++)
                for (int64_t x = c.low[0]; x < c.high[0]; x++) {
                    const uint8_t label = in[(z * dims[1] + y) * dims[0] + x];
                    votes[label]++;
                    highest = label > highest ? label : highest;
                }
        votes[0] = 0; /* background has no vote against a label */
        for (int label = 1; label <= highest; label++)
            if (votes[label] > votes[most]) most = label;
        out[i] = (uint8_t)most;
    }
}
