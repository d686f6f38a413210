/* experiments/cascade/scan_volume.c -- slices to volumes and back.
 *
 * Slices are upright (datasets/upright.h), so that a scan's grid is its spacing along axes x, y, z. HU of the
 * whole part lie in memory once, beside what is made of them. */
#include "experiments/cascade/scan_volume.h"

#include <stdlib.h>
#include <string.h>
#include "datasets/interpolate.h"
#include "datasets/reduce.h"
#include "datasets/resample.h"
#include "experiments/planning/data.h"

static size_t count_of(const cc_grid *grid) {
    return (size_t)grid->dims[0] * (size_t)grid->dims[1] * (size_t)grid->dims[2];
}

size_t cc_scan_volume_count(const cc_scan_volume *v) {
    return count_of(&v->grid);
}

/* Voxels of a cell as x, y, z, as grids have their axes. */
static void factors_of(int64_t factors[3], const cc_experiment_config *net) {
    for (int k = 0; k < 3; k++) factors[k] = net->volumes.reduce[2 - k];
}

/* Channels, or the planes that they are made of: HU once, however many windows there are, and masks. */
static size_t count_of_planes(const cc_channels *channels, bool planes) {
    size_t masks = 0;
    for (int w = 0; w < channels->word_count; w++) masks += channels->words[w].is_mask;
    const size_t words = (size_t)cc_channels_count(channels);
    return planes ? masks + (masks < words) : words;
}

cc_status cc_scan_volume_plan(cc_scan_volume *out, const cc_scan_volume_source *source, size_t slice) {
    cc_channels channels;
    double mm[3], wanted[3];
    int64_t factors[3];
    *out = (cc_scan_volume){.scan = cc_grid_unit()};
    CC_TRY(cc_scan_part_find(&out->part, source->set, slice, source->regions, source->marked));
    CC_TRY(cc_data_channels(&channels, source->net));
    out->channels = count_of_planes(&channels, source->planes);
    out->scan.dims[0] = out->part.box.x1 - out->part.box.x0;
    out->scan.dims[1] = out->part.box.y1 - out->part.box.y0;
    out->scan.dims[2] = (int64_t)(out->part.end - out->part.first);
    if (cc_slice_set_spacing(mm, source->set, slice)) memcpy(out->scan.spacing_mm, mm, sizeof mm);
    /* The config has seen to it that one of the two is asked for at most. */
    factors_of(factors, source->net);
    for (int k = 0; k < 3; k++) {
        out->reduced = out->reduced || factors[k] > 1;
        wanted[k] = source->net->volumes.spacing_mm[2 - k];
    }
    return out->reduced ? cc_reduce_grid(&out->grid, &out->scan, factors)
                        : cc_resample_grid(&out->grid, &out->scan, wanted, CC_RESAMPLE_ALIGN_edges,
                                           CC_RESAMPLE_SIZE_ceil);
}

/* One slice of the part, cut from the whole one. */
static void cut(void *out, const void *in, size_t bytes, const cc_box *box, int width) {
    const size_t row = (size_t)(box->x1 - box->x0) * bytes;
    for (int y = box->y0; y < box->y1; y++) {
        const char *from = (const char *)in + ((size_t)y * (size_t)width + (size_t)box->x0) * bytes;
        memcpy((char *)out + (size_t)(y - box->y0) * row, from, row);
    }
}

/* Classes of a slice's labels, in place. */
static cc_status classify(uint8_t *labels, const cc_scan_volume_source *source, size_t slice, size_t pixels) {
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t class = source->classes ? source->classes->of[labels[i]] : labels[i] != 0;
        if (class == CC_LABEL_CLASS_NONE) {
            const cc_slice *s = cc_slice_set_get(source->set, slice);
            return cc_fail(CC_EFORMAT, cc_slice_set_patient(source->set, s->patient), "check data.labels",
                           "slice %d has the label %d, which is no class of data.targets", (int)s->number,
                           labels[i]);
        }
        labels[i] = class;
    }
    return CC_OK;
}

/* HU of the part as the set shows them, and its classes; where `labels` is NULL, HU as the dataset has
 * them. */
static cc_status read_part(float *hu, uint8_t *labels, const cc_scan_volume *v,
                           const cc_scan_volume_source *source) {
    cc_status status = CC_OK;
    const cc_slice *s = cc_slice_set_get(source->set, v->part.first);
    const size_t pixels = (size_t)s->height * (size_t)s->width;
    const size_t plane = (size_t)v->scan.dims[0] * (size_t)v->scan.dims[1];
    float *slice = malloc(pixels * sizeof *slice);
    uint8_t *mask = malloc(pixels);
    if (!slice || !mask) CC_CHECK(cc_fail_memory("a slice", pixels * (sizeof *slice + 1)));
    for (size_t i = v->part.first; i < v->part.end; i++) {
        const size_t at = (i - v->part.first) * plane;
        if (labels)
            CC_CHECK(cc_slice_set_read(source->set, i, slice, mask));
        else
            CC_CHECK(cc_slice_set_read_near(source->set, i, 0, true, slice));
        cut(hu + at, slice, sizeof *slice, &v->part.box, s->width);
        if (!labels) continue;
        CC_CHECK(classify(mask, source, i, pixels));
        cut(labels + at, mask, 1, &v->part.box, s->width);
    }
done:
    free(slice);
    free(mask);
    return status;
}

