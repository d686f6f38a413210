/* datasets/readers/nrrd.c -- NRRD (.nrrd; .nhdr beside its data; .seg.nrrd of 3D Slicer), versions 1 to 5.
 *
 * Lines "field: value" and "key:=value"; the voxels behind the first blank line, or in the files that
 * "data file" names. Source: "Definition of NRRD File Format", teem.sourceforge.net/nrrd/format.html, and
 * NrrdIO, the part of Teem that ITK carries, where the text leaves a choice; compared with SimpleITK and
 * pynrrd. The image's axes are those with a vector in "space directions", else those whose kind is a
 * domain. What is refused rather than guessed: a space that is no patient's (scanner-xyz,
 * 3D-right-handed), positions by "axis mins", units other than mm, values quantised from others ("old
 * min"), more than one component that no segments explain. */
#include "datasets/readers/nrrd_segments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/file.h"
#include "core/log.h"
#include "datasets/readers/reader.h"

enum { SPACE_DIMS_MAX = 4, KIND_BYTES = 24 };

typedef enum field_id {
    PASSED_OVER,
    TYPE,
    DIMENSION,
    SIZES,
    SPACINGS,
    AXIS_MINS,
    KINDS,
    UNITS,
    SPACE,
    SPACE_DIMENSION,
    SPACE_UNITS,
    SPACE_ORIGIN,
    SPACE_DIRECTIONS,
    OLD_MIN,
    OLD_MAX,
    ENDIAN,
    ENCODING,
    LINE_SKIP,
    BYTE_SKIP,
    DATA_FILE,
    IDS
} field_id;

/* Field names, in any case; the second of a pair without its blank, as the definition allows. */
static const struct {
    const char *name;
    field_id id;
} fields[] = {
    {"type", TYPE},
    {"dimension", DIMENSION},
    {"sizes", SIZES},
    {"spacings", SPACINGS},
    {"axis mins", AXIS_MINS},
    {"axismins", AXIS_MINS},
    {"kinds", KINDS},
    {"units", UNITS},
    {"space", SPACE},
    {"space dimension", SPACE_DIMENSION},
    {"spacedimension", SPACE_DIMENSION},
    {"space units", SPACE_UNITS},
    {"spaceunits", SPACE_UNITS},
    {"space origin", SPACE_ORIGIN},
    {"spaceorigin", SPACE_ORIGIN},
    {"space directions", SPACE_DIRECTIONS},
    {"spacedirections", SPACE_DIRECTIONS},
    {"old min", OLD_MIN},
    {"oldmin", OLD_MIN},
    {"old max", OLD_MAX},
    {"oldmax", OLD_MAX},
    {"endian", ENDIAN},
    {"encoding", ENCODING},
    {"line skip", LINE_SKIP},
    {"lineskip", LINE_SKIP},
    {"byte skip", BYTE_SKIP},
    {"byteskip", BYTE_SKIP},
    {"data file", DATA_FILE},
    {"datafile", DATA_FILE},
    {"content", PASSED_OVER},
    {"number", PASSED_OVER},
    {"block size", PASSED_OVER},
    {"blocksize", PASSED_OVER},
    {"thicknesses", PASSED_OVER},
    {"axis maxs", PASSED_OVER},
    {"axismaxs", PASSED_OVER},
    {"centers", PASSED_OVER},
    {"centerings", PASSED_OVER},
    {"labels", PASSED_OVER},
    {"min", PASSED_OVER},
    {"max", PASSED_OVER},
    {"sample units", PASSED_OVER},
    {"sampleunits", PASSED_OVER},
    {"measurement frame", PASSED_OVER},
    {"measurementframe", PASSED_OVER},
};

