/* tests/datasets/dicom_made.h -- small DICOM slices, written for a test: explicit little-endian int16. */
#ifndef CC_TESTS_DATASETS_DICOM_MADE_H
#define CC_TESTS_DATASETS_DICOM_MADE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "core/file.h"

typedef struct made_slice {
    int height, width;
    const int16_t *pixels; /* as stored: HU + 1024 */
    double z_mm;
    const char *orientation; /* NULL: head first */
} made_slice;

static inline void made_element(FILE *file, unsigned group, unsigned element, const char *vr,
                                const void *bytes, size_t count) {
    size_t padded = count + count % 2;
    bool is_long = strcmp(vr, "OW") == 0 || strcmp(vr, "OB") == 0;
    uint8_t head[12] = {(uint8_t)group,          (uint8_t)(group >> 8), (uint8_t)element,
                        (uint8_t)(element >> 8), (uint8_t)vr[0],        (uint8_t)vr[1]};
    for (int i = 0; i < (is_long ? 4 : 2); i++) head[(is_long ? 8 : 6) + i] = (uint8_t)(padded >> (8 * i));
    assert_int_equal(fwrite(head, is_long ? 12 : 8, 1, file), 1);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    if (padded > count) fputc(strcmp(vr, "UI") == 0 ? 0 : ' ', file);
}

static inline void made_text(FILE *file, unsigned group, unsigned element, const char *vr, const char *text) {
    made_element(file, group, element, vr, text, strlen(text));
}

static inline void made_short(FILE *file, unsigned element, int value) {
    uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    made_element(file, 0x0028, element, "US", bytes, 2);
}

/* ROOT/RELATIVE, its folders made; spacing 0.5 x 0.25 mm (x, y), one series. */
static inline void made_dicom(const char *root, const char *relative, const made_slice *s) {
    char path[CC_PATH_MAX], folder[CC_PATH_MAX], position[64];
    static const uint8_t preamble[128], version[2] = {0, 1};
    const char *ct = "1.2.840.10008.5.1.4.1.1.2", *little = "1.2.840.10008.1.2.1";
    assert_ok(cc_path_join(path, root, relative));
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_folder_make(folder));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(preamble, 1, sizeof preamble, file);
    fputs("DICM", file);
    made_element(file, 0x0002, 0x0001, "OB", version, 2);
    made_text(file, 0x0002, 0x0002, "UI", ct);
    made_text(file, 0x0002, 0x0003, "UI", "1.2.3.4");
    made_text(file, 0x0002, 0x0010, "UI", little);
    made_text(file, 0x0008, 0x0016, "UI", ct);
    made_text(file, 0x0008, 0x0018, "UI", "1.2.3.4");
    made_text(file, 0x0020, 0x000e, "UI", "1.2.3");
    snprintf(position, sizeof position, "0\\0\\%g", s->z_mm);
    made_text(file, 0x0020, 0x0032, "DS", position);
    made_text(file, 0x0020, 0x0037, "DS", s->orientation ? s->orientation : "1\\0\\0\\0\\1\\0");
    made_short(file, 0x0002, 1);
    made_text(file, 0x0028, 0x0004, "CS", "MONOCHROME2");
    made_short(file, 0x0010, s->height);
    made_short(file, 0x0011, s->width);
    made_text(file, 0x0028, 0x0030, "DS", "0.25\\0.5");
    made_short(file, 0x0100, 16);
    made_short(file, 0x0101, 16);
    made_short(file, 0x0102, 15);
    made_short(file, 0x0103, 1);
    made_text(file, 0x0028, 0x1052, "DS", "-1024");
    made_text(file, 0x0028, 0x1053, "DS", "1");
    made_element(file, 0x7fe0, 0x0010, "OW", s->pixels, (size_t)(s->height * s->width) * sizeof *s->pixels);
    assert_int_equal(fclose(file), 0);
}

#endif