/* Values on the net's grid. */
static cc_status bring(float *out, const cc_scan_volume *v, const float *hu,
                       const cc_experiment_config *net) {
    static const char *const names[] = {
#define X(name) #name,
        CC_INTERPOLATION_LIST(X)
#undef X
    }; /* in the order of the enumeration */
    int64_t factors[3];
    int kind = 0;
    if (v->reduced) {
        factors_of(factors, net);
        cc_reduce(out, NULL, hu, v->scan.dims, factors, (float)net->volumes.above_hu);
        return CC_OK;
    }
    if (memcmp(v->grid.spacing_mm, v->scan.spacing_mm, sizeof v->scan.spacing_mm) == 0) { /* nothing to do */
        memcpy(out, hu, count_of(&v->scan) * sizeof *out);
        return CC_OK;
    }
    while (strcmp(names[kind], net->volumes.interpolation) != 0) kind++;
    return cc_resample(out, &v->grid, hu, &v->scan, (cc_interpolation)kind,
                       (float)net->preprocess.window_hu[0]);
}

static cc_status bring_labels(uint8_t *out, const cc_scan_volume *v, const uint8_t *labels,
                              const cc_experiment_config *net) {
    int64_t factors[3];
    if (!v->reduced) return cc_resample_labels(out, &v->grid, labels, &v->scan);
    factors_of(factors, net);
    cc_reduce_labels(out, labels, v->scan.dims, factors);
    return CC_OK;
}

/* The channels of masks: hu holds the scan's own values; `mask` and `brought` are room for its part and the
 * net's grid. As planes they lie one behind the other, after that of HU where there is one. */
static cc_status add_masks(cc_scan_volume *v, const cc_channels *channels, const float *hu, uint8_t *mask,
                           uint8_t *brought, const cc_scan_volume_source *source) {
    const size_t count = count_of(&v->grid), own = count_of(&v->scan);
    size_t plane = v->channels;
    for (int w = channels->word_count - 1; w >= 0; w--) {
        const cc_channel *word = &channels->words[w];
        if (!word->is_mask) continue;
        plane = source->planes ? plane - 1 : (size_t)w;
        for (size_t i = 0; i < own; i++) mask[i] = hu[i] > word->above_hu;
        CC_TRY(bring_labels(brought, v, mask, source->net));
        for (size_t i = 0; i < count; i++) v->image[plane * count + i] = brought[i];
    }
    return CC_OK;
}

cc_status cc_scan_volume_make(cc_scan_volume *out, const cc_scan_volume_source *source, size_t slice) {
    cc_status status = CC_OK;
    cc_channels channels;
    CC_TRY(cc_scan_volume_plan(out, source, slice));
    CC_TRY(cc_data_channels(&channels, source->net));
    const size_t count = count_of(&out->grid), own = count_of(&out->scan);
    float *hu = malloc(own * sizeof *hu), *brought = malloc(count * sizeof *brought);
    uint8_t *labels = malloc(own);
    out->image = malloc(out->channels * count * sizeof *out->image);
    out->labels = malloc(count);
    if (!hu || !brought || !labels || !out->image || !out->labels)
        CC_CHECK(cc_fail_memory("a volume", (own + (out->channels + 1) * count) * sizeof *hu));
    CC_CHECK(read_part(hu, labels, out, source));
    /* HU are resampled once, whatever the number of windows: clipping comes after it, as a voxel between bone
     * and air is what lies between their HU, and not between black and white. */
    CC_CHECK(bring(brought, out, hu, source->net));
    for (int w = 0; w < channels.word_count && !source->planes; w++)
        if (!channels.words[w].is_mask)
            cc_channel_window(out->image + (size_t)w * count, brought, count, channels.words[w].window_hu);
    if (source->planes) memcpy(out->image, brought, count * sizeof *brought); /* or masks overwrite it */
    CC_CHECK(bring_labels(out->labels, out, labels, source->net));
    /* The rooms are free again: HU for the scan's own values, the rest for masks of a byte a voxel. */
    if (cc_channels_have_mask(&channels)) {
        CC_CHECK(read_part(hu, NULL, out, source));
        CC_CHECK(add_masks(out, &channels, hu, labels, (uint8_t *)brought, source));
    }
done:
    free(hu);
    free(brought);
    free(labels);
    if (status != CC_OK) cc_scan_volume_deinit(out);
    return status;
}

void cc_scan_volume_deinit(cc_scan_volume *v) {
    free(v->image);
    free(v->labels);
    *v = (cc_scan_volume){0};
}

cc_status cc_scan_volume_restore(float *out, const cc_scan_volume *v, const float *values, size_t slice) {
    const cc_sampling sampling = {v->reduced ? CC_INTERPOLATION_nearest : CC_INTERPOLATION_linear,
                                  CC_BORDER_CLAMPED, 0};
    double map[12];
    /* The slice as a grid of its own, one voxel thick: what is restored at a time is a slice of memory, not a
     * scan. The axes of `scan` are x, y, z, so that slices follow each other along z alone. */
    cc_grid one = v->scan;
    one.dims[2] = 1;
    one.origin_mm[2] += (double)(slice - v->part.first) * v->scan.spacing_mm[2];
    cc_grid_index_map(map, &one, &v->grid);
    return cc_interpolate(out, one.dims, map, values, v->grid.dims, &sampling);
}
