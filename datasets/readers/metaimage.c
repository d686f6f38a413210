/* MetaImage (.mha, .mhd with .raw or .zraw), as ITK's MetaIO writes it: lines "Key = value", of which
 * ElementDataFile is the last; then, or in the file that it names, the voxels. Keys that say nothing about
 * voxels or place are passed over. */
#include "datasets/readers/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "datasets/readers/metaimage.h"

enum { LINE_BYTES = 4096, HEADER_LINES = 1024 };

typedef struct header {
    int dims;
    bool big_endian, compressed, has_dims, has_spacing, has_type;
    int64_t size[3], compressed_bytes, header_bytes;
    double spacing[3], element_size[3], offset[3], matrix[9];
    cc_sample sample;
    char data[LINE_BYTES];
    uint64_t end; /* where the header ends in its file */
} header;

static const struct {
    const char *name;
    cc_sample sample;
} types[] = {
    {"MET_UCHAR", CC_SAMPLE_UINT8},       {"MET_CHAR", CC_SAMPLE_INT8},
    {"MET_USHORT", CC_SAMPLE_UINT16},     {"MET_SHORT", CC_SAMPLE_INT16},
    {"MET_UINT", CC_SAMPLE_UINT32},       {"MET_INT", CC_SAMPLE_INT32},
    {"MET_ULONG", CC_SAMPLE_UINT32},      {"MET_LONG", CC_SAMPLE_INT32},
    {"MET_ULONG_LONG", CC_SAMPLE_UINT64}, {"MET_LONG_LONG", CC_SAMPLE_INT64},
    {"MET_FLOAT", CC_SAMPLE_FLOAT32},     {"MET_DOUBLE", CC_SAMPLE_FLOAT64},
};

typedef struct place {
    const char *path, *key;
} place;

static cc_status wrong(const place *p, cc_status status, const char *hint, const char *what,
                       const char *value) {
    return cc_fail(status, p->path, hint, "%s: %s \"%.80s\"", p->key, what, value);
}

/* Exactly `count` numbers, and nothing behind them. */
static cc_status read_numbers(double *out, int count, const char *value, const place *p) {
    const char *next = value;
    for (int i = 0; i < count; i++) {
        char *end;
        out[i] = strtod(next, &end);
        if (end == next)
            return cc_fail(CC_EFORMAT, p->path, "as many as NDims asks for",
                           "%s: %d numbers wanted, not \"%.80s\"", p->key, count, value);
        next = end;
    }
    while (*next == ' ' || *next == '\t') next++;
    if (*next)
        return cc_fail(CC_EFORMAT, p->path, "as many as NDims asks for",
                       "%s: %d numbers wanted, not \"%.80s\"", p->key, count, value);
    return CC_OK;
}

static cc_status read_integers(int64_t *out, int count, const char *value, const place *p) {
    const char *next = value;
    for (int i = 0; i < count; i++) {
        char *end;
        errno = 0;
        out[i] = strtoll(next, &end, 10);
        if (end == next || errno || (*end && *end != ' ' && *end != '\t'))
            return cc_fail(CC_EFORMAT, p->path, "as many as NDims asks for",
                           "%s: %d whole numbers wanted, not \"%.80s\"", p->key, count, value);
        next = end;
    }
    while (*next == ' ' || *next == '\t') next++;
    return *next ? wrong(p, CC_EFORMAT, "as many as NDims asks for", "more numbers than wanted:", value)
                 : CC_OK;
}

static cc_status read_bool(bool *out, const char *value, const place *p) {
    if (strchr("TtYy1", value[0]) && value[0])
        *out = true;
    else if (strchr("FfNn0", value[0]) && value[0])
        *out = false;
    else
        return wrong(p, CC_EFORMAT, NULL, "True or False is wanted, not", value);
    return CC_OK;
}

static cc_status take_object(header *h, const char *value, const place *p) {
    (void)h;
    return strcmp(value, "Image") == 0
               ? CC_OK
               : wrong(p, CC_EUNSUPPORTED, "only images are read", "not an image but", value);
}

static cc_status take_ndims(header *h, const char *value, const place *p) {
    int64_t dims = 0;
    CC_TRY(read_integers(&dims, 1, value, p));
    if (dims != 2 && dims != 3) return wrong(p, CC_EUNSUPPORTED, "2 or 3 are read", "dimensions:", value);
    h->dims = (int)dims;
    return CC_OK;
}

