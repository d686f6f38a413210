/* datasets/channels.h -- the channels of a net's input: which slices of a scan, and which pictures of each.
 *
 * A channel is named by a word:
 *
 *     hu            HU in the window of the net: the low end becomes 0, the high end 1, values beyond are
 *                   clipped
 *     hu_LOW_HIGH   the same in a window of its own (hu_-160_240)
 *     above_N       a mask: 1 where the scan itself reads more than N HU, else 0 (above_130)
 *
 * A mask is of the scan's voxels as the dataset has them, before histograms are matched or values augmented;
 * it is moved as masks of labels are (nearest neighbour), and 0 where a picture has no voxel or is blanked.
 *
 * With `slices` of 3 or 5 each word has a channel for the slice itself and for one or two on either side of
 * it (2.5-D, as Han, arXiv 1704.07239). Their order: word by word, and of each word the slices by ascending
 * number, z - 1, z, z + 1; in scans with positions, from feet to head (datasets/slice.h). */
#ifndef CC_DATASETS_CHANNELS_H
#define CC_DATASETS_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

enum { CC_CHANNEL_WORDS_MAX = 8, CC_CHANNEL_SLICES_MAX = 5 };

/* The words, for people, and as a regular expression; cc_channel_is_name says whether a text is one. */
#define CC_CHANNEL_NAMES                                                                                     \
    "hu, hu_LOW_HIGH (a window of its own in HU, as hu_-160_240) or above_N (a mask, as above_130)"
#define CC_CHANNEL_PATTERN "^(hu(_-?[0-9]{1,5}_-?[0-9]{1,5})?|above_-?[0-9]{1,5})$"

/* One word. */
typedef struct cc_channel {
    bool is_mask;
    double window_hu[2]; /* of a picture */
    double above_hu;     /* of a mask */
} cc_channel;

/* All channels of an input. */
typedef struct cc_channels {
    cc_channel words[CC_CHANNEL_WORDS_MAX];
    int word_count, slices;
} cc_channels;

/* Whether a text is a word whose numbers lie within CC_WINDOW_HU_MIN and _MAX. */
bool cc_channel_is_name(const char *text);

/* From words and a number of slices. `window_hu` is that of the word hu. CC_ECONFIG, under "data.channels" or
 * "data.slices": no word or too many, a word that is not known or names no window; not 1, 3 or 5 slices. */
cc_status cc_channels_init(cc_channels *out, const char *const *words, int count, int slices,
                           const double window_hu[2]);

/* Words times slices. */
int cc_channels_count(const cc_channels *channels);
/* Whether one of them is a mask, which only values in HU have. */
bool cc_channels_have_mask(const cc_channels *channels);

/* HU to [0, 1]: (hu - low) / (high - low), clipped. image[count] and hu[count] may be one. */
void cc_channel_window(float *image, const float *hu, size_t count, const double window_hu[2]);

#endif
