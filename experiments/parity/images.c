/* experiments/parity/images.c -- calcade-golden-images: groups of image operations, each with its inputs and
 * what SciPy or scikit-image made of them.
 *
 * The groups are rows of a table at the end: histogram matching, union and opening of regions, rotation,
 * connected components. What gives whole numbers must be equal; rotation, which interpolates, lies within
 * CC_PARITY_BOUND. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/components.h"
#include "datasets/augment.h"
#include "datasets/matching.h"
#include "datasets/morphology.h"
#include "experiments/parity/parity.h"

/* The share of a rotated mask's pixels that may differ: those half way between two. */
#define MASK_BOUND 1e-3

/* A dataset of a given rank. */
static cc_status read_picture(cc_fixture_array *out, const cc_fixture *fixture, const char *object,
                              int rank) {
    CC_TRY(cc_fixture_dataset(out, fixture, object));
    return out->rank == rank ? CC_OK
                             : cc_fixture_fail(fixture, object, "is not of the rank that its name says");
}

/* What is expected of a picture with as many pixels. */
static cc_status read_expected(cc_fixture_array *out, const cc_fixture *fixture, const char *object,
                               size_t count) {
    CC_TRY(cc_fixture_dataset(out, fixture, object));
    return out->count == count ? CC_OK : cc_fixture_fail(fixture, object, "does not fit the pictures");
}

/* The share of pixels in which two masks differ. */
static void compare_mask(cc_parity *parity, const cc_fixture *fixture, const char *where, const char *what,
                         const uint8_t *got, const cc_fixture_array *want, double bound) {
    size_t wrong = 0;
    for (size_t i = 0; i < want->count; i++) wrong += (got[i] != 0) != (want->values[i] != 0);
    cc_parity_report(parity, fixture, where, what, (double)wrong / (double)want->count, bound);
}

/* --- histogram_matching/N: source, reference, expect, compared as rounded --- */

static cc_status check_matching_case(cc_parity *parity, const cc_fixture *fixture, const char *path) {
    char object[512];
    cc_fixture_array source, reference, want;
    const float *source_hu, *reference_hu;
    cc_matching *matching = NULL;
    snprintf(object, sizeof object, "%s/source", path);
    CC_TRY(cc_parity_read_floats(&source_hu, &source, fixture, object));
    snprintf(object, sizeof object, "%s/reference", path);
    CC_TRY(cc_parity_read_floats(&reference_hu, &reference, fixture, object));
    snprintf(object, sizeof object, "%s/expect", path);
    CC_TRY(read_expected(&want, fixture, object, source.count));
    float *matched = cc_arena_get_array(fixture->arena, source.count, sizeof *matched);
    if (!matched) return CC_ENOMEM;
    CC_TRY(cc_matching_create(&matching, reference_hu, reference.count));
    cc_status status = cc_matching_apply(matched, matching, source_hu, source.count);
    cc_matching_destroy(matching);
    CC_TRY(status);
    for (size_t i = 0; i < source.count; i++) {
        /* Half a HU is less than a scanner resolves: whole HU are compared. */
        source.values[i] = rintf(matched[i]);
        want.values[i] = rint(want.values[i]);
    }
    cc_parity_compare(parity, fixture, path, "rounded HU", source.values, want.values, source.count, 0);
    return CC_OK;
}

/* --- union_opening_box/N: slices, union, opened, box; the rectangle is named by the group --- */

typedef struct rectangle {
    int tall, wide;
} rectangle;

/* "opening by a 15x15 rectangle": rows, then columns. */
static cc_status read_rectangle(rectangle *out, const cc_fixture *fixture, const char *group) {
    static const char before[] = "opening by a ";
    char *text;
    CC_TRY(cc_fixture_text(&text, fixture, group, "what"));
    const char *place = strstr(text, before);
    if (place && sscanf(place + strlen(before), "%4dx%4d", &out->tall, &out->wide) == 2 && out->tall >= 1 &&
        out->wide >= 1)
        return CC_OK;
    return cc_fixture_fail(fixture, group, "attribute what names no rectangle");
}

/* y0, x0, y1, x1, half open. */
static cc_status compare_box(cc_parity *parity, const cc_fixture *fixture, const char *path, cc_box box) {
    char object[512];
    cc_fixture_array want;
    double got[4] = {box.y0, box.x0, box.y1, box.x1};
    snprintf(object, sizeof object, "%s/box", path);
    CC_TRY(read_expected(&want, fixture, object, 4));
    cc_parity_compare(parity, fixture, path, "box", got, want.values, 4, 0);
    return CC_OK;
}