static const struct {
    const char *names[7];
    cc_sample_type sample;
} types[] = {
    {{"signed char", "int8", "int8_t"}, CC_SAMPLE_INT8},
    {{"uchar", "unsigned char", "uint8", "uint8_t"}, CC_SAMPLE_UINT8},
    {{"short", "short int", "signed short", "signed short int", "int16", "int16_t"}, CC_SAMPLE_INT16},
    {{"ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"}, CC_SAMPLE_UINT16},
    {{"int", "signed int", "int32", "int32_t"}, CC_SAMPLE_INT32},
    {{"uint", "unsigned int", "uint32", "uint32_t"}, CC_SAMPLE_UINT32},
    {{"longlong", "long long", "long long int", "signed long long", "signed long long int", "int64",
      "int64_t"},
     CC_SAMPLE_INT64},
    {{"ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"}, CC_SAMPLE_UINT64},
    {{"float"}, CC_SAMPLE_FLOAT32},
    {{"double"}, CC_SAMPLE_FLOAT64},
};

/* Spaces of a patient, and the sign by which each of their axes becomes LPS. */
static const struct {
    const char *names[4];
    double sign[3];
} spaces[] = {
    {{"left-posterior-superior", "left posterior superior", "leftposteriorsuperior", "LPS"}, {1, 1, 1}},
    {{"right-anterior-superior", "right anterior superior", "rightanteriorsuperior", "RAS"}, {-1, -1, 1}},
    {{"left-anterior-superior", "left anterior superior", "leftanteriorsuperior", "LAS"}, {1, -1, 1}},
};

typedef struct nrrd_header {
    bool seen[IDS];
    int dims, space_dims;
    int64_t sizes[CC_DIMS_MAX], line_skip, byte_skip;
    double spacings[CC_DIMS_MAX], mins[CC_DIMS_MAX], directions[CC_DIMS_MAX][SPACE_DIMS_MAX];
    double origin[SPACE_DIMS_MAX], sign[3], old_min, old_max;
    bool directed[CC_DIMS_MAX]; /* has a vector in "space directions" */
    char kinds[CC_DIMS_MAX][KIND_BYTES];
    cc_sample_type sample;
    bool big_endian, gzipped;
    cc_parts parts;
    cc_segments segments;
} nrrd_header;

/* Axes of the image in the file's order, and the one axis beside them that is longer than 1. */
typedef struct nrrd_axes {
    int axis[3], count;
    int64_t components;
    uint64_t inner; /* values before the next component */
} nrrd_axes;

static bool probe(const cc_head *head) {
    size_t mark = cc_byte_order_mark(head->bytes, head->count);
    return !head->gzipped && head->count >= mark + 6 && memcmp(head->bytes + mark, "NRRD00", 6) == 0;
}

/* ---- values ---- */

static cc_status read_type(nrrd_header *h, const char *value, const cc_field *field) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (int k = 0; k < 7 && types[i].names[k]; k++)
            if (strcasecmp(types[i].names[k], value) == 0) {
                h->sample = types[i].sample;
                return CC_OK;
            }
    return cc_field_fail(field, CC_EUNSUPPORTED, "integers of 8 to 64 bits, float and double are read",
                         "no scalar type:", value);
}

/* Any spelling of the three spaces of a patient, also with time. */
static cc_status read_space(nrrd_header *h, const char *value, const cc_field *field) {
    size_t length = strlen(value);
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        for (int k = 0; k < 4; k++) {
            const char *name = spaces[i].names[k];
            if (length < strlen(name) || strncasecmp(name, value, strlen(name)) != 0) continue;
            const char *rest = value + strlen(name);
            /* "...-time" adds time as a fourth axis of space, spelt as the name is. */
            bool timed = strcasecmp(rest, k == 0 ? "-time" : k == 1 ? " time" : k == 2 ? "time" : "T") == 0;
            if (*rest && !timed) continue;
            memcpy(h->sign, spaces[i].sign, sizeof h->sign);
            h->space_dims = timed ? 4 : 3;
            return CC_OK;
        }
    return cc_field_fail(
        field, CC_EUNSUPPORTED,
        "left-posterior-superior, right-anterior-superior and left-anterior-superior are read",
        "a space that does not say how the patient lies:", value);
}

