/* results/safetensors.c -- reading and writing of safetensors files; jansson parses and prints the header.
 *
 * The format's own library is in Rust; what a reader must refuse is listed in results/safetensors.h. JSON may
 * take many times its text in memory, so that a header's parts are counted before it is parsed. */
#include "results/safetensors.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "results/safetensors_values.h"

/* Of a header: what JSON may take memory for. A tensor with three dimensions has 14 of these marks. */
enum { MARKS_MAX = 1 << 20, LENGTH_BYTES = 8, BATCH_BYTES = 1 << 15 };

/* One tensor of the header. */
typedef struct entry {
    cc_run_tensor tensor;
    const cc_tensor_type *type;
    uint64_t begin, end, values; /* bytes from the end of the header; values of the tensor */
} entry;

struct cc_safetensors {
    FILE *stream;
    char *path;
    cc_arena *arena;
    json_t *header;
    uint64_t data_begin, data_bytes;
    entry *entries; /* sorted by name */
    cc_run_tensor *tensors;
    size_t count;
};

static cc_status fail_format(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A file that is not as the format says, or is cut short. */
static cc_status fail_format(const char *path, const char *format, ...) {
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return cc_fail(CC_EFORMAT, path, "is the file whole, and a safetensors file?", "%s", what);
}

static cc_status fail_tensor(const char *path, const char *name, const char *what) {
    return fail_format(path, "tensor %.200s: %s", name, what);
}

/* Reads bytes at an offset of the file. */
static cc_status read_at(void *bytes, size_t count, const cc_safetensors *f, uint64_t offset) {
    if (fseeko(f->stream, (off_t)offset, SEEK_SET) != 0 || fread(bytes, 1, count, f->stream) != count)
        return cc_fail(CC_EIO, f->path, "is it being written?", "cannot read %zu bytes at %llu", count,
                       (unsigned long long)offset);
    return CC_OK;
}

/* Bounds what parsing may take, which can be many times the text. */
static cc_status check_marks(const char *text, size_t bytes, const char *path) {
    size_t marks = 0;
    for (size_t i = 0; i < bytes; i++)
        marks += text[i] == ',' || text[i] == ':' || text[i] == '[' || text[i] == '{';
    if (marks <= MARKS_MAX) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, path, NULL, "the header has more parts than %d tensors need",
                   CC_SAFETENSORS_TENSORS_MAX);
}

/* Parses the header's text into f->header. */
static cc_status parse_header(cc_safetensors *f, const char *text, size_t bytes) {
    json_error_t error;
    if (text[0] != '{') return fail_format(f->path, "the header is not a JSON object");
    CC_TRY(check_marks(text, bytes, f->path));
    f->header = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!f->header && json_error_code(&error) == json_error_out_of_memory)
        return cc_fail_memory("a header", bytes);
    if (!f->header && json_error_code(&error) == json_error_duplicate_key)
        return fail_format(f->path, "the header has a name twice");
    if (!f->header) return fail_format(f->path, "the header is not JSON, at its byte %d", error.position);
    return CC_OK;
}

static cc_status read_header(cc_safetensors *f, uint64_t size) {
    unsigned char length[LENGTH_BYTES];
    uint64_t bytes = 0;
    if (size < LENGTH_BYTES + 2)
        return fail_format(f->path, "%llu bytes hold no header", (unsigned long long)size);
    CC_TRY(read_at(length, sizeof length, f, 0));
    /* Little-endian, whatever the machine. */
    for (int i = LENGTH_BYTES; i-- > 0;) bytes = bytes << 8 | length[i];
    if (bytes < 2 || bytes > CC_SAFETENSORS_HEADER_MAX || bytes > size - LENGTH_BYTES)
        return fail_format(f->path, "a header of %llu bytes in a file of %llu", (unsigned long long)bytes,
                           (unsigned long long)size);
    char *text = malloc((size_t)bytes);
    if (!text) return cc_fail_memory("a header", bytes);
    cc_status status = read_at(text, (size_t)bytes, f, LENGTH_BYTES);
    if (status == CC_OK) status = parse_header(f, text, (size_t)bytes);
    free(text);
    f->data_begin = LENGTH_BYTES + bytes;
    f->data_bytes = size - f->data_begin;
    return status;
}

/* A whole number of at least 0. */
static bool as_count(uint64_t *out, const json_t *value) {
    if (!json_is_integer(value) || json_integer_value(value) < 0) return false;
    *out = (uint64_t)json_integer_value(value);
    return true;
}

