/* datasets/sources/orcascore.c -- the orCaScore layout: Images/TRVvPpCTI.mhd, scans without contrast, and
 * `Reference standard`/TRVvPpR.mhd, their labels. Beside these may lie TRVvPpRegions.mhd, the territory of
 * each artery by the same numbers, which the challenge does not have (`calcade phantom --regions` makes
 * them).
 *
 * Labels are 1 LAD with the left main, 2 LCX, 3 RCA; v is the vendor, which becomes the patient's group, p
 * the patient. The two folders lie in the root, or one or two folders below it (Training_set, one folder a
 * vendor). CTAI is the scan with contrast and is passed over.
 *
 * As published, scans are upright and labels lie on their scan's grid: slices are decoded from the files
 * one by one. A scan in another orientation, or labels that are on another grid (saved again by a tool
 * that reordered their axes), are read when the dataset opens and kept in memory, laid on each other by
 * their affines.
 *
 * Source: Wolterink et al., Med. Phys. 43 (2016), 2361-2373; https://orcascore.grand-challenge.org */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/labels.h"
#include "datasets/readers/metaimage.h"
#include "datasets/sources/labelled_scan.h"
#include "datasets/sources/source.h"
#include "datasets/upright.h"

enum { DEPTH_MAX = 2 };
static const char *const reference_folders[] = {"Reference standard", "Reference_standard",
                                                "ReferenceStandard", "Reference Standard"};

typedef struct orcascore_scan {
    const char *name; /* "TRV1P2" */
    int vendor;
    const char *image_path, *label_path, *region_path; /* of the headers; of regions where they are read */
    cc_metaimage image, labels, regions;
    bool as_stored;      /* both upright and on one grid: decoded slice by slice, `loaded` stays empty */
    bool regions_stored; /* as_stored, and the regions are on that grid, too: `loaded_regions` stays NULL */
    cc_grid upright;     /* the image's */
    cc_labelled_scan loaded;
    uint8_t *loaded_regions; /* on the upright grid */
} orcascore_scan;

typedef struct listing {
    orcascore_scan **scans;
    size_t count, capacity;
} listing;

/* "TRV1P12CTI.mhd" with the ending "CTI.mhd": the name's length before it, or 0 where it is none; *vendor is
 * v. */
static size_t parse_name(int *vendor, const char *file, const char *ending) {
    size_t length = strlen(file), tail = strlen(ending), at = 3;
    if (length <= tail || strcmp(file + length - tail, ending) != 0 || strncmp(file, "TRV", 3) != 0) return 0;
    length -= tail;
    for (*vendor = 0; at < length && isdigit((unsigned char)file[at]) && *vendor < 1000; at++)
        *vendor = 10 * *vendor + (file[at] - '0');
    if (at == 3 || file[at] != 'P' || *vendor == 0) return 0;
    /* "TRV", digits of the vendor, "P", digits of the patient, and nothing else. */
    size_t digits = at + 1;
    for (at = digits; at < length && isdigit((unsigned char)file[at]);) at++;
    return at == length && at > digits ? length : 0;
}

/* The reference folder beside Images, by any of its spellings; NULL where there is none. */
static const char *find_references(const char *folder, cc_arena *arena) {
    for (size_t i = 0; i < sizeof reference_folders / sizeof *reference_folders; i++) {
        const char *path = cc_arena_format(arena, "%s/%s", folder, reference_folders[i]);
        if (path && cc_folder_exists(path)) return path;
    }
    return NULL;
}

/* A path below the root, checked for leaving it. */
static cc_status resolve(const char **out, cc_slice_set *set, const char *folder, const char *name,
                         size_t length, const char *ending) {
    const char *path = cc_arena_format(set->arena, "%s/%.*s%s", folder, (int)length, name, ending);
    if (!path) return CC_ENOMEM;
    return cc_slice_set_resolve(out, set, path);
}

