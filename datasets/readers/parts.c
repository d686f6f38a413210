/* datasets/readers/parts.c -- files of voxels that a header names.
 *
 * Names are text from a file: they are never a format of printf, and none leaves the header's folder
 * (cc_reader_path_beside). Every file is checked before memory is allocated for the image, and memory for the
 * checks grows only with files that are there, so that a header of a few bytes cannot ask for more than
 * its folder holds. */
#include "datasets/readers/parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "core/log.h"
#include "datasets/readers/reader.h"

/* A file by its place on the disk (device and inode): the same under every name and link. */
typedef struct identity {
    dev_t device;
    ino_t number;
    int64_t index;
} identity;

static cc_field field_of(const cc_parts *parts) {
    return (cc_field){parts->header, parts->field};
}

/* ---- names ---- */

/* Where the one conversion of a pattern lies: "%d", "%5d" or "%05d", also with i or u. *text is its '%'. */
static cc_status find_conversion(const char **text, const char **end, int *width, bool *zeros,
                                 const char *pattern, const cc_field *field) {
    const char *hint = "one %d, or %03d and the like, stands for the number";
    *text = NULL;
    for (const char *at = strchr(pattern, '%'); at; at = strchr(at, '%')) {
        if (at[1] == '%') {
            at += 2;
            continue;
        }
        if (*text) return cc_field_fail(field, CC_EUNSUPPORTED, hint, "two conversions:", pattern);
        const char *next = at + 1;
        *zeros = *next == '0';
        next += *zeros;
        for (*width = 0; *next >= '0' && *next <= '9' && *width < 100; next++)
            *width = 10 * *width + (*next - '0');
        if (*width > 32 || !*next || !strchr("diu", *next))
            return cc_field_fail(field, CC_EUNSUPPORTED, hint,
                                 "a pattern of names that is not read:", pattern);
        *text = at;
        at = *end = next + 1;
    }
    return *text ? CC_OK : cc_field_fail(field, CC_EFORMAT, hint, "a pattern without a number:", pattern);
}

/* Cuts the whole numbers behind a pattern off it: how many there are, up to 4. */
static int cut_numbers(int64_t numbers[4], char *pattern) {
    for (char *at = strrchr(pattern, '%'); (at = strpbrk(at, " \t")); at += strspn(at, " \t")) {
        int count = 0;
        char *next = at, *end = at;
        for (; next[strspn(next, " \t")] && count < 4; count++, next = end) {
            long long number = strtoll(next, &end, 10);
            if (end == next || (*end && *end != ' ' && *end != '\t') || number < INT32_MIN ||
                number > INT32_MAX)
                break;
            numbers[count] = number;
        }
        if (next[strspn(next, " \t")]) continue;
        *at = 0;
        return count;
    }
    return 0;
}

/* A pattern and the numbers behind it: MIN, MAX, STEP and, in NRRD, DIMS. */
static cc_status name_pattern(cc_parts *out, bool with_dims, const cc_field *field) {
    int64_t numbers[4];
    const char *text, *end;
    int width;
    bool zeros;
    int count = cut_numbers(numbers, out->name);
    CC_TRY(find_conversion(&text, &end, &width, &zeros, out->name, field));
    out->kind = CC_PARTS_PATTERN;
    out->count = 0;
    out->first = count > 0 ? numbers[0] : 1;
    out->step = count > 2 ? numbers[2] : 1;
    if (count > 1) {
        /* From MIN to MAX by STEP, which has the sign of the way. */
        int64_t reach = numbers[1] - numbers[0];
        if (out->step == 0 || (reach != 0 && (reach < 0) != (out->step < 0)))
            return cc_fail(CC_EFORMAT, field->path, "MIN MAX STEP stand behind the pattern",
                           "%s: no steps of %lld lead from %lld to %lld", field->name, (long long)out->step,
                           (long long)numbers[0], (long long)numbers[1]);
        out->count = reach / out->step + 1;
    }
    if (count == 4 && !with_dims)
        return cc_field_fail(field, CC_EFORMAT, "MIN MAX STEP stand behind the pattern",
                             "four numbers behind", out->name);
    if (count == 4 && (numbers[3] < 1 || numbers[3] > CC_DIMS_MAX))
        return cc_field_fail(field, CC_EFORMAT, NULL, "no number of dimensions behind", out->name);
    out->dims_of_file = count == 4 ? (int)numbers[3] : 0;
    return CC_OK;
}

