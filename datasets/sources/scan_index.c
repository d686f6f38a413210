/* datasets/sources/scan_index.c -- stamps of files, and the lines of the index.
 *
 * A file whose time of change is less than two seconds old may change again within the same tick of the clock
 * and keep its size: what is found in it is used, but not remembered (as git does with its index). */
#include "datasets/sources/scan_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "core/file.h"
#include "core/log.h"
#include "core/version.h"
#include "datasets/readers/trace.h"
#include "datasets/upright.h"

enum {
    FORMAT = 1,
    DEPTH_MAX = 12,
    FILES_MAX = 1 << 16,
    FIELDS = 17,
    BYTES_MAX = 256 << 20,
    SETTLED_SECONDS = 2
};
enum { SAVE_EVERY = 32 }; /* scans read: what a stopped process loses */

typedef struct item {
    cc_scan_entry entry;
    bool verified; /* its stamp was compared, or it was read, by this process */
    bool kept;     /* may be written */
} item;

struct cc_scan_index {
    cc_arena *arena;
    const char *path, *root;
    item **items; /* sorted by image, then mask, as bytes; those added since lie behind them as they came */
    size_t count, sorted, capacity;
    size_t unsaved; /* read since the last save */
    bool silent;    /* that it cannot be written was said */
    size_t scans, asked;
    cc_progress *progress; /* from the first scan that is read */
};

/* --- stamps --- */

typedef struct stamping {
    cc_digest *digest;
    cc_arena *scratch;
    size_t files;
    struct timespec newest;
} stamping;

