/* results/hdf_read.h -- HDF5 read: attributes, texts, arrays, tables and names. Private to results.
 *
 * A file is not trusted: links, external and virtual storage, which would lead out of the file, are refused,
 * and no shape is taken before it is checked against a limit. What is wrong is CC_EFORMAT with the object's
 * name; the locking is that of results/hdf.h. */
#ifndef CC_RESULTS_HDF_READ_H
#define CC_RESULTS_HDF_READ_H

#include "core/arena.h"
#include "results/hdf.h"

/* Attributes read: where one is absent, `*out` stays as it was, or CC_EFORMAT where it is required. */
cc_status cc_hdf_get_text(const char **out, hid_t object, const char *name, bool required, cc_arena *arena);
cc_status cc_hdf_get_integer(int64_t *out, hid_t object, const char *name, bool required);
cc_status cc_hdf_get_real(double *out, hid_t object, const char *name, bool required);
cc_status cc_hdf_get_document(const char **out, hid_t group, const char *name, cc_arena *arena);
/* The whole of a dataset of numbers, converted to `type` (of `bytes` each): at most max_rank dimensions (dims
 * has room for them) and max_count values. */
cc_status cc_hdf_get_array(void **out, int *rank, hsize_t *dims, hid_t group, const char *name, hid_t type,
                           size_t bytes, int max_rank, hsize_t max_count, cc_arena *arena);
/* All rows of a table; none where it is absent. */
cc_status cc_hdf_get_rows(const void **rows, size_t *count, hid_t group, const cc_hdf_table *table,
                          size_t max_rows, cc_arena *arena);

/* Whether a group holds a hard link of that name (links to elsewhere are refused by what opens them). */
bool cc_hdf_has(hid_t group, const char *name);
/* Opens a group that is there. */
cc_status cc_hdf_open_group(hid_t *out, hid_t parent, const char *name);
/* The names in a group, sorted; at most `limit`. */
cc_status cc_hdf_names(const char ***names, size_t *count, hid_t group, size_t limit, cc_arena *arena);
/* The names of an object's attributes, sorted; at most `limit`. */
cc_status cc_hdf_attributes(const char ***names, size_t *count, hid_t object, size_t limit, cc_arena *arena);

#endif
