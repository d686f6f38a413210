/* datasets/phantom/phantom.h -- a seeded thorax in three dimensions, scanned without contrast by one of four
 * scanners.
 *
 * Every patient is a list of smooth shapes in mm (anatomy.c), painted in order with the share of each pixel
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
#ifndef CC_DATASETS_PHANTOM_H
#define CC_DATASETS_PHANTOM_H

#include <stdint.h>
#include "core/status.h"
#include "datasets/volume.h"

enum {
    CC_PHANTOM_SIZE_MIN = 64,
    CC_PHANTOM_SIZE_MAX = 512,
    CC_PHANTOM_SLICES_MAX = 400,
    CC_PHANTOM_PATIENTS_MAX = 999,
    CC_PHANTOM_SCANNERS = 4
};

typedef struct cc_phantom_options {
    const char *layout;  /* "ctheart", "orcascore": how cc_phantom_write lays the folder out */
    int patients;        /* 1..CC_PHANTOM_PATIENTS_MAX */
    int size;            /* pixels a side, CC_PHANTOM_SIZE_MIN..CC_PHANTOM_SIZE_MAX */
    int slices;          /* 1..CC_PHANTOM_SLICES_MAX over 120 mm: 40 slices lie 3 mm apart */
    uint64_t seed;       /* another seed, other patients */
    double window_hu[2]; /* what the grey range of a ctheart picture spans */
} cc_phantom_options;

/* ctheart; 32 patients of 40 slices at 128 x 128, seed 1, window -200..800 HU. */
cc_phantom_options cc_phantom_defaults(void);

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

/* The scanner of a patient: patients take turns. 0..CC_PHANTOM_SCANNERS-1. */
int cc_phantom_scanner_of(int patient);

/* Makes one patient (0..options->patients-1), on an LPS grid with z ascending: `hu` in whole HU from -1024 to
 * 3071, `labels` as above. A voxel is plaque or calcium where it lies in one and reads more than 130 HU.
 *   CC_OK      both volumes are the caller's; either pointer may be NULL
 *   CC_EINVAL  an option out of range, named; nothing is made
 *   CC_ENOMEM  as it says */
cc_status cc_phantom_make(cc_volume *hu, cc_volume *labels, const cc_phantom_options *options, int patient);

/* Writes all patients in a dataset's layout, slices ascending in z. DIR/phantom.txt says what was made.
 *   ctheart    DIR/train/ct_001/image/1-001.png, an 8-bit grey picture of options->window_hu, and
 *              DIR/train/ct_001/mask/1-001.png, 255 inside the heart
 *   orcascore  DIR/Training_set/Images/TRV1P1CTI.mhd, HU, and "DIR/Training_set/Reference
 * standard/TRV1P1R.mhd", the plaque by artery (1 LAD, 2 LCX, 3 RCA); V is the scanner One seed has the same
 * patients in both. A patient is there whole or not at all: one command interrupted and given again goes on
 * where it stopped, and given a third time does nothing. *made (may be NULL) counts the patients written.
 *   CC_EUSAGE  no such layout
 *   CC_EINVAL  an option out of range, or DIR holds anything but this same phantom; nothing is changed
 *   CC_EIO     as it says; what was written before is whole */
cc_status cc_phantom_write(int *made, const char *dir, const cc_phantom_options *options);

/* A contact sheet: the slice through the middle of the heart of every patient, in a window of -160..240 HU,
 * the heart outlined in a colour that names the scanner, the patient's number in the corner. An RGB PNG. */
cc_status cc_phantom_write_sheet(const char *path, const cc_phantom_options *options);

#endif