cc_status cc_parts_name(cc_parts *out, const char *value, bool with_dims, const cc_field *field) {
    CC_TRY(cc_path_join(out->header, "", field->path));
    snprintf(out->name, sizeof out->name, "%s", value);
    out->field = field->name;
    out->count = 0;
    out->dims_of_file = 0;
    if (!*value) return cc_field_fail(field, CC_EFORMAT, "a file's name is wanted", "no name:", value);
    if (strncmp(value, "LIST", 4) == 0 && (!value[4] || value[4] == ' ' || value[4] == '\t')) {
        /* "LIST", "LIST 2", and "LIST 2D" as MetaIO writes it. */
        const char *dims = value + 4 + strspn(value + 4, " \t");
        char *end = NULL;
        long number = strtol(dims, &end, 10);
        if (*dims && (number < 1 || number > CC_DIMS_MAX || (*end && strcmp(end, "D") != 0)))
            return cc_field_fail(field, CC_EFORMAT, "LIST, or LIST 2", "no number of dimensions:", value);
        out->kind = CC_PARTS_LIST;
        out->dims_of_file = *dims ? (int)number : 0;
        return CC_OK;
    }
    out->kind = CC_PARTS_FILE;
    out->count = 1;
    return strchr(value, '%') ? name_pattern(out, with_dims, field) : CC_OK;
}

/* "s%03d.raw" and 7: "s007.raw"; "%%" is "%". */
static cc_status expand(char out[CC_PATH_MAX], const cc_parts *parts, int64_t index) {
    const char *text, *end;
    int width;
    bool zeros;
    cc_field field = field_of(parts);
    CC_TRY(find_conversion(&text, &end, &width, &zeros, parts->name, &field));
    size_t length = 0;
    for (const char *at = parts->name; *at && length + 40 < CC_PATH_MAX;) {
        if (at == text) {
            /* Padded with zeros where the width begins with one (%03d), else with blanks, as printf would. */
            long long number = parts->first + index * parts->step;
            length += (size_t)snprintf(out + length, CC_PATH_MAX - length, zeros ? "%0*lld" : "%*lld", width,
                                       number);
            at = end;
        } else {
            out[length++] = *at;
            at += *at == '%' ? 2 : 1;
        }
    }
    out[length] = 0;
    return CC_OK;
}

/* Line `index` of the list; blank lines end it. */
static cc_status list_entry(char out[CC_PATH_MAX], const cc_parts *parts, int64_t index,
                            cc_parts_cursor *cursor) {
    cc_lines lines;
    cc_status status = CC_OK;
    bool got = true;
    /* The list is read on from the cursor; backwards it is read anew. */
    if (cursor->at == 0 || cursor->index > index) *cursor = (cc_parts_cursor){0, parts->list_at};
    CC_TRY(cc_lines_open(&lines, parts->header, cursor->at));
    for (; status == CC_OK && got && cursor->index <= index; cursor->index++)
        status = cc_lines_next(&got, &lines);
    cursor->at = lines.at;
    cc_lines_close(&lines);
    if (status != CC_OK) return status;
    if (!got || !*lines.text)
        return cc_fail(CC_EFORMAT, parts->header, "one name a line, as many as the image has",
                       "%s: LIST: %lld files are named, more are wanted", parts->field, (long long)index);
    if (lines.cut)
        return cc_fail(CC_EFORMAT, parts->header, NULL, "%s: LIST: the name \"%.40s...\" is too long",
                       parts->field, lines.text);
    return cc_path_join(out, "", lines.text);
}

