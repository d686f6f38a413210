/* results/pictures.h -- the groups of a run file that hold pictures: /examples, /panels, /reference. Private
 * to results. */
#ifndef CC_RESULTS_PICTURES_H
#define CC_RESULTS_PICTURES_H

#include "core/arena.h"
#include "results/hdf.h"
#include "results/run.h"

/* CC_EINVAL names what a picture lacks. */
cc_status cc_pictures_write(hid_t file, const cc_run *run);

/* What `parts` asks for of what is there. */
cc_status cc_pictures_read(cc_run *run, hid_t file, unsigned parts, cc_arena *arena);

#endif
