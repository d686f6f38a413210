/* tests/datasets/png_made.h -- PNG files of any colour type, written for a test without libpng: one IDAT of
 * stored blocks, rows unfiltered. Source: the PNG specification (ISO/IEC 15948), RFC 1950, RFC 1951. */
#ifndef CC_TESTS_DATASETS_PNG_MADE_H
#define CC_TESTS_DATASETS_PNG_MADE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "core/file.h"

enum { PNG_GREY = 0, PNG_RGB = 2, PNG_PALETTE = 3, PNG_GREY_ALPHA = 4, PNG_RGB_ALPHA = 6 };

typedef struct made_png {
    int width, height, bits, colour;
    const uint8_t *rows;    /* packed, most significant bits first; 16 bits big-endian */
    const uint8_t *palette; /* PNG_PALETTE: RGB, palette_count times */
    size_t palette_count;
    const uint8_t *transparent; /* the bytes of tRNS */
    size_t transparent_count;
} made_png;

static inline uint32_t png_crc(const uint8_t *bytes, size_t count) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static inline void png_put_u32(uint8_t out[4], uint32_t value) {
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static inline void png_chunk(FILE *file, const char *name, const uint8_t *bytes, size_t count) {
    uint8_t number[4], *all = malloc(count + 4);
    assert_non_null(all);
    memcpy(all, name, 4);
    if (count) memcpy(all + 4, bytes, count);
    png_put_u32(number, (uint32_t)count);
    fwrite(number, 1, 4, file);
    fwrite(all, 1, count + 4, file);
    png_put_u32(number, png_crc(all, count + 4));
    fwrite(number, 1, 4, file);
    free(all);
}

/* The file, its folders made. Fewer than 65536 bytes of rows. */
static inline void png_make(const char *path, const made_png *p) {
    static const int channels[] = {1, 0, 3, 1, 2, 0, 4};
    char folder[CC_PATH_MAX];
    const size_t row = ((size_t)(p->width * channels[p->colour] * p->bits) + 7) / 8;
    const size_t raw = (row + 1) * (size_t)p->height;
    uint8_t *data = malloc(raw + 11), head[13] = {0};
    uint32_t a = 1, b = 0;
    assert_true(data && raw < 65536);
    memcpy(data,
           (const uint8_t[]){0x78, 0x01, 1, (uint8_t)raw, (uint8_t)(raw >> 8), (uint8_t)~raw,
                             (uint8_t)(~raw >> 8)},
           7);
    for (int y = 0; y < p->height; y++) {
        data[7 + (size_t)y * (row + 1)] = 0;
        memcpy(data + 8 + (size_t)y * (row + 1), p->rows + (size_t)y * row, row);
    }
    for (size_t i = 0; i < raw; i++) {
        a = (a + data[7 + i]) % 65521;
        b = (b + a) % 65521;
    }
    png_put_u32(data + 7 + raw, b << 16 | a);
    png_put_u32(head, (uint32_t)p->width);
    png_put_u32(head + 4, (uint32_t)p->height);
    head[8] = (uint8_t)p->bits;
    head[9] = (uint8_t)p->colour;
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_folder_make(folder));
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, file);
    png_chunk(file, "IHDR", head, 13);
    if (p->palette) png_chunk(file, "PLTE", p->palette, 3 * p->palette_count);
    if (p->transparent) png_chunk(file, "tRNS", p->transparent, p->transparent_count);
    png_chunk(file, "IDAT", data, raw + 11);
    png_chunk(file, "IEND", NULL, 0);
    assert_int_equal(fclose(file), 0);
    free(data);
}

#endif
