/* datasets/scan_facts.c -- one pass over the slices of a scan: extremes, counts of labels, and two digests. A
 * digest is of the voxels as nets see them, not of files, so that a scan that was compressed or converted
 * keeps it. */
#include "datasets/scan_facts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "datasets/sources/source.h"

uint64_t cc_scan_facts_labelled(const cc_scan_facts *facts) {
    uint64_t sum = 0;
    for (int label = 1; label < CC_LABELS; label++) sum += facts->labels[label];
    return sum;
}

/* Slice by slice, in ascending order: the digest is the same whether a scan is in memory or read in
 * pieces. */
static void look_at_slice(cc_scan_facts *f, cc_digest *image, cc_digest *mask, const int16_t *hu,
                          const uint8_t *labels, size_t pixels) {
    for (size_t i = 0; i < pixels; i++) {
        cc_hu_tally_add(&f->hu, hu[i]);
        f->labels[labels[i]]++;
    }
    cc_digest_add(image, hu, pixels * sizeof *hu);
    cc_digest_add(mask, labels, pixels);
}

/* Both digests begin with the size: the same bytes in other dims are another scan. */
static cc_status start(cc_scan_facts *f, cc_digest **image, cc_digest **mask, const int64_t dims[3]) {
    *f = (cc_scan_facts){.hu = cc_hu_tally_none()};
    memcpy(f->dims, dims, sizeof f->dims);
    *image = cc_digest_create();
    *mask = cc_digest_create();
    if (!*image || !*mask) return CC_ENOMEM;
    cc_digest_add(*image, f->dims, sizeof f->dims);
    cc_digest_add(*mask, f->dims, sizeof f->dims);
    return CC_OK;
}

static void finish(cc_scan_facts *out, cc_scan_facts *f, cc_digest *image, cc_digest *mask) {
    f->image = cc_digest_finish(image);
    f->mask = cc_digest_finish(mask);
    *out = *f;
}

cc_status cc_scan_facts_of(cc_scan_facts *out, const int64_t dims[3], const double spacing_mm[3],
                           const int16_t *hu, const uint8_t *labels) {
    cc_scan_facts f;
    cc_digest *image = NULL, *mask = NULL;
    const size_t pixels = (size_t)(dims[0] * dims[1]);
    cc_status status = start(&f, &image, &mask, dims);
    memcpy(f.spacing_mm, spacing_mm, sizeof f.spacing_mm);
    for (int64_t z = 0; status == CC_OK && z < dims[2]; z++)
        look_at_slice(&f, image, mask, hu + (size_t)z * pixels, labels + (size_t)z * pixels, pixels);
    if (status == CC_OK) finish(out, &f, image, mask);
    cc_digest_destroy(image);
    cc_digest_destroy(mask);
    return status;
}

bool cc_scan_facts_are_known(const cc_slice_set *set) {
    return set->source->facts != NULL;
}

cc_status cc_scan_facts_read(cc_scan_facts *out, const cc_slice_set *set, size_t first, size_t count) {
    cc_status status;
    cc_scan_facts f;
    cc_digest *image = NULL, *mask = NULL;
    float *values = NULL;
    int16_t *hu = NULL;
    uint8_t *labels = NULL;
    size_t pixels = 0;
    assert(count > 0);
    if (cc_scan_facts_are_known(set)) {
        *out = *set->source->facts(set, cc_slice_set_get(set, first)->scan);
        return CC_OK;
    }
    const cc_slice *slice = cc_slice_set_get(set, first);
    const int64_t dims[3] = {slice->width, slice->height, (int64_t)count};
    for (size_t i = 0; i < count; i++) {
        const cc_slice *other = cc_slice_set_get(set, first + i);
        const size_t size = (size_t)other->height * (size_t)other->width;
        if (size > pixels) pixels = size;
    }
    CC_CHECK(start(&f, &image, &mask, dims));
    (void)cc_slice_set_spacing(f.spacing_mm, set, first);
    values = malloc(pixels * sizeof *values);
    hu = malloc(pixels * sizeof *hu);
    labels = malloc(pixels);
    if (!values || !hu || !labels) CC_CHECK(cc_fail_memory("a slice", pixels * sizeof *values));
    for (size_t i = 0; i < count; i++) {
        const cc_slice *read = cc_slice_set_get(set, first + i);
        const size_t size = (size_t)read->height * (size_t)read->width;
        CC_CHECK(cc_slice_set_read(set, first + i, values, labels));
        /* HU are whole numbers within int16 already; grey values over a window are rounded to them. */
        for (size_t k = 0; k < size; k++) hu[k] = cc_slice_store_hu(values[k]);
        look_at_slice(&f, image, mask, hu, labels, size);
    }
    finish(out, &f, image, mask);
done:
    cc_digest_destroy(image);
    cc_digest_destroy(mask);
    free(values);
    free(hu);
    free(labels);
    return status;
}
