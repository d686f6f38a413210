/* report/page/pictures.h -- the figures of this report, as a grid in the page. Private to report. */
#ifndef CC_REPORT_PAGE_PICTURES_H
#define CC_REPORT_PAGE_PICTURES_H

#include <time.h>
#include "core/arena.h"
#include "report/text.h"

/* A picture of the figures folder. */
typedef struct cc_page_picture {
    const char *name;   /* of the file */
    size_t stem_length; /* of the name without its ending */
    bool shown;
} cc_page_picture;

typedef struct cc_page_pictures {
    const char *folder;
    cc_page_picture *items; /* by name, so that NAME.png comes before NAME.svg */
    size_t count;
} cc_page_pictures;

/* The pictures (.svg, .png) of a folder that are as new as `since`. The arena owns the list. CC_EIO,
 * CC_ENOMEM */
cc_status cc_page_pictures_list(cc_page_pictures *out, const char *folder, struct timespec since,
                                cc_arena *arena);

/* Adds those whose names end with "-END" as data, as SVG where there are both; each is shown once. NULL:
 * all that are left. CC_EIO, CC_ENOMEM */
cc_status cc_page_add_pictures(cc_text *out, cc_page_pictures *pictures, const char *end);

/* Whether some are not shown yet. */
bool cc_page_pictures_left(const cc_page_pictures *pictures);

#endif