/* The headers of both, and how they are to be read. */
static cc_status open_scan(orcascore_scan *s) {
    CC_TRY(cc_metaimage_open(&s->image, s->image_path));
    CC_TRY(cc_metaimage_open(&s->labels, s->label_path));
    const cc_upright of_image = cc_upright_find(&s->image.grid), of_labels = cc_upright_find(&s->labels.grid);
    const cc_grid labels = cc_upright_grid(&s->labels.grid, &of_labels);
    s->upright = cc_upright_grid(&s->image.grid, &of_image);
    s->as_stored = cc_upright_is_identity(&of_image) && cc_grid_matches(&s->image.grid, &s->labels.grid);
    cc_upright_check(&s->image.grid, s->image_path);
    const int64_t *a = s->upright.dims, *b = labels.dims;
    if (memcmp(a, b, sizeof labels.dims) != 0) /* same dims on another place: cc_labels_read says so */
        cc_log(CC_LOG_WARNING,
               "%s: its grid is %lld x %lld x %lld, its scan's %lld x %lld x %lld; its labels are "
               "laid on the scan by their affines",
               s->label_path, (long long)b[0], (long long)b[1], (long long)b[2], (long long)a[0],
               (long long)a[1], (long long)a[2]);
    if (!s->region_path) return CC_OK;
    CC_TRY(cc_metaimage_open(&s->regions, s->region_path));
    s->regions_stored = s->as_stored && cc_grid_matches(&s->image.grid, &s->regions.grid);
    return CC_OK;
}

static cc_status keep_scan(listing *all, const orcascore_scan *s, cc_arena *arena) {
    if (all->count == all->capacity) {
        size_t larger = all->capacity ? 2 * all->capacity : 64;
        orcascore_scan **grown = cc_arena_get_array(arena, larger, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (all->count) memcpy(grown, all->scans, all->count * sizeof *grown);
        all->scans = grown;
        all->capacity = larger;
    }
    orcascore_scan *kept = cc_arena_get(arena, sizeof *kept);
    if (!kept) return CC_ENOMEM;
    *kept = *s;
    all->scans[all->count++] = kept;
    return CC_OK;
}

/* A reference whose scan is missing is a broken copy of the dataset. */
static cc_status check_references(cc_slice_set *set, const char *images, const char *references) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    int vendor;
    CC_TRY(cc_folder_list(&names, &count, references, set->arena));
    for (size_t i = 0; i < count; i++) {
        size_t length = parse_name(&vendor, names[i], "R.mhd");
        if (!length) continue;
        const char *scan_name = cc_arena_format(set->arena, "%.*sCTI.mhd", (int)length, names[i]);
        if (!scan_name) return CC_ENOMEM;
        CC_TRY(cc_path_join(path, images, scan_name));
        if (!cc_file_exists(path))
            CC_TRY(cc_slice_set_leave_out(set, names[i],
                                          cc_fail(CC_ENOTFOUND, path, "every reference needs its scan",
                                                  "the scan of the reference %s is not there", names[i])));
    }
    return CC_OK;
}

static cc_status list_scans(listing *all, cc_slice_set *set, const char *images, const char *references) {
    char **names;
    size_t count;
    CC_TRY(check_references(set, images, references));
    CC_TRY(cc_folder_list(&names, &count, images, set->arena));
    for (size_t i = 0; i < count; i++) {
        orcascore_scan s = {0};
        size_t length = parse_name(&s.vendor, names[i], "CTI.mhd");
        if (!length) continue;
        s.name = cc_arena_copy_n(set->arena, names[i], length);
        if (!s.name) return CC_ENOMEM;
        cc_status status = resolve(&s.image_path, set, images, names[i], length, "CTI.mhd");
        if (status == CC_OK) {
            status = resolve(&s.label_path, set, references, names[i], length, "R.mhd");
            if (status == CC_ENOTFOUND) {
                cc_log(CC_LOG_INFO, "%s has no reference and is left out", s.image_path);
                continue;
            }
        }
        if (status == CC_OK && set->regions) {
            status = resolve(&s.region_path, set, references, names[i], length, "Regions.mhd");
            if (status == CC_ENOTFOUND)
                status = cc_fail(CC_ENOTFOUND, s.label_path, "calcade phantom writes them with --regions",
                                 "there are no regions beside it: %sRegions.mhd is not there", s.name);
        }
        if (status == CC_OK) status = open_scan(&s);
        if (status != CC_OK) {
            CC_TRY(cc_slice_set_leave_out(set, s.name, status));
            continue;
        }
        CC_TRY(keep_scan(all, &s, set->arena));
    }
    return CC_OK;
}

