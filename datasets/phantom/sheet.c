/* datasets/phantom/sheet.c -- every patient once, side by side, as one picture: the slice through the
 * middle of the heart, outlined by the colour of its scanner. */
#include "datasets/phantom/sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/phantom/render.h"
#include "datasets/png.h"

/* By scanner: red, green, blue, yellow. */
static const uint8_t colours[CC_PHANTOM_SCANNERS][3] = {
    {255, 80, 80}, {90, 230, 90}, {90, 160, 255}, {255, 220, 60}};

typedef struct sheet {
    int columns, tile, width, height; /* patients, pixels */
    uint8_t *rgb;
} sheet;

static uint8_t *pixel_of(const sheet *s, int patient, int row, int column) {
    size_t y = (size_t)(patient / s->columns * s->tile + row),
           x = (size_t)(patient % s->columns * s->tile + column);
    return s->rgb + 3 * (y * (size_t)s->width + x);
}

static void paint(uint8_t *pixel, const uint8_t colour[3]) {
    memcpy(pixel, colour, 3);
}

/* Digits of 3 x 5 pixels; rows of three bits from the top. */
static void draw_number(const sheet *s, int patient, int number, const uint8_t colour[3]) {
    /* Octal: a digit of the constant is a row of three pixels. */
    static const uint16_t digits[10] = {075557, 026227, 071747, 071717, 055711,
                                        074717, 074757, 071111, 075757, 075717};
    /* A digit of 3 x 5 dots and one dot between two; a dot has `scale` pixels. */
    int scale = s->tile / 128 + 1, left = 3 * scale;
    char text[16];
    int length = snprintf(text, sizeof text, "%d", number);
    for (int k = 0; k < length; k++, left += 4 * scale)
        for (int row = 0; row < 5 * scale; row++)
            for (int column = 0; column < 3 * scale; column++)
                if (digits[text[k] - '0'] >> (14 - row / scale * 3 - column / scale) & 1)
                    paint(pixel_of(s, patient, 3 * scale + row, left + column), colour);
}

/* A pixel of the heart with a neighbour outside it. */
static bool on_outline(const cc_raster *r, int row, int column) {
    const uint8_t *heart = r->heart + (size_t)row * (size_t)r->size + column;
    if (!*heart) return false;
    return row == 0 || column == 0 || row == r->size - 1 || column == r->size - 1 || !heart[-1] ||
           !heart[1] || !heart[-r->size] || !heart[r->size];
}

static void draw_patient(const sheet *s, const cc_raster *r, int patient) {
    const double low_hu = -160, high_hu = 240;
    const uint8_t *colour = colours[cc_phantom_scanner_of(patient)];
    for (int j = 0; j < s->tile; j++)
        for (int i = 0; i < s->tile; i++) {
            double g = 255 * (r->hu[(size_t)j * (size_t)s->tile + (size_t)i] - low_hu) / (high_hu - low_hu);
            memset(pixel_of(s, patient, j, i), g < 0 ? 0 : g > 255 ? 255 : (int)g, 3);
            if (on_outline(r, j, i)) paint(pixel_of(s, patient, j, i), colour);
        }
    draw_number(s, patient, patient + 1, colour);
}

/* The slice nearest to the middle of the heart. */
static int mid_heart(const cc_phantom_scene *scene) {
    /* From the reference body to the scanner's space, and from there to a slice. */
    double z = scene->anatomy->heart_center.z * scene->anatomy->stretch[2];
    double k = (z - scene->grid.origin_mm[2]) / scene->grid.spacing_mm[2],
           last = (double)scene->grid.dims[2] - 1;
    return (int)(k < 0 ? 0 : k > last ? last : floor(k + 0.5));
}

static cc_status draw_all(sheet *s, const cc_phantom_options *o, cc_progress *progress) {
    cc_raster raster;
    cc_status status = cc_raster_init(&raster, o->size);
    for (int p = 0; p < o->patients && status == CC_OK; p++) {
        cc_phantom_scene scene;
        CC_CHECK(cc_phantom_scene_init(&scene, o, p));
        cc_phantom_scene_slice(&raster, &scene, mid_heart(&scene));
        draw_patient(s, &raster, p);
        cc_phantom_scene_deinit(&scene);
        cc_progress_update(progress, (uint64_t)p + 1, NULL);
    }
done:
    cc_raster_deinit(&raster);
    return status;
}

cc_status cc_phantom_write_sheet(const char *path, const cc_phantom_options *o) {
    CC_TRY(cc_phantom_check(o));
    sheet s = {.columns = (int)ceil(sqrt((double)o->patients * 1.5)), .tile = o->size};
    s.width = s.columns * s.tile;
    s.height = (o->patients + s.columns - 1) / s.columns * s.tile;
    s.rgb = calloc((size_t)s.width * (size_t)s.height, 3);
    if (!s.rgb)
        return cc_fail_memory("the contact sheet",
                              (unsigned long long)s.width * (unsigned long long)s.height * 3);
    cc_progress *progress = cc_progress_create("sheet", (uint64_t)o->patients);
    cc_status status = draw_all(&s, o, progress);
    cc_progress_destroy(progress);
    if (status == CC_OK) status = cc_png_write_rgb(path, s.rgb, s.height, s.width);
    free(s.rgb);
    return status;
}
