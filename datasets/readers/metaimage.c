/* datasets/readers/metaimage.c -- MetaImage (.mha, .mhd with .raw or .zraw), as ITK's MetaIO writes it.
 *
 * Lines "Key = value", of which ElementDataFile is the last; then, or in the files that it names, the
 * voxels. What is taken and what is made of it follows MetaIO (metaObject.cxx, metaImage.cxx) and was
 * compared with SimpleITK; where a header says a thing twice and differently it is refused, and what it
 * does not say is warned of. CenterOfRotation, and AnatomicalOrientation beside TransformMatrix, say
 * nothing to ITK, and nothing here. Other keys that say nothing about voxels or place are passed over.
 * Source: itk.org/Wiki/ITK/MetaIO/Documentation. */
#include "datasets/readers/reader.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"
#include "datasets/readers/metaimage.h"

enum { MAX_DIMS = 10, WORD_BYTES = 64, HEADER_LINES = 1024 };

typedef struct metaimage_header {
    int64_t dims, size[MAX_DIMS], channels, compressed_bytes, header_bytes;
    double spacing[MAX_DIMS], element_size[MAX_DIMS], offset[MAX_DIMS], matrix[MAX_DIMS * MAX_DIMS];
    double slope, intercept;
    bool binary, compressed, data_msb, element_msb;
    cc_sample_type sample;
    char object[WORD_BYTES], units[WORD_BYTES], modality[WORD_BYTES], orientation[WORD_BYTES];
    cc_parts parts;
    uint64_t end; /* where the header ends in its file */
} metaimage_header;

static const struct {
    const char *name;
    cc_sample_type sample;
} types[] = {
    {"MET_UCHAR", CC_SAMPLE_UINT8},       {"MET_CHAR", CC_SAMPLE_INT8},
    {"MET_USHORT", CC_SAMPLE_UINT16},     {"MET_SHORT", CC_SAMPLE_INT16},
    {"MET_UINT", CC_SAMPLE_UINT32},       {"MET_INT", CC_SAMPLE_INT32},
    {"MET_ULONG", CC_SAMPLE_UINT32},      {"MET_LONG", CC_SAMPLE_INT32},
    {"MET_ULONG_LONG", CC_SAMPLE_UINT64}, {"MET_LONG_LONG", CC_SAMPLE_INT64},
    {"MET_FLOAT", CC_SAMPLE_FLOAT32},     {"MET_DOUBLE", CC_SAMPLE_FLOAT64},
};

/* How a key's value is read. From INTEGERS on it is NDims numbers, or its square. */
typedef enum value_kind {
    IGNORED,
    DATA,
    WORD,
    BOOL,
    TYPE,
    INTEGER,
    NUMBER,
    INTEGERS,
    NUMBERS,
    MATRIX
} value_kind;

/* Keys of one place in the header say the same thing. A new key is a row: its name, how its value is read,
 * and where in the struct above it goes. */
#define AT(member) offsetof(metaimage_header, member), sizeof((metaimage_header *)0)->member
static const struct key {
    const char *name;
    value_kind kind;
    size_t at, bytes;
} keys[] = {
    {"ObjectType", WORD, AT(object)},
    {"NDims", INTEGER, AT(dims)},
    {"BinaryData", BOOL, AT(binary)},
    {"BinaryDataByteOrderMSB", BOOL, AT(data_msb)},
    {"ElementByteOrderMSB", BOOL, AT(element_msb)},
    {"CompressedData", BOOL, AT(compressed)},
    {"CompressedDataSize", INTEGER, AT(compressed_bytes)},
    {"HeaderSize", INTEGER, AT(header_bytes)},
    {"DimSize", INTEGERS, AT(size)},
    {"ElementSpacing", NUMBERS, AT(spacing)},
    {"ElementSize", NUMBERS, AT(element_size)},
    {"Offset", NUMBERS, AT(offset)},
    {"Position", NUMBERS, AT(offset)},
    {"Origin", NUMBERS, AT(offset)},
    {"ImagePosition", NUMBERS, AT(offset)},
    {"ElementOrigin", NUMBERS, AT(offset)},
    {"TransformMatrix", MATRIX, AT(matrix)},
    {"Rotation", MATRIX, AT(matrix)},
    {"Orientation", MATRIX, AT(matrix)},
    {"ElementDirection", MATRIX, AT(matrix)},
    {"ElementNumberOfChannels", INTEGER, AT(channels)},
    {"ElementToIntensityFunctionSlope", NUMBER, AT(slope)},
    {"ElementToIntensityFunctionOffset", NUMBER, AT(intercept)},
    {"ElementType", TYPE, AT(sample)},
    {"DistanceUnits", WORD, AT(units)},
    {"Modality", WORD, AT(modality)},
    {"AnatomicalOrientation", WORD, AT(orientation)},
    {"ElementDataFile", DATA, AT(parts)},
    {"ObjectSubType", IGNORED, 0, 0},
    {"Comment", IGNORED, 0, 0},
    {"Name", IGNORED, 0, 0},
    {"ID", IGNORED, 0, 0},
};
enum { KEYS = sizeof keys / sizeof *keys };

