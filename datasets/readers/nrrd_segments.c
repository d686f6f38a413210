/* datasets/readers/nrrd_segments.c -- layers of a .seg.nrrd become one volume of labels, where that loses
 * nothing.
 *
 * 3D Slicer keeps segments that overlap in several layers, so that a voxel may belong to two. Labels
 * cannot say that: such a file is refused with the names of the two, instead of one segment silently
 * covering the other. Segments are sorted by (layer, label), so that a voxel's segment is found by
 * bisection; as neighbours mostly share a label, the last hit is tried first. */
#include "datasets/readers/nrrd_segments.h"

#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/readers/reader.h"

void cc_segments_deinit(cc_segments *segments) {
    free(segments->items);
    *segments = (cc_segments){0};
}

/* The segment of a number, added where it is new. Files list a segment's pairs one behind the other. */
static cc_status find_segment(cc_segment **out, cc_segments *segments, int64_t number, const char *path) {
    for (size_t i = segments->count; i > 0; i--)
        if (segments->items[i - 1].number == number) {
            *out = &segments->items[i - 1];
            return CC_OK;
        }
    if (segments->count == CC_SEGMENTS_MAX)
        return cc_fail(CC_EUNSUPPORTED, path, NULL, "Segment%lld: more than %d segments", (long long)number,
                       CC_SEGMENTS_MAX);
    size_t count = segments->count;
    if ((count & (count - 1)) == 0) { /* 0 and powers of two: full */
        size_t larger = count ? 2 * count : 1;
        cc_segment *grown = realloc(segments->items, larger * sizeof *grown);
        if (!grown) return cc_fail_memory("the list of segments", larger * sizeof *grown);
        segments->items = grown;
    }
    *out = &segments->items[segments->count++];
    **out = (cc_segment){.number = number, .label = -1, .layer = -1};
    return CC_OK;
}

static cc_status read_number(int64_t *out, const char *value, const cc_field *field) {
    CC_TRY(cc_field_integers(out, 1, value, field));
    return *out >= 0 && *out <= INT32_MAX ? CC_OK
                                          : cc_field_fail(field, CC_EFORMAT, NULL, "out of range:", value);
}

cc_status cc_segments_add_pair(cc_segments *segments, const char *key, const char *value, const char *path) {
    cc_field field = {path, key};
    bool source = strcmp(key, "Segmentation_MasterRepresentation") == 0 ||
                  strcmp(key, "Segmentation_SourceRepresentation") == 0;
    if (source && strstr(value, "Fractional"))
        return cc_field_fail(&field, CC_EUNSUPPORTED, "save it as a binary labelmap",
                             "its voxels are fractions:", value);
    if (strncmp(key, "Segment", 7) != 0 || key[7] < '0' || key[7] > '9') return CC_OK;
    char *end;
    int64_t number = strtoll(key + 7, &end, 10);
    bool label = strcmp(end, "_LabelValue") == 0, layer = strcmp(end, "_Layer") == 0,
         name = strcmp(end, "_Name") == 0;
    cc_segment *segment = NULL;
    if (!label && !layer && !name) return CC_OK;
    CC_TRY(find_segment(&segment, segments, number, path));
    if (name) snprintf(segment->name, sizeof segment->name, "%s", value);
    if (label) CC_TRY(read_number(&segment->label, value, &field));
    if (layer) CC_TRY(read_number(&segment->layer, value, &field));
    return CC_OK;
}