/* One vector "(x,y,z)", or "none" where that is allowed; *next moves behind it. */
static cc_status read_vector(double *out, bool *none, int count, const char **next, const cc_field *field) {
    const char *at = *next + strspn(*next, " \t");
    *none = strncmp(at, "none", 4) == 0 && (!at[4] || at[4] == ' ' || at[4] == '\t');
    if (*none) {
        *next = at + 4;
        return CC_OK;
    }
    bool good = *at == '(';
    for (int i = 0; good && i < count; i++) {
        char *end;
        out[i] = strtod(++at, &end);
        good = end != at;
        at = end + strspn(end, " \t");
        good = good && *at == (i < count - 1 ? ',' : ')') && isfinite(out[i]);
    }
    if (!good)
        return cc_fail(CC_EFORMAT, field->path, "as (1,0,0)",
                       "%s: vectors of %d numbers are wanted, not \"%.80s\"", field->name, count, *next);
    *next = at + 1;
    return CC_OK;
}

/* "space directions", one vector an axis, or "space origin". */
static cc_status read_vectors(nrrd_header *h, bool directions, const char *value, const cc_field *field) {
    const char *next = value;
    bool none;
    if (h->space_dims == 0)
        return cc_fail(CC_EFORMAT, field->path, "name the space", "%s: \"space\" must stand before it",
                       field->name);
    for (int k = 0; k < (directions ? h->dims : 1); k++) {
        CC_TRY(read_vector(directions ? h->directions[k] : h->origin, &none, h->space_dims, &next, field));
        if (none && !directions)
            return cc_field_fail(field, CC_EFORMAT, NULL, "a vector is wanted, not", value);
        if (directions) h->directed[k] = !none;
    }
    return next[strspn(next, " \t")]
               ? cc_field_fail(field, CC_EFORMAT, "one vector an axis", "more than wanted:", value)
               : CC_OK;
}

/* One word an axis: "domain", "space", "list", "vector" and others. */
static cc_status read_kinds(nrrd_header *h, const char *value, const cc_field *field) {
    const char *next = value + strspn(value, " \t");
    for (int k = 0; k < h->dims; k++) {
        size_t length = strcspn(next, " \t");
        if (length == 0 || length >= KIND_BYTES)
            return cc_field_fail(field, CC_EFORMAT, "one word an axis", "words wanted, not", value);
        memcpy(h->kinds[k], next, length);
        next += length + strspn(next + length, " \t");
    }
    return *next ? cc_field_fail(field, CC_EFORMAT, "one word an axis", "more than wanted:", value) : CC_OK;
}

/* "units" and "space units": each in quotes; nothing but mm, or nothing said. */
static cc_status read_units(const char *value, const cc_field *field) {
    static const char *const known[] = {"",           "mm",          "millimeter", "millimeters",
                                        "millimetre", "millimetres", "none",       "???"};
    for (const char *at = strchr(value, '"'); at; at = strchr(at + 1, '"')) {
        size_t length = strcspn(++at, "\""), i = 0;
        while (i < sizeof known / sizeof *known &&
               (strlen(known[i]) != length || strncasecmp(known[i], at, length) != 0))
            i++;
        if (i == sizeof known / sizeof *known)
            return cc_field_fail(field, CC_EUNSUPPORTED, "write them in mm", "other units than mm:", value);
        at += length;
        if (!*at) break;
    }
    return CC_OK;
}