static cc_status search(listing *all, cc_slice_set *set, const char *folder, int depth) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    const char *images = cc_arena_format(set->arena, "%s/Images", folder);
    const char *references = find_references(folder, set->arena);
    if (!images) return CC_ENOMEM;
    if (references && cc_folder_exists(images)) return list_scans(all, set, images, references);
    if (depth == DEPTH_MAX) return CC_OK;
    CC_TRY(cc_folder_list(&names, &count, folder, set->arena));
    for (size_t i = 0; i < count; i++) {
        const char *inner;
        CC_TRY(cc_path_join(path, folder, names[i]));
        if (names[i][0] == '.' || !cc_folder_exists(path)) continue;
        CC_TRY(cc_slice_set_resolve(&inner, set, path));
        CC_TRY(search(all, set, inner, depth + 1));
    }
    return CC_OK;
}

static int by_name(const void *a, const void *b) {
    return strcmp((*(orcascore_scan *const *)a)->name, (*(orcascore_scan *const *)b)->name);
}

static cc_status add_scan(cc_slice_set *set, const orcascore_scan *s, uint32_t number) {
    cc_slice slice = {.scan = number};
    const int64_t *dims = s->upright.dims;
    CC_TRY(cc_slice_set_add_patient(&slice.patient, set, s->name));
    slice.width = dims[0] > INT32_MAX ? INT32_MAX : (int32_t)dims[0];
    slice.height = dims[1] > INT32_MAX ? INT32_MAX : (int32_t)dims[1];
    for (int64_t z = 0; z < dims[2]; z++) {
        slice.number = (int32_t)z;
        CC_TRY(cc_slice_set_add(set, &slice, s->image_path));
    }
    return CC_OK;
}

static cc_status add_scans(cc_slice_set *set, const listing *all) {
    int *groups = cc_arena_get_array(set->arena, all->count + 1, sizeof *groups);
    double(*spacing)[3] = cc_arena_get_array(set->arena, all->count + 1, sizeof *spacing);
    if (!groups || !spacing) return CC_ENOMEM;
    for (size_t i = 0; i < all->count; i++) {
        orcascore_scan *s = all->scans[i];
        const cc_slice_mark mark = cc_slice_set_mark(set);
        const size_t at = mark.patients; /* of those that are kept, which come to lie first */
        if (at > 0 && strcmp(s->name, all->scans[at - 1]->name) == 0)
            return cc_fail(CC_EFORMAT, s->image_path, "keep one of them", "there is another scan %s: %s",
                           s->name, all->scans[at - 1]->image_path);
        /* Kept scans move to the front, in their order: scans[p] is that of patient p. */
        all->scans[i] = all->scans[at];
        all->scans[at] = s;
        groups[at] = s->vendor - 1;
        cc_grid_distances(spacing[at], &s->upright);
        cc_status status =
            s->as_stored ? CC_OK : cc_labelled_scan_read(&s->loaded, s->image_path, s->label_path);
        size_t labelled;
        if (status == CC_OK && s->region_path && !s->regions_stored)
            status = cc_labels_read(&s->loaded_regions, &labelled, s->region_path, &s->upright);
        if (status == CC_OK) status = add_scan(set, s, (uint32_t)at);
        CC_TRY(cc_slice_set_end_patient(set, mark, s->name, status));
    }
    set->groups = groups;
    set->spacing_mm = (const double(*)[3])spacing;
    return CC_OK;
}

static cc_status orcascore_open(cc_slice_set *set, const cc_slice_options *options) {
    (void)options;
    listing *all = set->state = cc_arena_get(set->arena, sizeof *all);
    if (!all) return CC_ENOMEM;
    CC_TRY(search(all, set, set->root, 0));
    if (all->count == 0 && !set->broken)
        return cc_fail(
            CC_ENOTFOUND, set->root,
            "scans lie in ROOT/Images/TRV1P1CTI.mhd, labels in \"ROOT/Reference standard/TRV1P1R.mhd\"",
            "no scan with a reference is here");
    if (all->count) qsort(all->scans, all->count, sizeof *all->scans, by_name);
    set->slope = 1;
    return add_scans(set, all);
}