cc_status cc_parts_path(char out[CC_PATH_MAX], const cc_parts *parts, int64_t index,
                        cc_parts_cursor *cursor) {
    char name[CC_PATH_MAX];
    cc_parts_cursor fresh = {0};
    switch (parts->kind) {
    case CC_PARTS_LOCAL:
        return cc_path_join(out, "", parts->header);
    case CC_PARTS_FILE:
        CC_TRY(cc_path_join(name, "", parts->name));
        break;
    case CC_PARTS_PATTERN:
        CC_TRY(expand(name, parts, index));
        break;
    case CC_PARTS_LIST:
        CC_TRY(list_entry(name, parts, index, cursor ? cursor : &fresh));
        break;
    }
    return cc_reader_path_beside(out, parts->header, name, parts->field);
}

/* ---- sizes ---- */

/* The names of a LIST, up to the first blank line or the header's end. */
static cc_status count_list(int64_t *out, const cc_parts *parts) {
    cc_lines lines;
    cc_status status = CC_OK;
    CC_TRY(cc_lines_open(&lines, parts->header, parts->list_at));
    bool got = true;
    for (*out = -1; status == CC_OK && got; ++*out) {
        status = cc_lines_next(&got, &lines);
        got = got && *lines.text;
    }
    cc_lines_close(&lines);
    return status;
}

cc_status cc_parts_divide(cc_parts *parts, int dims, const int64_t *sizes, size_t sample_bytes) {
    int inner = parts->dims_of_file ? parts->dims_of_file : dims > 1 ? dims - 1 : 1;
    bool many = parts->kind == CC_PARTS_PATTERN || parts->kind == CC_PARTS_LIST;
    uint64_t bytes = sample_bytes, files = 1;
    if (many && inner > dims)
        return cc_fail(CC_EFORMAT, parts->header, NULL, "%s: files of %d dimensions, but the image has %d",
                       parts->field, inner, dims);
    for (int k = 0; k < dims; k++) {
        /* Dimensions up to `inner` lie in one file, those behind it count files. */
        uint64_t *product = many && k >= inner ? &files : &bytes;
        if (__builtin_mul_overflow(*product, (uint64_t)sizes[k], product)) *product = UINT64_MAX;
    }
    if (parts->kind == CC_PARTS_LIST) CC_TRY(count_list(&parts->count, parts));
    if (many && parts->count == 0) parts->count = files > INT64_MAX ? INT64_MAX : (int64_t)files;
    /* Files of as many dimensions as the image hold slabs of its last one, all of one size. */
    if (many && inner == dims) { /* slabs of the last dimension */
        files = (uint64_t)parts->count;
        if (sizes[dims - 1] % parts->count != 0) files = 0;
        if (files && bytes != UINT64_MAX) bytes /= files;
    }
    if (many && (uint64_t)parts->count != files)
        return cc_fail(CC_EFORMAT, parts->header, "name one file for each part of the image",
                       "%s: %lld files are named, but %s asks for %lld", parts->field,
                       (long long)parts->count, parts->sizes_field,
                       inner == dims ? (long long)sizes[dims - 1] : (long long)files);
    parts->bytes_of_file = bytes;
    return CC_OK;
}

/* Where in a file the voxels begin, or what holds them compressed. */
static cc_status find_start(uint64_t *start, const cc_parts *parts, const char *path, uint64_t size) {
    *start = parts->start;
    if (parts->skip_lines > 0) {
        cc_lines lines;
        bool got = true;
        CC_TRY(cc_lines_open(&lines, path, *start));
        cc_status status = CC_OK;
        for (int64_t i = 0; i < parts->skip_lines && status == CC_OK && got; i++)
            status = cc_lines_next(&got, &lines);
        *start = lines.at;
        cc_lines_close(&lines);
        if (status != CC_OK) return status;
    }
    if (parts->packing != CC_PACKING_NONE) return CC_OK;
    if (parts->skip_bytes >= 0) {
        if (__builtin_add_overflow(*start, (uint64_t)parts->skip_bytes, start)) *start = UINT64_MAX;
        return CC_OK;
    }
    /* skip_bytes -1 - n: n bytes follow the voxels, so their start is counted from the end. */
    uint64_t behind = (uint64_t)(-1 - parts->skip_bytes);
    if (behind > size || parts->bytes_of_file > size - behind ||
        size - behind - parts->bytes_of_file < *start)
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "the voxels should end the file and %s asks for %llu bytes, but it has %llu",
                       parts->sizes_field, (unsigned long long)parts->bytes_of_file,
                       (unsigned long long)size);
    *start = size - behind - parts->bytes_of_file;
    return CC_OK;
}

