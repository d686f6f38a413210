/* core/components.c -- two passes with union-find, in the array of labels itself.
 *
 * While voxels are joined, labels[i] is 1 + the voxel's parent, which never lies behind it: the root of a
 * component is its first voxel, and one more pass in order turns parents into labels in place. That saves
 * the second array that the textbook method keeps for equivalent labels (Rosenfeld & Pfaltz 1966; roots
 * that always point back: Wu, Otoo & Suzuki 2009). */
#include "core/components.h"

#include <stdbool.h>
#include <stdlib.h>

typedef struct grid {
    int dims[3]; /* depth, height, width */
    size_t count;
    int back[13][3]; /* the neighbours that lie before a voxel: steps in z, y, x */
    int backs;
} grid;

cc_status cc_components_voxels(size_t *out, int depth, int height, int width) {
    if (depth < 1 || height < 1 || width < 1 ||
        (uint64_t)height * (uint64_t)width > UINT32_MAX / (uint32_t)depth)
        return cc_fail(CC_EINVAL, "components", NULL, "%d x %d x %d voxels are none or too many", depth,
                       height, width);
    *out = (size_t)depth * (size_t)height * (size_t)width;
    return CC_OK;
}

static cc_status make_grid(grid *g, int depth, int height, int width, int neighbours) {
    static const int kinds[][3] = {{4, 2, 1}, {8, 2, 2}, {6, 3, 1}, {26, 3, 3}}; /* axes, steps at once */
    *g = (grid){.dims = {depth, height, width}};
    const int *kind = NULL;
    for (int i = 0; i < 4; i++)
        if (kinds[i][0] == neighbours) kind = kinds[i];
    if (!kind)
        return cc_fail(CC_EINVAL, "components", "use 4, 8, 6 or 26", "%d neighbours make no sense",
                       neighbours);
    CC_TRY(cc_components_voxels(&g->count, depth, height, width));
    for (int i = 0; i < 13; i++) { /* of the 27 steps the 14th is none, and those before it lead back */
        int step[3] = {i / 9 - 1, i / 3 % 3 - 1, i % 3 - 1};
        if ((step[0] && kind[1] == 2) || abs(step[0]) + abs(step[1]) + abs(step[2]) > kind[2]) continue;
        for (int axis = 0; axis < 3; axis++) g->back[g->backs][axis] = step[axis];
        g->backs++;
    }
    return CC_OK;
}

static uint32_t root_of(uint32_t *labels, uint32_t voxel) {
    /* Path halving: each voxel that is passed is hung on its grandparent, so that paths stay short. */
    while (labels[voxel] - 1 != voxel) {
        labels[voxel] = labels[labels[voxel] - 1];
        voxel = labels[voxel] - 1;
    }
    return voxel;
}

/* Joins a voxel's component with those of its neighbours before it; returns how many components end. */
static size_t join_back(uint32_t *labels, const grid *g, int z, int y, int x) {
    const size_t row = (size_t)g->dims[2], slice = row * (size_t)g->dims[1];
    const uint32_t voxel = (uint32_t)((size_t)z * slice + (size_t)y * row + (size_t)x);
    size_t joined = 0;
    for (int i = 0; i < g->backs; i++) {
        int v = z + g->back[i][0], u = y + g->back[i][1], t = x + g->back[i][2];
        if (v < 0 || u < 0 || t < 0 || u >= g->dims[1] || t >= g->dims[2]) continue;
        size_t other = (size_t)v * slice + (size_t)u * row + (size_t)t;
        if (!labels[other]) continue;
        uint32_t a = root_of(labels, voxel), b = root_of(labels, (uint32_t)other);
        if (a == b) continue;
        /* The later root is hung on the earlier one: parents always lie before their voxels. */
        labels[a > b ? a : b] = (a < b ? a : b) + 1;
        joined++;
    }
    return joined;
}

/* Parents for every voxel, and the number of components. */
static void join(cc_components *c, const uint8_t *mask, const grid *g) {
    size_t i = 0;
    for (int z = 0; z < g->dims[0]; z++)
        for (int y = 0; y < g->dims[1]; y++)
            for (int x = 0; x < g->dims[2]; x++, i++) {
                if (!mask[i]) continue;
                c->labels[i] = (uint32_t)i + 1;
                /* a new component, less those that end in it */
                c->count += 1 - join_back(c->labels, g, z, y, x);
            }
}

static void number(cc_components *c, size_t voxels) {
    uint32_t last = 0;
    for (size_t i = 0; i < voxels; i++) {
        if (!c->labels[i]) continue;
        /* A parent lies before its voxel, and so has its final label already; a root gets the next number. */
        bool root = c->labels[i] - 1 == i;
        c->labels[i] = root ? ++last : c->labels[c->labels[i] - 1];
        c->sizes[c->labels[i] - 1]++;
    }
}

cc_status cc_components_init(cc_components *out, const uint8_t *mask, int depth, int height, int width,
                             int neighbours) {
    grid g;
    CC_TRY(make_grid(&g, depth, height, width, neighbours));
    cc_status status = CC_OK;
    cc_components c = {.labels = calloc(g.count, sizeof *c.labels)};
    if (!c.labels) CC_CHECK(cc_fail_memory("components", g.count * sizeof *c.labels));
    join(&c, mask, &g);
    c.sizes = calloc(c.count + 1, sizeof *c.sizes);
    if (!c.sizes) CC_CHECK(cc_fail_memory("components", (c.count + 1) * sizeof *c.sizes));
    number(&c, g.count);
    *out = c;
done:
    if (status != CC_OK) cc_components_deinit(&c);
    return status;
}

void cc_components_deinit(cc_components *components) {
    free(components->labels);
    free(components->sizes);
    *components = (cc_components){0};
}
