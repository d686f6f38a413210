/* results/masks.c -- a test part's masks packed and unpacked.
 *
 * Packed by zlib itself and not by a filter of HDF5: the packed bytes are what a run holds in memory, so that
 * the masks of a whole test part take a few MB while it is tested, written and read back, and any one slice
 * can be unpacked alone. */
#include "results/masks.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { WINDOW_BITS = 15, MEMORY = 8 }; /* zlib's usual ones */

/* Agatston's classes (metrics/calcium.h): the least value of each, but the first, which lies above 130. */
static const float class_hu[] = {0, 131, 200, 300, 400};

uint8_t cc_density_of(float hu) {
    return hu >= 400 ? 4 : hu >= 300 ? 3 : hu >= 200 ? 2 : hu > 130 ? 1 : 0;
}

float cc_density_hu(uint8_t density) {
    return class_hu[density < 4 ? density : 4];
}

/* --- packing --- */

/* Room for `want` items of some bytes; twice as many as there were, so that copies cost no more than the
 * rest. */
static cc_status make_room(void **items, size_t *capacity, size_t want, size_t bytes) {
    size_t most = *capacity ? *capacity : 64;
    if (want <= *capacity) return CC_OK;
    while (most < want) most *= 2;
    void *more = realloc(*items, most * bytes);
    if (!more) return cc_fail_memory("masks", most * bytes);
    *items = more;
    *capacity = most;
    return CC_OK;
}

static bool is_size(int64_t pixels) {
    return pixels > 0 && pixels <= 1 << 15;
}

cc_status cc_run_masks_pack(cc_run_masks_packer *p, const cc_run_mask *slice, const uint8_t *pixels) {
    if (!is_size(slice->height) || !is_size(slice->width))
        return cc_fail(CC_EINVAL, "masks", NULL, "a slice of %lld x %lld pixels cannot be packed",
                       (long long)slice->width, (long long)slice->height);
    const uInt depth = p->classes > 1 ? 2 : 1;
    z_stream z = {.next_in = (Bytef *)pixels, .avail_in = (uInt)(slice->height * slice->width) * depth};
    /* Run lengths and Huffman codes alone: of masks as small as a search for longer matches, in a third of
     * its time. */
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY, Z_RLE) != Z_OK)
        return cc_fail_memory("masks", 1 << 18);
    const size_t most = deflateBound(&z, z.avail_in);
    cc_status status = make_room((void **)&p->slices, &p->slice_capacity, p->count + 1, sizeof *p->slices);
    if (status == CC_OK) status = make_room((void **)&p->packed, &p->capacity, p->bytes + most, 1);
    if (status == CC_OK) {
        z.next_out = p->packed + p->bytes;
        z.avail_out = (uInt)most;
        if (deflate(&z, Z_FINISH) != Z_STREAM_END) /* the room is enough: nothing else can be wrong */
            status = cc_fail_memory("masks", most);
    }
    const size_t bytes = z.total_out;
    deflateEnd(&z);
    CC_TRY(status);
    p->slices[p->count] = *slice;
    p->slices[p->count].start = (int64_t)p->bytes;
    p->slices[p->count++].bytes = (int64_t)bytes;
    p->bytes += bytes;
    return CC_OK;
}

void cc_run_masks_packer_deinit(cc_run_masks_packer *packer) {
    free(packer->slices);
    free(packer->packed);
    *packer = (cc_run_masks_packer){0};
}

cc_run_masks cc_run_masks_get(const cc_run_masks_packer *packer, bool arteries) {
    return (cc_run_masks){.slices = packer->slices,
                          .count = packer->count,
                          .packed = packer->packed,
                          .bytes = packer->bytes,
                          .arteries = arteries,
                          .classes = packer->classes};
}

size_t cc_run_masks_depth(const cc_run_masks *masks) {
    return masks->classes > 1 ? 2 : 1;
}

cc_status cc_run_masks_unpack(uint8_t *pixels, const cc_run_masks *masks, size_t slice) {
    const cc_run_mask *m = &masks->slices[slice];
    const size_t size = (size_t)(m->height * m->width);
    const uLongf want = (uLongf)(size * cc_run_masks_depth(masks));
    uLongf count = want;
    if (uncompress(pixels, &count, masks->packed + m->start, (uLong)m->bytes) != Z_OK || count != want)
        return cc_fail(CC_EFORMAT, "masks/packed", NULL, "slice %zu does not unpack to %lld x %lld pixels",
                       slice, (long long)m->width, (long long)m->height);
    for (size_t i = 0; masks->classes > 1 && i < size; i++)
        if (pixels[size + i] > masks->classes || !pixels[size + i] != !(pixels[i] & CC_PIXEL_PREDICTED))
            return cc_fail(CC_EFORMAT, "masks/packed", NULL,
                           "slice %zu, pixel %zu: the class %d is none, or contradicts the mask", slice, i,
                           pixels[size + i]);
    return CC_OK;
}

/* --- checking --- */

/* Whether a slice is sound by itself, its bytes lie within what is packed, and they can be that many pixels:
 * deflate packs 258 bytes in 2 bits at best. */
static bool is_sound(const cc_run_mask *m, size_t packed) {
    const bool region = m->region_y0 >= 0 && m->region_y0 <= m->region_y1 && m->region_y1 <= m->height &&
                        m->region_x0 >= 0 && m->region_x0 <= m->region_x1 && m->region_x1 <= m->width;
    const bool spacing = m->spacing_x_mm >= 0 && m->spacing_y_mm >= 0 && m->spacing_z_mm >= 0;
    return is_size(m->height) && is_size(m->width) && region && spacing && (m->whole == 0 || m->whole == 1) &&
           m->start >= 0 && m->bytes > 0 && (uint64_t)m->bytes <= packed &&
           (uint64_t)m->start <= packed - (uint64_t)m->bytes && m->height * m->width / 1032 <= m->bytes;
}

cc_status cc_run_masks_check(const cc_run_masks *masks, size_t slice_count) {
    if (masks->count == 0) return CC_OK;
    if (masks->classes < 0 || masks->classes > CC_PIXEL_LABEL_MAX)
        return cc_fail(CC_EINVAL, "masks/classes", NULL, "%d is not in 1 to %d", masks->classes,
                       CC_PIXEL_LABEL_MAX);
    if (masks->count != slice_count)
        return cc_fail(CC_EINVAL, "masks", NULL, "are of %zu slices, not of the %zu that were tested",
                       masks->count, slice_count);
    for (size_t i = 0; i < masks->count; i++) {
        const cc_run_mask *m = &masks->slices[i], *before = i ? m - 1 : m;
        if (!is_sound(m, masks->bytes))
            return cc_fail(CC_EINVAL, "masks/slices", NULL,
                           "row %zu has a size, region or place that makes no sense", i);
        /* Those of a whole scan are read as one volume. */
        if (m->whole && m->scan == before->scan && (m->height != before->height || m->width != before->width))
            return cc_fail(CC_EINVAL, "masks/slices", NULL, "row %zu differs in size from its scan", i);
    }
    return CC_OK;
}
