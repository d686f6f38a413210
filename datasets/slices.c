/* The slice set: the table of sources, and a cache of decoded slices.
 *
 * The cache takes slices in the order they are asked for until its limit and never gives one up, so it needs
 * no lock: a slot goes once from NULL to its pixels, by compare and swap; of two threads that decode the same
 * slice at once one throws its copy away. */
#include "datasets/slices.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/utf8.h"
#include "datasets/sources/source.h"

static const cc_slice_source *const sources[] = {
    &cc_slice_source_coca,   &cc_slice_source_ctheart,   &cc_slice_source_decathlon, &cc_slice_source_list,
    &cc_slice_source_nnunet, &cc_slice_source_orcascore, &cc_slice_source_volume,
};

struct cc_slice_pixels {
    int16_t *stored; /* [height*width], in the same block as the struct */
    uint8_t *mask;   /* [height*width] */
};

static cc_status find_source(const cc_slice_source **out, const char *name) {
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        *out = sources[i];
        if (name && strcmp(sources[i]->name, name) == 0) return CC_OK;
    }
    return cc_fail(CC_ECONFIG, "data.source",
                   "use coca, ctheart, decathlon, list, nnunet, orcascore or volume",
                   "no source is called \"%s\"", name ? name : "");
}

static cc_status resolve_root(cc_slice_set *set, const char *root, const char *list) {
    char folder[CC_PATH_MAX];
    if (!root && list && list[0]) {
        CC_TRY(cc_path_folder(folder, list));
        root = folder;
    }
    if (!root || !root[0])
        return cc_fail(CC_ECONFIG, "data.root", "name the dataset's folder", "it is not given");
    if (!cc_folder_exists(root))
        return cc_fail(CC_ENOTFOUND, root, "check data.root", "the dataset's folder is not there");
    char *real = realpath(root, NULL);
    if (!real) return cc_fail_errno(root, "open the folder");
    set->root = cc_arena_copy(set->arena, real);
    free(real);
    return set->root ? CC_OK : CC_ENOMEM;
}

cc_status cc_slice_set_start(cc_slice_set **out, const cc_slice_source *source) {
    cc_slice_set *set = calloc(1, sizeof *set);
    if (!set) return cc_fail_memory("slice set", sizeof *set);
    set->source = source;
    set->arena = cc_arena_create();
    if (!set->arena) {
        free(set);
        return CC_ENOMEM;
    }
    *out = set;
    return CC_OK;
}

cc_status cc_slice_set_complete(cc_slice_set *set, int cache_mb) {
    assert(set->count > 0 || set->checking);
    if (cache_mb < 0) return cc_fail(CC_EINVAL, "cache_mb", NULL, "%d is less than 0", cache_mb);
    if (set->source->resident || cache_mb == 0 || set->count == 0) return CC_OK;
    set->cache = calloc(set->count, sizeof *set->cache);
    if (!set->cache) return cc_fail_memory("slice cache", set->count * sizeof *set->cache);
    atomic_init(&set->cache_left, (size_t)cache_mb << 20);
    return CC_OK;
}

/* Some patients must be left. */
static cc_status say_left_out(const cc_slice_set *set) {
    if (set->checking) return CC_OK;
    if (set->count == 0)
        return cc_fail(CC_EFORMAT, set->root, "the warnings above say why", "all %zu patients are broken",
                       set->broken);
    if (set->broken)
        cc_log(CC_LOG_WARNING, "%s: %zu of %zu patients are left out as broken (data.skip_broken)", set->root,
               set->broken, set->broken + set->patient_count);
    return CC_OK;
}

