/* tests/datasets/dicom_made.h -- small DICOM files, written for a test: explicit little-endian, 16 bits.
 *
 * A made_set is a list of elements to which a test adds, or of which it takes some out, before writing. */
#ifndef CC_TESTS_DATASETS_DICOM_MADE_H
#define CC_TESTS_DATASETS_DICOM_MADE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "core/file.h"

#define MADE_CT          "1.2.840.10008.5.1.4.1.1.2"
#define MADE_ENHANCED_CT "1.2.840.10008.5.1.4.1.1.2.1"

enum { MADE_MAX = 64 };

typedef struct made_element {
    unsigned tag; /* group << 16 | element */
    char vr[3];
    char *bytes;
    size_t count; /* even */
} made_element;

typedef struct made_set {
    made_element elements[MADE_MAX]; /* ascending */
    int count;
    const char *coded; /* a transfer syntax whose items PixelData then holds; NULL: explicit little-endian */
} made_set;

/* Takes an element out. */
static inline void made_drop(made_set *set, unsigned tag) {
    for (int i = 0; i < set->count; i++) {
        if (set->elements[i].tag != tag) continue;
        free(set->elements[i].bytes);
        set->count--;
        memmove(&set->elements[i], &set->elements[i + 1], (size_t)(set->count - i) * sizeof *set->elements);
        return;
    }
}

/* Sets an element, in place of one that is there. */
static inline void made_put(made_set *set, unsigned tag, const char *vr, const void *bytes, size_t count) {
    int at = 0;
    made_drop(set, tag);
    assert_true(set->count < MADE_MAX);
    while (at < set->count && set->elements[at].tag < tag) at++;
    memmove(&set->elements[at + 1], &set->elements[at], (size_t)(set->count - at) * sizeof *set->elements);
    set->count++;
    made_element *e = &set->elements[at];
    *e = (made_element){.tag = tag, .count = count + count % 2};
    memcpy(e->vr, vr, 3);
    e->bytes = malloc(e->count + 1);
    assert_non_null(e->bytes);
    memcpy(e->bytes, bytes, count);
    if (e->count > count) e->bytes[count] = strcmp(vr, "UI") == 0 ? 0 : ' ';
}

/* NULL takes it out. */
static inline void made_text(made_set *set, unsigned tag, const char *vr, const char *text) {
    if (text)
        made_put(set, tag, vr, text, strlen(text));
    else
        made_drop(set, tag);
}

static inline void made_short(made_set *set, unsigned tag, int value) {
    uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    made_put(set, tag, "US", bytes, 2);
}

static inline void made_long(made_set *set, unsigned tag, unsigned value) {
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                        (uint8_t)(value >> 24)};
    made_put(set, tag, "UL", bytes, 4);
}

static inline void made_free(made_set *set) {
    while (set->count) made_drop(set, set->elements[0].tag);
}

/* Appends a set's bytes to a file, and frees it. */
static inline void made_write(FILE *file, made_set *set) {
    for (int i = 0; i < set->count; i++) {
        const made_element *e = &set->elements[i];
        bool is_long = strcmp(e->vr, "OW") == 0 || strcmp(e->vr, "OB") == 0 || strcmp(e->vr, "SQ") == 0;
        size_t count = set->coded && e->tag == 0x7fe00010 ? 0xffffffff : e->count;
        uint8_t head[12] = {(uint8_t)(e->tag >> 16), (uint8_t)(e->tag >> 24), (uint8_t)e->tag,
                            (uint8_t)(e->tag >> 8),  (uint8_t)e->vr[0],       (uint8_t)e->vr[1]};
        for (int k = 0; k < (is_long ? 4 : 2); k++) head[(is_long ? 8 : 6) + k] = (uint8_t)(count >> (8 * k));
        assert_int_equal(fwrite(head, is_long ? 12 : 8, 1, file), 1);
        assert_int_equal(fwrite(e->bytes, 1, e->count, file), e->count);
    }
    made_free(set);
}

