/* report/page/pictures.c -- figures embedded in the page: a grid of thumbnails, each of which opens to
 * fill the window.
 *
 * A thumbnail is the summary of a <details> element whose open state the style enlarges: that needs no
 * script, no second copy of the picture, and works with the keyboard. */
#include "report/page/pictures.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"

enum { PICTURE_BYTES_MAX = 1 << 26 };

/* Whether a file was written by this report, not by an earlier one into the same folder. */
static bool is_new(const char *path, struct timespec since) {
    struct stat s;
    if (stat(path, &s) != 0) return false;
    return s.st_mtim.tv_sec > since.tv_sec ||
           (s.st_mtim.tv_sec == since.tv_sec && s.st_mtim.tv_nsec >= since.tv_nsec);
}

cc_status cc_page_pictures_list(cc_page_pictures *out, const char *folder, struct timespec since,
                                cc_arena *arena) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    *out = (cc_page_pictures){.folder = folder};
    CC_TRY(cc_folder_list(&names, &count, folder, arena));
    out->items = cc_arena_get_array(arena, count + 1, sizeof *out->items);
    if (!out->items) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        CC_TRY(cc_path_join(path, folder, names[i]));
        bool kind = cc_path_ends_with(names[i], ".svg") || cc_path_ends_with(names[i], ".png");
        if (kind && is_new(path, since))
            out->items[out->count++] = (cc_page_picture){names[i], strlen(names[i]) - 4, false};
    }
    return CC_OK;
}

/* Whether two files are one picture in two formats. */
static bool same_stem(const cc_page_picture *a, const cc_page_picture *b) {
    return a->stem_length == b->stem_length && memcmp(a->name, b->name, a->stem_length) == 0;
}

/* What a figure shows, by how its file's name starts. */
static const char *caption_of(const char *name) {
    static const char *const captions[][2] = {
        {"agatston-", "Agatston scores: prediction minus truth against their mean, a point a patient; mean "
                      "difference, and "
                      "the limits that hold 95 % of differences (Bland and Altman)."},
        {"curves-", "Loss and validation F1-score by epoch."},
        {"examples-", "Test slices with the outlines of truth and prediction."},
        {"figure-10-", "Figure 10: what the third stage takes away."},
        {"figure-1-", "Figure 1: the steps of the method, as this run's config has them."},
        {"figure-2-", "Figure 2: histogram matching."},
        {"figure-3-", "Figure 3: the regions of a scan's slices, joined."},
        {"figure-4-", "Figure 4: opening of the joined region."},
        {"figure-5-", "Figure 5: the region's box."},
        {"figure-6-", "Figure 6: a window about a finding of the second stage."},
        {"figure-7-", "Figure 7: the third stage's output, put back into the slice."},
        {"figure-8-", "Figure 8: the heart as region of interest."},
        {"figure-9-", "Figure 9: findings of the second stage, those without truth marked."},
        {"options-",
         "The score against what the rows differ in, with its 95 % interval: a line, where small points are "
         "single seeds; or, of a search, a point for each sample and a panel for each option."},
        {"patients-", "F1-score of each test patient."},
        {"reliability-",
         "The share of pixels that are true against the probability that the net gives them, in ten "
         "bins; Brier score and expected calibration error."},
        {"scores-", "F1-score with its 95 % interval, and the paper's where the runs are of patients."},
        {"sizes-", "F1-score against the parameters of the net and the operations of its forward pass."},
        {"thresholds-",
         "Precision against recall as the threshold of the probabilities goes from 0.05 to 0.95."},
    };
    for (size_t i = 0; i < sizeof captions / sizeof *captions; i++)
        if (strncmp(name, captions[i][0], strlen(captions[i][0])) == 0) return captions[i][1];
    return name;
}

/* Width and height in pixels: of a PNG from its first chunk (ISO/IEC 15948, 11.2.2: four bytes each,
 * big-endian, from byte 16), of an SVG from its root's attributes. False where they are not there. */