static int find_key(const char *text, size_t length) {
    for (int i = 0; i < KEYS; i++)
        if (strlen(keys[i].name) == length && memcmp(keys[i].name, text, length) == 0) return i;
    return -1;
}

/* Bytes of a line before blanks or '='. */
static size_t key_length(const char *text, size_t count) {
    size_t length = 0;
    while (length < count && text[length] != ' ' && text[length] != '\t' && text[length] != '=') length++;
    return length;
}

/* A known key, then '=': MetaImage has no magic number. */
static bool probe(const cc_head *head) {
    size_t mark = cc_byte_order_mark(head->bytes, head->count), count = head->count - mark;
    const char *text = (const char *)head->bytes + mark;
    size_t length = key_length(text, count), next = length;
    while (next < count && (text[next] == ' ' || text[next] == '\t')) next++;
    return !head->gzipped && next < count && text[next] == '=' && find_key(text, length) >= 0;
}

/* Reads a value into its place in `h`, as the key's kind says. */
static cc_status read_value(metaimage_header *h, const struct key *key, const char *value,
                            const cc_field *field) {
    void *out = (char *)h + key->at;
    const int dims = (int)h->dims;
    switch (key->kind) {
    case WORD:
        if (strlen(value) >= WORD_BYTES) return cc_field_fail(field, CC_EFORMAT, NULL, "no word but", value);
        strcpy(out, value);
        return CC_OK;
    case BOOL: { /* MetaIO looks at the first letter */
        const bool yes = value[0] && strchr("TtYy1", value[0]);
        *(bool *)out = yes;
        return yes || (value[0] && strchr("FfNn0", value[0]))
                   ? CC_OK
                   : cc_field_fail(field, CC_EFORMAT, NULL, "True or False is wanted, not", value);
    }
    case TYPE:
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
            if (strcmp(types[i].name, value) == 0) {
                *(cc_sample_type *)out = types[i].sample;
                return CC_OK;
            }
        return cc_field_fail(field, CC_EUNSUPPORTED, "MET_UCHAR, MET_SHORT, MET_FLOAT and the like are read",
                             "no scalar type:", value);
    case INTEGER:
        CC_TRY(cc_field_integers(out, 1, value, field));
        if (key->at == offsetof(metaimage_header, dims) && (h->dims < 2 || h->dims > MAX_DIMS))
            return cc_field_fail(field, CC_EUNSUPPORTED, "2 or 3 are read, more where they are of one frame",
                                 "dimensions:", value);
        return CC_OK;
    case NUMBER:
        return cc_field_numbers(out, 1, value, field);
    case INTEGERS:
        return cc_field_integers(out, dims, value, field);
    case NUMBERS:
        return cc_field_numbers(out, dims, value, field);
    case MATRIX:
        return cc_field_numbers(out, dims * dims, value, field);
    case DATA:
        if (strcmp(value, "LOCAL") == 0 || strcmp(value, "Local") == 0 || strcmp(value, "local") == 0) {
            h->parts = (cc_parts){.kind = CC_PARTS_LOCAL, .field = key->name, .count = 1};
            return cc_path_join(h->parts.header, "", field->path);
        }
        return cc_parts_name(&h->parts, value, false, field);
    case IGNORED:
        break;
    }
    return CC_OK;
}

/* Which key filled a place; NULL where none did. */
static const char *said(const bool seen[KEYS], size_t at) {
    for (int i = 0; i < KEYS; i++)
        if (seen[i] && keys[i].bytes && keys[i].at == at) return keys[i].name;
    return NULL;
}

