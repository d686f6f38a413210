/* results/pictures.c -- examples, panels and the reference slice of a run: a group each, written and read.
 *
 * Each item is a group of its own below /examples or /panels, named by its number with leading zeros, so that
 * HDF5's order of names is the order of items. */
#include "results/pictures.h"

#include <math.h>
#include <stdio.h>
#include "results/hdf_read.h"

/* --- writing --- */

static cc_status put_image(hid_t group, const hsize_t dims[2], const char *name, const float *image) {
    if (!image) return CC_OK;
    return cc_hdf_put_array(group, name, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE, 2, dims, image);
}

static cc_status put_mask(hid_t group, const hsize_t dims[2], const char *name, const uint8_t *mask) {
    if (!mask) return CC_OK;
    return cc_hdf_put_array(group, name, H5T_NATIVE_UINT8, H5T_STD_U8LE, 2, dims, mask);
}

/* A spacing that is not known is left out, as a whole. */
static cc_status put_spacing(hid_t group, const cc_run_spacing *spacing) {
    if (!(spacing->x_mm > 0 && spacing->y_mm > 0)) return CC_OK;
    CC_TRY(cc_hdf_put_real(group, "spacing_x_mm", spacing->x_mm));
    return cc_hdf_put_real(group, "spacing_y_mm", spacing->y_mm);
}

static cc_status write_example(hid_t group, const char *name, const void *item) {
    /* Images are [height][width], row by row. */
    const cc_run_example *e = item;
    const hsize_t dims[] = {e->height, e->width};
    if (!e->stage || !e->patient || !e->image_hu || !e->truth || !e->prediction)
        return cc_fail(CC_EINVAL, "examples", NULL, "%s lacks its stage, patient, image, truth or prediction",
                       name);
    CC_TRY(cc_hdf_put_text(group, "stage", e->stage));
    CC_TRY(cc_hdf_put_text(group, "patient", e->patient));
    CC_TRY(cc_hdf_put_integer(group, "slice", e->slice));
    CC_TRY(put_spacing(group, &e->spacing));
    CC_TRY(put_image(group, dims, "image_hu", e->image_hu));
    CC_TRY(put_mask(group, dims, "truth", e->truth));
    CC_TRY(put_mask(group, dims, "prediction", e->prediction));
    return put_image(group, dims, "probability", e->probability);
}

static cc_status write_panel(hid_t group, const char *name, const void *item) {
    /* An image, a mask, or both; a box where there is one. */
    const cc_run_panel *p = item;
    const hsize_t dims[] = {p->height, p->width}, corners = 4;
    if (!p->figure || !p->panel || !p->patient || (!p->image_hu && !p->mask))
        return cc_fail(CC_EINVAL, "panels", NULL, "%s lacks its figure, panel, patient or picture", name);
    CC_TRY(cc_hdf_put_text(group, "figure", p->figure));
    CC_TRY(cc_hdf_put_text(group, "panel", p->panel));
    CC_TRY(cc_hdf_put_text(group, "patient", p->patient));
    CC_TRY(cc_hdf_put_integer(group, "slice", p->slice));
    CC_TRY(put_spacing(group, &p->spacing));
    CC_TRY(put_image(group, dims, "image_hu", p->image_hu));
    CC_TRY(put_mask(group, dims, "mask", p->mask));
    if (!p->has_box) return CC_OK;
    return cc_hdf_put_array(group, "box", H5T_NATIVE_INT32, H5T_STD_I32LE, 1, &corners, p->box);
}

/* One item as a group NAME/NUMBER. */
typedef cc_status (*writer)(hid_t group, const char *name, const void *item);

/* Writes all items of one kind below the group `name`. */
static cc_status write_items(hid_t file, const char *name, int digits, const void *items, size_t count,
                             size_t bytes, writer write) {
    cc_status status = CC_OK;
    hid_t parent = -1, group;
    CC_CHECK(cc_hdf_group(&parent, file, name));
    for (size_t i = 0; i < count; i++) {
        char number[32];
        snprintf(number, sizeof number, "%0*zu", digits, i);
        CC_CHECK(cc_hdf_group(&group, parent, number));
        CC_CHECK(cc_hdf_end_group(group, write(group, number, (const char *)items + i * bytes)));
    }
done:
    return cc_hdf_end_group(parent, status);
}