/* Reads a field's value into the header, once, and behind what it depends on. */
static cc_status parse_field(nrrd_header *h, field_id id, const char *value, const cc_field *field) {
    const bool sized = id >= SIZES && id <= UNITS; /* one entry an axis */
    int64_t number;
    if ((sized || id == SPACE_DIRECTIONS) && h->dims == 0)
        return cc_fail(CC_EFORMAT, field->path, "the fields are out of order",
                       "%s: \"dimension\" must stand before it", field->name);
    if (id != PASSED_OVER && h->seen[id])
        return cc_fail(CC_EFORMAT, field->path, "keep the one that is right", "%s: it stands there twice",
                       field->name);
    h->seen[id] = true;
    switch (id) {
    case TYPE:
        return read_type(h, value, field);
    case DIMENSION:
        CC_TRY(cc_field_integers(&number, 1, value, field));
        if (number < 1 || number > CC_DIMS_MAX)
            return cc_field_fail(field, CC_EFORMAT, "1 to 16", "dimensions:", value);
        h->dims = (int)number;
        return CC_OK;
    case SIZES:
        return cc_field_integers(h->sizes, h->dims, value, field);
    case SPACINGS:
        return cc_field_numbers(h->spacings, h->dims, value, field);
    case AXIS_MINS:
        return cc_field_numbers(h->mins, h->dims, value, field);
    case KINDS:
        return read_kinds(h, value, field);
    case UNITS:
    case SPACE_UNITS:
        return read_units(value, field);
    case SPACE:
    case SPACE_DIMENSION:
        if (h->space_dims)
            return cc_field_fail(field, CC_EFORMAT, "keep one", "the space is named twice:", value);
        if (id == SPACE) return read_space(h, value, field);
        CC_TRY(cc_field_integers(&number, 1, value, field));
        if (number != 3)
            return cc_field_fail(field, CC_EUNSUPPORTED, "3 is read", "dimensions of space:", value);
        h->space_dims = 3; /* a space without a name: taken for LPS, which is warned of */
        for (int i = 0; i < 3; i++) h->sign[i] = 1;
        return CC_OK;
    case SPACE_ORIGIN:
    case SPACE_DIRECTIONS:
        return read_vectors(h, id == SPACE_DIRECTIONS, value, field);
    case OLD_MIN:
    case OLD_MAX:
        return cc_field_numbers(id == OLD_MIN ? &h->old_min : &h->old_max, 1, value, field);
    case ENDIAN:
        h->big_endian = strcasecmp(value, "big") == 0;
        if (h->big_endian || strcasecmp(value, "little") == 0) return CC_OK;
        return cc_field_fail(field, CC_EFORMAT, NULL, "little or big is wanted, not", value);
    case ENCODING:
        h->gzipped = strcasecmp(value, "gzip") == 0 || strcasecmp(value, "gz") == 0;
        if (h->gzipped || strcasecmp(value, "raw") == 0) return CC_OK;
        return cc_field_fail(field, CC_EUNSUPPORTED, "raw and gzip are read", "it is not read:", value);
    case LINE_SKIP:
    case BYTE_SKIP:
        return cc_field_integers(id == LINE_SKIP ? &h->line_skip : &h->byte_skip, 1, value, field);
    case DATA_FILE:
        return cc_parts_name(&h->parts, value, true, field);
    case PASSED_OVER:
    case IDS:
        break;
    }
    return CC_OK;
}

/* ---- lines ---- */

static int find_field(const char *line, size_t length) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strlen(fields[i].name) == length && strncasecmp(fields[i].name, line, length) == 0) return (int)i;
    return -1;
}

static cc_status parse_line(nrrd_header *h, cc_lines *lines) {
    char *line = lines->text, *colon = strchr(line, ':'), *pair = strstr(line, ":=");
    if (*line == '#') return CC_OK;
    /* "key:=value" is a pair of the writer's own, "field: value" a field of the format. */
    int i = colon && colon[1] != '=' ? find_field(line, (size_t)(colon - line)) : -1;
    if (i < 0 && pair) {
        *pair = 0;
        return cc_segments_add_pair(&h->segments, line, pair + 2, lines->path);
    }
    if (i < 0)
        return cc_fail(CC_EFORMAT, lines->path, "the header may be cut off, or the field misspelt",
                       "header: \"%.40s\" is no \"field: value\" of NRRD", line);
    cc_field field = {lines->path, fields[i].name};
    if (lines->cut && fields[i].id != PASSED_OVER)
        return cc_field_fail(&field, CC_EFORMAT, NULL, "the line is too long:", colon + 1);
    return parse_field(h, fields[i].id, colon + 1 + strspn(colon + 1, " \t"), &field);
}