/* One "Key = value". A key that is said twice must say the same thing both times. */
static cc_status parse_line(metaimage_header *h, bool seen[KEYS], cc_lines *lines, bool *last) {
    char *line = lines->text, *value = strchr(line, '=');
    size_t length = key_length(line, strlen(line));
    if (!*line) return CC_OK;
    if (lines->cut) {
        line[40] = 0;
        return cc_fail(CC_EFORMAT, lines->path, "lines have at most 4095 bytes",
                       "header: the line \"%s...\" is too long", line);
    }
    if (!value)
        return cc_fail(CC_EFORMAT, lines->path, "the header may be cut off",
                       "header: \"%.40s\" is no \"Key = value\"", line);
    for (value++; *value == ' ' || *value == '\t';) value++;
    line[length] = 0;
    int i = find_key(line, length);
    if (i < 0) return CC_OK;
    const struct key *key = &keys[i];
    const char *before = said(seen, key->at);
    cc_field field = {lines->path, key->name};
    metaimage_header repeated = *h; /* read beside the header first, to be compared with what it has */
    if (key->kind >= INTEGERS && h->dims == 0)
        return cc_fail(CC_EFORMAT, lines->path, "the header is incomplete", "NDims: it must stand before %s",
                       key->name);
    CC_TRY(read_value(&repeated, key, value, &field));
    if (before && memcmp((char *)h + key->at, (char *)&repeated + key->at, key->bytes) != 0)
        return cc_fail(CC_EFORMAT, lines->path, "keep the one that is right",
                       "%s: \"%.80s\" contradicts %s before it", key->name, value, before);
    *h = repeated;
    seen[i] = true;
    *last = key->kind == DATA;
    return CC_OK;
}

/* Lines up to ElementDataFile, after which voxels or names of files begin. */
static cc_status read_header(metaimage_header *h, bool seen[KEYS], const char *path) {
    cc_lines lines;
    bool last = false, got = true;
    cc_status status = CC_OK;
    CC_TRY(cc_lines_open(&lines, path, 0));
    for (int i = 0; status == CC_OK && !last && i < HEADER_LINES; i++) {
        status = cc_lines_next(&got, &lines);
        if (!got) break;
        if (status == CC_OK) status = parse_line(h, seen, &lines, &last);
    }
    h->end = lines.at;
    cc_lines_close(&lines);
    if (status != CC_OK) return status;
    const char *missing = !h->dims                                          ? "NDims"
                          : !said(seen, offsetof(metaimage_header, size))   ? "DimSize"
                          : !said(seen, offsetof(metaimage_header, sample)) ? "ElementType"
                          : !last                                           ? "ElementDataFile"
                                                                            : NULL;
    return missing ? cc_fail(CC_EFORMAT, path, "the header is incomplete", "%s: it is missing", missing)
                   : CC_OK;
}

/* What is sound, but no image of one channel in mm. */
static cc_status refuse_others(const metaimage_header *h, const char *path) {
    if (*h->object && strcmp(h->object, "Image") != 0)
        return cc_fail(CC_EUNSUPPORTED, path, "only images are read", "ObjectType: not an image but \"%s\"",
                       h->object);
    if (!h->binary)
        return cc_fail(CC_EUNSUPPORTED, path, "write it as binary",
                       "BinaryData: voxels as text are not read");
    if (h->channels != 1)
        return cc_fail(CC_EUNSUPPORTED, path, "one channel is read",
                       "ElementNumberOfChannels: channels: %lld", (long long)h->channels);
    if (h->slope != 1 || h->intercept != 0)
        return cc_fail(
            CC_EUNSUPPORTED, path, "write the intensities themselves: tools differ on what this means",
            "ElementToIntensityFunctionSlope, ElementToIntensityFunctionOffset: %g and %g, not 1 and 0",
            h->slope, h->intercept);
    if (*h->units && strcmp(h->units, "mm") != 0 && strcmp(h->units, "?") != 0)
        return cc_fail(CC_EUNSUPPORTED, path, "write spacing and offset in mm",
                       "DistanceUnits: \"%s\", where mm is wanted", h->units);
    for (int k = 3; k < h->dims; k++)
        if (h->size[k] != 1)
            return cc_fail(CC_EUNSUPPORTED, path, "split it into volumes",
                           "DimSize: %lld frames along dimension %d, where one is wanted",
                           (long long)h->size[k], k + 1);
    if (h->compressed_bytes < 0 || h->header_bytes < -1)
        return cc_fail(CC_EFORMAT, path, NULL, "%s: a negative size: %lld",
                       h->compressed_bytes < 0 ? "CompressedDataSize" : "HeaderSize",
                       (long long)(h->compressed_bytes < 0 ? h->compressed_bytes : h->header_bytes));
    return CC_OK;
}

/* Row i of the file's matrix is the direction of axis i. Of more than three axes the first three are the
 * image's, and must not mix with the others. */
