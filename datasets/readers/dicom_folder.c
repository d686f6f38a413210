/* datasets/readers/dicom_folder.c -- which files of a folder are the slices of one series.
 *
 * Folders come as scanners, CDs and archives leave them: with a directory (DICOMDIR), dose reports,
 * localizers and screenshots beside the slices, or with several series. Every file is looked at, by its
 * contents and not by its name; what has no pixels says nothing about the scan and is left out; images are
 * grouped by SeriesInstanceUID; of several series none is chosen in silence. Source: DICOM PS3.3, C.7.3.1
 * (series), C.7.6.1.1.2 (ImageType: LOCALIZER); PS3.10, 8.6 (DICOMDIR). */
#include "datasets/readers/dicom_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"
#include "core/log.h"

enum { PREAMBLE = 128, DEPTH_MAX = 12, ENTRIES_MAX = 1 << 16, LISTED_MAX = 8 };

typedef struct list {
    cc_arena *arena;
    const char *root;
    cc_dicom_image *images;
    size_t count, capacity, entries, blank;
} list;

/* Images of one SeriesInstanceUID. */
typedef struct group {
    const cc_dicom_file *file; /* of its first image */
    size_t count;
    bool is_slices; /* it may be a stack of slices: grey, in space, and no localizer */
} group;

bool cc_dicom_probe(const cc_head *head) {
    if (head->gzipped) return false;
    if (head->count >= 132 && memcmp(head->bytes + PREAMBLE, "DICM", 4) == 0) return true;
    /* Without preamble: the first element is of group 2 or 8 with a length below 32 KiB, implicit or with two
     * letters of VR. */
    const uint8_t *b = head->bytes;
    return head->count >= 132 && (b[0] == 2 || b[0] == 8) && b[1] == 0 && b[3] == 0 && b[6] < 128 &&
           b[7] < 128 && (b[7] == 0 || (b[4] >= 'A' && b[4] <= 'Z' && b[5] >= 'A' && b[5] <= 'Z'));
}

static cc_status add_file(list *l, const char *path) {
    cc_head head;
    cc_dicom_image image;
    cc_status status = cc_head_read(&head, path);
    if (status == CC_EFORMAT) return CC_OK; /* a broken gzip file */
    if (status != CC_OK) return status;
    if (!cc_dicom_probe(&head)) return CC_OK;
    size_t root = strlen(l->root);
    const char *name = path + root + (l->root[root - 1] != '/');
    status = cc_dicom_image_open(&image, path, name, l->arena);
    if (status == CC_EFORMAT && memcmp(head.bytes + PREAMBLE, "DICM", 4) != 0) {
        cc_log(CC_LOG_WARNING, "%s is passed over: it begins like DICOM, but is none", path);
        return CC_OK;
    }
    if (status != CC_OK) return status;
    if (cc_dicom_image_is_blank(&image)) {
        l->blank++;
        return CC_OK;
    }
    if (!image.pixels.found) return cc_dicom_image_prepare(&image, l->arena); /* says what is missing */
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? 2 * l->capacity : 64;
        cc_dicom_image *more = cc_arena_get_array(l->arena, l->capacity, sizeof *more);
        if (!more) return CC_ENOMEM;
        if (l->count) memcpy(more, l->images, l->count * sizeof *more);
        l->images = more;
    }
    l->images[l->count++] = image;
    return CC_OK;
}

/* The images that lie in a folder (`deeper` 0) or below it. A link in the folder that was asked for is its
 * owner's choice, and is read; below, none is followed: it may lead out, or in a circle. */
