/* datasets/sources/ctheart.c -- the ctheart layout (Kaggle's CT heart set):
 * train/<patient>/image/<series>-<number>.png and a mask of the same name in train/<patient>/mask.
 *
 * Each series of a patient is a scan of its own; the set as published has one, "1". Pictures carry no HU:
 * grey 0 to the largest spans the window of the options.
 *
 * A mask holds 0 and one other value, which is the heart. More values (JPEG and resampling leave any grey
 * at edges) have no one meaning: they are refused unless data.mask_threshold states which grey is
 * foreground. So is an alpha channel that says another thing than grey does. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/png.h"
#include "datasets/sources/source.h"

/* The real paths of one slice, and its name below the folder of patients. */
typedef struct files {
    const char *image, *mask, *name;
} files;

typedef struct heart {
    files *files; /* [slices] */
    bool has_threshold;
    int threshold;
    atomic_bool said_alpha, said_corners; /* each is warned of once */
} heart;

typedef struct picture_name {
    const char *name;
    int32_t series, number;
} picture_name;

typedef struct patient_folder {
    const char *name, *path; /* "p07", "train/p07" */
    picture_name *pictures;
    size_t count;
} patient_folder;

static bool is_picture(const char *name) {
    return name[0] != '.' && cc_path_ends_with(name, ".png");
}

