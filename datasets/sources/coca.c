/* datasets/sources/coca.c -- Stanford's COCA set of gated CT scans.
 *
 * patient/ID/SERIES/NAME.dcm (or the files in patient/ID itself), and calcium_xml/ID.xml, outlines of
 * calcifications by artery; both below the root or below its Gated_release_final. Labels: 1 LAD with the
 * left main, 2 LCX, 3 RCA: pixels inside an outline (datasets/polygon.h) that read more than 130 HU; where
 * outlines overlap, the later one's. A patient without XML has no calcification. On which slice an outline
 * lies: datasets/sources/coca_slices.h.
 *
 * Source: https://stanfordaimi.azurewebsites.net (COCA - Coronary Calcium and chest CTs), whose XML OsiriX
 * wrote; in its pixels, too, a centre lies at + 0.5 (DCMPix.m,
 * convertPixX:pixY:toDICOMCoords:pixelCenter:). */
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/polygon.h"
#include "datasets/readers/dicom.h"
#include "datasets/sources/coca_slices.h"
#include "datasets/sources/source.h"

enum { CALCIUM_HU = 130 }; /* Agatston et al., JACC 15 (1990), 827-832: calcium is denser than this */
static const char release_folder[] = "Gated_release_final";
static const char layout_hint[] =
    "scans lie in ROOT/patient/ID/SERIES/NAME.dcm, outlines in ROOT/calcium_xml/ID.xml";

typedef struct coca_scan {
    cc_dicom_series series;
    const char *xml; /* NULL: no calcification */
    cc_coca_regions regions;
    cc_coca_placement placing;
} coca_scan;

typedef struct coca_folders {
    const char *patients, *outlines; /* folders */
    char **names;                    /* of patients */
    size_t count;
} coca_folders;

static cc_status resolve(const char **out, cc_slice_set *set, const char *folder, const char *name,
                         const char *ending) {
    const char *path = cc_arena_format(set->arena, "%s/%s%s", folder, name, ending);
    return path ? cc_slice_set_resolve(out, set, path) : CC_ENOMEM;
}

static bool is_folder(const char *folder, const char *name) {
    char path[CC_PATH_MAX];
    bool joined = cc_path_join(path, folder, name) == CC_OK;
    return joined && name[0] != '.' && cc_folder_exists(path);
}

/* The folders of patients and outlines, and the patients' names in ascending order. */
static cc_status find_folders(coca_folders *out, cc_slice_set *set) {
    const char *base = set->root;
    char **names;
    size_t count;
    if (is_folder(base, release_folder)) CC_TRY(resolve(&base, set, base, release_folder, ""));
    *out = (coca_folders){0};
    if (!is_folder(base, "patient") || !is_folder(base, "calcium_xml"))
        return cc_fail(CC_ENOTFOUND, base, layout_hint,
                       "the folders patient and calcium_xml are not both here");
    CC_TRY(resolve(&out->patients, set, base, "patient", ""));
    CC_TRY(resolve(&out->outlines, set, base, "calcium_xml", ""));
    CC_TRY(cc_folder_list(&names, &count, out->patients, set->arena));
    out->names = names; /* what is no folder is dropped in place */
    for (size_t i = 0; i < count; i++)
        if (is_folder(out->patients, names[i])) out->names[out->count++] = names[i];
    return out->count ? CC_OK
                      : cc_fail(CC_ENOTFOUND, out->patients, layout_hint, "no patient's folder is here");
}

/* A patient's series. */
typedef struct series_files {
    const char *folder;
    size_t count; /* of files that end in .dcm */
} series_files;

/* None of the folder's files may lead out of the dataset. */
static cc_status count_files(series_files *out, cc_slice_set *set, const char *folder) {
    char **names;
    size_t count;
    *out = (series_files){folder, 0};
    CC_TRY(cc_folder_list(&names, &count, folder, set->arena));
    for (size_t i = 0; i < count; i++) {
        const char *real;
        CC_TRY(resolve(&real, set, folder, names[i], ""));
        out->count += cc_path_ends_with(names[i], ".dcm");
    }
    return CC_OK;
}

