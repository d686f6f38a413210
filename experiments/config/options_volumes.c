/* experiments/config/options_volumes.c -- the options of nets that see volumes (data.items: volumes): the
 * grid that scans are brought to, the patches that are trained on, the windows that are predicted.
 *
 * Lists are in the order of arrays, z, y, x, as net.kernels and the like are. What the words mean, and what
 * the algorithms are: datasets/interpolate.h, resample.h, reduce.h, patches.h and sliding_window.h. A
 * row that is younger than data.items has `usual`. */
#include "experiments/config/option_rows.h"

#include <string.h>
#include "datasets/interpolate.h"
#include "datasets/sliding_window.h"

#define WORD(name, ...) #name,
#define OF_VOLUMES      .when = "data.items", .is = "volumes"
#define AN_AXIS         .least = 3, .most = 3

/* Of volumes.mirror. */
static bool is_axis(const char *text) {
    return strlen(text) == 1 && strchr("xyz", text[0]);
}

static const cc_option rows[] = {
    {.key = "volumes.spacing_mm",
     .kind = CC_OPTION_REALS,
     AT(volumes.spacing_mm),
     OF_VOLUMES,
     AN_AXIS,
     .max = 100,
     .initial = "[0, 0, 0]",
     .unit = "mm",
     .meaning =
         "z, y, x: the voxels that scans are resampled to, from the scan's outer corner on and so many "
         "that it is covered; 0: the scan's own along that axis"},
    {.key = "volumes.interpolation",
     .kind = CC_OPTION_CHOICE,
     AT(volumes.interpolation),
     OF_VOLUMES,
     .choices = {CC_INTERPOLATION_LIST(WORD)},
     .initial = "linear",
     .meaning = "how the values of a scan are resampled; labels and masks are by the nearest, and "
                "probabilities come back linearly"},
    {.key = "volumes.reduce",
     .kind = CC_OPTION_INTEGERS,
     AT(volumes.reduce),
     COUNT_AT(volumes.reduce_count),
     OF_VOLUMES,
     .min = 1,
     .max = 64,
     AN_AXIS,
     .initial = "[1, 1, 1]",
     .unit = "voxels",
     .meaning = "z, y, x: instead of resampling, cells of so many voxels become one: their maximum where one "
                "of them lies above `volumes.above_hu`, else their mean; labelled where one of them is. All "
                "voxels of a cell then have its probability"},
    {.key = "volumes.above_hu",
     .kind = CC_OPTION_REAL,
     AT(volumes.above_hu),
     OF_VOLUMES,
     .min = INT16_MIN,
     .max = INT16_MAX,
     .initial = "130",
     .unit = "HU",
     .meaning = "of `volumes.reduce`: what a voxel must lie above for its cell to keep the maximum"},
    {.key = "volumes.patch",
     .kind = CC_OPTION_INTEGERS,
     AT(volumes.patch),
     COUNT_AT(volumes.patch_count),
     OF_VOLUMES,
     .min = 1,
     .max = 1024,
     AN_AXIS,
     .initial = "[32, 96, 96]",
     .unit = "voxels",
     .meaning = "z, y, x: what the net sees at a time, patches to train on and windows to predict; each side "
                "a multiple of what the net needs"},
    {.key = "volumes.patches",
     .kind = CC_OPTION_INTEGER,
     AT(volumes.patches),
     OF_VOLUMES,
     .min = 1,
     .max = 100000000,
     .initial = "500",
     .unit = "patches",
     .meaning = "of an epoch, drawn with replacement; as many whole batches as they fill"},
    {.key = "volumes.foreground",
     .kind = CC_OPTION_REAL,
     AT(volumes.foreground),
     OF_VOLUMES,
     .max = 1,
     .initial = "0.33",
     .unit = "share",
     .meaning = "of each batch that lies about a labelled voxel (nnU-Net's oversampling): its last samples"},
    {.key = "volumes.mirror",
     .kind = CC_OPTION_TEXTS,
     AT(volumes.mirror),
     OF_VOLUMES,
     .most = 3,
     .item_ok = is_axis,
     .item_wants = "z, y or x",
     .item_pattern = "^[xyz]$",
     .initial = "[]",
     .meaning = "axes along which each patch is mirrored, each in every second one at random"},
    {.key = "volumes.augment_within",
     .kind = CC_OPTION_CHOICE,
     AT(volumes.augment_within),
     OF_VOLUMES,
     .choices = {"slices", "volume"},
     .initial = "slices",
     .usual = "slices",
     .meaning =
         "along which axes `augment_random` moves, blurs and coarsens a patch: within its slices, all "
         "of them alike, or in the volume: turned about each axis by up to the same angle, scaled, "
         "shifted, bent, blurred and coarsened along z as along x and y. Rows are sheared within slices"},
    {.key = "volumes.overlap",
     .kind = CC_OPTION_REAL,
     AT(volumes.overlap),
     OF_VOLUMES,
     .max = 1,
     .below_max = true,
     .initial = "0.5",
     .unit = "share",
     .meaning = "of a window that the next one sees too, along each axis"},
    {.key = "volumes.weight",
     .kind = CC_OPTION_CHOICE,
     AT(volumes.weight),
     OF_VOLUMES,
     .choices = {CC_SLIDING_WEIGHT_LIST(WORD)},
     .initial = "gaussian",
     .meaning = "how a voxel counts in the mean of the windows that see it: all alike, or most in a window's "
                "middle"},
    {.key = "volumes.sigma",
     .kind = CC_OPTION_REAL,
     AT(volumes.sigma),
     .when = "volumes.weight",
     .is = "gaussian",
     .above_min = true,
     .max = 10,
     .initial = "0.125",
     .unit = "share",
     .meaning = "standard deviation of that weight, of the window's side"},
    {.key = "volumes.memory_mb",
     .kind = CC_OPTION_INTEGER,
     AT(volumes.memory_mb),
     OF_VOLUMES,
     .min = 0,
     .max = 16777216,
     .initial = "4096",
     .locates = true,
     .unit = "MiB",
     .meaning =
         "what the volumes that are trained on may take of memory; where they need more, they lie in a "
         "file without a name beside the results. Changes no result"},
};

const cc_option_rows cc_option_rows_volumes = {rows, sizeof rows / sizeof *rows};
