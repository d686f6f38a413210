/* datasets/phantom/phantom.h -- a seeded thorax in three dimensions, scanned without contrast by one of four
 * scanners.
 *
 * Every patient is a list of smooth solids in mm (anatomy.c), painted in order with the share of each pixel
 * that they cover (rasterise.c), then blurred, given noise and recalibrated as one of four scanners would
 * (scanner.c). Patient p of a seed is the same to the byte, whatever the other options and the thread count,
 * except where size and slices change the grid.
 *
 * HU of the tissues (the mean; patients differ by a few HU, texture and noise come on top):
 *
 *   air -1000 · lung -850 · fat -100 · water-like fluid 10 · blood 42 · muscle 52 · myocardium 53 · liver 58
 *   spleen 48 · intervertebral disc 80 · costal cartilage 110 · trabecular bone 170 · cortical bone 700
 *   calcified plaque 250 to 1300, as partial volume leaves it
 *
 * Sources: ICRU Report 44, "Tissue substitutes in radiation dosimetry and measurement" (1989), for the
 * compositions behind these numbers; Schneider, Pedroni & Lomax, Phys. Med. Biol. 41 (1996) 111-124, for
 * their HU; Agatston et al., J. Am. Coll. Cardiol. 15 (1990) 827-832, for the 130 HU above which calcium
 * counts. Noise of 10 to 25 HU is what slices of 3 mm at 120 kVp show. */
#ifndef CC_DATASETS_PHANTOM_PHANTOM_H
#define CC_DATASETS_PHANTOM_PHANTOM_H

#include <stdbool.h>
#include <stdint.h>
#include "core/status.h"

/* The layouts that cc_phantom_write knows: X(NAME) for each; layout_NAME.c defines cc_phantom_layout_NAME. */
#define CC_PHANTOM_LAYOUT_LIST(X) X(ctheart) X(orcascore)

enum {
    CC_PHANTOM_SIZE_MIN = 64,
    CC_PHANTOM_SIZE_MAX = 512,
    CC_PHANTOM_SLICES_MAX = 400,
    CC_PHANTOM_PATIENTS_MAX = 999,
    CC_PHANTOM_FIELD_MM_MIN = 120,
    CC_PHANTOM_FIELD_MM_MAX = 500,
    CC_PHANTOM_SCANNERS = 4
};

/* How much calcium the coronaries hold: X(NAME) for each; coronaries.c makes the plaques of both.
 *   standard   a quarter of the patients without; from one grain of 2 mm3 to ten plaques of up to 15 mm
 *   clinical   scores, lesions and volumes as surveys report them (README.md beside this file) */
#define CC_PHANTOM_BURDEN_LIST(X) X(standard) X(clinical)

typedef enum cc_phantom_burden {
#define X(name) CC_BURDEN_##name,
    CC_PHANTOM_BURDEN_LIST(X)
#undef X
} cc_phantom_burden;

typedef struct cc_phantom_options {
    const char *layout;  /* a name of CC_PHANTOM_LAYOUT_LIST: how cc_phantom_write lays the folder out */
    int patients;        /* 1..CC_PHANTOM_PATIENTS_MAX */
    int size;            /* pixels a side, CC_PHANTOM_SIZE_MIN..CC_PHANTOM_SIZE_MAX */
    int slices;          /* 1..CC_PHANTOM_SLICES_MAX over 120 mm: 40 slices lie 3 mm apart */
    uint64_t seed;       /* another seed, other patients */
    double window_hu[2]; /* what the grey range of a ctheart picture spans */
    double field_mm;     /* 0: each scanner's own field of view, 300 to 400 mm; else all reconstruct this
                            square, CC_PHANTOM_FIELD_MM_MIN..CC_PHANTOM_FIELD_MM_MAX, about the heart */
    cc_phantom_burden burden;
    bool regions; /* orcascore: the territories of the arteries beside the reference (territories.h) */
} cc_phantom_options;

/* ctheart; 32 patients of 40 slices at 128 x 128, seed 1, window -200..800 HU, the scanners' fields, standard
 * burden. */
cc_phantom_options cc_phantom_defaults(void);
/* CC_EINVAL names the option out of range. */
cc_status cc_phantom_check(const cc_phantom_options *options);

/* What a voxel mostly is. 1 to 3 are the truth of the calcium datasets and stay as they are. */
typedef enum cc_phantom_tissue {
    CC_TISSUE_AIR = 0,
    CC_TISSUE_PLAQUE_LAD = 1, /* left main included */
    CC_TISSUE_PLAQUE_LCX = 2,
    CC_TISSUE_PLAQUE_RCA = 3,
    CC_TISSUE_CALCIUM_AORTA = 4,  /* calcium that is not coronary: no truth */
    CC_TISSUE_CALCIUM_MITRAL = 5, /* the same, in the mitral annulus */
    CC_TISSUE_LUNG,
    CC_TISSUE_FAT,
    CC_TISSUE_SKIN,
    CC_TISSUE_MUSCLE,
    CC_TISSUE_BLOOD,
    CC_TISSUE_MYOCARDIUM,
    CC_TISSUE_LIVER,
    CC_TISSUE_SPLEEN,
    CC_TISSUE_SOFT, /* oesophagus, bronchial and pericardial wall, glands, cord */
    CC_TISSUE_DISC,
    CC_TISSUE_CARTILAGE,
    CC_TISSUE_TRABECULAR,
    CC_TISSUE_CORTICAL,
    CC_TISSUE_TABLE,
    CC_TISSUE_COUNT
} cc_phantom_tissue;

/* A label is a tissue, with this bit set where the voxel lies inside the pericardium. */
enum { CC_PHANTOM_HEART = 64 };

static inline cc_phantom_tissue cc_phantom_label_tissue(float label) {
    return (cc_phantom_tissue)((int)label & (CC_PHANTOM_HEART - 1));
}
static inline int cc_phantom_label_is_heart(float label) {
    return ((int)label & CC_PHANTOM_HEART) != 0;
}

/* The scanner of a patient: patients go to the scanners in rotation. 0..CC_PHANTOM_SCANNERS-1. */
int cc_phantom_scanner_of(int patient);

#endif
