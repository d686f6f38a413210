/* core/file.c -- paths, folders and whole files.
 *
 * Every call that writes is checked, and the last of them, the rename, is what makes a file be there
 * (POSIX: rename replaces a file atomically). Data and folder are flushed to disk in that order, as file
 * systems may otherwise keep the new name and lose the contents. A temporary name carries the number of
 * its process and, since machines may share the folder, which machine numbers it so: two processes never
 * write the same one, and what a killed process left can be told and removed. */
#include "core/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "core/digest.h"

static cc_status too_long(const char *path) {
    return cc_fail(CC_EINVAL, path, "use a shorter one", "the path is too long");
}

cc_status cc_path_join(char out[CC_PATH_MAX], const char *dir, const char *name) {
    bool alone = name[0] == '/' || !dir || !dir[0];
    /* No slash twice where the folder has one at its end. */
    const char *slash = alone || dir[strlen(dir) - 1] == '/' ? "" : "/";
    int length = snprintf(out, CC_PATH_MAX, "%s%s%s", alone ? "" : dir, slash, name);
    return length < CC_PATH_MAX ? CC_OK : too_long(name);
}

cc_status cc_path_append(char out[CC_PATH_MAX], const char *path, const char *ending) {
    int length = snprintf(out, CC_PATH_MAX, "%s%s", path, ending);
    return length < CC_PATH_MAX ? CC_OK : too_long(path);
}

/* The start of a digest of the host's name and of the space that its processes are numbered in, of which each
 * container has one: where it is the same, a number means the same process. */
static unsigned long machine(void) {
    char text[512] = "", start[9];
    if (gethostname(text, 256) != 0) text[0] = 0;
    const size_t length = strlen(text);
    const ssize_t space = readlink("/proc/self/ns/pid", text + length, sizeof text - length - 1);
    const cc_digest_text digest = cc_digest_of(text, length + (size_t)(space > 0 ? space : 0));
    snprintf(start, sizeof start, "%.8s", digest.hex);
    return strtoul(start, NULL, 16);
}

cc_status cc_path_temporary(char out[CC_PATH_MAX], const char *path) {
    char ending[48];
    snprintf(ending, sizeof ending, ".%ld-%08lx.tmp", (long)getpid(), machine());
    return cc_path_append(out, path, ending);
}

cc_status cc_path_folder(char out[CC_PATH_MAX], const char *path) {
    const char *slash = strrchr(path, '/');
    /* "name" lies in ".", "/name" in "/", "a/b/name" in "a/b". */
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
    /* A link counts as what it leads to, here and below. */
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
    /* The file may have become shorter since its size was asked: `got` is what counts. */
    size_t got = fread(text, 1, (size_t)size, file);
    bool bad = ferror(file);
    fclose(file);
    if (bad) return cc_fail_errno(path, "read");
    text[got] = 0;
    *out = text;
    *bytes = got;
    return CC_OK;
}

cc_status cc_file_put(int descriptor, const char *path, const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(descriptor, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written == 0) errno = ENOSPC; /* no file system takes nothing and goes on */
        if (written <= 0) return cc_fail_errno(path, "write");
        next += written;
        count -= (size_t)written;
    }
    return CC_OK;
}

/* fsync, and again where a signal came between. */
static int flush(int descriptor) {
    int result;
    while ((result = fsync(descriptor)) != 0 && errno == EINTR) continue;
    return result;
}

/* Of a close that a signal interrupts, Linux has closed the file. */
static bool close_whole(int descriptor) {
    return close(descriptor) == 0 || errno == EINTR;
}

cc_status cc_file_stage(const char *temporary, const char *path, const cc_file_piece *pieces, size_t count) {
    int descriptor;
    while ((descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) < 0 &&
           errno == EINTR)
        continue;
    if (descriptor < 0) return cc_fail_errno(path, "write");
    cc_status status = CC_OK;
    for (size_t i = 0; i < count && status == CC_OK; i++)
        status = cc_file_put(descriptor, path, pieces[i].bytes, pieces[i].count);
    if (status == CC_OK && flush(descriptor) != 0) status = cc_fail_errno(path, "write");
    if (!close_whole(descriptor) && status == CC_OK) status = cc_fail_errno(path, "write");
    return status;
}

/* A name lasts only once its folder is on disk. Not every file system can flush a folder, nor can one be
 * opened that may not be read. */
