/* experiments/parity/fixture.h -- reading an HDF5 file of expected values: text, numbers, members; read-only.
 *
 * Objects are named by their path in the file ("/" is its root). Every fault is CC_EFORMAT (or CC_ENOTFOUND,
 * CC_ENOMEM) with "FILE: OBJECT". All memory comes from the arena. */
#ifndef CC_EXPERIMENTS_PARITY_FIXTURE_H
#define CC_EXPERIMENTS_PARITY_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include "core/arena.h"
#include "core/status.h"

enum { CC_FIXTURE_RANK_MAX = 8 };

typedef struct cc_fixture {
    const char *path; /* borrowed */
    int64_t file;     /* HDF5's identifier */
    cc_arena *arena;  /* borrowed */
} cc_fixture;

/* The numbers of a dataset or attribute, whatever their type in the file; a scalar has rank 0 and count 1. */
typedef struct cc_fixture_array {
    double *values;
    size_t count;
    int rank;
    size_t dims[CC_FIXTURE_RANK_MAX];
} cc_fixture_array;

cc_status cc_fixture_open(cc_fixture *out, const char *path, cc_arena *arena);
/* Takes a fixture whose opening failed, too. */
void cc_fixture_close(cc_fixture *fixture);

bool cc_fixture_has(const cc_fixture *fixture, const char *object);
bool cc_fixture_has_attribute(const cc_fixture *fixture, const char *object, const char *attribute);
/* The names in a group, sorted. */
cc_status cc_fixture_members(char ***names, size_t *count, const cc_fixture *fixture, const char *group);
cc_status cc_fixture_dataset(cc_fixture_array *out, const cc_fixture *fixture, const char *object);
cc_status cc_fixture_text(char **out, const cc_fixture *fixture, const char *object, const char *attribute);
cc_status cc_fixture_numbers(cc_fixture_array *out, const cc_fixture *fixture, const char *object,
                             const char *attribute);

/* CC_EFORMAT for an object of the file that is not as it should be. */
cc_status cc_fixture_fail(const cc_fixture *fixture, const char *object, const char *what);

#endif
