/* datasets/slices.c -- the slice set: the table of sources, and a cache of decoded slices.
 *
 * The cache takes slices in the order they are asked for until its limit and never gives one up, so it
 * needs no lock: a slot goes once from NULL to its pixels, by compare and swap; of two threads that decode
 * the same slice at once one throws its copy away. Which slices are kept depends on timing, their values
 * do not. How sources fill a set is sources/source.c. */
#include "datasets/slices.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/words.h"
#include "datasets/sources/source.h"

static const cc_slice_source *const sources[] = {
#define X(name) &cc_slice_source_##name,
    CC_SLICE_SOURCE_LIST(X)
#undef X
};
enum { SOURCES = sizeof sources / sizeof *sources };

static cc_status find_source(const cc_slice_source **out, const char *name) {
    const char *names[SOURCES];
    char hint[128] = "use ";
    for (size_t i = 0; i < SOURCES; i++) {
        *out = sources[i];
        if (name && strcmp(sources[i]->name, name) == 0) return CC_OK;
        names[i] = sources[i]->name;
    }
    cc_words_or(hint + 4, sizeof hint - 4, names, SOURCES);
    return cc_fail(CC_ECONFIG, "data.source", hint, "no source is called \"%s\"", name ? name : "");
}

cc_status cc_slice_set_open(cc_slice_set **out, const cc_slice_options *options) {
    cc_status status = CC_OK;
    const cc_slice_source *source;
    cc_slice_set *set = NULL;
    char *real = NULL;
    CC_CHECK(find_source(&source, options->source));
    if (options->regions && !source->decode_regions)
        CC_CHECK(cc_fail(CC_EUNSUPPORTED, "data.targets", "take data.source: orcascore or list",
                         "regions lie beside the scans of orcascore and list: %s has none", source->name));
    CC_CHECK(cc_slice_set_start(&set, source));
    set->regions = options->regions;
    /* The root without links: what a source opens must lie below it (cc_slice_set_resolve). A list's own
     * folder stands in for a root that is not given. */
    const char *root = options->root;
    char folder[CC_PATH_MAX];
    if (!root && options->list && options->list[0]) {
        CC_CHECK(cc_path_folder(folder, options->list));
        root = folder;
    }
    if (!root || !root[0])
        CC_CHECK(cc_fail(CC_ECONFIG, "data.root", "name the dataset's folder", "it is not given"));
    if (!cc_folder_exists(root))
        CC_CHECK(cc_fail(CC_ENOTFOUND, root, "check data.root", "the dataset's folder is not there"));
    real = realpath(root, NULL);
    if (!real) CC_CHECK(cc_fail_errno(root, "open the folder"));
    set->root = cc_arena_copy(set->arena, real);
    if (!set->root) CC_CHECK(CC_ENOMEM);
    /* The source lists patients and slices; with skip_broken some may be missing, but not all, unless the set
     * is opened to see what is wrong. */
    set->checking = options->checking;
    set->skip_broken = options->skip_broken || options->checking;
    CC_CHECK(source->open(set, options));
    if (set->count == 0 && !set->checking)
        CC_CHECK(cc_fail(CC_EFORMAT, set->root, "the warnings above say why", "all %zu patients are broken",
                         set->broken));
    if (set->broken && !set->checking)
        cc_log(CC_LOG_WARNING, "%s: %zu of %zu patients are left out as broken (data.skip_broken)", set->root,
               set->broken, set->broken + set->patient_count);
    CC_CHECK(cc_slice_set_complete(set, options->cache_mb));
    *out = set;
    set = NULL;
done:
    free(real);
    cc_slice_set_close(set);
    return status;
}

void cc_slice_set_close(cc_slice_set *set) {
    if (!set) return;
    if (set->cache)
        for (size_t i = 0; i < set->count; i++) free(atomic_load(&set->cache[i]));
    free(set->cache);
    if (set->source->close) set->source->close(set->state);
    cc_arena_destroy(set->arena);
    free(set);
}

const cc_slice_broken *cc_slice_set_broken(size_t *count, const cc_slice_set *set) {
    *count = set->broken;
    return set->broken_patients;
}

size_t cc_slice_set_count(const cc_slice_set *set) {
    return set->count;
}

const cc_slice *cc_slice_set_get(const cc_slice_set *set, size_t index) {
    assert(index < set->count);
    return &set->slices[index];
}

size_t cc_slice_set_patient_count(const cc_slice_set *set) {
    return set->patient_count;
}

const char *cc_slice_set_patient(const cc_slice_set *set, size_t patient) {
    assert(patient < set->patient_count);
    return set->patients[patient];
}

int cc_slice_set_group(const cc_slice_set *set, size_t patient) {
    assert(patient < set->patient_count);
    return set->groups ? set->groups[patient] : 0;
}

