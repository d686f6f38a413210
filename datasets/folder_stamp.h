/* datasets/folder_stamp.h -- whether the files below a folder are what they were, without reading them.
 *
 * A digest of a dataset (datasets/slices.h) reads every byte. Where it is known already, as of a plan that
 * thousands of processes share, names, sizes and times of change say at the cost of one stat a file that it
 * still holds; where they do not, it has to be made again. Times are those that the file server gives: clocks
 * of the machines that look do not matter. */
#ifndef CC_DATASETS_FOLDER_STAMP_H
#define CC_DATASETS_FOLDER_STAMP_H

#include "core/digest.h"

/* SHA-256 of the path below `folder`, the size and the time of last change of every file there, in the order
 * of their names; links are followed, names that begin with a point are passed over (what is remembered
 * beside data bears such).
 *   CC_ENOTFOUND, CC_EIO  a folder cannot be listed
 *   CC_EUNSUPPORTED       more than CC_FOLDER_STAMP_LEVELS folders in one another
 *   CC_ENOMEM */
enum { CC_FOLDER_STAMP_LEVELS = 32 };
cc_status cc_folder_stamp(cc_digest_text *out, const char *folder);

#endif