/* Union over slices, its opening, and the box of that. */
static cc_status check_region_case(cc_parity *parity, const cc_fixture *fixture, const char *path) {
    char object[512];
    cc_fixture_array slices, joined, opened;
    const uint8_t *masks;
    rectangle r;
    CC_TRY(read_rectangle(&r, fixture, "/union_opening_box"));
    snprintf(object, sizeof object, "%s/slices", path);
    CC_TRY(read_picture(&slices, fixture, object, 3));
    CC_TRY(cc_parity_make_mask(&masks, &slices, fixture));
    const int height = (int)slices.dims[1], width = (int)slices.dims[2];
    const size_t area = slices.dims[1] * slices.dims[2];
    snprintf(object, sizeof object, "%s/union", path);
    CC_TRY(read_expected(&joined, fixture, object, area));
    snprintf(object, sizeof object, "%s/opened", path);
    CC_TRY(read_expected(&opened, fixture, object, area));
    uint8_t *mask = cc_arena_get(fixture->arena, area);
    if (!mask) return CC_ENOMEM;
    cc_mask_union(mask, masks, (int)slices.dims[0], height, width);
    compare_mask(parity, fixture, path, "union", mask, &joined, 0);
    cc_mask_open(mask, mask, height, width, r.tall, r.wide);
    compare_mask(parity, fixture, path, "opened", mask, &opened, 0);
    return compare_box(parity, fixture, path, cc_mask_box(mask, height, width));
}

/* --- rotation: image, mask; expect/DEGREES with the attribute cval, expect_mask/DEGREES --- */

/* Angles are reduced to 0 ... 359 degrees. */
static cc_status find_rotation(cc_augment *out, char name[static 16], const cc_fixture *fixture,
                               const char *object, const char *angle) {
    char *end;
    long degrees = strtol(angle, &end, 10);
    if (end == angle || *end) return cc_fixture_fail(fixture, object, "is not named by whole degrees");
    degrees = (degrees % 360 + 360) % 360;
    snprintf(name, 16, "rotate%ld", degrees);
    const char *const names[] = {name};
    return cc_augment_init(out, names, degrees != 0);
}

/* Bilinear, with the fixture's own value outside. */
static cc_status rotate_image(cc_parity *parity, const cc_fixture *fixture, const char *object,
                              const char *what, const cc_fixture_array *image, const cc_fixture_array *want,
                              const cc_variant *variant) {
    cc_fixture_array fill;
    CC_TRY(cc_fixture_numbers(&fill, fixture, object, "cval"));
    float *in = cc_arena_get_array(fixture->arena, image->count, sizeof *in);
    float *out = cc_arena_get_array(fixture->arena, image->count, sizeof *out);
    double *got = cc_arena_get_array(fixture->arena, image->count, sizeof *got);
    if (!in || !out || !got) return CC_ENOMEM;
    for (size_t i = 0; i < image->count; i++) in[i] = (float)image->values[i];
    cc_variant_apply(variant, out, NULL, in, NULL, (int)image->dims[0], (int)image->dims[1],
                     (float)fill.values[0]);
    for (size_t i = 0; i < image->count; i++) got[i] = out[i];
    cc_parity_compare(parity, fixture, "rotation", what, got, want->values, want->count, CC_PARITY_BOUND);
    return CC_OK;
}

/* Nearest neighbour. */
static cc_status rotate_mask(cc_parity *parity, const cc_fixture *fixture, const char *object,
                             const char *what, const cc_fixture_array *image, const cc_fixture_array *want,
                             const cc_variant *variant) {
    (void)object;
    const uint8_t *in;
    CC_TRY(cc_parity_make_mask(&in, image, fixture));
    uint8_t *out = cc_arena_get(fixture->arena, image->count);
    if (!out) return CC_ENOMEM;
    cc_variant_apply(variant, NULL, out, NULL, in, (int)image->dims[0], (int)image->dims[1], 0);
    compare_mask(parity, fixture, "rotation", what, out, want, MASK_BOUND);
    return CC_OK;
}

/* The two pictures of the group, and how each is rotated and compared. */
static const struct rotated {
    const char *name, *picture, *group;
    cc_status (*check)(cc_parity *parity, const cc_fixture *fixture, const char *object, const char *what,
                       const cc_fixture_array *picture, const cc_fixture_array *want,
                       const cc_variant *variant);
} rotated[] = {
    {"image", "/rotation/image", "/rotation/expect", rotate_image},
    {"mask", "/rotation/mask", "/rotation/expect_mask", rotate_mask},
};

/* One picture by one angle. */
static cc_status check_angle(cc_parity *parity, const cc_fixture *fixture, const struct rotated *t,
                             const cc_fixture_array *picture, const char *angle) {
    char object[512], what[64], name[16];
    cc_augment augment;
    cc_fixture_array want;
    snprintf(object, sizeof object, "%s/%s", t->group, angle);
    CC_TRY(find_rotation(&augment, name, fixture, object, angle));
    CC_TRY(read_expected(&want, fixture, object, picture->count));
    snprintf(what, sizeof what, "%s by %.20s", t->name, angle);
    return t->check(parity, fixture, object, what, picture, &want, &augment.variants[augment.count - 1]);
}

