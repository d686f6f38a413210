/* report/figures/picture.c -- a sheet of pictures drawn by gnuplot: CT, outlines, boxes, marks, histograms, a
 * scale bar.
 *
 * All panels have one size, that of the first picture; titles stand above them, keys in one line below the
 * sheet's own title. The layout is counted in pixels of the PNG; the SVG is the same at half of it. */
#include "report/figures/picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "report/figures/gnuplot.h"

/* In the pixels of the PNG. */
enum { PANEL = 560, TITLE = 48, HEAD = 92, KEYS = 40, EDGE = 16, TICKS = 36, CHARACTER = 12 };
enum { BINS = 100, BIN_LOW = -300, BIN_HIGH = 900, BIN_TISSUE = -150 };
enum { VIEW_LEAST = 64, VIEW_MARGIN = 10 };

/* The sheet in pixels of the PNG. */
typedef struct layout {
    int rows, panel; /* panel: the height of one */
    double width, height, head, bottom;
} layout;

/* Whether a pixel is in the mask; those beyond its edge are not. */
static bool inside(const uint8_t *mask, const cc_picture *p, long y, long x) {
    return y >= 0 && x >= 0 && y < (long)p->height && x < (long)p->width && mask[y * (long)p->width + x];
}

/* A line for each edge between a pixel of the mask and one that is not; pixel (y, x) spans y-0.5 to y+0.5. */
static void add_outline(cc_text *data, const cc_picture *p, const uint8_t *mask) {
    cc_text_add(data, "-9 -9\n\n"); /* gnuplot refuses a file without points; this one is out of view */
    for (long y = 0; y <= (long)p->height; y++)
        for (long x = 0; x <= (long)p->width; x++) {
            bool here = inside(mask, p, y, x);
            if (here != inside(mask, p, y - 1, x))
                cc_text_add(data, "%ld.5 %ld.5\n%ld.5 %ld.5\n\n", x - 1, y - 1, x, y - 1);
            if (here != inside(mask, p, y, x - 1))
                cc_text_add(data, "%ld.5 %ld.5\n%ld.5 %ld.5\n\n", x - 1, y - 1, x - 1, y);
        }
}

/* The picture as float32, row by row; a mask in black and white. */
static void add_pixels(cc_text *data, const cc_picture *p) {
    for (size_t i = 0; i < (size_t)p->height * p->width; i++) {
        float value = p->image_hu ? p->image_hu[i] : p->fill[i] ? CC_PICTURE_HU_HIGH : CC_PICTURE_HU_LOW;
        cc_text_add_bytes(data, &value, sizeof value);
    }
}

/* The share of all pixels in each bin, in percent. */
static void count_bins(double percent[BINS], const cc_picture *p) {
    const size_t all = (size_t)p->height * p->width;
    size_t counts[BINS] = {0};
    for (size_t i = 0; i < all; i++) {
        const float hu = p->image_hu[i];
        if (!(hu >= BIN_LOW && hu < BIN_HIGH)) continue;
        counts[(int)((hu - BIN_LOW) * BINS / (BIN_HIGH - BIN_LOW))]++;
    }
    for (int b = 0; b < BINS; b++) percent[b] = 100.0 * (double)counts[b] / (double)all;
}

/* The HU in the middle of a bin. */
static double middle_of(int bin) {
    return BIN_LOW + (bin + 0.5) * (BIN_HIGH - BIN_LOW) / BINS;
}

/* A line for each bin: HU, percent. */
static void add_histogram(cc_text *data, const cc_picture *p) {
    double percent[BINS];
    count_bins(percent, p);
    for (int b = 0; b < BINS; b++) cc_text_add(data, "%g %.6g\n", middle_of(b), percent[b]);
}

