/* datasets/readers/nifti_write.h -- writing NIfTI-1, for masks. */
#ifndef CC_DATASETS_READERS_NIFTI_WRITE_H
#define CC_DATASETS_READERS_NIFTI_WRITE_H

#include "datasets/volume.h"

/* One file, whole or not at all; gzip where its name ends in .gz. The affine stands in the sform, and in the
 * qform where its axes are at right angles; as float32, as NIfTI-1 has them. `type` and values as
 * cc_metaimage_write.
 *   CC_EUNSUPPORTED  more than 32767 voxels along an axis · CC_EINVAL another type · CC_EIO */
cc_status cc_nifti_write(const char *path, const cc_volume *volume, const char *type);

#endif