/* Both pictures by every angle that the group has. */
static cc_status check_rotation(cc_parity *parity, const cc_fixture *fixture) {
    for (size_t p = 0; p < sizeof rotated / sizeof *rotated; p++) {
        cc_fixture_array picture;
        char **angles;
        size_t count;
        CC_TRY(read_picture(&picture, fixture, rotated[p].picture, 2));
        CC_TRY(cc_fixture_members(&angles, &count, fixture, rotated[p].group));
        for (size_t i = 0; i < count; i++)
            CC_TRY(check_angle(parity, fixture, &rotated[p], &picture, angles[i]));
    }
    return CC_OK;
}

/* --- components: volume; expect/3d_6 and the like, the sizes in ascending order; 2d: of its first slice
 * --- */

/* For qsort: ascending. */
static int by_size(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

/* How many components there are, and how large they are. */
static cc_status compare_sizes(cc_parity *parity, const cc_fixture *fixture, const char *name,
                               const cc_components *c, const cc_fixture_array *want) {
    char what[64];
    double count = (double)c->count, wanted = (double)want->count;
    snprintf(what, sizeof what, "%.40s count", name);
    cc_parity_compare(parity, fixture, "components", what, &count, &wanted, 1, 0);
    double *got = cc_arena_get_array(fixture->arena, want->count, sizeof *got);
    if (!got) return CC_ENOMEM;
    if (c->count > 0) qsort(c->sizes, c->count, sizeof *c->sizes, by_size);
    for (size_t i = 0; i < want->count; i++) got[i] = i < c->count ? (double)c->sizes[i] : 0;
    snprintf(what, sizeof what, "%.40s sizes", name);
    cc_parity_compare(parity, fixture, "components", what, got, want->values, want->count, 0);
    return CC_OK;
}

/* One rank and neighbourhood, by the name of the dataset. */
static cc_status check_components_of(cc_parity *parity, const cc_fixture *fixture, const uint8_t *volume,
                                     const size_t *dims, const char *name) {
    char object[512];
    int rank, neighbours, end = 0;
    cc_fixture_array want;
    cc_components components;
    snprintf(object, sizeof object, "/components/expect/%s", name);
    if (sscanf(name, "%1dd_%2d%n", &rank, &neighbours, &end) != 2 || name[end] || rank < 2 || rank > 3 ||
        (rank == 2) != (neighbours == 4 || neighbours == 8))
        return cc_fixture_fail(fixture, object, "is not named like 3d_26");
    CC_TRY(cc_fixture_dataset(&want, fixture, object));
    CC_TRY(cc_components_init(&components, volume, rank == 3 ? (int)dims[0] : 1, (int)dims[1], (int)dims[2],
                              neighbours));
    cc_status status = compare_sizes(parity, fixture, name, &components, &want);
    cc_components_deinit(&components);
    return status;
}

static cc_status check_components(cc_parity *parity, const cc_fixture *fixture) {
    cc_fixture_array volume;
    const uint8_t *mask;
    char **names;
    size_t count;
    CC_TRY(read_picture(&volume, fixture, "/components/volume", 3));
    CC_TRY(cc_parity_make_mask(&mask, &volume, fixture));
    CC_TRY(cc_fixture_members(&names, &count, fixture, "/components/expect"));
    for (size_t i = 0; i < count; i++)
        CC_TRY(check_components_of(parity, fixture, mask, volume.dims, names[i]));
    return CC_OK;
}

/* --- the groups --- */

/* Runs a check on every member of a group. */
static cc_status check_cases(cc_parity *parity, const cc_fixture *fixture, const char *group,
                             cc_status (*check)(cc_parity *, const cc_fixture *, const char *)) {
    char **names, path[512];
    size_t count;
    CC_TRY(cc_fixture_members(&names, &count, fixture, group));
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", group, names[i]);
        CC_TRY(check(parity, fixture, path));
    }
    return CC_OK;
}

static cc_status check_matching(cc_parity *parity, const cc_fixture *fixture) {
    return check_cases(parity, fixture, "histogram_matching", check_matching_case);
}

static cc_status check_regions(cc_parity *parity, const cc_fixture *fixture) {
    return check_cases(parity, fixture, "union_opening_box", check_region_case);
}

/* An operation is a row here. */
static const struct group {
    const char *name;
    cc_status (*check)(cc_parity *parity, const cc_fixture *fixture);
} groups[] = {
    {"components", check_components},
    {"histogram_matching", check_matching},
    {"rotation", check_rotation},
    {"union_opening_box", check_regions},
};
enum { GROUPS = sizeof groups / sizeof *groups };

cc_status cc_parity_images(cc_parity *parity, const cc_fixture *fixture) {
    char **names;
    size_t count;
    CC_TRY(cc_fixture_members(&names, &count, fixture, "/"));
    for (size_t i = 0; i < count; i++) {
        int g = 0;
        while (g < GROUPS && strcmp(groups[g].name, names[i]) != 0) g++;
        if (g == GROUPS) return cc_fixture_fail(fixture, names[i], "no operation of that name is known");
        CC_TRY(groups[g].check(parity, fixture));
    }
    return CC_OK;
}