/* Reads a tensor's dimensions and multiplies its values out, without overflow. */
static cc_status read_shape(entry *e, const json_t *shape, const char *path) {
    const char *name = e->tensor.name;
    if (!json_is_array(shape)) return fail_tensor(path, name, "shape is not a list");
    if (json_array_size(shape) > CC_RUN_RANK_MAX)
        return cc_fail(CC_EUNSUPPORTED, path, NULL, "tensor %.200s has %zu dimensions, more than %d", name,
                       json_array_size(shape), CC_RUN_RANK_MAX);
    e->tensor.rank = (int)json_array_size(shape);
    e->values = 1;
    for (int d = 0; d < e->tensor.rank; d++) {
        uint64_t *dim = &e->tensor.dims[d];
        if (!as_count(dim, json_array_get(shape, (size_t)d)))
            return fail_tensor(path, name, "shape holds something else than sizes");
        if (__builtin_mul_overflow(e->values, *dim, &e->values))
            return fail_tensor(path, name, "shape is larger than any file");
    }
    return CC_OK;
}

/* Reads and checks what the header says of one tensor. */
static cc_status read_entry(entry *e, const cc_safetensors *f, const json_t *value) {
    const char *name = e->tensor.name, *dtype = json_string_value(json_object_get(value, "dtype"));
    const json_t *offsets = json_object_get(value, "data_offsets");
    uint64_t bytes;
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return fail_format(f->path, "a tensor's name holds control characters");
    if (!dtype) return fail_tensor(f->path, name, "dtype is missing");
    if (!(e->type = cc_tensor_type_find(dtype)))
        return cc_fail(CC_EUNSUPPORTED, f->path, NULL, "tensor %.200s: dtype %.20s is not known", name,
                       dtype);
    CC_TRY(read_shape(e, json_object_get(value, "shape"), f->path));
    if (json_array_size(offsets) != 2 || !as_count(&e->begin, json_array_get(offsets, 0)) ||
        !as_count(&e->end, json_array_get(offsets, 1)))
        return fail_tensor(f->path, name, "data_offsets are not two positions");
    if (e->begin > e->end || e->end > f->data_bytes)
        return fail_tensor(f->path, name, "data_offsets lie outside the file");
    if (__builtin_mul_overflow(e->values, (uint64_t)e->type->bytes, &bytes) || bytes != e->end - e->begin)
        return fail_tensor(f->path, name, "shape and dtype do not make the bytes between data_offsets");
    return CC_OK;
}

/* For qsort: in the order in which tensors lie in the file. */
static int by_begin(const void *a, const void *b) {
    const entry *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const entry *)a)->tensor.name, ((const entry *)b)->tensor.name);
}

/* Neither gaps nor overlaps: the tensors fill the rest of the file. */
static cc_status check_order(cc_safetensors *f) {
    uint64_t at = 0;
    qsort(f->entries, f->count, sizeof *f->entries, by_begin);
    for (size_t i = 0; i < f->count; at = f->entries[i++].end)
        if (f->entries[i].begin != at)
            return fail_tensor(f->path, f->entries[i].tensor.name,
                               f->entries[i].begin < at ? "lies over another one"
                                                        : "lies behind bytes of no tensor");
    if (at != f->data_bytes)
        return fail_format(f->path, "%llu bytes follow the last tensor",
                           (unsigned long long)(f->data_bytes - at));
    qsort(f->entries, f->count, sizeof *f->entries, by_name);
    return CC_OK;
}

/* Reads all tensors of the header, checks that they fill the file, and lists them by name. */
static cc_status read_entries(cc_safetensors *f) {
    const char *key;
    json_t *value;
    /* Before memory is taken for them. */
    size_t most = json_object_size(f->header);
    if (most > CC_SAFETENSORS_TENSORS_MAX)
        return cc_fail(CC_EUNSUPPORTED, f->path, NULL, "%zu tensors are more than %d", most,
                       CC_SAFETENSORS_TENSORS_MAX);
    f->entries = cc_arena_get_array(f->arena, most + 1, sizeof *f->entries);
    f->tensors = cc_arena_get_array(f->arena, most + 1, sizeof *f->tensors);
    if (!f->entries || !f->tensors) return CC_ENOMEM;
    json_object_foreach(f->header, key, value) {
        if (strcmp(key, "__metadata__") == 0) continue;
        entry *e = &f->entries[f->count++];
        e->tensor.name = key;
        CC_TRY(read_entry(e, f, value));
    }
    CC_TRY(check_order(f));
    for (size_t i = 0; i < f->count; i++) f->tensors[i] = f->entries[i].tensor;
    return CC_OK;
}