static cc_status write_reference(hid_t file, const cc_run_reference *r) {
    cc_status status = CC_OK;
    const hsize_t dims[] = {r->height, r->width};
    hid_t group;
    if (!r->dataset_digest || !r->patient || !r->part || !r->image_hu)
        return cc_fail(CC_EINVAL, "reference", NULL, "its dataset, patient, part or picture is missing");
    CC_TRY(cc_hdf_group(&group, file, "reference"));
    CC_CHECK(cc_hdf_put_text(group, "dataset_digest", r->dataset_digest));
    CC_CHECK(cc_hdf_put_text(group, "patient", r->patient));
    CC_CHECK(cc_hdf_put_text(group, "part", r->part));
    CC_CHECK(cc_hdf_put_integer(group, "slice", r->slice));
    CC_CHECK(cc_hdf_put_real(group, "f1", r->f1));
    CC_CHECK(put_spacing(group, &r->spacing));
    CC_CHECK(put_image(group, dims, "image_hu", r->image_hu));
done:
    return cc_hdf_end_group(group, status);
}

cc_status cc_pictures_write(hid_t file, const cc_run *run) {
    CC_TRY(write_items(file, "examples", 4, run->examples, run->example_count, sizeof *run->examples,
                       write_example));
    if (run->reference) CC_TRY(write_reference(file, run->reference));
    if (run->panel_count == 0) return CC_OK;
    return write_items(file, "panels", 3, run->panels, run->panel_count, sizeof *run->panels, write_panel);
}

/* --- reading --- */

enum { EXAMPLES_MAX = 4096, PANELS_MAX = 999, PICTURE_VALUES_MAX = 1 << 24 };

/* The pictures of one group: all of one size, which the first one sets. */
typedef struct picture_group {
    hid_t group;
    uint32_t *height, *width;
    cc_arena *arena;
} picture_group;

/* Reads one picture of a group; the first sets the size that the others must have. */
static cc_status read_picture(void **out, const picture_group *g, const char *name, hid_t type,
                              size_t bytes) {
    int rank;
    hsize_t dims[2];
    CC_TRY(cc_hdf_get_array(out, &rank, dims, g->group, name, type, bytes, 2, PICTURE_VALUES_MAX, g->arena));
    if (rank != 2 || dims[0] == 0 || dims[1] == 0 ||
        (*g->height && (dims[0] != *g->height || dims[1] != *g->width)))
        return cc_fail(CC_EFORMAT, name, NULL, "must be a picture, as large as the others");
    *g->height = (uint32_t)dims[0];
    *g->width = (uint32_t)dims[1];
    return CC_OK;
}

/* A picture of HU or probabilities; NULL where it is absent and may be. */
static cc_status read_image(const float **out, const picture_group *g, const char *name, bool required) {
    void *values = NULL;
    if (required || cc_hdf_has(g->group, name))
        CC_TRY(read_picture(&values, g, name, H5T_NATIVE_FLOAT, sizeof(float)));
    *out = values;
    return CC_OK;
}

/* A mask; NULL where it is absent and may be. */
static cc_status read_mask(const uint8_t **out, const picture_group *g, const char *name, bool required) {
    void *values = NULL;
    if (required || cc_hdf_has(g->group, name)) CC_TRY(read_picture(&values, g, name, H5T_NATIVE_UINT8, 1));
    *out = values;
    return CC_OK;
}

/* Both of them, or none. */
static cc_status read_spacing(cc_run_spacing *out, hid_t group) {
    cc_run_spacing s = {0, 0};
    CC_TRY(cc_hdf_get_real(&s.x_mm, group, "spacing_x_mm", false));
    CC_TRY(cc_hdf_get_real(&s.y_mm, group, "spacing_y_mm", false));
    const bool none = s.x_mm == 0 && s.y_mm == 0;
    if (!none && !(s.x_mm > 0 && s.y_mm > 0 && isfinite(s.x_mm) && isfinite(s.y_mm)))
        return cc_fail(CC_EFORMAT, "spacing_x_mm, spacing_y_mm", NULL, "must both be there and above 0");
    *out = s;
    return CC_OK;
}

static cc_status read_example(void *item, hid_t group, cc_arena *arena) {
    cc_run_example *e = item;
    const picture_group g = {group, &e->height, &e->width, arena};
    CC_TRY(cc_hdf_get_text(&e->stage, group, "stage", true, arena));
    CC_TRY(cc_hdf_get_text(&e->patient, group, "patient", true, arena));
    CC_TRY(cc_hdf_get_integer(&e->slice, group, "slice", true));
    CC_TRY(read_spacing(&e->spacing, group));
    CC_TRY(read_image(&e->image_hu, &g, "image_hu", true));
    CC_TRY(read_mask(&e->truth, &g, "truth", true));
    CC_TRY(read_mask(&e->prediction, &g, "prediction", true));
    return read_image(&e->probability, &g, "probability", false);
}