static void orcascore_close(void *state) {
    const listing *all = state;
    for (size_t i = 0; all && i < all->count; i++) {
        cc_labelled_scan_deinit(&all->scans[i]->loaded);
        free(all->scans[i]->loaded_regions);
    }
}

static cc_status add_image(cc_digest *digest, const char *header, const cc_metaimage *image) {
    char path[CC_PATH_MAX];
    cc_parts_cursor cursor = {0};
    CC_TRY(cc_slice_set_digest_file(digest, header));
    for (int64_t i = 0; image->parts.kind != CC_PARTS_LOCAL && i < image->parts.count; i++) {
        CC_TRY(cc_parts_path(path, &image->parts, i, &cursor));
        CC_TRY(cc_slice_set_digest_file(digest, path));
    }
    return CC_OK;
}

static cc_status orcascore_digest(cc_digest *digest, const cc_slice_set *set) {
    orcascore_scan *const *scans = ((const listing *)set->state)->scans;
    for (size_t i = 0; i < set->patient_count; i++) {
        cc_digest_add_string(digest, scans[i]->name);
        CC_TRY(add_image(digest, scans[i]->image_path, &scans[i]->image));
        CC_TRY(add_image(digest, scans[i]->label_path, &scans[i]->labels));
        if (!scans[i]->as_stored)
            cc_digest_add_string(digest, "turned upright"); /* read otherwise by older programs */
        if (set->regions) CC_TRY(add_image(digest, scans[i]->region_path, &scans[i]->regions));
    }
    return CC_OK;
}

/* Slice z of an image of labels at `path`. `values` is room for as many pixels. */
static cc_status decode_labels(uint8_t *mask, const cc_metaimage *labels, const char *path, float *values,
                               int64_t z, size_t pixels) {
    CC_TRY(cc_metaimage_read_slice(values, labels, z));
    for (size_t i = 0; i < pixels; i++)
        if (!cc_label_from(&mask[i], values[i]))
            return cc_fail(CC_EFORMAT, path, "labels are whole numbers from 0 to 255", "slice %lld holds %g",
                           (long long)z, (double)values[i]);
    return CC_OK;
}

static cc_status orcascore_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    const cc_slice *slice = &set->slices[index];
    const orcascore_scan *s = ((const listing *)set->state)->scans[slice->scan];
    if (!s->as_stored) {
        cc_labelled_scan_copy_slice(stored, mask, &s->loaded, slice->number);
        return CC_OK;
    }
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    float *values = malloc(pixels * sizeof *values);
    if (!values) return cc_fail_memory("a slice", pixels * sizeof *values);
    cc_status status = cc_metaimage_read_slice(values, &s->image, slice->number);
    for (size_t i = 0; status == CC_OK && i < pixels; i++) stored[i] = cc_slice_store_hu(values[i]);
    if (status == CC_OK)
        status = decode_labels(mask, &s->labels, s->label_path, values, slice->number, pixels);
    free(values);
    return status;
}

static cc_status orcascore_decode_regions(const cc_slice_set *set, size_t index, uint8_t *regions) {
    const cc_slice *slice = &set->slices[index];
    const orcascore_scan *s = ((const listing *)set->state)->scans[slice->scan];
    const size_t pixels = (size_t)slice->height * (size_t)slice->width;
    if (!s->regions_stored) {
        memcpy(regions, s->loaded_regions + (size_t)slice->number * pixels, pixels);
        return CC_OK;
    }
    float *values = malloc(pixels * sizeof *values);
    if (!values) return cc_fail_memory("a slice", pixels * sizeof *values);
    const cc_status status =
        decode_labels(regions, &s->regions, s->region_path, values, slice->number, pixels);
    free(values);
    return status;
}

const cc_slice_source cc_slice_source_orcascore = {
    .name = "orcascore",
    .open = orcascore_open,
    .close = orcascore_close,
    .digest = orcascore_digest,
    .decode = orcascore_decode,
    .decode_regions = orcascore_decode_regions,
};