static cc_status read_magic(cc_lines *lines) {
    static const char *const magics[] = {"NRRD00.01", "NRRD0001", "NRRD0002",
                                         "NRRD0003",  "NRRD0004", "NRRD0005"};
    bool got;
    CC_TRY(cc_lines_next(&got, lines));
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (strcmp(lines->text, magics[i]) == 0) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, lines->path, "NRRD0001 to NRRD0005 are read", "magic: \"%.40s\"",
                   lines->text);
}

/* Reads up to the first blank line, the names of a LIST, or the file's end. */
static cc_status read_header(nrrd_header *h, const char *path) {
    cc_lines lines;
    bool got = true;
    CC_TRY(cc_lines_open(&lines, path, 0));
    cc_status status = read_magic(&lines);
    while (status == CC_OK && h->parts.kind != CC_PARTS_LIST) {
        status = cc_lines_next(&got, &lines);
        if (status != CC_OK || !got || !*lines.text) break;
        status = parse_line(h, &lines);
    }
    h->parts.list_at = lines.at;
    cc_lines_close(&lines);
    if (status != CC_OK) return status;
    if (!h->seen[DATA_FILE]) {
        h->parts = (cc_parts){.kind = CC_PARTS_LOCAL, .field = "data file", .count = 1, .start = lines.at};
        CC_TRY(cc_path_join(h->parts.header, "", path));
    }
    /* Without "data file" the blank line must come: its end is where voxels begin. */
    bool endless = !h->seen[DATA_FILE] && !got, has_order = cc_sample_bytes(h->sample) > 1;
    const char *missing = !h->seen[DIMENSION]             ? "dimension"
                          : !h->seen[TYPE]                ? "type"
                          : !h->seen[SIZES]               ? "sizes"
                          : !h->seen[ENCODING]            ? "encoding"
                          : has_order && !h->seen[ENDIAN] ? "endian"
                          : endless                       ? "data file"
                                                          : NULL;
    return missing ? cc_fail(CC_EFORMAT, path, "the header is incomplete", "%s: it is missing", missing)
                   : CC_OK;
}

/* ---- geometry ---- */

/* Kinds of an axis along which the image lies, as NrrdIO has them. */
static bool is_domain(const char *kind) {
    return !*kind || strcasecmp(kind, "domain") == 0 || strcasecmp(kind, "space") == 0 ||
           strcasecmp(kind, "none") == 0 || strcmp(kind, "???") == 0;
}

