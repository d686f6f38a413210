/* experiments/parity/parity.h -- a fixture (golden/README.md) against this build, quantity by quantity.
 *
 * A format of fixtures is one function and one line in the table of experiments/commands/parity.c. */
#ifndef CC_EXPERIMENTS_PARITY_H
#define CC_EXPERIMENTS_PARITY_H

#include "experiments/parity/fixture.h"
#include "nets/engine/backend.h"

typedef struct cc_parity {
    const cc_backend *backend; /* what runs the nets */
    cc_dtype dtype;            /* in which precision, */
    bool tf32;
    cc_tuning tuning; /* and by which algorithms */
    int passed, failed;
    const char *note; /* printed behind the verdict of a quantity; NULL: nothing */
} cc_parity;

/* Float64 results are reproduced to this. */
#define CC_PARITY_BOUND 1e-6

/* Prints and counts one quantity: passes where error <= bound. NaN fails. */
void cc_parity_report(cc_parity *parity, const cc_fixture *fixture, const char *where, const char *what,
                      double error, double bound);

/* |got - want| / |want| (Euclidean norms). |want| is taken as 1e-9, so that zero is met to 1e-15 at a bound
 * of 1e-6, where it is a number below 1e-9 or an array with a norm below 1e-30. */
double cc_parity_error(const double *got, const double *want, size_t count);

/* Prints and counts one quantity: passes where cc_parity_error <= bound. NaN fails. */
void cc_parity_compare(cc_parity *parity, const cc_fixture *fixture, const char *where, const char *what,
                       const double *got, const double *want, size_t count, double bound);

/* The same with the dataset `object`, a path in the file; one of another length than `count` is
 * CC_EFORMAT. */
cc_status cc_parity_expect(cc_parity *parity, const cc_fixture *fixture, const char *where,
                           const char *object, const double *got, size_t count, double bound);

/* Each compares all that the fixture expects. A difference is counted, not a fault; a fixture that is not as
 * its format says is CC_EFORMAT. */
cc_status cc_parity_net(cc_parity *parity, const cc_fixture *fixture);
cc_status cc_parity_losses(cc_parity *parity, const cc_fixture *fixture);
cc_status cc_parity_ops(cc_parity *parity, const cc_fixture *fixture);
cc_status cc_parity_optimisers(cc_parity *parity, const cc_fixture *fixture);
cc_status cc_parity_images(cc_parity *parity, const cc_fixture *fixture);
cc_status cc_parity_scores(cc_parity *parity, const cc_fixture *fixture);
cc_status cc_parity_rival_scores(cc_parity *parity, const cc_fixture *fixture);
cc_status cc_parity_volumes(cc_parity *parity, const cc_fixture *fixture);

/* A group of a fixture, and what checks it, or each of its members. */
typedef struct cc_parity_part {
    const char *group; /* "/tests/signs" */
    bool members;      /* each member is checked */
    cc_status (*check)(cc_parity *parity, const cc_fixture *fixture, const char *group);
    const char *const
        *beside;   /* names of what its members share, which is none of them, up to NULL; or NULL */
    bool optional; /* a fixture may lack it */
} cc_parity_part;

/* Checks all parts of a fixture, and warns of every group at its root that belongs to none: nothing is left
 * out in silence. */
cc_status cc_parity_check_parts(cc_parity *parity, const cc_fixture *fixture, const cc_parity_part *parts,
                                size_t count);

/* A dataset as float32, in the fixture's arena. */
cc_status cc_parity_read_floats(const float **out, cc_fixture_array *array, const cc_fixture *fixture,
                                const char *object);

/* Numbers as a mask, 1 where they are not 0, in the fixture's arena. */
cc_status cc_parity_make_mask(const uint8_t **out, const cc_fixture_array *array, const cc_fixture *fixture);

#endif
