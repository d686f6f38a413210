/* tests/soak/fuzz/fuzz.h -- what a fuzzing target is, and what every input is held to.
 *
 * A target is one reader of calcade. An input becomes a file of that reader's kind in a private folder,
 * and the reader reads it. Whatever the bytes are, it must then hold that
 *   - nothing crashes, in this process or in a child of it (core/guard.h), under AddressSanitizer and UBSan;
 *   - it takes at most 2 s of processor time, and at most 4 times the file's size + 64 MiB of memory at
 *     one time;
 *   - a status that is a failure comes with a message of one line.
 * An input that breaks one of these ends the program by abort(), which libFuzzer keeps as a finding.
 *
 * One program holds all targets. libfuzzer.c is its main part under libFuzzer (clang), replay.c elsewhere:
 * the test soak/fuzz, which tries every seed and every earlier finding. */
#ifndef CC_TESTS_SOAK_FUZZ_H
#define CC_TESTS_SOAK_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_fuzz_target {
    const char *name; /* also of its folders in seeds/ and regressions/, and of its dictionary NAME.dict */
    const char *file; /* the name of the file that an input becomes */
    /* Longest input. Compressed data may inflate 1032 times, to voxels of 4 bytes: with at most 15000 bytes
     * the bound of memory holds for those, too. */
    size_t most;
    /* Puts check sums right, which no mutation would by itself: what is behind them is to be reached. NULL:
     * there are none. */
    void (*prepare)(uint8_t *bytes, size_t count);
    cc_status (*read)(const char *path); /* reads the file and gives back all that it took */
    void (*seed)(const char *folder);    /* writes inputs with calcade's own writers; NULL: files alone */
} cc_fuzz_target;

/* The targets, X(NAME) each: cc_fuzz_NAME is defined in the file that is named after what it reads. */
#define CC_FUZZ_TARGET_LIST(X)                                                                               \
    X(metaimage)                                                                                             \
    X(nifti)                                                                                                 \
    X(nrrd)                                                                                                  \
    X(dicom) X(png) X(config) X(tables) X(list) X(splits) X(dataset_json) X(safetensors) X(coca_xml)         \
        X(result) X(checkpoint) X(index) X(planned)
#define X(name) extern const cc_fuzz_target cc_fuzz_##name;
CC_FUZZ_TARGET_LIST(X)
#undef X

/* The target of that name, or NULL; with NULL for the name, the targets in order, and NULL behind the
 * last. */
const cc_fuzz_target *cc_fuzz_find(const char *name, size_t index);

/* Makes the private folder, silences the log, and counts memory from now on. Once, before any input. */
void cc_fuzz_start(void);
/* Tries one input; aborts where it breaks what is promised above. */
void cc_fuzz_try(const cc_fuzz_target *target, const uint8_t *bytes, size_t count);

/* Of all inputs that were tried. */
typedef struct cc_fuzz_tally {
    uint64_t inputs, taken; /* taken: the reader had nothing against them */
    double slowest_seconds; /* of processor time */
    size_t largest_bytes;   /* of memory at one time */
} cc_fuzz_tally;
const cc_fuzz_tally *cc_fuzz_tally_get(void);

#endif
