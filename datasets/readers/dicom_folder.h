/* datasets/readers/dicom_folder.h -- the images of one DICOM series, found in a folder or taken from a
 * file. */
#ifndef CC_DATASETS_READERS_DICOM_FOLDER_H
#define CC_DATASETS_READERS_DICOM_FOLDER_H

#include "core/arena.h"
#include "datasets/readers/dicom_image.h"
#include "datasets/volume.h"

/* Whether the first bytes are of a DICOM file, with or without its preamble. */
bool cc_dicom_probe(const cc_head *head);

/* The images of a folder's one series, or of that which `series` names (see cc_read_options; NULL: there must
 * be one); images[*count] lies in the arena, settled. Other files and what holds no image are passed over; so
 * are, with a warning, localizers and what cannot be a slice beside one series of slices. Only where the
 * folder itself holds no image, those below it are taken; links are not followed there.
 *   CC_ENOTFOUND     there is no image, or no such series
 *   CC_EUNSUPPORTED  there are several series: the message lists them */
cc_status cc_dicom_folder_images(cc_dicom_image **images, size_t *count, const char *folder,
                                 const char *series, cc_arena *arena);

/* The same of one file, which may be a DICOMDIR: then of its folder. */
cc_status cc_dicom_file_images(cc_dicom_image **images, size_t *count, const char *path, const char *series,
                               cc_arena *arena);

#endif
