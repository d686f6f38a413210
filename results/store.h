/* results/store.h -- the file of one run, written and read.
 *
 * HDF5, written once: under another name, flushed to disk, then renamed, so a file with its name is whole. A
 * file written here begins with a block of text that holds the SHA-256 of all that follows (results/seal.h);
 * a reader that finds such a block checks it before anything else. Whatever a file holds, HDF5 meets it first
 * in a child process whose time and memory are bounded (core/guard.h). Any thread may call; calls take turns,
 * as HDF5 needs. */
#ifndef CC_RESULTS_STORE_H
#define CC_RESULTS_STORE_H

#include "core/arena.h"
#include "core/status.h"
#include "results/run.h"

/* Writes the run to `path`, making its folder; an older file of that name is replaced. On failure, or where
 * the process dies, no file of that name appears and an older one stays as it was.
 *   CC_EINVAL  a field that must be there is not, or makes no sense; the message names it
 *   CC_EIO     the disk */
cc_status cc_run_write(const char *path, const cc_run *run);

/* Reads a run; `parts` adds cc_run_part bits. The arena owns all that *out points to. The file is opened
 * read-only. Optional datasets and fields that are not there read as NULL, 0 or NaN; unknown ones are passed
 * over. The slices are checked against the patients, if both are there.
 *   CC_EFORMAT    not a run file, damaged (digest), or a dataset or field that is wrong; names file and field
 *   CC_EIO        its digest is right, but HDF5 breaks down on it, takes no end with it, or more memory than
 *                 a file of its size may
 *   CC_ENOTFOUND  no such file */
cc_status cc_run_read(cc_run *out, const char *path, unsigned parts, cc_arena *arena);

/* Says which file is read after the next one, and how: many are read in little more than the time of one
 * reading each, as the child reads a file while this process reads the one before. Nothing follows where
 * another file is read instead. */
void cc_run_announce(const char *path, unsigned parts);

/* Ends the child that reads files first, if there is one; the next file gets another. A program's end does it. */
void cc_run_end_reader(void);

/* The identity stored in a run file ("" where there is none), checked as above. */
cc_status cc_run_read_identity(char out[65], const char *path);

#endif