static int by_layer_and_label(const void *a, const void *b) {
    const cc_segment *x = a, *y = b;
    if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

/* Sorted by layer and label; each of them given, none twice in a layer. One label in two layers is warned
 * of. */
static cc_status sort_segments(cc_segment *sorted, const cc_segments *segments, int64_t layers,
                               const char *path) {
    memcpy(sorted, segments->items, segments->count * sizeof *sorted);
    qsort(sorted, segments->count, sizeof *sorted, by_layer_and_label);
    for (size_t i = 0; i < segments->count; i++) {
        const cc_segment *s = &sorted[i];
        if (s->label < 1 || s->layer < 0 || s->layer >= layers)
            return cc_fail(CC_EUNSUPPORTED, path,
                           "export it as a labelmap: one layer, a value for each segment",
                           "Segment%lld_%s: it is missing or out of range, where %lld layers need it",
                           (long long)s->number, s->label < 1 ? "LabelValue" : "Layer", (long long)layers);
        if (i && by_layer_and_label(s - 1, s) == 0)
            return cc_fail(CC_EFORMAT, path, "export it as a labelmap",
                           "Segment%lld_LabelValue: the value %lld of layer %lld is Segment%lld's as well",
                           (long long)s->number, (long long)s->label, (long long)s->layer,
                           (long long)s[-1].number);
        for (size_t k = 0; k < i; k++)
            if (sorted[k].label == s->label) {
                cc_log(CC_LOG_WARNING,
                       "%s: Segment%lld_LabelValue: \"%s\" and \"%s\" both have the value %lld; they "
                       "are not told apart",
                       path, (long long)s->number, sorted[k].name, s->name, (long long)s->label);
                break;
            }
    }
    return CC_OK;
}

/* The error about two segments that share a voxel; `other` is the label that the voxel has. */
static cc_status refuse_overlap(const cc_segment *sorted, size_t count, const cc_segment *one, float other,
                                const char *path) {
    const cc_segment *second = one;
    for (size_t i = 0; i < count; i++)
        if (sorted[i].layer != one->layer && (float)sorted[i].label == other) second = &sorted[i];
    return cc_fail(CC_EUNSUPPORTED, path, "export each segment as a labelmap of its own",
                   "Segment%lld (\"%s\") and Segment%lld (\"%s\") overlap, which labels cannot say",
                   (long long)second->number, second->name, (long long)one->number, one->name);
}

/* Value i of the file belongs to layer (i / inner) % layers. */
static cc_status merge(cc_volume *out, const cc_segment *sorted, size_t count, int64_t layers, uint64_t inner,
                       cc_parts_reader *reader, const char *path) {
    enum { CHUNK = 4096 };
    float values[CHUNK];
    uint64_t total = cc_volume_count(out) * (uint64_t)layers;
    const cc_segment *hit = NULL;
    for (uint64_t done = 0; done < total;) {
        uint64_t part = total - done < CHUNK ? total - done : CHUNK;
        CC_TRY(cc_parts_read(values, part, reader));
        for (uint64_t k = 0; k < part; k++) {
            if (values[k] == 0) continue;
            uint64_t i = done + k, layer = i / inner % (uint64_t)layers;
            float *voxel = &out->voxels[i / (inner * (uint64_t)layers) * inner + i % inner];
            if (!hit || hit->layer != (int64_t)layer || (float)hit->label != values[k]) {
                /* Labels are whole numbers that float32 holds exactly (to 2^24). */
                bool whole = values[k] > 0 && values[k] <= 1 << 24 && values[k] == (float)(int64_t)values[k];
                cc_segment wanted = {.layer = (int64_t)layer, .label = whole ? (int64_t)values[k] : -1};
                hit = bsearch(&wanted, sorted, count, sizeof *sorted, by_layer_and_label);
            }
            if (!hit)
                return cc_fail(CC_EFORMAT, path, "export it as a labelmap",
                               "SegmentN_LabelValue: layer %llu holds %g, which is no segment's",
                               (unsigned long long)layer, (double)values[k]);
            /* An earlier layer has this voxel already. */
            if (*voxel != 0) return refuse_overlap(sorted, count, hit, *voxel, path);
            *voxel = (float)hit->label;
        }
        done += part;
    }
    return CC_OK;
}

cc_status cc_segments_read(cc_volume *out, const cc_segments *segments, int64_t layers, uint64_t inner,
                           const cc_parts *parts, const cc_coding *coding) {
    const char *path = parts->header;
    cc_segment *sorted = malloc(segments->count * sizeof *sorted);
    if (!sorted) return cc_fail_memory("the list of segments", segments->count * sizeof *sorted);
    cc_parts_reader reader = cc_parts_start(parts, coding, 0);
    cc_status status;
    CC_CHECK(sort_segments(sorted, segments, layers, path));
    snprintf(out->type, sizeof out->type, "%s", cc_sample_name(coding->sample));
    CC_CHECK(cc_volume_allocate(out, path));
    memset(out->voxels, 0, cc_volume_count(out) * sizeof *out->voxels);
    status = merge(out, sorted, segments->count, layers, inner, &reader, path);
done:
    cc_parts_stop(&reader);
    free(sorted);
    return status;
}