static cc_status add_folder(list *l, const char *folder, int depth, bool deeper) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    CC_TRY(cc_folder_list(&names, &count, folder, l->arena));
    l->entries += count;
    if (l->entries > ENTRIES_MAX)
        return cc_fail(CC_EUNSUPPORTED, l->root, "name the folder of one scan",
                       "more than %d files lie in it", ENTRIES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct stat s;
        CC_TRY(cc_path_join(path, folder, names[i]));
        if ((depth == 0 ? stat(path, &s) : lstat(path, &s)) != 0) continue;
        if (S_ISREG(s.st_mode) && (depth > 0 || !deeper)) CC_TRY(add_file(l, path));
        if (!deeper || lstat(path, &s) != 0 || !S_ISDIR(s.st_mode)) continue;
        if (depth == DEPTH_MAX)
            return cc_fail(CC_EUNSUPPORTED, l->root, "name the folder of one scan",
                           "folders lie more than %d deep in it", DEPTH_MAX);
        CC_TRY(add_folder(l, path, depth + 1, true));
    }
    return CC_OK;
}

/* Whether an image can be a slice of a scan: it can be read, lies in space, and is no localizer. What is
 * wrong with it is said only where it is asked for. */
static bool may_be_slice(const cc_dicom_image *image, cc_arena *arena) {
    cc_dicom_image copy = *image; /* preparing replaces the header by one with all frames */
    const cc_dicom_file *f = &image->header->file;
    if (f->is_localizer) return false;
    cc_status status = cc_dicom_image_prepare(&copy, arena);
    if (status == CC_EUNSUPPORTED) return false;
    return status != CC_OK || copy.header->frames[0].has_position;
}

static cc_status group_images(group **out, size_t *count, const list *l) {
    group *groups = cc_arena_get_array(l->arena, l->count, sizeof *groups);
    if (!groups) return CC_ENOMEM;
    *count = 0;
    for (size_t i = 0; i < l->count; i++) {
        const cc_dicom_file *f = &l->images[i].header->file;
        size_t g = 0;
        /* A folder holds a handful of series: no need to sort. */
        while (g < *count && strcmp(groups[g].file->series, f->series) != 0) g++;
        if (g == *count) groups[(*count)++] = (group){.file = f};
        groups[g].count++;
        if (!groups[g].is_slices) groups[g].is_slices = may_be_slice(&l->images[i], l->arena);
    }
    *out = groups;
    return CC_OK;
}

/* "1: number 4, "CaScore", CT, 47 images, ...163355; 2: ..." of the groups but `left_out`. */
static void describe(char *out, size_t capacity, const group *groups, size_t count, const group *left_out) {
    size_t at = 0, said = 0;
    out[0] = 0;
    for (size_t i = 0; i < count && at < capacity; i++) {
        const cc_dicom_file *f = groups[i].file;
        size_t length = strlen(f->series), tail = length > 8 ? length - 8 : 0;
        char number[32] = "no number";
        if (&groups[i] == left_out) continue;
        if (said == LISTED_MAX) {
            snprintf(out + at, capacity - at, "; and others");
            return;
        }
        if (f->series_number >= 0) snprintf(number, sizeof number, "number %.0f", f->series_number);
        at += (size_t)snprintf(out + at, capacity - at, "%s%zu: %s, \"%.24s\", %s%s, %zu image%s, ...%s",
                               said++ ? "; " : "", i + 1, number, f->description, f->modality,
                               f->is_localizer && !groups[i].is_slices ? " LOCALIZER" : "", groups[i].count,
                               groups[i].count == 1 ? "" : "s", f->series + tail);
    }
}

static bool is_number(const char *text) {
    return text[0] && strspn(text, "0123456789") == strlen(text);
}

