/* datasets/sources/dataset_json.c -- what both layouts say alike, and where they differ: labels are number to
 * name in the Decathlon and in nnU-Net 1 ({"1": "liver"}), name to number, or to a list of numbers, in
 * nnU-Net 2. Sources: http://medicaldecathlon.com (dataset.json of each task); nnU-Net's
 * documentation/dataset_format.md. */
#include "datasets/sources/dataset_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/log.h"

enum { BYTES_MAX = 64 << 20 };

cc_status cc_dataset_json_open(cc_dataset_json *out, cc_slice_set *set) {
    char *text;
    size_t bytes;
    json_error_t error;
    const char *path;
    *out = (cc_dataset_json){.whole = NULL};
    CC_TRY(cc_slice_set_resolve(&path, set, "dataset.json"));
    CC_TRY(cc_path_join(out->path, "", path));
    CC_TRY(cc_file_read(&text, &bytes, path, BYTES_MAX, set->arena));
    /* A key that stands twice would hide a channel or a label. */
    out->whole = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!out->whole) {
        char where[512];
        snprintf(where, sizeof where, "%.490s:%d", path, error.line);
        return cc_fail(CC_EFORMAT, where, NULL, "no JSON: %s", error.text);
    }
    if (json_is_object(out->whole)) return CC_OK;
    cc_dataset_json_close(out);
    return cc_fail(CC_EFORMAT, path, NULL, "it holds no object: {\"channel_names\": ...}");
}

void cc_dataset_json_close(cc_dataset_json *json) {
    json_decref(json->whole);
    json->whole = NULL;
}

cc_status cc_dataset_json_check_channels(const cc_dataset_json *json, const char *key) {
    char names[256] = "";
    size_t used = 0, count;
    const char *number;
    json_t *name, *channels = json_object_get(json->whole, key);
    if (!json_is_object(channels) || (count = json_object_size(channels)) == 0)
        return cc_fail(CC_EFORMAT, json->path, "as in {\"0\": \"CT\"}", "%s: no channel is named", key);
    json_object_foreach(channels, number, name) {
        const char *text = json_is_string(name) ? json_string_value(name) : "";
        if (used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.40s", used ? ", " : "", text);
        if (count == 1 && strcasecmp(text, "CT") != 0)
            cc_log(CC_LOG_WARNING, "%s: %s: the channel is \"%.40s\", no CT: its values are read as HU",
                   json->path, key, text);
    }
    if (count > 1)
        return cc_fail(CC_EUNSUPPORTED, json->path, "images of one channel are read", "%s: %zu channels: %s",
                       key, count, names);
    return CC_OK;
}

/* Marks the numbers that a label has: of "1" the name's own, of 1 the value, of [1, 2] all. */
static bool mark_label(bool there[CC_LABELS], const char *name, const json_t *value) {
    const json_t *item = value;
    size_t i = 0, count = json_is_array(value) ? json_array_size(value) : 1;
    for (; i < count; i++) {
        if (json_is_array(value)) item = json_array_get(value, i);
        long long number = json_is_integer(item) ? json_integer_value(item) : -1;
        char *end;
        if (json_is_string(item)) number = strtoll(name, &end, 10);
        if (json_is_string(item) && (end == name || *end)) number = -1;
        if (number < 0 || number >= CC_LABELS) return false;
        there[number] = true;
    }
    return true;
}

/* Without a choice every label is foreground. */
static bool is_chosen(const cc_slice_options *options, int label) {
    for (int i = 0; i < options->label_count; i++)
        if (options->labels[i] == label) return true;
    return options->label_count == 0;
}

cc_status cc_dataset_json_check_labels(const cc_dataset_json *json, const cc_slice_options *options) {
    bool there[CC_LABELS] = {false};
    const char *name;
    json_t *value, *labels = json_object_get(json->whole, "labels");
    if (!json_is_object(labels))
        return cc_fail(CC_EFORMAT, json->path, "as in {\"background\": 0, \"calcium\": 1}",
                       "labels: they are not given");
    /* Version 2 may name regions, unions of labels: of those every label counts. */
    json_object_foreach(labels, name, value) {
        if (!mark_label(there, name, value))
            return cc_fail(CC_EFORMAT, json->path, "whole numbers from 0 to 255",
                           "labels: \"%.60s\" has none", name);
        if (strcmp(name, "ignore") != 0 || !json_is_integer(value)) continue;
        if (is_chosen(options, (int)json_integer_value(value)))
            return cc_fail(CC_EUNSUPPORTED, json->path, "name the labels that are foreground: data.labels",
                           "labels: voxels of \"ignore\" (%lld) are neither truth nor background",
                           (long long)json_integer_value(value));
    }
    for (int i = 0; i < options->label_count; i++)
        if (!there[options->labels[i]])
            return cc_fail(CC_ECONFIG, "data.labels", "choose among those of dataset.json",
                           "%s names no label %d", json->path, options->labels[i]);
    return CC_OK;
}

cc_status cc_dataset_json_text(const char **out, const cc_dataset_json *json, const json_t *object,
                               const char *member, const char *shown, cc_arena *arena) {
    const json_t *value = json_object_get(object, member);
    if (!json_is_string(value) || !json_string_value(value)[0])
        return cc_fail(CC_EFORMAT, json->path, NULL, "%s%s%s: a text is wanted", shown, shown[0] ? "." : "",
                       member);
    *out = cc_arena_copy(arena, json_string_value(value));
    return *out ? CC_OK : CC_ENOMEM;
}

void cc_dataset_json_compare_count(const cc_dataset_json *json, size_t cases) {
    const json_t *stated = json_object_get(json->whole, "numTraining");
    if (json_is_integer(stated) && json_integer_value(stated) != (json_int_t)cases)
        cc_log(CC_LOG_WARNING, "%s: numTraining is %lld, but there are %zu training cases", json->path,
               (long long)json_integer_value(stated), cases);
}