/* The one folder of a patient, itself or one in it, that holds .dcm files, and its series. */
static cc_status open_series(cc_dicom_series *out, cc_slice_set *set, const char *patient) {
    char **names;
    size_t count;
    series_files files;
    CC_TRY(count_files(&files, set, patient));
    CC_TRY(cc_folder_list(&names, &count, patient, set->arena));
    for (size_t i = 0; i < count; i++) {
        const char *folder;
        series_files inner;
        if (!is_folder(patient, names[i])) continue;
        CC_TRY(resolve(&folder, set, patient, names[i], ""));
        CC_TRY(count_files(&inner, set, folder));
        if (inner.count && files.count)
            return cc_fail(CC_EFORMAT, folder, "leave one series of a patient",
                           "there is another series of this patient in %s", files.folder);
        if (inner.count) files = inner;
    }
    if (!files.count)
        return cc_fail(CC_ENOTFOUND, patient, layout_hint, "no .dcm file of this patient is here");
    CC_TRY(cc_dicom_open_folder(out, files.folder, set->arena));
    /* ImageIndex counts the files: one that is no DICOM, or a copy, moves every outline behind it. */
    if ((size_t)out->grid.dims[2] != files.count)
        return cc_fail(CC_EFORMAT, files.folder, "get the patient's files again",
                       "%zu files end in .dcm, %lld are DICOM: the outlines would move to other slices",
                       files.count, (long long)out->grid.dims[2]);
    return CC_OK;
}

static cc_status open_scan(coca_scan *s, cc_slice_set *set, const coca_folders *l, const char *name) {
    const char *patient;
    char xml[CC_PATH_MAX], file[CC_PATH_MAX];
    *s = (coca_scan){0};
    CC_TRY(resolve(&patient, set, l->patients, name, ""));
    CC_TRY(open_series(&s->series, set, patient));
    CC_TRY(cc_path_append(file, name, ".xml"));
    CC_TRY(cc_path_join(xml, l->outlines, file));
    if (!cc_file_exists(xml)) return CC_OK;
    CC_TRY(cc_slice_set_resolve(&s->xml, set, xml));
    CC_TRY(cc_coca_xml_read(&s->regions, s->xml, set->arena));
    return cc_coca_find_slices(&s->placing, &s->regions, &s->series.grid, s->xml);
}