static cc_status flush_folder(const char *folder, const char *path) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return CC_OK;
    bool failed = flush(descriptor) != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT);
    cc_status status = failed ? cc_fail_errno(path, "flush the name of") : CC_OK;
    close(descriptor);
    return status;
}

cc_status cc_file_place(const char *temporary, const char *path) {
    char folder[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, path));
    if (rename(temporary, path) != 0) return cc_fail_errno(path, "write");
    return flush_folder(folder, path);
}

cc_status cc_file_write(const char *path, const void *bytes, size_t count) {
    return cc_file_write_pieces(path, &(cc_file_piece){bytes, count}, 1);
}

cc_status cc_file_write_pieces(const char *path, const cc_file_piece *pieces, size_t piece_count) {
    char temporary[CC_PATH_MAX];
    CC_TRY(cc_path_temporary(temporary, path));
    /* Space that dead processes hold is given back before more is asked for. */
    if (cc_file_sweep_ended(path) != CC_OK)
        cc_error_clear(); /* the folder is not there: the next line says so */
    cc_status status = cc_file_stage(temporary, path, pieces, piece_count);
    if (status == CC_OK) status = cc_file_place(temporary, path);
    if (status != CC_OK) unlink(temporary);
    return status;
}

/* Whether an entry is NAME.PROCESS-MACHINE.tmp, or NAME.PROCESS.tmp as older programs wrote it: of this
 * machine. */
static bool is_temporary(long *process, bool *here, const char *entry, const char *name) {
    const size_t length = strlen(name);
    char *end;
    if (strncmp(entry, name, length) != 0 || entry[length] != '.' ||
        !isdigit((unsigned char)entry[length + 1]))
        return false;
    *process = strtol(entry + length + 1, &end, 10);
    *here = true;
    if (*end == '-' && isxdigit((unsigned char)end[1])) *here = strtoul(end + 1, &end, 16) == machine();
    return strcmp(end, ".tmp") == 0;
}

/* Whether nobody writes it any more. Signal 0 asks only whether the process exists; of another machine's, a
 * day without a write says so, whatever minutes its clock is off. */
static bool is_abandoned(int folder, const char *entry, long process, bool here) {
    enum { DAY_S = 24 * 60 * 60 };
    struct stat at;
    if (here) return kill((pid_t)process, 0) != 0 && errno == ESRCH;
    return fstatat(folder, entry, &at, AT_SYMLINK_NOFOLLOW) == 0 && time(NULL) - at.st_mtime > DAY_S;
}

/* Removes a path's temporary files: all, or those that are abandoned. */
static cc_status sweep(const char *path, bool all) {
    char folder[CC_PATH_MAX];
    long process;
    bool here;
    CC_TRY(cc_path_folder(folder, path));
    DIR *dir = opendir(folder);
    if (!dir) return cc_fail_errno(folder, "open the folder");
    for (struct dirent *entry; (entry = readdir(dir));)
        if (is_temporary(&process, &here, entry->d_name, cc_path_name(path)) &&
            (all || is_abandoned(dirfd(dir), entry->d_name, process, here)))
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    return CC_OK;
}

cc_status cc_file_sweep(const char *path) {
    return sweep(path, true);
}

cc_status cc_file_sweep_ended(const char *path) {
    return sweep(path, false);
}

cc_status cc_folder_make(const char *path) {
    char parent[CC_PATH_MAX];
    if (cc_folder_exists(path)) return CC_OK;
    CC_TRY(cc_path_folder(parent, path));
    /* "/" and "." have no parent to make. */
    if (strcmp(parent, path) != 0 && strcmp(parent, ".") != 0) CC_TRY(cc_folder_make(parent));
    if (mkdir(path, 0777) != 0 && errno != EEXIST) return cc_fail_errno(path, "make the folder");
    return CC_OK;
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Appends a copy of a name; the array doubles where it is full, and the arena keeps the old one. */
static cc_status add_name(char ***names, size_t *count, size_t *capacity, const char *name, cc_arena *arena) {
    if (*count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 64;
        char **grown = cc_arena_get_array(arena, larger, sizeof *grown);
        if (!grown) return CC_ENOMEM;
        if (*count) memcpy(grown, *names, *count * sizeof *grown);
        *names = grown;
        *capacity = larger;
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