/* Most that compressed data can come to. */
static cc_status bound_inflated(uint64_t *out, const cc_parts *parts, const char *path, uint64_t start) {
    cc_stream *stream;
    CC_TRY(cc_stream_open(&stream, path, start, parts->packed_bytes, parts->packing));
    *out = cc_stream_bound(stream);
    cc_stream_close(stream);
    return CC_OK;
}

/* Adds to *behind the bytes that follow the voxels where they are not compressed. */
static cc_status check_size(uint64_t *behind, const cc_parts *parts, const char *path) {
    uint64_t size, start, room = 0;
    CC_TRY(cc_file_size(&size, path));
    CC_TRY(find_start(&start, parts, path, size));
    room = start < size ? size - start : 0;
    if (parts->packed_bytes > room)
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "CompressedDataSize: %llu bytes, but %llu are there",
                       (unsigned long long)parts->packed_bytes, (unsigned long long)room);
    /* Of compressed voxels only an upper bound is known before they are inflated. */
    if (parts->packing != CC_PACKING_NONE) CC_TRY(bound_inflated(&room, parts, path, start));
    if (parts->bytes_of_file > room)
        return cc_fail(
            CC_EFORMAT, path, "the file is cut off or its header is wrong",
            "%s asks for more than is there: the voxels need %llu bytes, but at most %llu are there",
            parts->sizes_field, (unsigned long long)parts->bytes_of_file, (unsigned long long)room);
    if (parts->packing == CC_PACKING_NONE && parts->skip_bytes >= 0) *behind += room - parts->bytes_of_file;
    return CC_OK;
}

