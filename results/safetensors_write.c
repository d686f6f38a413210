#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "results/safetensors.h"
#include "results/safetensors_values.h"

enum { ALIGNMENT = 8 };

static uint64_t bytes_of(const cc_run_tensor *tensor) {
    uint64_t bytes = sizeof *tensor->data;
    for (int d = 0; d < tensor->rank; d++) bytes *= tensor->dims[d];
    return bytes;
}

/* Takes over the value, which may be NULL. */
static cc_status put(json_t *object, const char *key, json_t *value, const char *path) {
    if (json_object_get(object, key) || !key[0]) {
        json_decref(value);
        return cc_fail(CC_EINVAL, path, NULL, "the name \"%.200s\" is empty or there twice", key);
    }
    if (!value || json_object_set_new(object, key, value) != 0)
        return cc_fail(CC_EINVAL, path, NULL, "\"%.200s\" is not UTF-8, or memory is out", key);
    return CC_OK;
}

static json_t *shape_of(const cc_run_tensor *tensor) {
    json_t *shape = json_array();
    for (int d = 0; d < tensor->rank; d++)
        json_array_append_new(shape, json_integer((json_int_t)tensor->dims[d]));
    return shape;
}

static cc_status put_metadata(json_t *header, const cc_safetensors_text *texts, size_t count,
                              const char *path) {
    json_t *metadata = json_object();
    CC_TRY(put(header, "__metadata__", metadata, path));
    for (size_t i = 0; i < count; i++)
        if (texts[i].text) CC_TRY(put(metadata, texts[i].key, json_string(texts[i].text), path));
    return CC_OK;
}

static cc_status put_tensors(json_t *header, const cc_run_tensor *tensors, size_t count, const char *path) {
    uint64_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t end = begin + bytes_of(&tensors[i]);
        json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape_of(&tensors[i]),
                                  "data_offsets", (json_int_t)begin, (json_int_t)end);
        CC_TRY(put(header, tensors[i].name, entry, path));
        begin = end;
    }
    return CC_OK;
}

/* The header's text behind its length, filled up with spaces so that the tensors are aligned. */
static cc_status print_header(char **out, size_t *bytes, const json_t *header) {
    char *text = json_dumps(header, JSON_COMPACT);
    if (!text) return cc_fail_memory("a header", 0);
    size_t length = strlen(text), padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    uint64_t stored = padded;
    *bytes = sizeof stored + padded;
    *out = malloc(*bytes);
    if (*out) {
        memset(*out, ' ', *bytes);
        memcpy(*out, &stored, sizeof stored);
        memcpy(*out + sizeof stored, text, length);
    }
    free(text);
    return *out ? CC_OK : cc_fail_memory("a header", *bytes);
}

cc_status cc_safetensors_write(const char *path, const cc_run_tensor *tensors, size_t tensor_count,
                               const cc_safetensors_text *metadata, size_t metadata_count) {
    cc_status status = CC_OK;
    char *text = NULL;
    json_t *header = json_object();
    cc_file_piece *pieces = calloc(tensor_count + 1, sizeof *pieces);
    if (!header || !pieces) CC_CHECK(cc_fail_memory("a header", 0));
    CC_CHECK(put_metadata(header, metadata, metadata_count, path));
    CC_CHECK(put_tensors(header, tensors, tensor_count, path));
    CC_CHECK(print_header(&text, &pieces[0].count, header));
    pieces[0].bytes = text;
    for (size_t i = 0; i < tensor_count; i++)
        pieces[i + 1] = (cc_file_piece){tensors[i].data, (size_t)bytes_of(&tensors[i])};
    CC_CHECK(cc_file_write_pieces(path, pieces, tensor_count + 1));
done:
    json_decref(header);
    free(text);
    free(pieces);
    return status;
}
