/* datasets/sources/source.c -- how a source fills a slice set: patients and slices in order, broken
 * patients left out, paths that stay below the root.
 *
 * A source calls cc_slice_set_mark, adds a patient and its slices, and ends it by cc_slice_set_end_patient
 * with the status that it got. Where that is a fault of the data, the set is taken back to the mark, so
 * that a broken patient leaves no trace: the next one takes its place, and the digest is that of a dataset
 * without it. */
#include "datasets/sources/source.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/utf8.h"

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
    /* What lies in memory already needs no cache. */
    if (set->source->resident || cache_mb == 0 || set->count == 0) return CC_OK;
    set->cache = calloc(set->count, sizeof *set->cache);
    if (!set->cache) return cc_fail_memory("slice cache", set->count * sizeof *set->cache);
    atomic_init(&set->cache_left, (size_t)cache_mb << 20);
    return CC_OK;
}

static size_t pixel_count(const cc_slice *slice) {
    return (size_t)slice->height * (size_t)slice->width;
}

size_t cc_slice_pixels_bytes(const cc_slice *slice) {
    return sizeof(cc_slice_pixels) + pixel_count(slice) * (sizeof(int16_t) + sizeof(uint8_t));
}

cc_status cc_slice_set_decode(cc_slice_pixels **out, const cc_slice_set *set, size_t index) {
    const size_t pixels = pixel_count(&set->slices[index]),
                 bytes = cc_slice_pixels_bytes(&set->slices[index]);
    cc_slice_pixels *slice = malloc(bytes);
    if (!slice) return cc_fail_memory("a slice", bytes);
    /* One block: the struct, then the values, then the mask, in falling order of alignment. */
    slice->stored = (int16_t *)(slice + 1);
    slice->mask = (uint8_t *)(slice->stored + pixels);
    cc_status status = set->source->decode(set, index, slice->stored, slice->mask);
    if (status == CC_OK)
        *out = slice;
    else
        free(slice);
    return status;
}

cc_status cc_slice_set_spread_grey(cc_slice_set *set, const double window_hu[2]) {
    double span = window_hu[1] - window_hu[0];
    if (!(span > 0 && span < 1e6))
        return cc_fail(CC_EINVAL, "preprocess.window_hu", "use [low, high], e.g. [-200, 800]",
                       "[%g, %g] is no window", window_hu[0], window_hu[1]);
    /* Stored -32768 (grey 0) becomes the low end of the window, 32767 (the largest grey) the high end. */
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
    /* Both are real paths without links: a file below the root begins with the root and a slash. */
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
    size_t larger = *capacity ? 2 * *capacity : 64;
    void *grown = cc_arena_get_array(arena, larger, size);
    if (!grown) return CC_ENOMEM;
    if (count) memcpy(grown, *items, count * size);
    *items = grown;
    *capacity = larger;
    return CC_OK;
}

/* Keeps the name of a patient that is left out, and why, for cc_slice_set_broken. */
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
    /* Faults of this patient's files. Memory, and a wrong configuration, are not: they stop the run. */
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

/* A patient that was just listed: its name, its slices and, with skip_broken, their pixels. */
static cc_status check_patient(cc_slice_set *set, cc_slice_mark mark, const char *name) {
    cc_slice_pixels *pixels = NULL;
    CC_TRY(cc_slice_set_check_name(name));
    CC_TRY(check_twin(set));
    if (set->count == mark.slices)
        return cc_fail(CC_EFORMAT, NULL, "remove its folder, or get its files again",
                       "there is no slice of it");
    /* Only reading a slice tells whether it can be read, unless opening the set has read it already. */
    const bool decodes = set->skip_broken && !set->source->looked_at;
    for (size_t i = mark.slices; decodes && i < set->count; i++) {
        CC_TRY(cc_slice_set_decode(&pixels, set, i));
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

/* Strictly ascending by patient, scan and number. */
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