static bool is_newer(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

static void stamp_file(stamping *s, const char *name, const struct stat *entry) {
    const int64_t numbers[] = {entry->st_size, entry->st_mtim.tv_sec, entry->st_mtim.tv_nsec,
                               (int64_t)entry->st_ino};
    cc_digest_add_string(s->digest, name);
    cc_digest_add(s->digest, numbers, sizeof numbers);
    s->files++;
    if (is_newer(&entry->st_mtim, &s->newest)) s->newest = entry->st_mtim;
}

/* Every regular file in a folder and below it; the names count from `root` bytes on. */
static cc_status stamp_folder(stamping *s, const char *folder, size_t root, int depth) {
    char **names, path[CC_PATH_MAX];
    size_t count;
    CC_TRY(cc_folder_list(&names, &count, folder, s->scratch));
    if (s->files + count > FILES_MAX || depth > DEPTH_MAX)
        return cc_fail(CC_EUNSUPPORTED, folder, "name the folder of one scan",
                       depth > DEPTH_MAX ? "folders lie more than %d deep in it"
                                         : "more than %d files lie in it",
                       depth > DEPTH_MAX ? DEPTH_MAX : FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct stat entry;
        CC_TRY(cc_path_join(path, folder, names[i]));
        if (lstat(path, &entry) != 0) return cc_fail_errno(path, "look at");
        if (S_ISLNK(entry.st_mode) && (stat(path, &entry) != 0 || !S_ISREG(entry.st_mode))) continue;
        if (S_ISREG(entry.st_mode)) stamp_file(s, path + root, &entry);
        if (S_ISDIR(entry.st_mode)) CC_TRY(stamp_folder(s, path, root, depth + 1));
    }
    return CC_OK;
}

/* A file, or all files of a folder. */
static cc_status stamp_image(stamping *s, const char *path) {
    struct stat entry;
    if (stat(path, &entry) != 0) return cc_fail_errno(path, "look at");
    if (S_ISDIR(entry.st_mode)) return stamp_folder(s, path, strlen(path), 0);
    stamp_file(s, cc_path_name(path), &entry);
    return CC_OK;
}

/* The stamp of an entry's files as they are now; *newest is the latest time of change. */
static cc_status make_stamp(cc_digest_text *out, struct timespec *newest, const cc_scan_entry *e) {
    cc_status status = CC_OK;
    stamping s = {.digest = cc_digest_create(), .scratch = cc_arena_create()};
    if (!s.digest || !s.scratch) CC_CHECK(CC_ENOMEM);
    CC_CHECK(stamp_image(&s, e->image));
    CC_CHECK(stamp_image(&s, e->mask));
    for (const char *const *part = e->parts; part && *part; part++) CC_CHECK(stamp_image(&s, *part));
    *out = cc_digest_finish(s.digest);
    *newest = s.newest;
done:
    cc_digest_destroy(s.digest);
    cc_arena_destroy(s.scratch);
    return status;
}

static cc_status is_unchanged(bool *out, const cc_scan_entry *e) {
    cc_digest_text now;
    struct timespec newest;
    CC_TRY(make_stamp(&now, &newest, e));
    *out = strcmp(now.hex, e->stamp.hex) == 0;
    return CC_OK;
}

/* --- reading a scan --- */

static cc_status fail_changed(const cc_scan_entry *e) {
    return cc_fail(CC_EIO, e->image, "start again once the files are complete",
                   "it, or its mask %s, changed while it was read", cc_path_name(e->mask));
}

/* Whether a file is `path` itself, or lies in the folder `path`. */
static bool is_of(const char *file, const char *path) {
    const size_t length = strlen(path);
    return strncmp(file, path, length) == 0 && (file[length] == 0 || file[length] == '/');
}

static bool is_same_file(const struct stat *a, const struct stat *b) {
    return a->st_size == b->st_size && a->st_ino == b->st_ino && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* The files that were opened beside the image and the mask; none may have changed since it was opened. */
static cc_status take_parts(cc_scan_entry *e, const cc_read_trace *trace, cc_arena *arena) {
    size_t count = 0;
    const char **parts = cc_arena_get_array(arena, trace->count + 1, sizeof *parts);
    if (!parts || trace->lost) return CC_ENOMEM;
    for (size_t i = 0; i < trace->count; i++) {
        const cc_read_file *file = &trace->files[i];
        struct stat now;
        if (stat(file->path, &now) != 0 || !is_same_file(&file->entry, &now)) return fail_changed(e);
        if (is_of(file->path, e->image) || is_of(file->path, e->mask)) continue;
        if (!(parts[count++] = cc_arena_copy(arena, file->path))) return CC_ENOMEM;
    }
    e->parts = parts;
    return CC_OK;
}

/* Reads the scan and fills the entry, whose paths are set. Folders must be what they were before, too: a
 * slice may have come that was not opened. */
static cc_status read_scan(cc_scan_entry *e, struct timespec *newest, cc_arena *arena) {
    cc_status status = CC_OK;
    cc_labelled_scan scan = {.labelled = 0};
    double spacing_mm[3];
    bool same;
    cc_read_trace trace = {.arena = cc_arena_create()};
    if (!trace.arena) return CC_ENOMEM;
    CC_CHECK(make_stamp(&e->stamp, newest, e)); /* of image and mask alone: parts are not known yet */
    cc_read_trace_to(&trace);
    status = cc_labelled_scan_read(&scan, e->image, e->mask);
    cc_read_trace_to(NULL);
    if (status != CC_OK) goto done;
    CC_CHECK(is_unchanged(&same, e));
    if (!same) CC_CHECK(fail_changed(e));
    CC_CHECK(take_parts(e, &trace, arena));
    CC_CHECK(make_stamp(&e->stamp, newest, e)); /* now of all files */
    cc_grid_distances(spacing_mm, &scan.grid);
    CC_CHECK(cc_scan_facts_of(&e->facts, scan.grid.dims, spacing_mm, scan.hu, scan.labels));
    cc_upright_check(&scan.grid, e->image);
done:
    cc_labelled_scan_deinit(&scan);
    cc_arena_destroy(trace.arena);
    return status;
}

cc_status cc_scan_entry_read(cc_labelled_scan *out, const cc_scan_entry *e) {
    bool same;
    CC_TRY(is_unchanged(&same, e));
    if (!same)
        return cc_fail(CC_EIO, e->image, "start again",
                       "it, or its mask %s, changed since the dataset was opened", cc_path_name(e->mask));
    CC_TRY(cc_labelled_scan_read(out, e->image, e->mask));
    cc_status status = is_unchanged(&same, e);
    if (status == CC_OK && (!same || memcmp(out->grid.dims, e->facts.dims, sizeof e->facts.dims) != 0))
        status = fail_changed(e);
    if (status != CC_OK) cc_labelled_scan_deinit(out);
    return status;
}

/* --- the file --- */

/* A name as one field of a line: %XX for control characters, '%' and '|'. */
static void put_name(FILE *out, const char *name) {
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        fprintf(out, *c < 0x20 || *c == 0x7f || *c == '%' || *c == '|' ? "%%%02X" : "%c", *c);
}

/* The part of a path below the root, which all paths of the index have. */
static const char *below(const cc_scan_index *index, const char *path) {
    const size_t length = strlen(index->root);
    if (strncmp(path, index->root, length) != 0) return path;
    return path + length + (path[length] == '/');
}

static void put_entry(FILE *out, const cc_scan_index *index, const cc_scan_entry *e) {
    const cc_scan_facts *f = &e->facts;
    const char *separator = "";
    put_name(out, below(index, e->image));
    fputc('\t', out);
    put_name(out, below(index, e->mask));
    fputc('\t', out);
    for (const char *const *part = e->parts; *part; part++, separator = "|") {
        fputs(separator, out);
        put_name(out, below(index, *part));
    }
    fprintf(out, "\t%s", e->stamp.hex);
    for (int k = 0; k < 3; k++) fprintf(out, "\t%" PRId64, f->dims[k]);
    for (int k = 0; k < 3; k++) fprintf(out, "\t%.17g", f->spacing_mm[k]);
    fprintf(out, "\t%.17g\t%.17g\t%" PRIu64 "\t%" PRIu64 "\t", f->hu.min, f->hu.max, f->hu.soft, f->hu.dense);
    separator = "";
    for (int label = 0; label < CC_LABELS; label++) {
        if (f->labels[label] == 0) continue;
        fprintf(out, "%s%d:%" PRIu64, separator, label, f->labels[label]);
        separator = ",";
    }
    fprintf(out, "\t%s\t%s\n", f->image.hex, f->mask.hex);
}

static void put_head(char *out, size_t capacity) {
    snprintf(out, capacity, "calcade scan index %d, numerics %d\n", FORMAT, CC_NUMERICS_VERSION);
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The inverse of put_name, in place. */
static bool take_name(char *name) {
    char *out = name;
    for (const char *c = name; *c; c++) {
        if (*c != '%') {
            *out++ = *c;
            continue;
        }
        const int high = hex_digit(c[1]), low = high < 0 ? -1 : hex_digit(c[2]);
        if (low < 0) return false;
        *out++ = (char)(16 * high + low);
        c += 2;
    }
    *out = 0;
    return true;
}

/* The path that put_name(below(...)) was given; NULL where the field is none. */
static const char *take_path(char *field, const cc_scan_index *index) {
    const char *slash = strcmp(index->root, "/") == 0 ? "" : "/";
    if (!take_name(field)) return NULL;
    return field[0] ? cc_arena_format(index->arena, "%s%s%s", index->root, slash, field)
                    : cc_arena_copy(index->arena, index->root);
}

/* "a.raw|b.raw", or nothing. */
static bool take_parts_field(cc_scan_entry *e, char *field, const cc_scan_index *index) {
    size_t count = 1;
    for (const char *c = field; *c; c++) count += *c == '|';
    const char **parts = cc_arena_get_array(index->arena, count + 1, sizeof *parts);
    if (!parts) return false;
    for (size_t i = 0; field && *field; i++) {
        char *part = strsep(&field, "|");
        if (!(parts[i] = take_path(part, index))) return false;
    }
    e->parts = parts;
    return true;
}

static bool take_digest(cc_digest_text *out, const char *text) {
    const size_t length = sizeof out->hex - 1;
    if (strlen(text) != length || strspn(text, "0123456789abcdef") != length) return false;
    memcpy(out->hex, text, length + 1);
    return true;
}

static bool take_labels(cc_scan_facts *f, const char *text) {
    while (*text) {
        char *end;
        const unsigned long label = strtoul(text, &end, 10);
        if (end == text || *end != ':' || label >= CC_LABELS) return false;
        f->labels[label] = strtoull(end + 1, &end, 10);
        f->hu.count += f->labels[label];
        if (*end && *end != ',') return false;
        text = end + (*end == ',');
    }
    return f->hu.count == (uint64_t)f->dims[0] * (uint64_t)f->dims[1] * (uint64_t)f->dims[2];
}

/* One line, which is cut at its tabs. The digest of the whole has been compared: this one is whole, but may
 * be of a person's making. */
static bool take_entry(cc_scan_entry *e, char *line, const cc_scan_index *index) {
    char *fields[FIELDS];
    int count = 0;
    bool good = true;
    cc_scan_facts *f = &e->facts;
    while (line && count < FIELDS) fields[count++] = strsep(&line, "\t");
    if (count != FIELDS || line) return false;
    e->image = take_path(fields[0], index);
    e->mask = take_path(fields[1], index);
    for (int k = 0; k < 3; k++) {
        f->dims[k] = strtoll(fields[4 + k], NULL, 10);
        f->spacing_mm[k] = strtod(fields[7 + k], NULL);
        good = good && f->dims[k] > 0 && f->dims[k] < 1 << 20 && f->spacing_mm[k] > 0;
    }
    f->hu.min = strtod(fields[10], NULL);
    f->hu.max = strtod(fields[11], NULL);
    f->hu.soft = strtoull(fields[12], NULL, 10);
    f->hu.dense = strtoull(fields[13], NULL, 10);
    return good && e->image && e->mask && take_parts_field(e, fields[2], index) &&
           take_digest(&e->stamp, fields[3]) && take_labels(f, fields[14]) &&
           take_digest(&f->image, fields[15]) && take_digest(&f->mask, fields[16]);
}

static int compare_paths(const char *image, const char *mask, const cc_scan_entry *e) {
    const int order = strcmp(image, e->image);
    return order ? order : strcmp(mask, e->mask);
}

static int by_paths(const void *a, const void *b) {
    const cc_scan_entry *x = &(*(item *const *)a)->entry;
    return compare_paths(x->image, x->mask, &(*(item *const *)b)->entry);
}

static cc_status add_item(item **out, cc_scan_index *index) {
    if (index->count == index->capacity) {
        const size_t larger = index->capacity ? 2 * index->capacity : 64;
        item **grown = cc_arena_get_array(index->arena, larger, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (index->count) memcpy(grown, index->items, index->count * sizeof *grown);
        index->items = grown;
        index->capacity = larger;
    }
    item *added = cc_arena_get(index->arena, sizeof *added);
    if (!added) return CC_ENOMEM;
    *out = index->items[index->count++] = added;
    return CC_OK;
}

/* The lines between the first and the last, which are as they must be; false where a line is not. */
static bool take_text(cc_scan_index *index, char *text, size_t bytes) {
    static const char last[] = "sha256 ";
    char head[64];
    put_head(head, sizeof head); /* another version, or other numerics: what was found may not hold */
    if (strncmp(text, head, strlen(head)) != 0) return false;
    const size_t tail = strlen(last) + 64 + 1;
    if (bytes < strlen(head) + tail || strncmp(text + bytes - tail, last, strlen(last)) != 0) return false;
    const cc_digest_text digest = cc_digest_of(text, bytes - tail);
    if (strncmp(text + bytes - tail + strlen(last), digest.hex, 64) != 0) return false;
    text[bytes - tail] = 0;
    for (char *line = text + strlen(head), *next; *line; line = next) {
        item *added;
        next = strchr(line, '\n');
        if (!next) return false;
        *next++ = 0;
        if (add_item(&added, index) != CC_OK || !take_entry(&added->entry, line, index)) return false;
        added->kept = true;
    }
    return true;
}

cc_status cc_scan_index_open(cc_scan_index **out, const char *path, const char *root, size_t scans, bool anew,
                             cc_arena *arena) {
    char *text;
    size_t bytes;
    cc_scan_index *index = cc_arena_get(arena, sizeof *index);
    if (!index) return CC_ENOMEM;
    *index = (cc_scan_index){.scans = scans,
                             .arena = arena,
                             .path = cc_arena_copy(arena, path),
                             .root = cc_arena_copy(arena, root)};
    if (!index->path || !index->root) return CC_ENOMEM;
    *out = index;
    if (anew || !cc_file_exists(path)) return CC_OK;
    /* It holds nothing that cannot be found again: whatever is wrong with it, it is forgotten. */
    if (cc_file_read(&text, &bytes, path, BYTES_MAX, arena) != CC_OK || !take_text(index, text, bytes)) {
        cc_error_clear();
        cc_log(CC_LOG_INFO, "%s is damaged or of another version: the scans are read anew", path);
        index->count = 0;
    }
    if (index->count) qsort(index->items, index->count, sizeof *index->items, by_paths);
    index->sorted = index->count;
    return CC_OK;
}

/* All at once, to a new file: entries that this process has not looked at are kept as they were. */
static void save(cc_scan_index *index) {
    char *bytes = NULL, head[64], line[1024];
    size_t size;
    if (index->unsaved == 0 || index->silent) return;
    index->unsaved = 0;
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream) return;
    put_head(head, sizeof head);
    fputs(head, stream);
    for (size_t i = 0; i < index->count; i++)
        if (index->items[i]->kept) put_entry(stream, index, &index->items[i]->entry);
    fflush(stream);
    const cc_digest_text digest = cc_digest_of(bytes, size);
    fprintf(stream, "sha256 %s\n", digest.hex);
    const bool whole = !ferror(stream);
    if (fclose(stream) == 0 && whole && cc_file_write(index->path, bytes, size) != CC_OK) {
        cc_error_line(line, sizeof line);
        cc_log(CC_LOG_INFO,
               "%s: what was found in the scans is not remembered, and the next plan reads them again", line);
        cc_error_clear();
        index->silent = true;
    }
    free(bytes);
}

void cc_scan_index_finish(cc_scan_index *index) {
    const cc_error before = *cc_error_get();
    cc_progress_destroy(index->progress);
    index->progress = NULL;
    save(index);
    if (before.status != CC_OK) cc_fail(before.status, before.where, before.hint, "%s", before.what);
}

/* By bisection among those of the file, then among the few (or, the first time, all) that are new. */
static item *find_item(const cc_scan_index *index, const char *image, const char *mask) {
    size_t low = 0, high = index->sorted;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = compare_paths(image, mask, &index->items[middle]->entry);
        if (order == 0) return index->items[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    for (size_t i = index->sorted; i < index->count; i++)
        if (compare_paths(image, mask, &index->items[i]->entry) == 0) return index->items[i];
    return NULL;
}

cc_status cc_scan_index_get(const cc_scan_entry **out, cc_scan_index *index, const char *image,
                            const char *mask) {
    struct timespec newest, now;
    item *i = find_item(index, image, mask);
    bool same = i && i->verified;
    if (i && !i->verified && is_unchanged(&same, &i->entry) != CC_OK) {
        cc_error_clear(); /* a part is gone: reading says so, or no longer asks for it */
        same = false;
    }
    if (!i) CC_TRY(add_item(&i, index));
    index->asked++;
    if (!same) {
        if (!index->progress) { /* a plan that reads nothing shows no bar */
            index->progress = cc_progress_create("scans", index->scans);
            cc_progress_skip(index->progress, index->asked - 1);
        }
        index->unsaved += i->kept; /* it is not to be believed again */
        i->kept = false;
        i->entry = (cc_scan_entry){.image = cc_arena_copy(index->arena, image),
                                   .mask = cc_arena_copy(index->arena, mask)};
        if (!i->entry.image || !i->entry.mask) return CC_ENOMEM;
        CC_TRY(read_scan(&i->entry, &newest, index->arena));
        cc_progress_update(index->progress, index->asked, NULL);
        i->kept = clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - newest.tv_sec > SETTLED_SECONDS;
        index->unsaved += i->kept;
        if (index->unsaved >= SAVE_EVERY) save(index);
    }
    i->verified = true;
    *out = &i->entry;
    return CC_OK;
}