static bool find_size(unsigned *width, unsigned *height, const char *bytes, size_t count, bool svg) {
    char head[1024];
    if (svg) {
        snprintf(head, sizeof head, "%.*s", (int)(count < sizeof head ? count : sizeof head - 1), bytes);
        const char *at = strstr(head, "<svg");
        at = at ? strstr(at, " width=\"") : NULL;
        return at && sscanf(at, " width=\"%u\" height=\"%u\"", width, height) == 2 && *width && *height;
    }
    if (count < 24) return false;
    const unsigned char *b = (const unsigned char *)bytes + 16;
    *width = (unsigned)b[0] << 24 | (unsigned)b[1] << 16 | (unsigned)b[2] << 8 | b[3];
    *height = (unsigned)b[4] << 24 | (unsigned)b[5] << 16 | (unsigned)b[6] << 8 | b[7];
    return *width && *height;
}

/* Adds one picture as data in the page. Its size lets a browser lay out the page before it decodes the
 * picture. */
static cc_status embed(cc_text *out, const char *folder, const cc_page_picture *p) {
    cc_status status = CC_OK;
    char path[CC_PATH_MAX], *bytes;
    size_t count;
    unsigned width = 0, height = 0;
    const bool svg = cc_path_ends_with(p->name, ".svg");
    cc_arena *scratch = cc_arena_create();
    if (!scratch) return cc_fail_memory("a picture", 0);
    CC_CHECK(cc_path_join(path, folder, p->name));
    CC_CHECK(cc_file_read(&bytes, &count, path, PICTURE_BYTES_MAX, scratch));
    const bool sized = find_size(&width, &height, bytes, count, svg);
    /* Wide ones, of panels side by side, take a whole line of the grid. */
    cc_text_add(out, "<figure class=\"picture%s\" id=\"picture-",
                sized && width > 2 * height && width >= 900 ? " wide" : "");
    cc_text_add_html(out, p->name);
    cc_text_add(
        out,
        "\"><details class=\"enlarge\"><summary title=\"enlarge, or close again\"><img loading=\"lazy\" ");
    if (sized) cc_text_add(out, "width=\"%u\" height=\"%u\" ", width, height);
    cc_text_add(out, "alt=\"");
    cc_text_add_html(out, caption_of(p->name));
    cc_text_add(out, "\" src=\"data:image/%s;base64,", svg ? "svg+xml" : "png");
    cc_text_add_base64(out, bytes, count);
    cc_text_add(out, "\"></summary></details><figcaption>");
    cc_text_add_html(out, caption_of(p->name));
    cc_text_add(out, "</figcaption></figure>\n");
done:
    cc_arena_destroy(scratch);
    return status;
}

/* Whether a picture's name ends with "-END": "curves-table1-twin" ends with "-table1-twin". */
static bool ends_with(const cc_page_picture *p, const char *end, size_t length) {
    const char *at = p->name + p->stem_length - length;
    return p->stem_length > length && at[-1] == '-' && memcmp(at, end, length) == 0;
}

cc_status cc_page_add_pictures(cc_text *out, cc_page_pictures *pictures, const char *end) {
    const size_t length = end ? strlen(end) : 0;
    bool any = false;
    for (size_t i = 0; i < pictures->count; i++) {
        cc_page_picture *p = &pictures->items[i];
        if (p->shown || (end && !ends_with(p, end, length))) continue;
        p->shown = true;
        /* The SVG of the same name comes next, and is shown instead. */
        if (i + 1 < pictures->count && same_stem(p, p + 1)) continue;
        if (!any) cc_text_add(out, "<div class=\"grid\">\n");
        any = true;
        CC_TRY(embed(out, pictures->folder, p));
    }
    if (any) cc_text_add(out, "</div>\n");
    return CC_OK;
}

bool cc_page_pictures_left(const cc_page_pictures *pictures) {
    for (size_t i = 0; i < pictures->count; i++)
        if (!pictures->items[i].shown) return true;
    return false;
}
