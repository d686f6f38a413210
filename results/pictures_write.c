/* results/pictures_write.c -- examples, panels and the reference slice of a run, a group each. */
#include <stdio.h>
#include "results/pictures.h"

static cc_status put_image(hid_t group, const hsize_t dims[2], const char *name, const float *image) {
    if (!image) return CC_OK;
    return cc_hdf_put_array(group, name, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE, 2, dims, image);
}

static cc_status put_mask(hid_t group, const hsize_t dims[2], const char *name, const uint8_t *mask) {
    if (!mask) return CC_OK;
    return cc_hdf_put_array(group, name, H5T_NATIVE_UINT8, H5T_STD_U8LE, 2, dims, mask);
}

static cc_status put_spacing(hid_t group, const cc_run_spacing *spacing) {
    if (!(spacing->x_mm > 0 && spacing->y_mm > 0)) return CC_OK;
    CC_TRY(cc_hdf_put_real(group, "spacing_x_mm", spacing->x_mm));
    return cc_hdf_put_real(group, "spacing_y_mm", spacing->y_mm);
}

static cc_status write_example(hid_t group, const char *name, const void *item) {
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
