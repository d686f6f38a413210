/* datasets/png.c -- pictures through libpng, as grey values with their alpha channel.
 *
 * libpng reports an error by longjmp: every function that calls setjmp keeps what must survive the jump in
 * the session, not in its own variables (C11, 7.13.2.1: locals that changed since setjmp are
 * indeterminate). Pixels are never composed with a background: a mask that was saved in the alpha channel
 * would turn into one colour. Source: libpng manual; PNG specification, ISO/IEC 15948. */
#include "datasets/png.h"

#include <assert.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"

/* Deflate never expands by more than 1032:1 (a 258-byte match in 2 bits). */
enum { DEFLATE_MAX_RATIO = 1032 };

typedef struct png_session {
    const char *path;
    FILE *file;
    uint64_t file_bytes;
    png_structp png;
    png_infop info;
    uint8_t *raw; /* rows as libpng gives them */
    cc_png_picture picture;
    bool has_alpha;
    char *bytes; /* writing: the encoded file */
    size_t used, capacity;
    int height, width, bits;
    cc_status status; /* set where our own check failed before libpng's */
} png_session;

static void on_error(png_structp png, png_const_charp message) {
    png_session *s = png_get_error_ptr(png);
    if (s->status == CC_OK)
        s->status = cc_fail(CC_EFORMAT, s->path, "the file is cut off or damaged", "PNG: %s", message);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp message) {
    (void)png, (void)message;
}

/* Leaves libpng with an error of our own: on_error keeps its message. Does not return. */
static void refuse(png_session *s, cc_status status) {
    s->status = status;
    png_error(s->png, "refused");
}

static void check_size(png_session *s) {
    uint64_t height = png_get_image_height(s->png, s->info), width = png_get_image_width(s->png, s->info);
    if (height > (uint64_t)CC_PNG_PIXELS_MAX / width)
        refuse(s, cc_fail(CC_EUNSUPPORTED, s->path, "at most 2^28 pixels are read",
                          "width and height: %llu x %llu pixels", (unsigned long long)width,
                          (unsigned long long)height));
    /* The least that such a picture takes when it is compressed as well as deflate can: a larger claim is
     * false, and no memory is allocated for it. */
    uint64_t row_bits = width * png_get_channels(s->png, s->info) * png_get_bit_depth(s->png, s->info);
    if ((row_bits + 7) / 8 * height / DEFLATE_MAX_RATIO > s->file_bytes)
        refuse(s, cc_fail(CC_EFORMAT, s->path, "the file is cut off or damaged",
                          "width and height: %llu x %llu pixels cannot come from %llu bytes",
                          (unsigned long long)width, (unsigned long long)height,
                          (unsigned long long)s->file_bytes));
    s->height = (int)height;
    s->width = (int)width;
}

/* Asks libpng for one grey sample a pixel, and one of alpha behind it where there is any, in 8 bits or 16
 * bits of this machine's order. */
static void ask_for_gray(png_session *s) {
    int color = png_get_color_type(s->png, s->info);
    s->bits = png_get_bit_depth(s->png, s->info) == 16 ? 16 : 8;
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(s->png);
    if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(s->png);
    /* No error on colours here: libpng notes that it met one, and read_rows refuses the picture with our
     * own message. */
    if (color & PNG_COLOR_MASK_COLOR) png_set_rgb_to_gray(s->png, PNG_ERROR_ACTION_NONE, -1, -1);
    bool transparent = png_get_valid(s->png, s->info, PNG_INFO_tRNS) != 0;
    if (transparent) png_set_tRNS_to_alpha(s->png);
    s->has_alpha = transparent || color & PNG_COLOR_MASK_ALPHA;
    if (s->bits == 16) png_set_swap(s->png); /* PNG stores the high byte first */
}

static void read_rows(png_session *s) {
    const size_t count = (size_t)s->height * (size_t)s->width, channels = s->has_alpha ? 2 : 1;
    const size_t stride = (size_t)s->width * channels * (size_t)s->bits / 8;
    const int passes = png_set_interlace_handling(s->png);
    png_read_update_info(s->png, s->info);
    if (png_get_rowbytes(s->png, s->info) != stride) png_error(s->png, "unexpected row length");
    s->raw = calloc((size_t)s->height, stride);
    s->picture.grey = malloc(count * sizeof *s->picture.grey);
    if (s->has_alpha) s->picture.alpha = malloc(count * sizeof *s->picture.alpha);
    if (!s->raw || !s->picture.grey || (s->has_alpha && !s->picture.alpha))
        refuse(s, cc_fail_memory("a picture", count * channels * 2 * sizeof *s->picture.grey));
    /* An interlaced picture comes in seven passes over the same rows. */
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < s->height; y++) png_read_row(s->png, s->raw + (size_t)y * stride, NULL);
    png_read_end(s->png, NULL);
    if (png_get_rgb_to_gray_status(s->png))
        refuse(s, cc_fail(CC_EUNSUPPORTED, s->path, "convert it to grey",
                          "the picture has colours, where grey values are wanted"));
}

/* The k-th of a row's samples, of all rows. */
static void take_channel(uint16_t *out, const png_session *s, size_t k, size_t channels) {
    const size_t count = (size_t)s->height * (size_t)s->width;
    const uint16_t *samples16 = (const uint16_t *)(const void *)s->raw;
    for (size_t i = 0; i < count; i++) {
        const size_t at = i * channels + k;
        out[i] = s->bits == 8 ? s->raw[at] : samples16[at];
    }
}