static cc_status set_directions(cc_grid *grid, const metaimage_header *h, const char *key, const char *path) {
    for (int axis = 0; axis < h->dims; axis++) {
        double length = 0;
        for (int i = 0; i < h->dims; i++) {
            double part = h->matrix[axis * h->dims + i];
            /* An entry outside the upper left 3 x 3 would turn the image into its fourth dimension. */
            if ((axis < 3) != (i < 3) && part != 0)
                return cc_fail(CC_EUNSUPPORTED, path, "only the image's three axes may turn",
                               "%s: dimension %d mixes with dimension %d", key, axis + 1, i + 1);
            if (axis < 3 && i < 3) grid->direction[i * 3 + axis] = part;
            length += part * part;
        }
        length = sqrt(length);
        if (axis < 3 && !(fabs(length - 1) <= 0.01))
            return cc_fail(CC_EFORMAT, path, "unit vectors are wanted, and ElementSpacing for their length",
                           "%s: the direction of axis %c has length %g", key, "xyz"[axis], length);
        for (int i = 0; axis < 3 && i < 3; i++)
            if (fabs(length - 1) > 1e-9) grid->direction[i * 3 + axis] /= length; /* rounded by its writer */
    }
    return CC_OK;
}

/* The key that says the spacing, NULL where none does, and what it says. */
static const char *find_spacing(const double **spacing, const metaimage_header *h, const bool seen[KEYS]) {
    const char *key = said(seen, offsetof(metaimage_header, spacing));
    *spacing = key ? h->spacing : h->element_size;
    return key ? key : said(seen, offsetof(metaimage_header, element_size));
}

/* Spacing along an axis that neither the header says nor `options` state. */
static bool unsaid(const metaimage_header *h, const bool seen[KEYS], const cc_read_options *options, int k) {
    const double *spacing;
    return !(find_spacing(&spacing, h, seen) && k < h->dims) && !(options->spacing_mm[k] > 0);
}

/* ElementSpacing, else ElementSize, else what is stated, else 1 mm. A negative one flips its axis, as in
 * ITK. */
static cc_status set_spacing(cc_grid *grid, const metaimage_header *h, const bool seen[KEYS],
                             const cc_read_options *options, const char *path) {
    const double *spacing;
    const char *key = find_spacing(&spacing, h, seen);
    for (int k = 0; k < 3; k++) {
        double *out = &grid->spacing_mm[k];
        *out = key && k < h->dims ? spacing[k] : unsaid(h, seen, options, k) ? 1 : 0;
        if (!isfinite(*out) && !(options->spacing_mm[k] > 0)) return cc_grid_check(grid, path);
        if (!(*out < 0)) continue;
        *out = -*out;
        for (int i = 0; i < 3; i++) grid->direction[i * 3 + k] = 0 - grid->direction[i * 3 + k]; /* no -0 */
    }
    return cc_reader_complete_spacing(grid, options, key ? key : "ElementSpacing", path);
}

/* BinaryDataByteOrderMSB before ElementByteOrderMSB, as in ITK; else the low byte first. */
static bool is_big_endian(const metaimage_header *h, const bool seen[KEYS]) {
    return said(seen, offsetof(metaimage_header, data_msb)) ? h->data_msb : h->element_msb;
}

/* What the geometry rests on that the header does not say. */
static void warn_of_geometry(const metaimage_header *h, const bool seen[KEYS], const cc_read_options *options,
                             const char *path) {
    const double *spacing;
    const char *key = find_spacing(&spacing, h, seen);
    char axes[4] = "";
    for (int k = 0, count = 0; k < 3; k++)
        if (unsaid(h, seen, options, k)) axes[count++] = "xyz"[k];
    if (*axes)
        cc_log(CC_LOG_WARNING,
               "%s: ElementSpacing: the header does not say how large a voxel is along %s; 1 mm is taken "
               "(state it: --spacing X,Y,Z)",
               path, axes);
    for (int k = 0; key && k < 3 && k < h->dims; k++)
        if (spacing[k] < 0)
            cc_log(CC_LOG_WARNING, "%s: %s: %g along %c: the axis is turned", path, key, spacing[k],
                   "xyz"[k]);
    if (!said(seen, offsetof(metaimage_header, matrix)))
        cc_log(CC_LOG_WARNING,
               "%s: TransformMatrix: the header does not say how the axes lie%s%s; x to the left, y to the "
               "back, z "
               "to the head is taken",
               path, *h->orientation ? ", but AnatomicalOrientation " : "", h->orientation);
    if (!said(seen, offsetof(metaimage_header, offset)))
        cc_log(CC_LOG_WARNING,
               "%s: Offset: the header does not say where the first voxel lies; 0 0 0 is taken", path);
}