/* Which axes are the image's, and which one, if any, counts layers of segments. */
static cc_status find_layout(nrrd_axes *out, const nrrd_header *h, const char *path) {
    bool image[CC_DIMS_MAX];
    *out = (nrrd_axes){.components = 1, .inner = 1};
    for (int k = 0; k < h->dims; k++) {
        if (h->sizes[k] < 1)
            return cc_fail(CC_EFORMAT, path, "each must be at least 1", "sizes: axis %d has %lld", k + 1,
                           (long long)h->sizes[k]);
        image[k] = h->seen[SPACE_DIRECTIONS] ? h->directed[k] : is_domain(h->kinds[k]);
        if (image[k] && h->seen[SPACE_DIRECTIONS] && h->space_dims == 4) /* not along time alone */
            image[k] = h->directions[k][0] != 0 || h->directions[k][1] != 0 || h->directions[k][2] != 0;
        out->count += image[k];
    }
    for (int k = h->dims - 1; k >= 0 && out->count > 3; k--) { /* "3 2 2 1" without a word on the last */
        if (image[k] && h->sizes[k] != 1) break;
        out->count -= image[k];
        image[k] = false;
    }
    if (out->count > 3 || out->count < 2 || (h->seen[SPACE_DIRECTIONS] && out->count != 3))
        return cc_fail(CC_EUNSUPPORTED, path, "split it into volumes",
                       "%s: %d axes of the image, where %s wanted",
                       h->seen[SPACE_DIRECTIONS] ? "space directions" : "sizes", out->count,
                       h->seen[SPACE_DIRECTIONS] ? "3 are" : "2 or 3 are");
    int count = 0;
    for (int k = 0; k < h->dims; k++) {
        if (image[k]) out->axis[count++] = k;
        if (image[k] || h->sizes[k] == 1) continue;
        if (out->components > 1 || h->segments.count == 0)
            return cc_fail(CC_EUNSUPPORTED, path, "split it into volumes",
                           "sizes: axis %d (%s) has %lld components, where one is wanted", k + 1,
                           *h->kinds[k] ? h->kinds[k] : "no kind", (long long)h->sizes[k]);
        out->components = h->sizes[k];
        for (int i = 0; i < k; i++)
            /* Values before the next component: the product of the sizes before that axis. */
            if (__builtin_mul_overflow(out->inner, (uint64_t)h->sizes[i], &out->inner))
                out->inner = UINT64_MAX;
    }
    return CC_OK;
}

/* Along axis k of the image: from its vector, or from "spacings" alone. */
static cc_status set_axis(cc_grid *grid, const nrrd_header *h, int k, int axis, const char *path) {
    double spacing = h->seen[SPACINGS] && isfinite(h->spacings[axis]) ? h->spacings[axis] : 0;
    if (!h->seen[SPACE_DIRECTIONS]) {
        if (spacing < 0) grid->direction[k * 3 + k] = -1; /* as in ITK */
        grid->spacing_mm[k] = fabs(spacing);
        return CC_OK;
    }
    const double *v = h->directions[axis];
    double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    if (h->space_dims == 4 && v[3] != 0)
        return cc_fail(CC_EUNSUPPORTED, path, NULL, "space directions: axis %d mixes with time", axis + 1);
    if (!(length > 0))
        return cc_fail(CC_EFORMAT, path, "a vector as long as the spacing is wanted",
                       "space directions: axis %d has length %g", axis + 1, length);
    if (spacing != 0 && fabs(fabs(spacing) - length) > 1e-4 * length)
        return cc_fail(CC_EFORMAT, path, "keep the one that is right",
                       "spacings: axis %d has %g, but its space direction is %g long", axis + 1, spacing,
                       length);
    grid->spacing_mm[k] = length;
    for (int i = 0; i < 3; i++)
        grid->direction[i * 3 + k] = h->sign[i] < 0 ? 0 - v[i] / length : v[i] / length;
    return CC_OK;
}

/* The grid of the image's axes, in the file's order. */
static cc_status set_grid(cc_grid *grid, const nrrd_header *h, const nrrd_axes *l,
                          const cc_read_options *options, const char *path) {
    *grid = cc_grid_unit();
    if (l->count == 2) grid->spacing_mm[2] = 0;
    for (int k = 0; k < l->count; k++) {
        int axis = l->axis[k];
        grid->dims[k] = h->sizes[axis];
        if (h->seen[AXIS_MINS] && isfinite(h->mins[axis]))
            return cc_fail(CC_EUNSUPPORTED, path, "write space directions and space origin",
                           "axis mins: a position by the axis' range is not read: %g", h->mins[axis]);
        CC_TRY(set_axis(grid, h, k, axis, path));
    }
    for (int i = 0; h->seen[SPACE_ORIGIN] && i < 3; i++)
        grid->origin_mm[i] = h->sign[i] < 0 ? 0 - h->origin[i] : h->origin[i];
    CC_TRY(cc_reader_complete_spacing(grid, options,
                                      h->seen[SPACE_DIRECTIONS] ? "space directions" : "spacings", path));
    return cc_grid_check(grid, path);
}

