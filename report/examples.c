/* Stored examples as pictures: CT in a window of -200 to 600 HU, truth and prediction as outlines along pixel
 * edges, so that what a line encloses is what the mask holds. */
#include <stdio.h>
#include <string.h>
#include "core/log.h"
#include "report/figure.h"

enum { PANELS = 6, PANEL_PIXELS = 560, TITLE_PIXELS = 36, HEAD_PIXELS = 110 };

static bool inside(const uint8_t *mask, const cc_run_example *e, long y, long x) {
    return y >= 0 && x >= 0 && y < (long)e->height && x < (long)e->width && mask[y * (long)e->width + x];
}

/* A line for each edge between a pixel of the mask and one that is not; pixel (y, x) spans y-0.5 to y+0.5. */
static cc_status write_outline(const cc_gnuplot *plot, const char *kind, int number, const cc_run_example *e,
                               const uint8_t *mask) {
    char name[32];
    cc_text data = {0};
    cc_text_add(&data, "-9 -9\n\n"); /* gnuplot refuses a file without points; this one is out of view */
    for (long y = 0; y <= (long)e->height; y++)
        for (long x = 0; x <= (long)e->width; x++) {
            bool here = inside(mask, e, y, x);
            if (here != inside(mask, e, y - 1, x))
                cc_text_add(&data, "%ld.5 %ld.5\n%ld.5 %ld.5\n\n", x - 1, y - 1, x, y - 1);
            if (here != inside(mask, e, y, x - 1))
                cc_text_add(&data, "%ld.5 %ld.5\n%ld.5 %ld.5\n\n", x - 1, y - 1, x - 1, y);
        }
    snprintf(name, sizeof name, "%s%d", kind, number);
    cc_status status = cc_gnuplot_data(plot, name, &data);
    cc_text_deinit(&data);
    return status;
}

static cc_status write_image(const cc_gnuplot *plot, int number, const cc_run_example *e) {
    char name[32];
    cc_text data = {0};
    cc_text_add_bytes(&data, e->image_hu, sizeof(float) * e->height * e->width);
    snprintf(name, sizeof name, "image%d", number);
    cc_status status = cc_gnuplot_data(plot, name, &data);
    cc_text_deinit(&data);
    return status;
}

static void add_panel(cc_text *script, int number, const cc_run_example *e) {
    char title[256];
    snprintf(title, sizeof title, "%s, %s, slice %lld", e->stage, e->patient, (long long)e->slice);
    cc_text_add(script, "set title ");
    cc_text_add_gnuplot(script, title);
    cc_text_add(script,
                " noenhanced offset 0,-0.7\nset xrange [-0.5:%u.5]\nset yrange [%u.5:-0.5]\n"
                "plot 'image%d' binary array=(%u,%u) format='%%float' with image notitle, "
                "'truth%d' with lines lc rgb '#56B4E9' lw 2.6 notitle, "
                "'prediction%d' with lines lc rgb '#E69F00' lw 1.1 notitle\n",
                e->width - 1, e->height - 1, number, e->width, e->height, number, number);
}

static void add_head(cc_text *script, const cc_run *run, int panels) {
    char title[512];
    int columns = panels == 4 ? 2 : panels < 3 ? panels : 3, rows = (panels + columns - 1) / columns;
    snprintf(title, sizeof title, "%s, %s, fold %lld, seed %lld", run->experiment, run->variant,
             (long long)run->fold, (long long)run->seed);
    /* The panels take the shape of the first picture; a very long one is not let grow beyond reason. */
    double shape = (double)run->examples[0].height / run->examples[0].width;
    int panel = (int)(PANEL_PIXELS * (shape < 0.25 ? 0.25 : shape > 4 ? 4 : shape)) + TITLE_PIXELS;
    int width = columns * PANEL_PIXELS, height = rows * panel + HEAD_PIXELS;
    cc_text_add(
        script,
        "set encoding utf8\nset terminal pngcairo size %d,%d font 'DejaVu Sans,15' linewidth 2 rounded\n"
        "set output 'figure.png'\nset palette gray\nset cbrange [-200:600]\nunset colorbox\n"
        "unset key\nunset tics\nunset border\nset size ratio -1\n",
        width, height);
    cc_text_add(script, "set multiplot layout %d,%d margins 0.01,0.99,0.01,%.4f spacing 0.01,%.4f\n", rows,
                columns, 1 - (HEAD_PIXELS + 10.0) / height, (double)TITLE_PIXELS / height);
    cc_text_add(script, "set label 1 ");
    cc_text_add_gnuplot(script, title);
    cc_text_add(script, " at screen 0.5,%.4f center noenhanced\n", 1 - 24.0 / height);
    cc_text_add(script,
                "set label 2 '▬ truth' at screen 0.5,%.4f right offset -3 textcolor rgb '#2a86bd'\n"
                "set label 3 '▬ prediction' at screen 0.5,%.4f left offset 3 textcolor rgb '#b87f00'\n",
                1 - 64.0 / height, 1 - 64.0 / height);
}

static cc_status draw(const cc_gnuplot *plot, const char *name, const cc_run *run) {
    cc_status status = CC_OK;
    cc_text script = {0};
    int panels = run->example_count < PANELS ? (int)run->example_count : PANELS;
    add_head(&script, run, panels);
    for (int i = 0; i < panels; i++) {
        /* Spread over what is stored, which is in the order of patients. */
        const cc_run_example *e = &run->examples[(size_t)i * run->example_count / (size_t)panels];
        CC_CHECK(write_image(plot, i, e));
        CC_CHECK(write_outline(plot, "truth", i, e, e->truth));
        CC_CHECK(write_outline(plot, "prediction", i, e, e->prediction));
        add_panel(&script, i, e);
        cc_text_add(&script, "unset label 1\nunset label 2\nunset label 3\n");
    }
    cc_text_add(&script, "unset multiplot\nset output\n");
    CC_CHECK(cc_gnuplot_run(plot, &script));
    CC_CHECK(cc_gnuplot_keep(plot, "figure.png", name));
done:
    cc_text_deinit(&script);
    return status;
}

static cc_status draw_run(const char *folder, const char *path) {
    cc_status status = CC_OK;
    cc_run run;
    cc_gnuplot plot;
    char name[512];
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a figure", 0);
    CC_CHECK(cc_run_read(&run, path, CC_RUN_EXAMPLES, arena));
    snprintf(name, sizeof name, "examples-%s-%s-fold-%lld-seed-%lld.png", run.experiment, run.variant,
             (long long)run.fold, (long long)run.seed);
    for (char *c = name; *c; c++)
        if (*c == '/') *c = '-';
    CC_CHECK(cc_gnuplot_begin(&plot, folder));
    status = draw(&plot, name, &run);
    cc_gnuplot_end(&plot);
done:
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_figure_examples(const char *folder, const cc_report_runs *runs) {
    int drawn = 0;
    for (size_t i = 0; i < runs->count; i++) {
        if (runs->items[i].example_count == 0) continue;
        if (drawn++ < CC_FIGURE_EXAMPLES) CC_TRY(draw_run(folder, runs->items[i].path));
    }
    if (drawn > CC_FIGURE_EXAMPLES)
        cc_log(CC_LOG_WARNING, "%d runs store examples; the first %d are drawn", drawn, CC_FIGURE_EXAMPLES);
    return CC_OK;
}