cc_status cc_safetensors_open(cc_safetensors **out, const char *path) {
    cc_status status = CC_OK;
    uint64_t size;
    CC_TRY(cc_file_size(&size, path)); /* before it is opened: a pipe would wait */
    cc_safetensors *f = calloc(1, sizeof *f);
    if (!f) return cc_fail_memory("weights", sizeof *f);
    f->arena = cc_arena_create();
    if (!f->arena) CC_CHECK(CC_ENOMEM);
    f->path = cc_arena_copy(f->arena, path);
    if (!f->path) CC_CHECK(CC_ENOMEM);
    f->stream = fopen(path, "rb");
    if (!f->stream) CC_CHECK(cc_fail_errno(path, "open"));
    CC_CHECK(read_header(f, size));
    CC_CHECK(read_entries(f));
    *out = f;
    f = NULL;
done:
    cc_safetensors_close(f);
    return status;
}

void cc_safetensors_close(cc_safetensors *f) {
    if (!f) return;
    if (f->stream) fclose(f->stream);
    json_decref(f->header);
    cc_arena_destroy(f->arena);
    free(f);
}

const cc_run_tensor *cc_safetensors_tensors(size_t *count, const cc_safetensors *f) {
    *count = f->count;
    return f->tensors;
}

const char *cc_safetensors_metadata(const cc_safetensors *f, const char *key) {
    return json_string_value(json_object_get(json_object_get(f->header, "__metadata__"), key));
}

cc_status cc_safetensors_read(float *values, const cc_safetensors *f, size_t index) {
    const entry *e = &f->entries[index];
    unsigned char batch[BATCH_BYTES];
    uint64_t done = 0, most = BATCH_BYTES / e->type->bytes;
    if (!e->type->convert)
        return cc_fail(CC_EUNSUPPORTED, f->path, "weights are F32, F16, BF16 or F64",
                       "tensor %.200s is of dtype %s", e->tensor.name, e->type->name);
    /* Converted batch by batch: a tensor may be larger than memory has room for twice. */
    while (done < e->values) {
        size_t count = (size_t)(e->values - done < most ? e->values - done : most);
        CC_TRY(read_at(batch, count * e->type->bytes, f, f->data_begin + e->begin + done * e->type->bytes));
        e->type->convert(values + done, batch, count);
        done += count;
    }
    return CC_OK;
}

/* --- writing --- */

enum { ALIGNMENT = 8 };

/* Of a tensor's values as F32. */
static uint64_t bytes_of(const cc_run_tensor *tensor) {
    uint64_t bytes = sizeof *tensor->data;
    for (int d = 0; d < tensor->rank; d++) bytes *= tensor->dims[d];
    return bytes;
}

/* Adds one key to a JSON object. Takes over the value, which may be NULL. */
static cc_status put(json_t *object, const char *key, json_t *value, const char *path) {
    if (json_object_get(object, key) || !key[0]) {
        json_decref(value);
        return cc_fail(CC_EINVAL, path, NULL, "the name \"%.200s\" is empty or there twice", key);
    }
    if (!value || json_object_set_new(object, key, value) != 0)
        return cc_fail(CC_EINVAL, path, NULL, "\"%.200s\" is not UTF-8, or memory is out", key);
    return CC_OK;
}

/* A tensor's dimensions as JSON; the caller owns it. */
static json_t *shape_of(const cc_run_tensor *tensor) {
    json_t *shape = json_array();
    for (int d = 0; d < tensor->rank; d++)
        json_array_append_new(shape, json_integer((json_int_t)tensor->dims[d]));
    return shape;
}

/* Adds the texts under "__metadata__". */
static cc_status put_metadata(json_t *header, const cc_safetensors_text *texts, size_t count,
                              const char *path) {
    json_t *metadata = json_object();
    CC_TRY(put(header, "__metadata__", metadata, path));
    for (size_t i = 0; i < count; i++)
        if (texts[i].text) CC_TRY(put(metadata, texts[i].key, json_string(texts[i].text), path));
    return CC_OK;
}

/* Describes every tensor; their bytes follow each other without gaps. */
static cc_status put_tensors(json_t *header, const cc_run_tensor *tensors, size_t count, const char *path) {
    uint64_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        /* Offsets count from the end of the header. */
        uint64_t end = begin + bytes_of(&tensors[i]);
        json_t *described = json_pack("{s:s, s:o, s:[I, I]}", "dtype", "F32", "shape", shape_of(&tensors[i]),
                                      "data_offsets", (json_int_t)begin, (json_int_t)end);
        CC_TRY(put(header, tensors[i].name, described, path));
        begin = end;
    }
    return CC_OK;
}

/* The header's text behind its length, filled up with spaces so that the tensors are aligned. */
static cc_status print_header(char **out, size_t *bytes, const json_t *header) {
    char *text = json_dumps(header, JSON_COMPACT);
    if (!text) return cc_fail_memory("a header", 0);
    /* Readers map the file into memory: tensors begin at a multiple of 8 bytes. */
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
    /* The file in pieces, written without copying: its header, then the tensors. */
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
