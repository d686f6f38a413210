/* datasets/phantom/solids.h -- the solids an anatomy is made of, and the list that holds them. */
#ifndef CC_DATASETS_PHANTOM_SOLIDS_H
#define CC_DATASETS_PHANTOM_SOLIDS_H

#include <stdbool.h>
#include <stddef.h>
#include "core/rng.h"
#include "core/status.h"
#include "datasets/phantom/phantom.h"

typedef struct cc_point {
    double x, y, z; /* mm, LPS; the origin lies on the midline, mid-chest, at the height of the heart */
} cc_point;

/* Regions that a solid may add to, and that a later solid may be kept within. */
typedef enum cc_region { CC_REGION_ALL, CC_REGION_CAVITY, CC_REGION_HEART, CC_REGION_COUNT } cc_region;

typedef enum cc_solid_kind { CC_SOLID_ELLIPSOID, CC_SOLID_CAPSULE } cc_solid_kind;

typedef struct cc_solid {
    cc_solid_kind kind;
    cc_phantom_tissue tissue;
    cc_region within; /* painted only there */
    cc_region adds;   /* its coverage joins this region */
    double hu;
    /* ellipsoid: |x/rx|^power + |y/ry|^power + |z/rz|^power <= 1 along its axes (rows); power 2, 2.5, 3 or 4
     */
    cc_point center, axes[3], radii;
    double power;
    /* capsule: within r0 (at `from`) to r1 (at `to`) of a segment; z counts `squash` times: below 1 the
     * section is taller than wide, at 0 the capsule has no end in z */
    cc_point from, to;
    double r0, r1, squash;
    int joint; /* neighbours in the list with the same number, not 0, are one body: a pixel takes the largest
                  share, not both */
    cc_point low, high;  /* bounds; these three are set by cc_solid_prepared */
    double inverse[3];   /* ellipsoid: 1 / radii */
    double least_radius; /* ellipsoid */
} cc_solid;

typedef struct cc_solid_list {
    cc_solid *items;
    size_t count, capacity;
    int joints;         /* numbers given out */
    bool out_of_memory; /* sticky: checked once, when the list is complete */
} cc_solid_list;

void cc_solids_deinit(cc_solid_list *list);
/* Sets the fields that follow from the others: needed before a solid is asked for distances or shares. */
cc_solid cc_solid_prepared(cc_solid shape);

/* Appends a prepared copy. */
void cc_solids_add(cc_solid_list *list, cc_solid shape);

/* A number for cc_solid.joint that no other body of the list has. */
int cc_solids_new_joint(cc_solid_list *list);

/* Appends capsules like `like` from point to point, its r0 tapering to r1, as one body: that of like.joint,
 * or one of their own where that is 0. */
void cc_solids_add_tube(cc_solid_list *list, cc_solid like, const cc_point *points, size_t count);

/* Distance from a point to the surface in mm, negative inside: to first order, so exact at the surface. */
double cc_solid_distance(const cc_solid *shape, double x, double y, double z);
/* The share, 0 to 1, of a pixel of width edge_mm at that point that the solid covers, its edge taken as
 * straight. */
double cc_solid_share(const cc_solid *shape, double x, double y, double z, double edge_mm);

cc_point cc_point_add(cc_point a, double scale, cc_point b); /* a + scale * b */
cc_point cc_point_between(cc_point a, cc_point b, double t);
double cc_point_dot(cc_point a, cc_point b);
cc_point cc_point_cross(cc_point a, cc_point b);
cc_point cc_point_unit(cc_point a);

/* An axis-aligned ellipsoid, and one rotated by `degrees` about z (from +x towards +y). */
cc_solid cc_solid_ellipsoid(cc_phantom_tissue tissue, double hu, cc_point center, cc_point radii,
                            double power);
cc_solid cc_solid_rotated(cc_solid ellipsoid, double degrees);
/* The same ellipsoid with all radii grown by so many mm. */
cc_solid cc_solid_grown(cc_solid ellipsoid, double mm);
/* The same solid as another tissue. */
cc_solid cc_solid_as(cc_solid shape, cc_phantom_tissue tissue, double hu);
cc_solid cc_solid_capsule(cc_phantom_tissue tissue, double hu, cc_point from, cc_point to, double r0,
                          double r1);

#endif