static cc_status add_scan(cc_slice_set *set, const coca_scan *s, const char *name, uint32_t number) {
    const int64_t *dims = s->series.grid.dims;
    cc_slice slice = {.scan = number, .height = (int32_t)dims[1], .width = (int32_t)dims[0]};
    CC_TRY(cc_slice_set_add_patient(&slice.patient, set, name));
    for (int64_t z = 0; z < dims[2]; z++) {
        slice.number = (int32_t)z;
        CC_TRY(cc_slice_set_add(set, &slice,
                                cc_dicom_slice_path(&s->series, cc_coca_flip_slice(&s->series.grid, z))));
    }
    return CC_OK;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static cc_status name_strays(cc_slice_set *set, const coca_folders *l) {
    char **names;
    size_t count;
    CC_TRY(cc_folder_list(&names, &count, l->outlines, set->arena));
    for (size_t i = 0; i < count; i++) {
        if (names[i][0] == '.' || !cc_path_ends_with(names[i], ".xml")) continue;
        const char *id = cc_arena_copy_n(set->arena, names[i], strlen(names[i]) - strlen(".xml"));
        if (!id) return CC_ENOMEM;
        if (!bsearch(&id, l->names, l->count, sizeof *l->names, by_text))
            cc_log(CC_LOG_WARNING, "%s/%s has no patient and is left out", l->outlines, names[i]);
    }
    return CC_OK;
}

static cc_status coca_open(cc_slice_set *set, const cc_slice_options *options) {
    (void)options;
    coca_folders l;
    size_t without = 0, without_mm = 0;
    CC_TRY(find_folders(&l, set));
    coca_scan *scans = set->state = cc_arena_get_array(set->arena, l.count, sizeof *scans);
    double(*spacing)[3] = cc_arena_get_array(set->arena, l.count, sizeof *spacing);
    if (!scans || !spacing) return CC_ENOMEM;
    set->spacing_mm = (const double(*)[3])spacing;
    set->slope = 1;
    for (size_t i = 0; i < l.count; i++) {
        const cc_slice_mark mark = cc_slice_set_mark(set);
        coca_scan *s = &scans[mark.patients];
        cc_status status = open_scan(s, set, &l, l.names[i]);
        if (status == CC_OK) status = add_scan(set, s, l.names[i], (uint32_t)mark.patients);
        if (status == CC_OK) cc_grid_distances(spacing[mark.patients], &s->series.grid);
        CC_TRY(cc_slice_set_end_patient(set, mark, l.names[i], status));
        if (set->patient_count == mark.patients) continue;
        without += !s->xml;
        without_mm += s->placing.without_mm;
    }
    if (without)
        cc_log(CC_LOG_INFO, "%s: %zu of %zu patients have no XML: they count as without calcification",
               l.outlines, without, set->patient_count);
    if (without_mm)
        cc_log(CC_LOG_WARNING,
               "%s: outlines of %zu of %zu patients have no Point_mm: ImageIndex is taken to count slices "
               "from 0 "
               "towards the head",
               l.outlines, without_mm, set->patient_count);
    return name_strays(set, &l);
}

static cc_status add_file(cc_digest *digest, const char *path) {
    cc_digest_add_string(digest, cc_path_name(path));
    return cc_slice_set_digest_file(digest, path);
}

static cc_status coca_digest(cc_digest *digest, const cc_slice_set *set) {
    const coca_scan *scans = set->state;
    for (size_t i = 0; i < set->patient_count; i++) {
        const coca_scan *s = &scans[i];
        cc_digest_add_string(digest, set->patients[i]);
        for (int64_t z = 0; z < s->series.grid.dims[2]; z++)
            CC_TRY(add_file(digest, cc_dicom_slice_path(&s->series, z)));
        cc_digest_add_string(digest, !s->xml            ? "no outlines"
                                     : s->placing.by_mm ? "outlines by Point_mm"
                                                        : "outlines");
        if (s->xml) CC_TRY(cc_slice_set_digest_file(digest, s->xml));
    }
    return CC_OK;
}

static void draw(uint8_t *mask, uint8_t *inside, const int16_t *hu, const cc_slice *slice,
                 const cc_coca_region *region) {
    cc_pixel_box box =
        cc_polygon_fill(inside, slice->height, slice->width, region->points, region->point_count);
    for (int32_t y = box.y0; y < box.y1; y++)
        for (int32_t x = box.x0; x < box.x1; x++) {
            size_t at = (size_t)y * (size_t)slice->width + (size_t)x;
            /* An outline is drawn around calcium, not along it: what it holds of soft tissue is not
             * calcium. */
            if (inside[at] && hu[at] > CALCIUM_HU) mask[at] = region->label;
            inside[at] = 0; /* left clean for the next outline */
        }
}

static cc_status draw_regions(uint8_t *mask, const int16_t *hu, const cc_slice *slice,
                              const cc_coca_regions *regions) {
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    uint8_t *inside = calloc(pixels, 1);
    if (!inside) return cc_fail_memory("an outline's pixels", pixels);
    memset(mask, 0, pixels);
    for (size_t i = 0; i < regions->count; i++)
        if (regions->items[i].slice == slice->number) draw(mask, inside, hu, slice, &regions->items[i]);
    free(inside);
    return CC_OK;
}

static cc_status coca_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    const cc_slice *slice = &set->slices[index];
    const coca_scan *s = &((const coca_scan *)set->state)[slice->scan];
    size_t pixels = (size_t)slice->height * (size_t)slice->width;
    float *values = malloc(pixels * sizeof *values);
    if (!values) return cc_fail_memory("a slice", pixels * sizeof *values);
    cc_status status =
        cc_dicom_read_slice(values, &s->series, cc_coca_flip_slice(&s->series.grid, slice->number));
    for (size_t i = 0; status == CC_OK && i < pixels; i++) stored[i] = cc_slice_store_hu(values[i]);
    free(values);
    return status == CC_OK ? draw_regions(mask, stored, slice, &s->regions) : status;
}

const cc_slice_source cc_slice_source_coca = {
    .name = "coca",
    .open = coca_open,
    .digest = coca_digest,
    .decode = coca_decode,
};