/* The highest bar of tissue in any histogram: that of air, often far higher, is cut off. */
static double highest_bar(const cc_picture_sheet *sheet) {
    double most = 0, percent[BINS];
    for (int i = 0; i < sheet->count; i++) {
        if (!sheet->pictures[i].histogram) continue;
        count_bins(percent, &sheet->pictures[i]);
        for (int b = 0; b < BINS; b++)
            if (middle_of(b) >= BIN_TISSUE) most = fmax(most, percent[b]);
    }
    return most > 0 ? most : 100;
}

/* Hands one picture's pixels (or bins) and outlines to gnuplot, by names with its number. */
static cc_status write_data(cc_gnuplot *plot, int number, const cc_picture *p) {
    char name[32];
    cc_text data = {0};
    cc_status status;
    snprintf(name, sizeof name, "image%d", number);
    if (p->histogram)
        add_histogram(&data, p);
    else
        add_pixels(&data, p);
    status = cc_gnuplot_data(plot, name, &data);
    for (int i = 0; i < CC_PICTURE_OUTLINES && status == CC_OK; i++) {
        if (!p->outlines[i]) continue;
        data.length = 0;
        add_outline(&data, p, p->outlines[i]);
        snprintf(name, sizeof name, "outline%d_%d", number, i);
        status = cc_gnuplot_data(plot, name, &data);
    }
    cc_text_deinit(&data);
    return status;
}

/* A histogram in its panel. */
static void add_histogram_panel(cc_text *script, int number, double most) {
    cc_text_add(script,
                "set size noratio\nset border 1 lc rgb '#444444'\nset yrange [0:%g]\nset xrange [%d:%d]\n"
                "set xtics 0,300,600 nomirror out scale 0.5 offset 0,0.4\n"
                "plot image%d with boxes fs solid 1 noborder lc rgb '#0072B2' notitle\n"
                "unset xtics\nunset border\n",
                1.05 * most, BIN_LOW, BIN_HIGH, number);
}

/* Nothing where the spacing is not known. */
static void add_scale_bar(cc_text *script, const cc_picture *p, const int32_t view[4]) {
    static const double lengths_mm[] = {50, 20, 10, 5, 2, 1};
    const double width = view[3] - view[1], height = view[2] - view[0];
    size_t l = 0;
    if (!(p->x_mm > 0)) return;
    /* The longest bar that takes less than 45 % of the width. */
    while (l < sizeof lengths_mm / sizeof *lengths_mm - 1 && lengths_mm[l] / p->x_mm > 0.45 * width) l++;
    const double left = view[1] - 0.5 + 0.05 * width, right = left + lengths_mm[l] / p->x_mm,
                 y = view[0] - 0.5 + height - 0.05 * width * p->x_mm / p->y_mm;
    for (int white = 0; white < 2; white++)
        cc_text_add(script, "set arrow from first %g,%g to first %g,%g nohead front lw %d lc rgb '%s'\n",
                    left, y, right, y, white ? 3 : 5, white ? "#ffffff" : "#000000");
    cc_text_add(
        script,
        "set style textbox opaque noborder fillcolor rgb '#000000' margins 0.4,0.4\n"
        "set label 99 '%g mm' at first %g,%g offset 0,0.9 center front boxed textcolor rgb '#ffffff'\n",
        lengths_mm[l], 0.5 * (left + right), y);
}

/* The part that is shown. */
static void get_view(int32_t view[4], const cc_picture *p) {
    const int32_t whole[4] = {0, 0, (int32_t)p->height, (int32_t)p->width};
    memcpy(view, p->has_view ? p->view : whole, sizeof whole);
}

/* How much taller than wide a pixel is. */
static double pixel_shape(const cc_picture *p) {
    return p->x_mm > 0 && p->y_mm > 0 ? p->y_mm / p->x_mm : 1;
}