/* The box of a panel: y0, x0, y1, x1; none where it is absent. */
static cc_status read_box(cc_run_panel *p, hid_t group, cc_arena *arena) {
    int rank;
    hsize_t count;
    void *box;
    if (!cc_hdf_has(group, "box")) return CC_OK;
    CC_TRY(
        cc_hdf_get_array(&box, &rank, &count, group, "box", H5T_NATIVE_INT32, sizeof(int32_t), 1, 4, arena));
    if (rank != 1 || count != 4)
        return cc_fail(CC_EFORMAT, "box", NULL, "must be four numbers: y0, x0, y1, x1");
    for (int i = 0; i < 4; i++) p->box[i] = ((const int32_t *)box)[i];
    p->has_box = true;
    return CC_OK;
}

static cc_status read_panel(void *item, hid_t group, cc_arena *arena) {
    cc_run_panel *p = item;
    const picture_group g = {group, &p->height, &p->width, arena};
    CC_TRY(cc_hdf_get_text(&p->figure, group, "figure", true, arena));
    CC_TRY(cc_hdf_get_text(&p->panel, group, "panel", true, arena));
    CC_TRY(cc_hdf_get_text(&p->patient, group, "patient", true, arena));
    CC_TRY(cc_hdf_get_integer(&p->slice, group, "slice", true));
    CC_TRY(read_spacing(&p->spacing, group));
    CC_TRY(read_image(&p->image_hu, &g, "image_hu", false));
    /* One of the two must be there. */
    CC_TRY(read_mask(&p->mask, &g, "mask", !p->image_hu));
    return read_box(p, group, arena);
}

static cc_status read_reference(void *item, hid_t group, cc_arena *arena) {
    cc_run_reference *r = item;
    const picture_group g = {group, &r->height, &r->width, arena};
    r->f1 = NAN;
    CC_TRY(cc_hdf_get_text(&r->dataset_digest, group, "dataset_digest", true, arena));
    CC_TRY(cc_hdf_get_text(&r->patient, group, "patient", true, arena));
    CC_TRY(cc_hdf_get_text(&r->part, group, "part", true, arena));
    CC_TRY(cc_hdf_get_integer(&r->slice, group, "slice", true));
    CC_TRY(cc_hdf_get_real(&r->f1, group, "f1", false));
    CC_TRY(read_spacing(&r->spacing, group));
    return read_image(&r->image_hu, &g, "image_hu", true);
}

/* Fills one item from its group. */
typedef cc_status (*reader)(void *item, hid_t group, cc_arena *arena);

/* The item that the group `name` of `parent` holds. */
static cc_status read_item(void *item, hid_t parent, const char *name, reader read, cc_arena *arena) {
    hid_t group;
    CC_TRY(cc_hdf_open_group(&group, parent, name));
    cc_status status = read(item, group, arena);
    H5Gclose(group);
    return status == CC_OK ? CC_OK : cc_fail_within(status, name);
}

/* An item for each group below the group `name`; none where that is absent. */
static cc_status read_items(void **out, size_t *count, hid_t file, const char *name, size_t limit,
                            size_t bytes, reader read, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t parent;
    const char **names;
    if (!cc_hdf_has(file, name)) return CC_OK;
    CC_TRY(cc_hdf_open_group(&parent, file, name));
    CC_CHECK(cc_hdf_names(&names, count, parent, limit, arena));
    /* One reader for examples and panels: each item has `bytes` bytes. */
    char *items = cc_arena_get_array(arena, *count + 1, bytes);
    if (!items) CC_CHECK(CC_ENOMEM);
    for (size_t i = 0; i < *count; i++) CC_CHECK(read_item(items + i * bytes, parent, names[i], read, arena));
    *out = items;
done:
    H5Gclose(parent);
    return status == CC_OK ? CC_OK : cc_fail_within(status, name);
}

static cc_status read_examples_and_panels(cc_run *run, hid_t file, cc_arena *arena) {
    void *examples = NULL, *panels = NULL;
    CC_TRY(read_items(&examples, &run->example_count, file, "examples", EXAMPLES_MAX, sizeof *run->examples,
                      read_example, arena));
    CC_TRY(read_items(&panels, &run->panel_count, file, "panels", PANELS_MAX, sizeof *run->panels, read_panel,
                      arena));
    run->examples = examples;
    run->panels = panels;
    return CC_OK;
}

cc_status cc_pictures_read(cc_run *run, hid_t file, unsigned parts, cc_arena *arena) {
    if (parts & CC_RUN_EXAMPLES) CC_TRY(read_examples_and_panels(run, file, arena));
    if (!(parts & CC_RUN_REFERENCE) || !cc_hdf_has(file, "reference")) return CC_OK;
    cc_run_reference *reference = cc_arena_get(arena, sizeof *reference);
    if (!reference) return CC_ENOMEM;
    CC_TRY(read_item(reference, file, "reference", read_reference, arena));
    run->reference = reference;
    return CC_OK;
}