static int by_identity(const void *a, const void *b) {
    const identity *x = a, *y = b;
    if (x->device != y->device) return x->device < y->device ? -1 : 1;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* The same file twice would give the same slices twice: sorted by identity, doubles are neighbours. */
static cc_status refuse_doubles(identity *files, const cc_parts *parts) {
    qsort(files, (size_t)parts->count, sizeof *files, by_identity);
    for (int64_t i = 1; i < parts->count; i++)
        if (files[i].device == files[i - 1].device && files[i].number == files[i - 1].number) {
            char path[CC_PATH_MAX];
            CC_TRY(cc_parts_path(path, parts, files[i].index, NULL));
            return cc_fail(CC_EFORMAT, parts->header, "name each file once",
                           "%s: files %lld and %lld are both %s", parts->field,
                           (long long)files[i - 1].index + 1, (long long)files[i].index + 1,
                           cc_path_name(path));
        }
    return CC_OK;
}

cc_status cc_parts_check(const cc_parts *parts) {
    char path[CC_PATH_MAX];
    cc_parts_cursor cursor = {0};
    cc_status status = CC_OK;
    identity *files = NULL;
    struct stat header, file;
    int64_t room = 0;
    uint64_t behind = 0;
    bool local = parts->kind == CC_PARTS_LOCAL;
    if (local) CC_TRY(check_size(&behind, parts, parts->header));
    if (stat(parts->header, &header) != 0) return cc_fail_errno(parts->header, "open");
    for (int64_t i = 0; !local && i < parts->count; i++) { /* memory grows with the files that are there */
        CC_CHECK(cc_parts_path(path, parts, i, &cursor));
        if (stat(path, &file) != 0) CC_CHECK(cc_fail_errno(path, "open"));
        if (file.st_dev == header.st_dev && file.st_ino == header.st_ino)
            CC_CHECK(cc_fail(CC_EFORMAT, parts->header, "name the file that holds the voxels",
                             "%s: the header names itself as its data", parts->field));
        CC_CHECK(check_size(&behind, parts, path));
        if (i == room) {
            room = room ? 2 * room : 64;
            identity *grown = realloc(files, (size_t)room * sizeof *files);
            if (!grown)
                CC_CHECK(cc_fail_memory("the list of files", (unsigned long long)room * sizeof *files));
            files = grown;
        }
        files[i] = (identity){file.st_dev, file.st_ino, i};
    }
    if (!local) CC_CHECK(refuse_doubles(files, parts));
    if (behind)
        cc_log(CC_LOG_WARNING, "%s: %llu bytes behind the voxels are passed over; is %s right?",
               parts->header, (unsigned long long)behind, parts->sizes_field);
done:
    free(files);
    return status;
}

/* ---- voxels ---- */

cc_parts_reader cc_parts_start(const cc_parts *parts, const cc_coding *coding, uint64_t first) {
    uint64_t byte = first * cc_sample_bytes(coding->sample);
    return (cc_parts_reader){.parts = parts,
                             .coding = coding,
                             .next = (int64_t)(byte / parts->bytes_of_file),
                             .skip = byte % parts->bytes_of_file};
}

/* Opens the next file at its voxels, or behind those that the caller passes over. */
static cc_status open_next(cc_parts_reader *r) {
    char path[CC_PATH_MAX];
    uint64_t size, start;
    const cc_parts *parts = r->parts;
    CC_TRY(cc_parts_path(path, parts, r->next, &r->cursor));
    CC_TRY(cc_file_size(&size, path));
    CC_TRY(find_start(&start, parts, path, size));
    CC_TRY(cc_stream_open(&r->stream, path, start, parts->packed_bytes, parts->packing));
    uint64_t inflated_skip = parts->packing != CC_PACKING_NONE ? (uint64_t)parts->skip_bytes : 0;
    CC_TRY(cc_stream_skip(r->stream, inflated_skip + r->skip));
    r->left = parts->bytes_of_file - r->skip;
    r->skip = 0;
    r->next++;
    return CC_OK;
}

/* Ends a file whose voxels were all read. */
static cc_status close_whole(cc_parts_reader *r) {
    char more;
    size_t got = 0;
    /* One byte more is asked for: none may come, and zlib checks its sum at the end. */
    if (r->parts->packing != CC_PACKING_NONE) CC_TRY(cc_stream_read_some(&got, r->stream, &more, 1));
    if (got)
        return cc_fail(CC_EFORMAT, cc_stream_path(r->stream),
                       "the header is wrong or the file is made to harm",
                       "the compressed data holds more than %s claims", r->parts->sizes_field);
    cc_stream_close(r->stream);
    r->stream = NULL;
    return CC_OK;
}

/* From file to file until `count` voxels are read. */
static cc_status read_on(float *values, uint64_t count, cc_parts_reader *r) {
    size_t width = cc_sample_bytes(r->coding->sample);
    while (count > 0) {
        if (!r->stream) CC_TRY(open_next(r));
        uint64_t part = r->left / width < count ? r->left / width : count;
        CC_TRY(cc_samples_read(values, r->stream, part, r->coding));
        values += part;
        count -= part;
        r->left -= part * width;
        if (r->left == 0) CC_TRY(close_whole(r));
    }
    return CC_OK;
}

cc_status cc_parts_read(float *values, uint64_t count, cc_parts_reader *reader) {
    cc_status status = read_on(values, count, reader);
    if (status == CC_EFORMAT && reader->parts->packed_bytes) {
        cc_error error = *cc_error_get();
        return cc_fail(status, error.where, "the file is damaged, or CompressedDataSize is wrong", "%s",
                       error.what);
    }
    return status;
}

void cc_parts_stop(cc_parts_reader *reader) {
    cc_stream_close(reader->stream);
    reader->stream = NULL;
}

cc_status cc_parts_fill(cc_volume *out, const cc_parts *parts, const cc_coding *coding) {
    snprintf(out->type, sizeof out->type, "%s", cc_sample_name(coding->sample));
    CC_TRY(cc_volume_allocate(out, parts->header));
    cc_parts_reader reader = cc_parts_start(parts, coding, 0);
    cc_status status = cc_parts_read(out->voxels, cc_volume_count(out), &reader);
    cc_parts_stop(&reader);
    return status;
}