static bool varies(const uint16_t *values, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (values[i] != values[0]) return true;
    return false;
}

/* An alpha channel of one value says nothing, and is dropped. */
static void part_channels(png_session *s) {
    cc_png_picture *p = &s->picture;
    const size_t channels = s->has_alpha ? 2 : 1;
    p->height = s->height;
    p->width = s->width;
    p->bits = s->bits;
    take_channel(p->grey, s, 0, channels);
    if (!p->alpha) return;
    take_channel(p->alpha, s, 1, channels);
    if (varies(p->alpha, (size_t)s->height * (size_t)s->width)) return;
    free(p->alpha);
    p->alpha = NULL;
}

static cc_status decode(png_session *s) {
    s->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, s, on_error, on_warning);
    s->info = s->png ? png_create_info_struct(s->png) : NULL;
    if (!s->info) return cc_fail_memory("a PNG reader", 0);
    if (setjmp(png_jmpbuf(s->png))) return s->status;
    /* libpng's own limit is 1 million a side; ours is in pixels (check_size). */
    png_set_user_limits(s->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_init_io(s->png, s->file);
    png_read_info(s->png, s->info);
    check_size(s);
    ask_for_gray(s);
    read_rows(s);
    return CC_OK;
}

cc_status cc_png_read(cc_png_picture *out, const char *path) {
    png_session s = {.path = path};
    *out = (cc_png_picture){0};
    CC_TRY(cc_file_size(&s.file_bytes, path));
    s.file = fopen(path, "rb");
    if (!s.file) return cc_fail_errno(path, "open");
    cc_status status = decode(&s);
    png_destroy_read_struct(&s.png, &s.info, NULL);
    fclose(s.file);
    if (status == CC_OK)
        part_channels(&s);
    else
        cc_png_deinit(&s.picture);
    free(s.raw);
    *out = s.picture;
    return status;
}

void cc_png_deinit(cc_png_picture *picture) {
    free(picture->grey);
    free(picture->alpha);
    *picture = (cc_png_picture){0};
}

bool cc_png_is_in_alpha(const cc_png_picture *p) {
    return p->alpha && !varies(p->grey, (size_t)p->height * (size_t)p->width);
}

cc_status cc_png_refuse_alpha(const char *path) {
    return cc_fail(CC_EUNSUPPORTED, path, "save it as grey values, without an alpha channel",
                   "the picture is in its alpha channel: its grey is the same everywhere");
}

cc_status cc_png_read_gray(uint16_t **pixels, int *height, int *width, int *bits, const char *path) {
    cc_png_picture picture;
    CC_TRY(cc_png_read(&picture, path));
    if (cc_png_is_in_alpha(&picture)) {
        cc_png_deinit(&picture);
        return cc_png_refuse_alpha(path);
    }
    if (picture.alpha)
        cc_log(CC_LOG_WARNING, "%s: its alpha channel is left out: pixels read as they are below it", path);
    free(picture.alpha);
    *pixels = picture.grey;
    *height = picture.height;
    *width = picture.width;
    *bits = picture.bits;
    return CC_OK;
}

/* libpng's output, collected in memory; the file is written at once when it is complete. */
static void keep_bytes(png_structp png, png_bytep bytes, size_t count) {
    png_session *s = png_get_io_ptr(png);
    if (s->used + count > s->capacity) {
        size_t larger = (s->used + count) * 2;
        char *grown = realloc(s->bytes, larger);
        if (!grown) refuse(s, cc_fail_memory("an encoded picture", larger));
        s->bytes = grown;
        s->capacity = larger;
    }
    memcpy(s->bytes + s->used, bytes, count);
    s->used += count;
}

static void nothing_to_flush(png_structp png) {
    (void)png;
}

static cc_status encode(png_session *s, const png_byte *pixels, int color, size_t stride) {
    s->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, s, on_error, on_warning);
    s->info = s->png ? png_create_info_struct(s->png) : NULL;
    if (!s->info) return cc_fail_memory("a PNG writer", 0);
    if (setjmp(png_jmpbuf(s->png))) return s->status;
    png_set_write_fn(s->png, s, keep_bytes, nothing_to_flush);
    png_set_user_limits(s->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(s->png, s->info, (png_uint_32)s->width, (png_uint_32)s->height, s->bits, color,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(s->png, s->info);
    if (s->bits == 16) png_set_swap(s->png);
    for (int y = 0; y < s->height; y++) png_write_row(s->png, pixels + (size_t)y * stride);
    png_write_end(s->png, NULL);
    return CC_OK;
}

static cc_status write_picture(const char *path, const void *pixels, int height, int width, int bits,
                               int color, int channels) {
    assert(height > 0 && width > 0 && height <= CC_PNG_PIXELS_MAX / width && (bits == 8 || bits == 16));
    png_session s = {.path = path, .height = height, .width = width, .bits = bits};
    cc_status status = encode(&s, pixels, color, (size_t)width * (size_t)channels * (size_t)bits / 8);
    png_destroy_write_struct(&s.png, &s.info);
    if (status == CC_OK) status = cc_file_write(path, s.bytes, s.used);
    free(s.bytes);
    return status;
}

cc_status cc_png_write_gray(const char *path, const void *pixels, int height, int width, int bits) {
    return write_picture(path, pixels, height, width, bits, PNG_COLOR_TYPE_GRAY, 1);
}

cc_status cc_png_write_rgb(const char *path, const uint8_t *rgb, int height, int width) {
    return write_picture(path, rgb, height, width, 8, PNG_COLOR_TYPE_RGB, 3);
}