/* A picture in its panel, y downwards, in the shape that its pixels have. */
static void add_picture_panel(cc_text *script, int number, const cc_picture *p) {
    int32_t view[4];
    get_view(view, p);
    cc_text_add(script, "set size ratio %g\nset xrange [%g:%g]\nset yrange [%g:%g]\n", -pixel_shape(p),
                view[1] - 0.5, view[3] - 0.5, view[2] - 0.5, view[0] - 0.5);
    add_scale_bar(script, p, view);
    if (p->has_box)
        cc_text_add(script,
                    "set object 1 rectangle from first %g,%g to first %g,%g front fs empty border lc rgb "
                    "'" CC_COLOUR_BOX "' lw 1.5\n",
                    p->box[1] - 0.5, p->box[0] - 0.5, p->box[3] - 0.5, p->box[2] - 0.5);
    for (int i = 0; i < p->mark_count; i++)
        cc_text_add(
            script,
            "set object %d circle at first %g,%g size first %g front fs empty border lc rgb '" CC_COLOUR_FALSE
            "' lw 1.5\n",
            i + 2, p->marks[i].x, p->marks[i].y, p->marks[i].radius);
    cc_text_add(script, "plot image%d binary array=(%u,%u) format='%%float' with image notitle", number,
                p->width, p->height);
    for (int i = 0; i < CC_PICTURE_OUTLINES; i++)
        if (p->outlines[i])
            cc_text_add(script, ", outline%d_%d with lines lc rgb '%s' lw %g notitle", number, i,
                        p->outline_colours[i], i == 0 ? 2.4 : 1.1);
    cc_text_add(script, "\nunset object\nunset arrow\nunset label 99\n");
}

/* Panels take the shape of the first picture; a very long one is not let grow beyond reason. */
static layout lay_out(const cc_picture_sheet *sheet) {
    const cc_picture *p = sheet->pictures, *last = &sheet->pictures[sheet->count - 1];
    int32_t view[4];
    get_view(view, p);
    double shape = pixel_shape(p) * (view[2] - view[0]) / (view[3] - view[1]);
    shape = shape < 0.25 ? 0.25 : shape > 4 ? 4 : shape;
    layout l = {.rows = (sheet->count + sheet->columns - 1) / sheet->columns,
                .panel = (int)(PANEL * shape),
                .head = HEAD + (sheet->key_count ? KEYS : 0),
                .bottom = EDGE + (last->histogram ? TICKS : 0),
                .width = sheet->columns * (PANEL + EDGE) + EDGE};
    l.height = l.head + l.rows * (l.panel + TITLE) - TITLE + l.bottom;
    return l;
}

/* Side by side about the middle, by the usual width of a character. */
static void add_keys(cc_text *script, const cc_picture_sheet *sheet, const layout *l) {
    /* gnuplot does not say how wide a text is. */
    double width = 0, at;
    for (int i = 0; i < sheet->key_count; i++) width += CHARACTER * ((double)strlen(sheet->keys[i].text) + 2);
    at = 0.5 * (l->width - width);
    for (int i = 0; i < sheet->key_count; i++) {
        const double own = CHARACTER * ((double)strlen(sheet->keys[i].text) + 2);
        cc_text_add(script, "set label %d ", i + 2);
        cc_text_add_gnuplot(script, sheet->keys[i].text);
        cc_text_add(script, " at screen %.4f,%.4f center textcolor rgb '%s'\n", (at + 0.5 * own) / l->width,
                    1 - 62 / l->height, sheet->keys[i].colour);
        at += own;
    }
}

/* The sheet's frame: grey levels, panels, title and keys. */
static void add_head(cc_text *script, const cc_picture_sheet *sheet, const layout *l) {
    cc_text_add(script,
                "set encoding utf8\nset palette gray\nset cbrange [%d:%d]\nunset colorbox\nunset key\nunset "
                "tics\nunset border\n"
                "set multiplot layout %d,%d margins %.5f,%.5f,%.5f,%.5f spacing %.5f,%.5f\n",
                CC_PICTURE_HU_LOW, CC_PICTURE_HU_HIGH, l->rows, sheet->columns, EDGE / l->width,
                1 - EDGE / l->width, l->bottom / l->height, 1 - l->head / l->height, EDGE / l->width,
                TITLE / l->height);
    cc_text_add(script, "set label 1 ");
    cc_text_add_gnuplot(script, sheet->title);
    cc_text_add(script, " at screen 0.5,%.4f center\n", 1 - 24 / l->height);
    add_keys(script, sheet, l);
}