/* The group that is asked for, or the only one that may be slices, or the only one. */
static cc_status choose(const group **out, const list *l, const group *groups, size_t count,
                        const char *series) {
    char all[640];
    size_t slices = 0;
    describe(all, sizeof all, groups, count, NULL);
    *out = NULL;
    for (size_t i = 0; i < count; i++) {
        if (series ? strcmp(groups[i].file->series, series) == 0 : groups[i].is_slices) *out = &groups[i];
        slices += groups[i].is_slices;
    }
    /* A UID holds dots, so a bare number is a place in the printed list. */
    if (series && !*out && is_number(series)) {
        unsigned long number = strtoul(series, NULL, 10);
        if (number >= 1 && number <= count) *out = &groups[number - 1];
    }
    if (series && !*out)
        return cc_fail(CC_ENOTFOUND, l->root, "give its number or its SeriesInstanceUID",
                       "--series %.64s: there is none; there are %s", series, all);
    if (series) return CC_OK;
    if (count == 1) *out = &groups[0];
    if (count > 1 && slices != 1)
        return cc_fail(CC_EUNSUPPORTED, l->root, "choose one: --series N",
                       "SeriesInstanceUID: %zu series: %s", count, all);
    if (count == 1) return CC_OK;
    describe(all, sizeof all, groups, count, *out);
    cc_log(CC_LOG_WARNING, "%s: SeriesInstanceUID: other series beside the slices are passed over: %s",
           l->root, all);
    return CC_OK;
}

/* Keeps the images of a group, without localizers where it has slices, and prepares them for reading. */
static cc_status keep_group(list *l, const group *g) {
    size_t kept = 0, localizers = 0;
    const char *localizer = NULL;
    for (size_t i = 0; i < l->count; i++) {
        cc_dicom_image *image = &l->images[i];
        const cc_dicom_file *f = &image->header->file;
        if (strcmp(f->series, g->file->series) != 0) continue;
        if (f->is_localizer && g->is_slices) {
            localizer = image->name;
            localizers++;
            continue;
        }
        CC_TRY(cc_dicom_image_prepare(image, l->arena));
        l->images[kept++] = *image;
    }
    if (localizers)
        cc_log(CC_LOG_WARNING, "%s: ImageType: LOCALIZER: %s is passed over (localizers in all: %zu)",
               l->root, localizer, localizers);
    l->count = kept;
    return CC_OK;
}

static cc_status choose_series(cc_dicom_image **images, size_t *count, list *l, const char *series) {
    group *groups;
    const group *chosen;
    size_t group_count;
    CC_TRY(group_images(&groups, &group_count, l));
    CC_TRY(choose(&chosen, l, groups, group_count, series));
    CC_TRY(keep_group(l, chosen));
    *images = l->images;
    *count = l->count;
    return CC_OK;
}

cc_status cc_dicom_folder_images(cc_dicom_image **images, size_t *count, const char *folder,
                                 const char *series, cc_arena *arena) {
    list l = {.arena = arena, .root = folder};
    CC_TRY(add_folder(&l, folder, 0, false));
    l.entries = 0;
    if (l.count == 0) CC_TRY(add_folder(&l, folder, 0, true));
    if (l.count == 0)
        return cc_fail(CC_ENOTFOUND, folder, "name an image file or a folder with one DICOM series",
                       "the folder holds no DICOM file%s", l.blank ? " with an image" : "");
    return choose_series(images, count, &l, series);
}

cc_status cc_dicom_file_images(cc_dicom_image **images, size_t *count, const char *path, const char *series,
                               cc_arena *arena) {
    static const char directory[] = "1.2.840.10008.1.3.10"; /* media storage directory: a DICOMDIR */
    list l = {.arena = arena, .root = path};
    cc_dicom_image *image = cc_arena_get(arena, sizeof *image);
    char folder[CC_PATH_MAX];
    if (!image) return CC_ENOMEM;
    CC_TRY(cc_dicom_image_open(image, path, cc_path_name(path), arena));
    if (strcmp(image->header->file.sop_class, directory) == 0) {
        CC_TRY(cc_path_folder(folder, path));
        cc_log(CC_LOG_INFO, "%s: a DICOMDIR: the images of its folder are read", path);
        return cc_dicom_folder_images(images, count, cc_arena_copy(arena, folder), series, arena);
    }
    l.images = image;
    l.count = 1;
    return choose_series(images, count, &l, series);
}
