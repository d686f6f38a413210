/* datasets/phantom/anatomy.h -- one patient: a deformation of the reference body, and the solids in it.
 *
 * Solids are given in the mm of a reference adult; cc_anatomy says how a point of the scanner's space maps
 * into it: a stretch, then a smooth warp, so that no two patients share an outline. */
#ifndef CC_DATASETS_PHANTOM_ANATOMY_H
#define CC_DATASETS_PHANTOM_ANATOMY_H

#include "datasets/phantom/solids.h"

/* Streams of a patient: the `sample` of CC_PURPOSE_PHANTOM. Part of the bytes: append, never renumber. */
typedef enum cc_structure {
    CC_STRUCTURE_BODY,
    CC_STRUCTURE_WARP,
    CC_STRUCTURE_LUNGS,
    CC_STRUCTURE_ABDOMEN,
    CC_STRUCTURE_BONES,
    CC_STRUCTURE_HEART,
    CC_STRUCTURE_VESSELS,
    CC_STRUCTURE_CALCIUM,
    CC_STRUCTURE_TEXTURE,
    CC_STRUCTURE_CHEST_WALL,
    CC_STRUCTURE_POSITION,     /* how the patient lies in the scanner */
    CC_STRUCTURE_BURDEN,       /* of a seed: which of its patients have calcium */
    CC_STRUCTURE_NOISE = 4096, /* + the slice's number */
} cc_structure;

enum { CC_WARP_MODES = 3, CC_TEXTURE_CELLS = 32, CC_CORONARIES = 3, CC_CORONARY_POINTS = 12 };

/* One product of three sines; the displacement of an axis is a sum of CC_WARP_MODES of them. */
typedef struct cc_warp_mode {
    double mm, frequency[3], phase[3];
} cc_warp_mode;

typedef struct cc_anatomy {
    double stretch[3];                   /* scanner mm = stretch * reference mm */
    cc_warp_mode warp[3][CC_WARP_MODES]; /* by displaced axis */
    double warp_reach_mm;                /* no point moves further along an axis */
    cc_point heart_center;               /* reference mm */
    double blood_hu;                     /* this patient's */
    double plaque;                       /* 0: none in the coronaries, else how much, up to 1 */
    cc_phantom_burden burden;
    double agatston;   /* clinical burden: the score to be reached; else 0 */
    bool wall_calcium; /* some in the aorta or the mitral annulus */
    /* The courses of LAD, LCX and RCA from the root of the aorta on, reference mm. */
    cc_point coronaries[CC_CORONARIES][CC_CORONARY_POINTS];
    double fat_mm; /* under the skin */
    bool female;
    double back_mm;       /* where the back meets the table, scanner mm */
    cc_solid cavity[3];   /* right, left, front: the inside of the rib cage */
    cc_solid_list shapes; /* in the order of painting: later ones cover earlier ones */
    float texture[CC_TEXTURE_CELLS * CC_TEXTURE_CELLS * CC_TEXTURE_CELLS]; /* -1..1, periodic */
} cc_anatomy;

/* CC_ENOMEM. */
cc_status cc_anatomy_init(cc_anatomy *anatomy, uint64_t seed, int patient, cc_phantom_burden burden);
void cc_anatomy_deinit(cc_anatomy *anatomy);

/* The parts, in the order of painting. Each reads its own stream. */
void cc_anatomy_add_chest_wall(cc_anatomy *anatomy, uint64_t seed, int patient);
void cc_anatomy_add_lungs(cc_anatomy *anatomy, uint64_t seed, int patient);
void cc_anatomy_add_abdomen(cc_anatomy *anatomy, uint64_t seed, int patient);
void cc_anatomy_add_bones(cc_anatomy *anatomy, uint64_t seed, int patient);
void cc_anatomy_add_mediastinum(cc_anatomy *anatomy, uint64_t seed, int patient);
void cc_anatomy_add_heart(cc_anatomy *anatomy, uint64_t seed, int patient);

#endif