/* A sequence of `count` items, which are freed. */
static inline void made_sequence(made_set *set, unsigned tag, made_set *items, int count) {
    char *all = NULL;
    size_t all_count = 0;
    FILE *memory = open_memstream(&all, &all_count);
    assert_non_null(memory);
    for (int i = 0; i < count; i++) {
        char *bytes = NULL;
        size_t n = 0;
        FILE *item = open_memstream(&bytes, &n);
        assert_non_null(item);
        made_write(item, &items[i]);
        fclose(item);
        uint8_t head[8] = {0xfe, 0xff, 0x00, 0xe0, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), 0};
        fwrite(head, 8, 1, memory);
        fwrite(bytes, 1, n, memory);
        free(bytes);
    }
    fclose(memory);
    made_put(set, tag, "SQ", all, all_count);
    free(all);
}

/* A sequence of one item with one text: PixelMeasuresSequence with PixelSpacing, say. */
static inline void made_group(made_set *set, unsigned sequence, unsigned tag, const char *vr,
                              const char *text) {
    made_set item = {.count = 0};
    made_text(&item, tag, vr, text);
    made_sequence(set, sequence, &item, 1);
}

/* ROOT/RELATIVE, its folders made; the set is freed. */
static inline void made_save(made_set *set, const char *root, const char *relative) {
    char path[CC_PATH_MAX], folder[CC_PATH_MAX], class[65] = MADE_CT;
    static const uint8_t preamble[128], version[2] = {0, 1};
    made_set meta = {.count = 0};
    for (int i = 0; i < set->count; i++)
        if (set->elements[i].tag == 0x00080016)
            snprintf(class, sizeof class, "%.*s", (int)set->elements[i].count, set->elements[i].bytes);
    assert_ok(cc_path_join(path, root, relative));
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_folder_make(folder));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(preamble, 1, sizeof preamble, file);
    fputs("DICM", file);
    made_put(&meta, 0x00020001, "OB", version, 2);
    made_text(&meta, 0x00020002, "UI", class);
    made_text(&meta, 0x00020003, "UI", "1.2.3.4");
    made_text(&meta, 0x00020010, "UI", set->coded ? set->coded : "1.2.840.10008.1.2.1");
    made_write(file, &meta);
    made_write(file, set);
    assert_int_equal(fclose(file), 0);
}

typedef struct made_slice {
    int height, width;
    const int16_t *pixels; /* as stored: HU + 1024 */
    double z_mm;
    const char *orientation; /* NULL: head first */
} made_slice;

/* A CT slice: spacing 0.5 x 0.25 mm (x, y), 3 mm thick, one series. */
static inline made_set made_ct(const made_slice *s) {
    char position[64];
    made_set set = {.count = 0};
    made_text(&set, 0x00080016, "UI", MADE_CT);
    made_text(&set, 0x00080018, "UI", "1.2.3.4");
    made_text(&set, 0x00080060, "CS", "CT");
    made_text(&set, 0x00180050, "DS", "3");
    made_text(&set, 0x0020000e, "UI", "1.2.3");
    snprintf(position, sizeof position, "0\\0\\%g", s->z_mm);
    made_text(&set, 0x00200032, "DS", position);
    made_text(&set, 0x00200037, "DS", s->orientation ? s->orientation : "1\\0\\0\\0\\1\\0");
    made_short(&set, 0x00280002, 1);
    made_text(&set, 0x00280004, "CS", "MONOCHROME2");
    made_short(&set, 0x00280010, s->height);
    made_short(&set, 0x00280011, s->width);
    made_text(&set, 0x00280030, "DS", "0.25\\0.5");
    made_short(&set, 0x00280100, 16);
    made_short(&set, 0x00280101, 16);
    made_short(&set, 0x00280102, 15);
    made_short(&set, 0x00280103, 1);
    made_text(&set, 0x00281052, "DS", "-1024");
    made_text(&set, 0x00281053, "DS", "1");
    made_put(&set, 0x7fe00010, "OW", s->pixels, (size_t)(s->height * s->width) * sizeof *s->pixels);
    return set;
}

/* The same, as ROOT/RELATIVE. */
static inline void made_dicom(const char *root, const char *relative, const made_slice *s) {
    made_set set = made_ct(s);
    made_save(&set, root, relative);
}

#endif