/* What the position in the patient rests on that the header does not say. */
static void warn_of_unsaid(const nrrd_header *h, const nrrd_axes *l, const char *path) {
    for (int k = 0; k < l->count && !h->seen[SPACE_DIRECTIONS]; k++)
        if (h->spacings[l->axis[k]] < 0)
            cc_log(CC_LOG_WARNING, "%s: spacings: %g along %c: the axis is turned", path,
                   h->spacings[l->axis[k]], "xyz"[k]);
    const char *unsaid = !h->seen[SPACE_DIRECTIONS] ? "space directions" : !h->seen[SPACE] ? "space" : NULL;
    if (unsaid)
        cc_log(CC_LOG_WARNING,
               "%s: %s: the header does not say how the axes lie in the patient; x to the left, y to the "
               "back, z to the head is taken",
               path, unsaid);
    if (!h->seen[SPACE_ORIGIN])
        cc_log(CC_LOG_WARNING,
               "%s: space origin: the header does not say where the first voxel lies; (0,0,0) is taken",
               path);
}

/* ---- voxels ---- */

/* Values that are not those of the image, and skips that cannot be counted. */
static cc_status check_values(const nrrd_header *h, const char *path) {
    if ((h->seen[OLD_MIN] && isfinite(h->old_min)) || (h->seen[OLD_MAX] && isfinite(h->old_max)))
        return cc_fail(CC_EUNSUPPORTED, path, "write the values themselves",
                       "%s: the values were quantised from others", h->seen[OLD_MIN] ? "old min" : "old max");
    if (h->line_skip < 0 || (h->byte_skip < 0 && h->gzipped))
        return cc_fail(CC_EUNSUPPORTED, path, "count from the start of the data", "%s: %lld%s",
                       h->line_skip < 0 ? "line skip" : "byte skip",
                       (long long)(h->line_skip < 0 ? h->line_skip : h->byte_skip),
                       h->line_skip < 0 ? " lines" : " with encoding gzip is not read");
    return CC_OK;
}

/* From a header that was read to voxels: checks first, memory last. */
static cc_status read_parsed(cc_volume *out, nrrd_header *h, const char *path,
                             const cc_read_options *options) {
    nrrd_axes l;
    cc_coding coding = {h->sample, h->big_endian, 1, 0};
    CC_TRY(check_values(h, path));
    CC_TRY(find_layout(&l, h, path));
    CC_TRY(set_grid(&out->grid, h, &l, options, path));
    h->parts.sizes_field = "sizes";
    h->parts.skip_lines = h->line_skip;
    h->parts.skip_bytes = h->byte_skip;
    h->parts.packing = h->gzipped ? CC_PACKING_ZLIB : CC_PACKING_NONE;
    CC_TRY(cc_parts_divide(&h->parts, h->dims, h->sizes, cc_sample_bytes(h->sample)));
    CC_TRY(cc_parts_check(&h->parts));
    warn_of_unsaid(h, &l, path);
    return l.components > 1 ? cc_segments_read(out, &h->segments, l.components, l.inner, &h->parts, &coding)
                            : cc_parts_fill(out, &h->parts, &coding);
}

static cc_status read_nrrd(cc_volume *out, const char *path, const cc_head *head,
                           const cc_read_options *options) {
    (void)head;
    nrrd_header h = {0};
    cc_status status = read_header(&h, path);
    if (status == CC_OK) status = read_parsed(out, &h, path, options);
    cc_segments_deinit(&h.segments);
    return status;
}

const cc_reader cc_reader_nrrd = {"nrrd", probe, read_nrrd};