static int32_t big_endian(const unsigned char *bytes) {
    return (int32_t)((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
                     (uint32_t)bytes[3]);
}

/* A PNG file's size from its first 24 bytes: signature, length and name of IHDR, width, height. Thousands are
 * listed before one is decoded. */
static cc_status read_size(int32_t *height, int32_t *width, const char *path) {
    static const unsigned char start[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    unsigned char bytes[24];
    uint64_t size;
    CC_TRY(cc_file_size(&size, path)); /* a pipe would wait for ever */
    FILE *file = fopen(path, "rb");
    if (!file) return cc_fail_errno(path, "open");
    size_t got = fread(bytes, 1, sizeof bytes, file);
    bool bad = ferror(file);
    fclose(file);
    if (bad) return cc_fail_errno(path, "read");
    if (got < sizeof bytes || memcmp(bytes, start, 16) != 0)
        return cc_fail(CC_EFORMAT, path, NULL, "it is not a PNG file");
    *width = big_endian(bytes + 16);
    *height = big_endian(bytes + 20);
    return CC_OK;
}

static int by_series_and_number(const void *a, const void *b) {
    const picture_name *p = a, *q = b;
    if (p->series != q->series) return p->series < q->series ? -1 : 1;
    return (p->number > q->number) - (p->number < q->number);
}

/* "12" -> 12, up to `end`; false where it is anything but digits of an int32. */
static bool parse_digits(int32_t *out, const char *text, const char *end) {
    int64_t value = 0;
    if (text == end) return false;
    for (; text < end; text++) {
        if (!isdigit((unsigned char)*text)) return false;
        value = 10 * value + (*text - '0');
        if (value > INT32_MAX) return false;
    }
    *out = (int32_t)value;
    return true;
}

static cc_status parse_name(picture_name *out, const char *folder, const char *name) {
    const char *dash = strchr(name, '-'), *dot = strrchr(name, '.');
    out->name = name;
    if (dash && parse_digits(&out->series, name, dash) && parse_digits(&out->number, dash + 1, dot))
        return CC_OK;
    return cc_fail(CC_EFORMAT, folder, "pictures are named like 1-042.png", "\"%s\" has no slice number",
                   name);
}

/* The real path of FOLDER/NAME below the root. */
static cc_status resolve_in(const char **out, cc_slice_set *set, const char *folder, const char *name) {
    const char *relative = cc_arena_format(set->arena, "%s/%s", folder, name);
    if (!relative) return CC_ENOMEM;
    return cc_slice_set_resolve(out, set, relative);
}

/* A patient's pictures, in order of series and number. */
static cc_status list_patient(patient_folder *p, cc_slice_set *set) {
    const char *images, *masks;
    char **names;
    size_t all, mask_count = 0;
    CC_TRY(resolve_in(&images, set, p->path, "image"));
    CC_TRY(resolve_in(&masks, set, p->path, "mask"));
    CC_TRY(cc_folder_list(&names, &all, images, set->arena));
    p->pictures = cc_arena_get_array(set->arena, all + 1, sizeof *p->pictures);
    if (!p->pictures) return CC_ENOMEM;
    p->count = 0;
    for (size_t i = 0; i < all; i++)
        if (is_picture(names[i])) CC_TRY(parse_name(&p->pictures[p->count++], images, names[i]));
    qsort(p->pictures, p->count, sizeof *p->pictures, by_series_and_number);
    /* A mask without a picture is no fault, but it may be a slip: said once a folder. */
    CC_TRY(cc_folder_list(&names, &all, masks, set->arena));
    for (size_t i = 0; i < all; i++) mask_count += is_picture(names[i]);
    if (mask_count > p->count)
        cc_log(CC_LOG_WARNING, "%s: %zu masks have no picture and are left out", masks,
               mask_count - p->count);
    return CC_OK;
}

/* The folders below `base` ("train" or "."), with their pictures. */
static cc_status list_patients(patient_folder **out, size_t *count, cc_slice_set *set, const char *base) {
    char **names, folder[CC_PATH_MAX];
    size_t all;
    const char *path;
    CC_TRY(cc_slice_set_resolve(&path, set, base));
    CC_TRY(cc_folder_list(&names, &all, path, set->arena));
    *out = cc_arena_get_array(set->arena, all + 1, sizeof **out);
    if (!*out) return CC_ENOMEM;
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        CC_TRY(cc_path_join(folder, path, names[i]));
        if (names[i][0] == '.' || !cc_folder_exists(folder)) continue;
        patient_folder *p = &(*out)[*count];
        *p = (patient_folder){.name = names[i], .path = cc_arena_format(set->arena, "%s/%s", base, names[i])};
        if (!p->path) return CC_ENOMEM;
        cc_status status = list_patient(p, set);
        if (status == CC_OK)
            ++*count;
        else
            CC_TRY(cc_slice_set_leave_out(set, p->name, status));
    }
    return CC_OK;
}

/* Fills `out` and the slice's size. */
static cc_status find_files(files *out, cc_slice *slice, cc_slice_set *set, const char *folder,
                            const char *name) {
    int mask_height, mask_width;
    const char *image = cc_arena_format(set->arena, "image/%s", name);
    const char *mask = cc_arena_format(set->arena, "mask/%s", name);
    out->name = cc_arena_format(set->arena, "%s/%s", set->patients[slice->patient], name);
    if (!image || !mask || !out->name) return CC_ENOMEM;
    CC_TRY(resolve_in(&out->image, set, folder, image));
    cc_status status = resolve_in(&out->mask, set, folder, mask);
    if (status == CC_ENOTFOUND)
        return cc_fail(status, out->image, "every image/NAME needs a mask/NAME", "its mask is not there");
    CC_TRY(status);
    CC_TRY(read_size(&slice->height, &slice->width, out->image));
    CC_TRY(read_size(&mask_height, &mask_width, out->mask));
    if (mask_height != slice->height || mask_width != slice->width)
        return cc_fail(CC_EFORMAT, out->mask, NULL, "the mask has %d x %d pixels, its picture %d x %d",
                       mask_width, mask_height, slice->width, slice->height);
    return CC_OK;
}

static cc_status add_patient(cc_slice_set *set, const patient_folder *patient, files *out) {
    cc_slice slice = {.scan = set->count ? set->slices[set->count - 1].scan : UINT32_MAX};
    CC_TRY(cc_slice_set_add_patient(&slice.patient, set, patient->name));
    for (size_t i = 0; i < patient->count; i++) {
        const picture_name *p = &patient->pictures[i];
        /* A new scan with each series; UINT32_MAX + 1 is 0, the first. */
        slice.scan += i == 0 || p->series != p[-1].series;
        slice.number = p->number;
        CC_TRY(find_files(&out[i], &slice, set, patient->path, p->name));
        CC_TRY(cc_slice_set_add(set, &slice, out[i].image));
    }
    return CC_OK;
}

static cc_status ctheart_open(cc_slice_set *set, const cc_slice_options *options) {
    char train[CC_PATH_MAX];
    patient_folder *patients;
    size_t count, total = 0;
    CC_TRY(cc_slice_set_spread_grey(set, options->window_hu));
    CC_TRY(cc_path_join(train, set->root, "train"));
    CC_TRY(list_patients(&patients, &count, set, cc_folder_exists(train) ? "train" : "."));
    for (size_t i = 0; i < count; i++) total += patients[i].count;
    if (total == 0 && !set->broken)
        return cc_fail(CC_ENOTFOUND, set->root, "pictures lie in ROOT/train/PATIENT/image/1-001.png",
                       count ? "its patients have no pictures" : "there are no patients here");
    heart *h = set->state = cc_arena_get(set->arena, sizeof *h);
    files *all = cc_arena_get_array(set->arena, total + 1, sizeof *all);
    if (!h || !all) return CC_ENOMEM;
    h->files = all;
    h->has_threshold = options->mask_threshold != NULL;
    if (h->has_threshold) h->threshold = *options->mask_threshold;
    for (size_t i = 0; i < count; i++) {
        const cc_slice_mark mark = cc_slice_set_mark(set);
        cc_status status = add_patient(set, &patients[i], all + set->count);
        CC_TRY(cc_slice_set_end_patient(set, mark, patients[i].name, status));
    }
    return CC_OK;
}

static cc_status ctheart_digest(cc_digest *digest, const cc_slice_set *set) {
    const files *all = ((const heart *)set->state)->files;
    for (size_t i = 0; i < set->count; i++) {
        cc_digest_add_string(digest, all[i].name);
        CC_TRY(cc_slice_set_digest_file(digest, all[i].image));
        CC_TRY(cc_slice_set_digest_file(digest, all[i].mask));
    }
    return CC_OK;
}

/* The caller gives *out back. The size may have changed since the set was opened. */
static cc_status read_picture(cc_png_picture *out, const cc_slice *slice, const char *path) {
    CC_TRY(cc_png_read(out, path));
    const int height = out->height, width = out->width;
    const bool hidden = cc_png_is_in_alpha(out), same = height == slice->height && width == slice->width;
    if (same && !hidden) return CC_OK;
    cc_png_deinit(out);
    if (hidden) return cc_png_refuse_alpha(path);
    return cc_fail(CC_EFORMAT, path, "leave the dataset alone while it is used",
                   "it has changed from %d x %d to %d x %d pixels", slice->width, slice->height, width,
                   height);
}

/* A mask without a stated threshold: 0 and at most one other value. One of a single value that is not 0 marks
 * all, as where a slice lies within the heart. */
static cc_status check_values(const cc_png_picture *p, size_t count, const char *path) {
    enum { SHOWN = 6 };
    char values[128];
    int kinds = 0, shown = 0;
    uint8_t *seen = calloc(UINT16_MAX + 1, 1);
    if (!seen) return cc_fail_memory("a mask's values", UINT16_MAX + 1);
    for (size_t i = 0; i < count; i++) {
        kinds += !seen[p->grey[i]];
        seen[p->grey[i]] = 1;
    }
    const bool clear = kinds < 2 || (kinds == 2 && seen[0]); /* {0}, {v} or {0, v} */
    /* "0, 1, 2, 3, ..." of the values that are there. */
    for (int v = 0, used = 0; !clear && v <= UINT16_MAX && shown <= SHOWN; v++) {
        if (!seen[v]) continue;
        const char *before = shown ? ", " : "";
        used += shown < SHOWN ? snprintf(values + used, sizeof values - (size_t)used, "%s%d", before, v)
                              : snprintf(values + used, sizeof values - (size_t)used, ", ...");
        shown++;
    }
    free(seen);
    return clear ? CC_OK
                 : cc_fail(
                       CC_EFORMAT, path,
                       "save it as 0 and 255, or state by data.mask_threshold above which grey is foreground",
                       "the mask has %d grey values (%s), where 0 and one other are wanted", kinds, values);
}

/* 1 where grey lies above the threshold. What the alpha channel marks must be the same. */
static cc_status read_labels(uint8_t *mask, const cc_png_picture *p, size_t count, const heart *h,
                             const char *path) {
    const int threshold = h->has_threshold ? h->threshold : 0, most = p->bits == 8 ? UINT8_MAX : UINT16_MAX;
    if (!h->has_threshold) CC_TRY(check_values(p, count, path));
    if (threshold >= most)
        return cc_fail(CC_EINVAL, path, "state it in the file's own grey values",
                       "data.mask_threshold: %d is not below %d, the largest grey of its %d bits", threshold,
                       most, p->bits);
    for (size_t i = 0; i < count; i++) mask[i] = p->grey[i] > threshold;
    for (size_t i = 0; p->alpha && i < count; i++)
        if ((p->alpha[i] > 0) != (mask[i] > 0))
            return cc_fail(CC_EFORMAT, path, "save it as 0 and 255, without an alpha channel",
                           "the mask's alpha channel marks other pixels than its grey values");
    return CC_OK;
}

static void warn_of_alpha(const cc_png_picture *p, heart *h, const char *path) {
    if (p->alpha && !atomic_exchange(&h->said_alpha, true))
        cc_log(
            CC_LOG_WARNING,
            "%s: its alpha channel is left out, here and in other pictures: pixels read as they are below it",
            path);
}

/* No organ reaches all four corners of a chest's slice. */
static void warn_of_corners(const uint8_t *mask, const cc_slice *s, heart *h, const char *path) {
    const size_t width = (size_t)s->width, last = (size_t)(s->height - 1) * width;
    if (mask[0] && mask[width - 1] && mask[last] && mask[last + width - 1] &&
        !atomic_exchange(&h->said_corners, true))
        cc_log(CC_LOG_WARNING, "%s: the mask's foreground reaches all four corners: are its values inverted?",
               path);
}

static cc_status ctheart_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    cc_status status = CC_OK;
    const cc_slice *slice = &set->slices[index];
    heart *h = set->state;
    const files *paths = &h->files[index];
    size_t count = (size_t)slice->height * (size_t)slice->width;
    cc_png_picture grey = {0}, label = {0};
    CC_CHECK(read_picture(&grey, slice, paths->image));
    CC_CHECK(read_picture(&label, slice, paths->mask));
    CC_CHECK(read_labels(mask, &label, count, h, paths->mask));
    warn_of_alpha(&grey, h, paths->image);
    warn_of_corners(mask, slice, h, paths->mask);
    for (size_t i = 0; i < count; i++) stored[i] = cc_slice_store_grey(grey.grey[i], grey.bits);
done:
    cc_png_deinit(&grey);
    cc_png_deinit(&label);
    return status;
}

const cc_slice_source cc_slice_source_ctheart = {
    .name = "ctheart",
    .open = ctheart_open,
    .digest = ctheart_digest,
    .decode = ctheart_decode,
};