static cc_status take_binary(header *h, const char *value, const place *p) {
    (void)h;
    bool binary = false;
    CC_TRY(read_bool(&binary, value, p));
    return binary ? CC_OK
                  : wrong(p, CC_EUNSUPPORTED, "write it as binary", "voxels as text are not read:", value);
}

static cc_status take_order(header *h, const char *value, const place *p) {
    return read_bool(&h->big_endian, value, p);
}

static cc_status take_compressed(header *h, const char *value, const place *p) {
    return read_bool(&h->compressed, value, p);
}

static cc_status take_compressed_size(header *h, const char *value, const place *p) {
    CC_TRY(read_integers(&h->compressed_bytes, 1, value, p));
    return h->compressed_bytes < 0 ? wrong(p, CC_EFORMAT, NULL, "a negative size:", value) : CC_OK;
}

static cc_status take_header_size(header *h, const char *value, const place *p) {
    CC_TRY(read_integers(&h->header_bytes, 1, value, p));
    return h->header_bytes < -1 ? wrong(p, CC_EFORMAT, NULL, "a negative size:", value) : CC_OK;
}

static cc_status take_size(header *h, const char *value, const place *p) {
    h->has_dims = true;
    return read_integers(h->size, h->dims, value, p);
}

static cc_status take_spacing(header *h, const char *value, const place *p) {
    h->has_spacing = true;
    return read_numbers(h->spacing, h->dims, value, p);
}

static cc_status take_element_size(header *h, const char *value, const place *p) {
    return read_numbers(h->element_size, h->dims, value, p);
}

static cc_status take_offset(header *h, const char *value, const place *p) {
    return read_numbers(h->offset, h->dims, value, p);
}

/* Row i of the file's matrix is the direction of axis i. */
static cc_status take_matrix(header *h, const char *value, const place *p) {
    double numbers[9];
    CC_TRY(read_numbers(numbers, h->dims * h->dims, value, p));
    for (int axis = 0; axis < h->dims; axis++)
        for (int i = 0; i < h->dims; i++) h->matrix[i * 3 + axis] = numbers[axis * h->dims + i];
    return CC_OK;
}

static cc_status take_channels(header *h, const char *value, const place *p) {
    (void)h;
    int64_t channels = 0;
    CC_TRY(read_integers(&channels, 1, value, p));
    return channels == 1 ? CC_OK : wrong(p, CC_EUNSUPPORTED, "one channel is read", "channels:", value);
}

static cc_status take_type(header *h, const char *value, const place *p) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, value) == 0) {
            h->sample = types[i].sample;
            h->has_type = true;
            return CC_OK;
        }
    return wrong(p, CC_EUNSUPPORTED, "MET_UCHAR, MET_SHORT, MET_FLOAT and the like are read",
                 "no scalar type:", value);
}

static cc_status take_data(header *h, const char *value, const place *p) {
    if (!*value) return wrong(p, CC_EFORMAT, "LOCAL or a file's name", "no name:", value);
    if (strncmp(value, "LIST", 4) == 0 || strchr(value, '%'))
        return wrong(p, CC_EUNSUPPORTED, "write all slices into one file",
                     "one file a slice is not read:", value);
    return cc_path_join(h->data, "", value);
}

static cc_status take_nothing(header *h, const char *value, const place *p) {
    (void)h, (void)value, (void)p;
    return CC_OK;
}

/* `sized` keys need NDims before them. */
static const struct {
    const char *name;
    bool sized;
    cc_status (*take)(header *h, const char *value, const place *p);
} keys[] = {
    {"ObjectType", false, take_object},
    {"NDims", false, take_ndims},
    {"BinaryData", false, take_binary},
    {"BinaryDataByteOrderMSB", false, take_order},
    {"ElementByteOrderMSB", false, take_order},
    {"CompressedData", false, take_compressed},
    {"CompressedDataSize", false, take_compressed_size},
    {"HeaderSize", false, take_header_size},
    {"DimSize", true, take_size},
    {"ElementSpacing", true, take_spacing},
    {"ElementSize", true, take_element_size},
    {"Offset", true, take_offset},
    {"Position", true, take_offset},
    {"Origin", true, take_offset},
    {"TransformMatrix", true, take_matrix},
    {"Rotation", true, take_matrix},
    {"Orientation", true, take_matrix},
    {"ElementNumberOfChannels", false, take_channels},
    {"ElementType", false, take_type},
    {"ElementDataFile", false, take_data},
    {"ObjectSubType", false, take_nothing},
    {"Comment", false, take_nothing},
    {"Modality", false, take_nothing},
    {"Name", false, take_nothing},
    {"ID", false, take_nothing},
};
enum { KEYS = sizeof keys / sizeof *keys };

