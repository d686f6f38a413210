/* core/file.h -- paths, folders and whole files; a file written here is there whole or not at all. */
#ifndef CC_CORE_FILE_H
#define CC_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/status.h"

enum { CC_PATH_MAX = 4096 };

/* out = DIR/NAME; an absolute NAME stands alone. CC_EINVAL where it is longer than CC_PATH_MAX. */
cc_status cc_path_join(char out[CC_PATH_MAX], const char *dir, const char *name);
/* out = PATH and ENDING behind it (".lock"). CC_EINVAL as above. */
cc_status cc_path_append(char out[CC_PATH_MAX], const char *path, const char *ending);
/* out = PATH.PROCESS-MACHINE.tmp, of this process on this machine: the name that a file bears until it is
 * whole. */
cc_status cc_path_temporary(char out[CC_PATH_MAX], const char *path);
/* The folder of a path ("." where it has none). */
cc_status cc_path_folder(char out[CC_PATH_MAX], const char *path);
/* Borrowed: the part after the last '/'. */
const char *cc_path_name(const char *path);
/* Whether a path ends with `ending`, letter case ignored. */
bool cc_path_ends_with(const char *path, const char *ending);

bool cc_file_exists(const char *path);
bool cc_folder_exists(const char *path);
cc_status cc_file_size(uint64_t *bytes, const char *path);

/* The whole file, with a zero byte behind it; refuses more than `limit` bytes (CC_EFORMAT). The arena owns
 * it. */
cc_status cc_file_read(char **out, size_t *bytes, const char *path, size_t limit, cc_arena *arena);

/* Writes under a temporary name in the same folder, flushes to disk, renames, and flushes the folder;
 * where that fails before the name is there, nothing is left, and an older file of that name is as it was.
 * What processes that are gone left of this file under temporary names is removed. */
cc_status cc_file_write(const char *path, const void *bytes, size_t count);

/* The same, of pieces one behind the other. */
typedef struct cc_file_piece {
    const void *bytes;
    size_t count;
} cc_file_piece;
cc_status cc_file_write_pieces(const char *path, const cc_file_piece *pieces, size_t piece_count);

/* Its two steps, for one who looks at the file before it has its name: the caller removes `temporary`
 * (cc_path_temporary) where he does not place it. Messages name `path`. */
cc_status cc_file_stage(const char *temporary, const char *path, const cc_file_piece *pieces, size_t count);
cc_status cc_file_place(const char *temporary, const char *path);

/* Writes all bytes to an open file, however many a call takes and whatever signal comes between; CC_EIO names
 * `path`. */
cc_status cc_file_put(int descriptor, const char *path, const void *bytes, size_t count);

/* Removes what killed processes left of PATH under its temporary names; for one who knows that nobody writes
 * it now. */
cc_status cc_file_sweep(const char *path);
/* The same of processes that are gone, and of those of other machines that have not written for a day; for one
 * beside whom others may write it. */
cc_status cc_file_sweep_ended(const char *path);

/* Makes a folder and its parents. */
cc_status cc_folder_make(const char *path);

/* The names in a folder, sorted as bytes, without "." and ".."; the arena owns them. */
cc_status cc_folder_list(char ***names, size_t *count, const char *path, cc_arena *arena);

#endif
