/* datasets/sources/dataset_json.h -- the dataset.json of nnU-Net and of the Medical Segmentation Decathlon,
 * which nnU-Net's grew out of: channels, labels, and the list of training cases. */
#ifndef CC_DATASETS_SOURCES_DATASET_JSON_H
#define CC_DATASETS_SOURCES_DATASET_JSON_H

#include <jansson.h>
#include "datasets/sources/scan_rows.h"

typedef struct cc_dataset_json {
    char path[CC_PATH_MAX];
    json_t *whole; /* an object; owned */
} cc_dataset_json;

/* Reads ROOT/dataset.json. CC_EFORMAT with line and column where it is no JSON object. */
cc_status cc_dataset_json_open(cc_dataset_json *out, cc_slice_set *set);
/* Takes a zeroed one. */
void cc_dataset_json_close(cc_dataset_json *json);

/* Checks the channels that `key` names ("channel_names", "modality"): there must be one alone; one that is no
 * CT is warned of. CC_EUNSUPPORTED names them where there are several. */
cc_status cc_dataset_json_check_channels(const cc_dataset_json *json, const char *key);

/* Checks the labels: options->labels must be among them, and a label "ignore" of nnU-Net (pixels that nobody
 * marked) must not be in use, as it would count as truth. CC_EFORMAT, CC_EUNSUPPORTED */
cc_status cc_dataset_json_check_labels(const cc_dataset_json *json, const cc_slice_options *options);

/* A member of an object as text that the set's arena owns: "training[3].image" names it in messages. */
cc_status cc_dataset_json_text(const char **out, const cc_dataset_json *json, const json_t *object,
                               const char *member, const char *shown, cc_arena *arena);

/* Warns where the file's numTraining is another number. */
void cc_dataset_json_compare_count(const cc_dataset_json *json, size_t cases);

#endif