/* All panels; title and keys belong to the first one, and are taken back after it. */
static void add_body(cc_text *script, const cc_picture_sheet *sheet, const layout *l) {
    add_head(script, sheet, l);
    for (int i = 0; i < sheet->count; i++) {
        const cc_picture *p = &sheet->pictures[i];
        cc_text_add(script, "set title ");
        cc_text_add_gnuplot(script, p->title);
        cc_text_add(script, " offset 0,-0.6\n");
        if (p->histogram)
            add_histogram_panel(script, i, highest_bar(sheet));
        else
            add_picture_panel(script, i, p);
        if (i == 0)
            for (int label = 1; label <= sheet->key_count + 1; label++)
                cc_text_add(script, "unset label %d\n", label);
    }
    cc_text_add(script, "unset multiplot\nset output\n");
}

/* Data, script, gnuplot. */
static cc_status draw(cc_gnuplot *plot, const char *name, const cc_picture_sheet *sheet) {
    cc_status status = CC_OK;
    cc_text script = {0};
    const layout l = lay_out(sheet);
    for (int i = 0; i < sheet->count; i++) CC_CHECK(write_data(plot, i, &sheet->pictures[i]));
    cc_text_add(&script,
                "set terminal pngcairo noenhanced size %.0f,%.0f font 'DejaVu Sans,17' linewidth 2 rounded\n"
                "set output figure_png\n",
                l.width, l.height);
    add_body(&script, sheet, &l);
    cc_text_add(&script,
                "set terminal svg noenhanced size %.0f,%.0f font 'DejaVu Sans,11' linewidth 1\nset output "
                "figure_svg\n",
                l.width / 2, l.height / 2);
    add_body(&script, sheet, &l);
    status = cc_gnuplot_run(plot, name, &script);
done:
    cc_text_deinit(&script);
    return status;
}

/* A range that grows with what it must hold. */
typedef struct range {
    double low, high;
} range;

static void hold(range *r, double low, double high) {
    r->low = fmin(r->low, low);
    r->high = fmax(r->high, high);
}

void cc_picture_focus(cc_picture *p, const uint8_t *truth, const uint8_t *prediction) {
    const double size[2] = {p->height, p->width};
    range r[2] = {{size[0], 0}, {size[1], 0}}; /* y, x */
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < p->width; x++) {
            if (!truth[(size_t)y * p->width + x] && !prediction[(size_t)y * p->width + x]) continue;
            hold(&r[0], y, y);
            hold(&r[1], x, x);
        }
    for (int i = 0; i < p->mark_count; i++) {
        const cc_picture_mark *m = &p->marks[i];
        hold(&r[0], m->y - m->radius, m->y + m->radius);
        hold(&r[1], m->x - m->radius, m->x + m->radius);
    }
    if (r[0].low > r[0].high) return;
    /* A square that holds all of it with a margin, no smaller than VIEW_LEAST, no larger than the picture. */
    double side = fmax(fmax(r[0].high - r[0].low, r[1].high - r[1].low) + 2 * VIEW_MARGIN, VIEW_LEAST);
    side = floor(fmin(side, fmin(size[0], size[1])));
    for (int k = 0; k < 2; k++) {
        const double from = 0.5 * (r[k].low + r[k].high - side);
        p->view[k] = (int32_t)fmax(0, fmin(from, size[k] - side));
        p->view[2 + k] = p->view[k] + (int32_t)side;
    }
    p->has_view = true;
}

cc_status cc_picture_draw(const char *folder, const char *name, const cc_picture_sheet *sheet) {
    cc_gnuplot plot;
    cc_gnuplot_begin(&plot, folder);
    cc_status status = draw(&plot, name, sheet);
    cc_gnuplot_end(&plot);
    return status;
}
