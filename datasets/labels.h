/* datasets/labels.h -- the labels of a mask on the voxels of its scan.
 *
 * Masks are drawn with other tools than scans are reconstructed with, and come on grids of their own:
 * cropped, in another orientation, of another resolution. They are laid on the scan by both affines. */
#ifndef CC_DATASETS_LABELS_H
#define CC_DATASETS_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "datasets/volume.h"

/* Samples a mask on another grid by nearest neighbour through both affines (outside: 0). `out` is a
 * zeroed struct or one that was deinitialised; on failure it stays so. */
cc_status cc_labels_resample(cc_volume *out, const cc_volume *mask, const cc_grid *onto);

/* The label that a voxel of a mask holds: the whole number from 0 to 255 that its value is, or from which the
 * scaling of a file has moved it by 0.01 at most (0.996078 of nibabel's integer types). False where it is
 * none. */
bool cc_label_from(uint8_t *out, float value);

/* Reads a mask and samples it as above: labels of the voxels of `onto`, and how many of them are not 0. The
 * caller frees *out, which is set on success only. Warns, naming the mask, where labelled voxels of its own
 * lie off the grid, where a label grows or shrinks by more than a fifth as the mask has another resolution,
 * and where it has the scan's dims but another position.
 *   CC_EFORMAT  a value is no label, or there are labels but none lies on the grid; all values are below the
 *               lowest label; a picture, which has no position in the patient
 *   others      as cc_volume_read */
cc_status cc_labels_read(uint8_t **out, size_t *labelled, const char *path, const cc_grid *onto);

#endif