/* What makes voxels something else than HU, or their bytes ambiguous. */
static void warn_of_values(const metaimage_header *h, const bool seen[KEYS], const char *path) {
    static const char *const others[] = {"MET_MOD_MR", "MET_MOD_NM", "MET_MOD_US"};
    bool data = said(seen, offsetof(metaimage_header, data_msb)),
         element = said(seen, offsetof(metaimage_header, element_msb));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(h->modality, others[i]) == 0)
            cc_log(CC_LOG_WARNING, "%s: Modality: %s: its values are no HU of a CT", path, h->modality);
    if (data && element && h->data_msb != h->element_msb)
        cc_log(CC_LOG_WARNING,
               "%s: BinaryDataByteOrderMSB and ElementByteOrderMSB contradict each other; the first is "
               "taken, as "
               "ITK does",
               path);
    if (!data && !element && cc_sample_bytes(h->sample) > 1)
        cc_log(CC_LOG_WARNING,
               "%s: BinaryDataByteOrderMSB: the header does not say the byte order; low bytes first is taken",
               path);
}

/* Where the voxels begin: HeaderSize counts from the start of the file, the header's own lines included. */
static cc_status locate(cc_parts *out, const metaimage_header *h, const char *path) {
    *out = h->parts;
    bool local = out->kind == CC_PARTS_LOCAL,
         several = out->kind == CC_PARTS_PATTERN || out->kind == CC_PARTS_LIST;
    out->sizes_field = "DimSize";
    out->list_at = h->end;
    out->packing = h->compressed ? CC_PACKING_ZLIB : CC_PACKING_NONE;
    out->packed_bytes = h->compressed && !several ? (uint64_t)h->compressed_bytes : 0;
    /* HeaderSize -1: the voxels are the last bytes of the file, whatever stands before them. */
    out->start = h->header_bytes > 0 ? (uint64_t)h->header_bytes : local ? h->end : 0;
    out->skip_bytes = h->header_bytes == -1 ? -1 : 0;
    if (h->header_bytes == -1 && h->compressed)
        return cc_fail(
            CC_EUNSUPPORTED, path, "say how many bytes to pass over",
            "HeaderSize: -1, but how many bytes end the file is not known where they are compressed");
    if (local && out->start < h->end)
        return cc_fail(CC_EFORMAT, path, "it counts from the start of the file",
                       "HeaderSize: %lld bytes, but the header itself has %llu", (long long)h->header_bytes,
                       (unsigned long long)h->end);
    return cc_parts_divide(out, (int)h->dims, h->size, cc_sample_bytes(h->sample));
}

static cc_status read_image(cc_metaimage *out, const char *path, const cc_read_options *options) {
    metaimage_header h = {.binary = true, .channels = 1, .slope = 1, .size = {1, 1, 1}};
    bool seen[KEYS] = {false};
    CC_TRY(read_header(&h, seen, path));
    CC_TRY(refuse_others(&h, path));
    /* What the header does not say keeps the value of the unit grid, and is warned of below. */
    out->grid = cc_grid_unit();
    memcpy(out->grid.dims, h.size, sizeof out->grid.dims);
    memcpy(out->grid.origin_mm, h.offset, sizeof out->grid.origin_mm);
    const char *matrix = said(seen, offsetof(metaimage_header, matrix));
    if (matrix) CC_TRY(set_directions(&out->grid, &h, matrix, path));
    CC_TRY(set_spacing(&out->grid, &h, seen, options, path));
    CC_TRY(cc_grid_check(&out->grid, path));
    out->coding = (cc_coding){h.sample, is_big_endian(&h, seen), 1, 0};
    CC_TRY(locate(&out->parts, &h, path));
    CC_TRY(cc_parts_check(&out->parts));
    warn_of_geometry(&h, seen, options, path);
    warn_of_values(&h, seen, path);
    return CC_OK;
}

cc_status cc_metaimage_open(cc_metaimage *out, const char *path) {
    const cc_read_options options = {0};
    return read_image(out, path, &options);
}

cc_status cc_metaimage_read_slice(float *values, const cc_metaimage *image, int64_t z) {
    uint64_t pixels = (uint64_t)(image->grid.dims[0] * image->grid.dims[1]);
    cc_parts_reader reader = cc_parts_start(&image->parts, &image->coding, pixels * (uint64_t)z);
    cc_status status = cc_parts_read(values, pixels, &reader);
    cc_parts_stop(&reader);
    return status;
}

static cc_status read_metaimage(cc_volume *out, const char *path, const cc_head *head,
                                const cc_read_options *options) {
    (void)head;
    cc_metaimage image;
    CC_TRY(read_image(&image, path, options));
    out->grid = image.grid;
    return cc_parts_fill(out, &image.parts, &image.coding);
}

const cc_reader cc_reader_metaimage = {"metaimage", probe, read_metaimage};
