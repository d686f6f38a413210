#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static cc_status too_long(const char *path) {
    return cc_fail(CC_EINVAL, path, "use a shorter one", "the path is too long");
}

cc_status cc_path_join(char out[CC_PATH_MAX], const char *dir, const char *name) {
    bool alone = name[0] == '/' || !dir || !dir[0];
    const char *slash = alone || dir[strlen(dir) - 1] == '/' ? "" : "/";
    int length = snprintf(out, CC_PATH_MAX, "%s%s%s", alone ? "" : dir, slash, name);
    return length < CC_PATH_MAX ? CC_OK : too_long(name);
}

cc_status cc_path_append(char out[CC_PATH_MAX], const char *path, const char *ending) {
    int length = snprintf(out, CC_PATH_MAX, "%s%s", path, ending);
    return length < CC_PATH_MAX ? CC_OK : too_long(path);
}

cc_status cc_path_temporary(char out[CC_PATH_MAX], const char *path) {
    char ending[32];
    snprintf(ending, sizeof ending, ".%ld.tmp", (long)getpid());
    return cc_path_append(out, path, ending);
}

cc_status cc_path_folder(char out[CC_PATH_MAX], const char *path) {
    const char *slash = strrchr(path, '/');
    size_t length = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (length >= CC_PATH_MAX) return too_long(path);
    if (length == 0) return cc_path_join(out, "", ".");
    memcpy(out, path, length);
    out[length] = 0;
    return CC_OK;
}

const char *cc_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool cc_path_ends_with(const char *path, const char *ending) {
    size_t a = strlen(path), b = strlen(ending);
    return a >= b && strcasecmp(path + a - b, ending) == 0;
}

bool cc_file_exists(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

bool cc_folder_exists(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

cc_status cc_file_size(uint64_t *bytes, const char *path) {
    struct stat s;
    if (stat(path, &s) != 0) return cc_fail_errno(path, "open");
    if (!S_ISREG(s.st_mode)) return cc_fail(CC_EIO, path, "name a file", "not a regular file");
    *bytes = (uint64_t)s.st_size;
    return CC_OK;
}

cc_status cc_file_read(char **out, size_t *bytes, const char *path, size_t limit, cc_arena *arena) {
    uint64_t size;
    CC_TRY(cc_file_size(&size, path));
    if (size > limit)
        return cc_fail(CC_EFORMAT, path, NULL, "%llu bytes is more than the %llu that make sense here",
                       (unsigned long long)size, (unsigned long long)limit);
    char *text = cc_arena_get(arena, (size_t)size + 1);
    if (!text) return CC_ENOMEM;
    FILE *file = fopen(path, "rb");
    if (!file) return cc_fail_errno(path, "open");
    size_t got = fread(text, 1, (size_t)size, file);
    bool bad = ferror(file);
    fclose(file);
    if (bad) return cc_fail_errno(path, "read");
    text[got] = 0;
    *out = text;
    *bytes = got;
    return CC_OK;
}

static cc_status write_all(int descriptor, const char *path, const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(descriptor, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cc_fail_errno(path, "write");
        next += written;
        count -= (size_t)written;
    }
    return CC_OK;
}

static cc_status write_pieces(int descriptor, const char *path, const cc_file_piece *pieces, size_t count) {
    for (size_t i = 0; i < count; i++) CC_TRY(write_all(descriptor, path, pieces[i].bytes, pieces[i].count));
    return fsync(descriptor) == 0 ? CC_OK : cc_fail_errno(path, "write");
}

cc_status cc_file_write(const char *path, const void *bytes, size_t count) {
    return cc_file_write_pieces(path, &(cc_file_piece){bytes, count}, 1);
}

cc_status cc_file_write_pieces(const char *path, const cc_file_piece *pieces, size_t piece_count) {
    char temporary[CC_PATH_MAX];
    CC_TRY(cc_path_temporary(temporary, path));
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (descriptor < 0) return cc_fail_errno(path, "write");
    cc_status status = write_pieces(descriptor, path, pieces, piece_count);
    if (close(descriptor) != 0 && status == CC_OK) status = cc_fail_errno(path, "write");
    if (status == CC_OK && rename(temporary, path) != 0) status = cc_fail_errno(path, "write");
    if (status != CC_OK) unlink(temporary);
    return status;
}

/* NAME.N.tmp */
static bool is_temporary(const char *entry, const char *name) {
    size_t length = strlen(name);
    if (strncmp(entry, name, length) != 0 || entry[length] != '.') return false;
    size_t digits = strspn(entry + length + 1, "0123456789");
    return digits > 0 && strcmp(entry + length + 1 + digits, ".tmp") == 0;
}

cc_status cc_file_sweep(const char *path) {
    char folder[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, path));
    DIR *dir = opendir(folder);
    if (!dir) return cc_fail_errno(folder, "open the folder");
    for (struct dirent *entry; (entry = readdir(dir));)
        if (is_temporary(entry->d_name, cc_path_name(path))) unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    return CC_OK;
}

cc_status cc_folder_make(const char *path) {
    char parent[CC_PATH_MAX];
    if (cc_folder_exists(path)) return CC_OK;
    CC_TRY(cc_path_folder(parent, path));
    if (strcmp(parent, path) != 0 && strcmp(parent, ".") != 0) CC_TRY(cc_folder_make(parent));
    if (mkdir(path, 0777) != 0 && errno != EEXIST) return cc_fail_errno(path, "make the folder");
    return CC_OK;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static cc_status add_name(char ***names, size_t *count, size_t *capacity, const char *name, cc_arena *arena) {
    if (*count == *capacity) {
        size_t wider = *capacity ? *capacity * 2 : 64;
        char **grown = cc_arena_get_array(arena, wider, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (*count) memcpy(grown, *names, *count * sizeof *grown);
        *names = grown;
        *capacity = wider;
    }
    (*names)[*count] = cc_arena_copy(arena, name);
    return (*names)[(*count)++] ? CC_OK : CC_ENOMEM;
}

cc_status cc_folder_list(char ***names, size_t *count, const char *path, cc_arena *arena) {
    DIR *dir = opendir(path);
    if (!dir) return cc_fail_errno(path, "open the folder");
    size_t capacity = 0;
    *names = NULL;
    *count = 0;
    cc_status status = CC_OK;
    for (struct dirent *entry; status == CC_OK && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        status = add_name(names, count, &capacity, entry->d_name, arena);
    }
    closedir(dir);
    if (status == CC_OK && *count) qsort(*names, *count, sizeof **names, by_bytes);
    return status;
}