static int find_key(const char *text, size_t length) {
    for (int i = 0; i < KEYS; i++)
        if (strlen(keys[i].name) == length && memcmp(keys[i].name, text, length) == 0) return i;
    return -1;
}

static size_t key_length(const char *text, size_t count) {
    size_t length = 0;
    while (length < count && text[length] != ' ' && text[length] != '\t' && text[length] != '=') length++;
    return length;
}

static bool probe(const cc_head *head) {
    const char *text = (const char *)head->bytes;
    size_t length = key_length(text, head->count), next = length;
    while (next < head->count && (text[next] == ' ' || text[next] == '\t')) next++;
    return !head->gzipped && next < head->count && text[next] == '=' && find_key(text, length) >= 0;
}

static cc_status take_line(header *h, char *line, bool *last, const char *path) {
    size_t length = key_length(line, strlen(line));
    char *value = strchr(line, '=');
    if (!*line) return CC_OK;
    if (!value)
        return cc_fail(CC_EFORMAT, path, "the header may be cut off",
                       "header: \"%.40s\" is no \"Key = value\"", line);
    for (value++; *value == ' ' || *value == '\t';) value++;
    line[length] = 0;
    int key = find_key(line, length);
    if (key < 0) return CC_OK;
    place p = {path, keys[key].name};
    if (keys[key].sized && h->dims == 0)
        return cc_fail(CC_EFORMAT, path, "the header is incomplete", "NDims: it must stand before %s", p.key);
    *last = keys[key].take == take_data;
    return keys[key].take(h, value, &p);
}

/* One line without its end. */
static cc_status next_line(char *line, FILE *file, header *h, const char *path) {
    size_t length = 0;
    for (int c; (c = getc(file)) != EOF && c != '\n'; length++) {
        if (length == LINE_BYTES - 1) {
            line[40] = 0;
            return cc_fail(CC_EFORMAT, path, "lines have at most 4095 bytes",
                           "header: the line \"%s...\" is too long", line);
        }
        if (c == 0)
            return cc_fail(CC_EFORMAT, path, "the header may be cut off or damaged", "header: a zero byte");
        line[length] = (char)c;
    }
    if (ferror(file)) return cc_fail_errno(path, "read");
    while (length && (line[length - 1] == '\r' || line[length - 1] == ' ' || line[length - 1] == '\t'))
        length--;
    line[length] = 0;
    h->end = (uint64_t)ftello(file);
    return CC_OK;
}

static cc_status read_header(header *h, const char *path) {
    char line[LINE_BYTES];
    bool last = false;
    cc_status status = CC_OK;
    FILE *file = fopen(path, "rb");
    if (!file) return cc_fail_errno(path, "open");
    for (int i = 0; status == CC_OK && !last && !feof(file) && i < HEADER_LINES; i++) {
        status = next_line(line, file, h, path);
        if (status == CC_OK) status = take_line(h, line, &last, path);
    }
    fclose(file);
    if (status != CC_OK) return status;
    const char *missing = !h->dims       ? "NDims"
                          : !h->has_dims ? "DimSize"
                          : !h->has_type ? "ElementType"
                          : !last        ? "ElementDataFile"
                                         : NULL;
    return missing ? cc_fail(CC_EFORMAT, path, "the header is incomplete", "%s: it is missing", missing)
                   : CC_OK;
}

static cc_status find_start(uint64_t *start, const header *h, bool local, const char *path) {
    *start = local ? h->end : 0;
    if (h->header_bytes >= 0) {
        *start += (uint64_t)h->header_bytes;
        return CC_OK;
    }
    uint64_t size, count = cc_sample_bytes(h->sample);
    CC_TRY(cc_file_size(&size, path));
    for (int k = 0; k < h->dims; k++)
        if (__builtin_mul_overflow(count, (uint64_t)h->size[k], &count)) count = UINT64_MAX;
    if (h->compressed || count > size - *start)
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "HeaderSize: -1, but the voxels do not end the file");
    *start = size - count;
    return CC_OK;
}

static cc_status refuse_more(cc_stream *stream, const char *path) {
    char more;
    size_t got;
    CC_TRY(cc_stream_read_some(&got, stream, &more, 1));
    return got ? cc_fail(CC_EFORMAT, path, "the header is wrong or the file is made to harm",
                         "CompressedData: it holds more than DimSize claims")
               : CC_OK;
}