bool cc_slice_set_spacing(double spacing_mm[3], const cc_slice_set *set, size_t index) {
    static const double unknown[3] = {0};
    const double *spacing = set->spacing_mm ? set->spacing_mm[cc_slice_set_get(set, index)->scan] : unknown;
    memcpy(spacing_mm, spacing, sizeof unknown);
    return set->spacing_mm != NULL;
}

bool cc_slice_set_is_hu(const cc_slice_set *set) {
    return set->slope == 1 && set->intercept == 0;
}

void cc_slice_set_largest(int *height, int *width, const cc_slice_set *set) {
    *height = *width = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->slices[i].height > *height) *height = set->slices[i].height;
        if (set->slices[i].width > *width) *width = set->slices[i].width;
    }
}

cc_status cc_slice_set_digest(cc_digest_text *out, const cc_slice_set *set) {
    cc_digest *digest = cc_digest_create();
    if (!digest) return CC_ENOMEM;
    assert(set->source->digest);
    cc_digest_add_string(digest, set->source->name);
    cc_status status = set->source->digest(digest, set);
    if (status == CC_OK) *out = cc_digest_finish(digest);
    cc_digest_destroy(digest);
    return status;
}

/* Takes bytes from what the cache may still use; false where they are not there. Retried while other threads
 * change `left` in between. */
static bool reserve(_Atomic size_t *left, size_t bytes) {
    size_t now = atomic_load(left);
    while (now >= bytes)
        if (atomic_compare_exchange_weak(left, &now, now - bytes)) return true;
    return false;
}

/* Whether the cache took the slice. */
static bool keep(const cc_slice_set *set, size_t index, cc_slice_pixels *slice) {
    size_t bytes = cc_slice_pixels_bytes(&set->slices[index]);
    /* Reading is const to callers; what it remembers changes no value they can see. */
    _Atomic size_t *left = (_Atomic size_t *)&set->cache_left;
    if (!set->cache || !reserve(left, bytes)) return false;
    cc_slice_pixels *nothing = NULL;
    if (atomic_compare_exchange_strong(&set->cache[index], &nothing, slice)) return true;
    atomic_fetch_add(left, bytes);
    return false;
}

cc_status cc_slice_set_read(const cc_slice_set *set, size_t index, float *image_hu, uint8_t *mask) {
    assert(index < set->count);
    cc_slice_pixels *mine = NULL; /* decoded here and not kept: freed at the end */
    cc_slice_pixels *slice = set->cache ? atomic_load(&set->cache[index]) : NULL;
    if (!slice) {
        CC_TRY(cc_slice_set_decode(&mine, set, index));
        slice = mine;
        if (keep(set, index, mine)) mine = NULL;
    }
    const size_t pixels = (size_t)set->slices[index].height * (size_t)set->slices[index].width;
    if (image_hu)
        for (size_t i = 0; i < pixels; i++)
            image_hu[i] = (float)(set->slope * slice->stored[i] + set->intercept);
    if (mask) memcpy(mask, slice->mask, pixels);
    free(mine); /* NULL where the cache has it */
    return CC_OK;
}

bool cc_slice_set_has_regions(const cc_slice_set *set) {
    return set->regions;
}

cc_status cc_slice_set_read_regions(const cc_slice_set *set, size_t index, uint8_t *regions) {
    assert(index < set->count);
    if (set->regions) return set->source->decode_regions(set, index, regions);
    return cc_fail(CC_EUNSUPPORTED, "regions", NULL, "this set of slices was opened without regions");
}

size_t cc_slice_set_near(const cc_slice_set *set, size_t index, int offset) {
    const int step = offset < 0 ? -1 : 1;
    assert(index < set->count);
    for (; offset != 0; offset -= step) {
        const size_t next = index + (size_t)step; /* wraps below 0, to what no set has */
        if (next >= set->count || set->slices[next].scan != set->slices[index].scan ||
            set->slices[next].number != set->slices[index].number + step)
            break;
        index = next;
    }
    return index;
}

cc_status cc_slice_set_read_near(const cc_slice_set *set, size_t index, int offset, bool original,
                                 float *image_hu) {
    if (set->source->read_near) return set->source->read_near(set, index, offset, original, image_hu);
    const size_t near = cc_slice_set_near(set, index, offset);
    const cc_slice *a = &set->slices[index], *b = &set->slices[near];
    if (a->height != b->height || a->width != b->width)
        return cc_fail(
            CC_EFORMAT, set->patients[a->patient], "set data.slices: 1",
            "the slices %d and %d of one scan differ in size: one cannot be shown beside the other",
            a->number, b->number);
    return cc_slice_set_read(set, near, image_hu, NULL);
}