cc_status cc_slice_set_open(cc_slice_set **out, const cc_slice_options *options) {
    cc_status status = CC_OK;
    const cc_slice_source *source;
    cc_slice_set *set = NULL;
    CC_CHECK(find_source(&source, options->source));
    CC_CHECK(cc_slice_set_start(&set, source));
    CC_CHECK(resolve_root(set, options->root, options->list));
    set->checking = options->checking;
    set->skip_broken = options->skip_broken || options->checking;
    CC_CHECK(source->open(set, options));
    CC_CHECK(say_left_out(set));
    CC_CHECK(cc_slice_set_complete(set, options->cache_mb));
    *out = set;
    set = NULL;
done:
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

static size_t pixel_count(const cc_slice *slice) {
    return (size_t)slice->height * (size_t)slice->width;
}

static size_t bytes_of(size_t pixels) {
    return sizeof(cc_slice_pixels) + pixels * (sizeof(int16_t) + sizeof(uint8_t));
}

/* The caller frees *out. */
static cc_status decode(cc_slice_pixels **out, const cc_slice_set *set, size_t index) {
    size_t pixels = pixel_count(&set->slices[index]);
    cc_slice_pixels *slice = malloc(bytes_of(pixels));
    if (!slice) return cc_fail_memory("a slice", bytes_of(pixels));
    slice->stored = (int16_t *)(slice + 1);
    slice->mask = (uint8_t *)(slice->stored + pixels);
    cc_status status = set->source->decode(set, index, slice->stored, slice->mask);
    if (status == CC_OK)
        *out = slice;
    else
        free(slice);
    return status;
}

/* Takes bytes from what the cache may still use; false where they are not there. */
static bool reserve(_Atomic size_t *left, size_t bytes) {
    size_t now = atomic_load(left);
    while (now >= bytes)
        if (atomic_compare_exchange_weak(left, &now, now - bytes)) return true;
    return false;
}

/* Whether the cache took the slice. */
static bool keep(const cc_slice_set *set, size_t index, cc_slice_pixels *slice) {
    size_t bytes = bytes_of(pixel_count(&set->slices[index]));
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
    cc_slice_pixels *mine = NULL;
    cc_slice_pixels *slice = set->cache ? atomic_load(&set->cache[index]) : NULL;
    if (!slice) {
        CC_TRY(decode(&mine, set, index));
        slice = mine;
        if (keep(set, index, mine)) mine = NULL;
    }
    size_t pixels = pixel_count(&set->slices[index]);
    if (image_hu)
        for (size_t i = 0; i < pixels; i++)
            image_hu[i] = (float)(set->slope * slice->stored[i] + set->intercept);
    if (mask) memcpy(mask, slice->mask, pixels);
    free(mine);
    return CC_OK;
}

/* --- for sources --- */

cc_status cc_slice_set_spread_grey(cc_slice_set *set, const double window_hu[2]) {
    double span = window_hu[1] - window_hu[0];
    if (!(span > 0 && span < 1e6))
        return cc_fail(CC_EINVAL, "preprocess.window_hu", "use [low, high], e.g. [-200, 800]",
                       "[%g, %g] is no window", window_hu[0], window_hu[1]);
    set->slope = span / UINT16_MAX;
    set->intercept = window_hu[0] - set->slope * INT16_MIN;
    return CC_OK;
}

cc_status cc_slice_set_resolve(const char **out, cc_slice_set *set, const char *relative) {
    char path[CC_PATH_MAX];
    CC_TRY(cc_path_join(path, set->root, relative));
    char *real = realpath(path, NULL);
    if (!real) return cc_fail_errno(path, "open");
    size_t length = strlen(set->root);
    bool root_is_all = strcmp(set->root, "/") == 0;
    cc_status status = CC_OK;
    if (!root_is_all && (strncmp(real, set->root, length) != 0 || (real[length] != '/' && real[length] != 0)))
        status =
            cc_fail(CC_EINVAL, path, "put the file itself there, or name the folder that holds it as root",
                    "it leads out of the dataset's folder, to %s", real);
    else if (!(*out = cc_arena_copy(set->arena, real)))
        status = CC_ENOMEM;
    free(real);
    return status;
}

cc_status cc_slice_set_digest_file(cc_digest *digest, const char *path) {
    uint64_t bytes;
    CC_TRY(cc_file_size(&bytes, path));
    cc_digest_add(digest, &bytes, sizeof bytes);
    return cc_digest_add_file(digest, path);
}

/* Room for one more item of `size` bytes in an array of the arena. */
static cc_status make_room(void **items, size_t count, size_t *capacity, size_t size, cc_arena *arena) {
    if (count < *capacity) return CC_OK;
    size_t wider = *capacity ? 2 * *capacity : 64;
    void *grown = cc_arena_get_array(arena, wider, size);
    if (!grown) return CC_ENOMEM;
    if (count) memcpy(grown, *items, count * size);
    *items = grown;
    *capacity = wider;
    return CC_OK;
}

static cc_status note_broken(cc_slice_set *set, const char *patient, const char *why) {
    void *items = set->broken_patients;
    CC_TRY(make_room(&items, set->broken, &set->broken_capacity, sizeof *set->broken_patients, set->arena));
    set->broken_patients = items;
    const cc_slice_broken noted = {cc_arena_copy(set->arena, patient), cc_arena_copy(set->arena, why)};
    if (!noted.patient || !noted.why) return CC_ENOMEM;
    set->broken_patients[set->broken++] = noted;
    return CC_OK;
}

cc_status cc_slice_set_leave_out(cc_slice_set *set, const char *patient, cc_status status) {
    char name[256], line[1024], where[600], hint[480];
    const bool of_data = status == CC_EFORMAT || status == CC_EUNSUPPORTED || status == CC_ENOTFOUND ||
                         status == CC_EINVAL || status == CC_EIO;
    if (!of_data) return status;
    cc_utf8_escape(name, sizeof name, patient);
    if (set->skip_broken) {
        cc_error_line(line, sizeof line);
        if (!set->checking) cc_log(CC_LOG_WARNING, "patient %s is left out: %s", name, line);
        cc_error_clear();
        return note_broken(set, patient, line);
    }
    const cc_error e = *cc_error_get();
    snprintf(where, sizeof where, "patient %s%s%s", name, e.where[0] ? ": " : "", e.where);
    snprintf(hint, sizeof hint, "%s%sdata.skip_broken: true leaves this patient out", e.hint,
             e.hint[0] ? "; or " : "");
    return cc_fail(status, where, hint, "%s", e.what);
}

cc_status cc_slice_set_check_name(const char *name) {
    if (cc_utf8_is_printable(name)) return CC_OK;
    char shown[256];
    cc_utf8_escape(shown, sizeof shown, name);
    return cc_fail(CC_EFORMAT, NULL, "rename its folder or file",
                   "the patient's name \"%s\" holds control characters or is no UTF-8", shown);
}

/* Results tell patients by the bytes that they hold of their names. Patients come in the order of these. */
static cc_status check_twin(const cc_slice_set *set) {
    if (set->patient_count < 2) return CC_OK;
    const char *name = set->patients[set->patient_count - 1], *before = set->patients[set->patient_count - 2];
    if (strncmp(name, before, CC_PATIENT_NAME_BYTES) != 0) return CC_OK;
    return cc_fail(CC_EFORMAT, NULL, "rename one of the two",
                   "results hold %d bytes of a name, and another patient has the same: %s",
                   CC_PATIENT_NAME_BYTES, before);
}

cc_slice_mark cc_slice_set_mark(const cc_slice_set *set) {
    return (cc_slice_mark){set->patient_count, set->count};
}

static cc_status check_patient(cc_slice_set *set, cc_slice_mark mark, const char *name) {
    cc_slice_pixels *pixels = NULL;
    CC_TRY(cc_slice_set_check_name(name));
    CC_TRY(check_twin(set));
    if (set->count == mark.slices)
        return cc_fail(CC_EFORMAT, NULL, "remove its folder, or get its files again",
                       "there is no slice of it");
    const bool decodes = set->skip_broken && !set->source->looked_at;
    for (size_t i = mark.slices; decodes && i < set->count; i++) {
        CC_TRY(decode(&pixels, set, i));
        free(pixels);
    }
    return CC_OK;
}

cc_status cc_slice_set_end_patient(cc_slice_set *set, cc_slice_mark mark, const char *name,
                                   cc_status status) {
    if (status == CC_OK) status = check_patient(set, mark, name);
    if (status == CC_OK) return CC_OK;
    set->patient_count = mark.patients;
    set->count = mark.slices;
    return cc_slice_set_leave_out(set, name, status);
}

cc_status cc_slice_set_add_patient(uint32_t *out, cc_slice_set *set, const char *name) {
    void *names = set->patients;
    CC_TRY(make_room(&names, set->patient_count, &set->patient_capacity, sizeof *set->patients, set->arena));
    set->patients = names;
    const char *copy = cc_arena_copy(set->arena, name);
    if (!copy) return CC_ENOMEM;
    *out = (uint32_t)set->patient_count;
    set->patients[set->patient_count++] = copy;
    return CC_OK;
}

static bool in_order(const cc_slice *a, const cc_slice *b) {
    if (a->patient != b->patient) return a->patient < b->patient;
    if (a->scan != b->scan) return a->scan < b->scan;
    return a->number < b->number;
}

cc_status cc_slice_set_add(cc_slice_set *set, const cc_slice *slice, const char *where) {
    assert(slice->patient < set->patient_count);
    if (slice->height < 1 || slice->width < 1 || slice->height > CC_SLICE_SIDE_MAX ||
        slice->width > CC_SLICE_SIDE_MAX)
        return cc_fail(CC_EFORMAT, where, NULL, "a slice of %d x %d pixels; sides are 1 to %d", slice->width,
                       slice->height, CC_SLICE_SIDE_MAX);
    if (set->count && !in_order(&set->slices[set->count - 1], slice))
        return cc_fail(CC_EFORMAT, where, "remove or rename one of them", "two slices have the number %d",
                       slice->number);
    void *slices = set->slices;
    CC_TRY(make_room(&slices, set->count, &set->capacity, sizeof *set->slices, set->arena));
    set->slices = slices;
    set->slices[set->count++] = *slice;
    return CC_OK;
}
