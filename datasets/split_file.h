/* datasets/split_file.h -- a split that is given: a file that says which patient is in which part.
 *
 * Two kinds of file, told apart by their first character:
 *   JSON   nnU-Net's splits_final.json: [{"train": ["a", ...], "val": ["b", ...]}, ...]. The fold is the
 *          entry. Its `val` is the test part, and validation patients are dealt out of its `train`: early
 *          stopping chooses an epoch by them, which must not be done by what is then reported.
 *   table  (core/table.h) with the columns patient and set (train or training, val or validation, test; none
 *          or nothing leaves the patient out), or patient and fold (0, 1, ...; none or nothing likewise): the
 *          fold is the test part, and validation patients are dealt out of the others. A file with both
 *          columns is read by fold where a fold is asked for. Other columns are not looked at, so that a list
 *          of scans serves; a patient may have several rows that say the same.
 * Source of the first: nnU-Net, documentation/manual_data_splits.md. */
#ifndef CC_DATASETS_SPLIT_FILE_H
#define CC_DATASETS_SPLIT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"
#include "core/digest.h"
#include "core/status.h"
#include "datasets/slices.h"

enum { CC_SPLIT_NO_FOLD = -1 };

/* Where a patient goes. */
typedef enum cc_split_place {
    CC_SPLIT_TRAIN,
    CC_SPLIT_VALIDATION,
    CC_SPLIT_TEST,
    CC_SPLIT_REST, /* to training or validation, as the shares and the seed deal */
    CC_SPLIT_OUT,  /* nowhere */
    CC_SPLIT_PLACES
} cc_split_place;

typedef struct cc_split_row {
    const char *patient;
    cc_split_place place;
    int line; /* in a table, where it is said first; 0: in JSON */
} cc_split_row;

typedef struct cc_split_table {
    const char *path;         /* for messages */
    const cc_split_row *rows; /* [count], by patient, as bytes; no two of one */
    size_t count;
} cc_split_table;

/* Reads what the file says of one fold, or, with CC_SPLIT_NO_FOLD, of its sets. The arena owns what is in
 * `out`.
 *   CC_EFORMAT  naming file and line: no such file as above; a patient twice with different sets or folds;
 *               a word that is no set; folds that do not count from 0; a part without a patient
 *   CC_ECONFIG  a fold is asked for that the file does not have, or the file has folds and none is asked for
 *   CC_ENOTFOUND, CC_EIO */
cc_status cc_split_table_read(cc_split_table *out, const char *path, int fold, cc_arena *arena);

/* The digest of what it says, whatever kind of file says it: patients and their places. */
cc_status cc_split_table_digest(cc_digest_text *out, const cc_split_table *table);

/* The place of every patient of a set: places[patient_count]. Patients that the set left out as broken
 * (data.skip_broken) may be named.
 *   CC_EFORMAT  the file names a patient that the set does not have, or does not name one that it has: some
 *               are listed; or no patient is left for a part */
cc_status cc_split_table_apply(cc_split_place *places, const cc_split_table *table, const cc_slice_set *set);

#endif
