/* datasets/read_options.h -- what a person states about an image beside its file: `--spacing` and `--series`
 * of the command line. */
#ifndef CC_DATASETS_READ_OPTIONS_H
#define CC_DATASETS_READ_OPTIONS_H

/* A zeroed one states nothing. */
typedef struct cc_read_options {
    /* x, y, z: taken in place of what the file says, which is warned of where it differs; 0: not stated */
    double spacing_mm[3];
    /* Which series of a DICOM folder: its SeriesInstanceUID, or its number from 1 in the list that the error
     * about several series prints; NULL: there must be one. */
    const char *series;
} cc_read_options;

#endif