static cc_status locate(cc_metaimage *out, const header *h, const char *path) {
    bool local =
        strcmp(h->data, "LOCAL") == 0 || strcmp(h->data, "Local") == 0 || strcmp(h->data, "local") == 0;
    out->coding = (cc_coding){h->sample, h->big_endian, 1, 0};
    out->compressed = h->compressed;
    out->packed_bytes = h->compressed ? (uint64_t)h->compressed_bytes : 0;
    CC_TRY(local ? cc_path_join(out->data, "", path)
                 : cc_path_beside(out->data, path, h->data, "ElementDataFile"));
    return find_start(&out->start, h, local, out->data);
}

static cc_status open_voxels(cc_stream **out, const cc_metaimage *image) {
    return cc_stream_open(out, image->data, image->start, image->packed_bytes,
                          image->compressed ? CC_PACKING_ZLIB : CC_PACKING_NONE);
}

static cc_status read_image(cc_metaimage *out, const char *path) {
    header h = {.spacing = {1, 1, 1},
                .element_size = {1, 1, 1},
                .size = {1, 1, 1},
                .matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    CC_TRY(read_header(&h, path));
    out->grid = cc_grid_unit();
    memcpy(out->grid.dims, h.size, sizeof h.size);
    memcpy(out->grid.spacing_mm, h.has_spacing ? h.spacing : h.element_size, sizeof h.spacing);
    memcpy(out->grid.origin_mm, h.offset, sizeof h.offset);
    memcpy(out->grid.direction, h.matrix, sizeof h.matrix);
    CC_TRY(cc_grid_check(&out->grid, path));
    return locate(out, &h, path);
}

static uint64_t slice_bytes(const cc_metaimage *image) {
    const int64_t *dims = image->grid.dims;
    return (uint64_t)(dims[0] * dims[1]) * cc_sample_bytes(image->coding.sample);
}

cc_status cc_metaimage_open(cc_metaimage *out, const char *path) {
    uint64_t size, bytes;
    CC_TRY(read_image(out, path));
    CC_TRY(cc_file_size(&size, out->data));
    bytes = cc_sample_bytes(out->coding.sample);
    for (int i = 0; i < 3; i++)
        if (__builtin_mul_overflow(bytes, (uint64_t)out->grid.dims[i], &bytes)) bytes = UINT64_MAX;
    if (bytes == UINT64_MAX || (!out->compressed && (size < out->start || size - out->start < bytes)))
        return cc_fail(CC_EFORMAT, out->data, "the file is cut off or its header is wrong",
                       "DimSize asks for more than its %llu bytes", (unsigned long long)size);
    return CC_OK;
}

cc_status cc_metaimage_read_slice(float *values, const cc_metaimage *image, int64_t z) {
    cc_status status = CC_OK;
    cc_stream *stream = NULL;
    uint64_t bytes = slice_bytes(image);
    void *raw = malloc(bytes);
    if (!raw) CC_CHECK(cc_fail_memory("a slice", bytes));
    CC_CHECK(open_voxels(&stream, image));
    CC_CHECK(cc_stream_skip(stream, bytes * (uint64_t)z));
    CC_CHECK(cc_stream_read(stream, raw, bytes));
    CC_CHECK(cc_samples_decode(values, raw, bytes / cc_sample_bytes(image->coding.sample), &image->coding,
                               image->data));
done:
    cc_stream_close(stream);
    free(raw);
    return status;
}

static cc_status read_voxels(cc_volume *out, const cc_metaimage *image) {
    cc_stream *stream = NULL;
    CC_TRY(open_voxels(&stream, image));
    cc_status status = cc_samples_fill(out, stream, &image->coding);
    if (status == CC_OK && image->compressed) status = refuse_more(stream, image->data);
    cc_stream_close(stream);
    return status;
}

static cc_status read_metaimage(cc_volume *out, const char *path, const cc_head *head,
                                const cc_read_options *options) {
    (void)head;
    cc_metaimage image;
    CC_TRY(read_image(&image, path));
    out->grid = image.grid;
    CC_TRY(cc_grid_settle_spacing(&out->grid, options, "ElementSpacing", path));
    return read_voxels(out, &image);
}

const cc_reader cc_reader_metaimage = {"metaimage", probe, read_metaimage};
