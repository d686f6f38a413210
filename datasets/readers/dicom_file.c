/* datasets/readers/dicom_file.c -- loads GDCM with the first DICOM file (datasets/readers/gdcm.h says why),
 * and makes errors of what it says.
 *
 * calcade_gdcm.so lies in the build folder, below a prefix in lib/calcade/, in the archive of ./run tarball
 * in lib/: where the program's own RPATH or its loader looks (cmake/CalcadeModule.cmake). */
#include "datasets/readers/dicom_file.h"

#include <dlfcn.h>
#include <pthread.h>
#include "datasets/readers/gdcm.h"

static const char module_name[] = "calcade_gdcm.so";

/* Set once, and never unloaded: children that core/guard.h forks have it from their parent. */
static const cc_gdcm *gdcm;

/* Not loaded once and for all where it fails: memory may be short for a while. */
static cc_status load(void) {
    void *module = dlopen(module_name, RTLD_NOW | RTLD_LOCAL);
    const cc_gdcm *found = module ? dlsym(module, "cc_gdcm_functions") : NULL;
    if (!found)
        return cc_fail(CC_EIO, module_name,
                       "it reads DICOM files, and lies where `./run build` or `cmake --install` put it, with "
                       "the libraries of Debian's libgdcm",
                       "it cannot be loaded: %s", dlerror());
    if (found->header_bytes != sizeof(cc_dicom_header) || found->frame_bytes != sizeof(cc_dicom_frame))
        return cc_fail(CC_EIO, module_name, "build or install both again",
                       "it belongs to another build than this program");
    gdcm = found;
    return CC_OK;
}

cc_status cc_dicom_file_prepare(void) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&lock);
    cc_status status = gdcm ? CC_OK : load();
    pthread_mutex_unlock(&lock);
    return status;
}

cc_status cc_dicom_file_header(void *out, size_t bytes, const char *path) {
    cc_gdcm_fault fault;
    cc_status status = gdcm->header(&fault, out, bytes, path);
    return status == CC_OK ? CC_OK : cc_fail(status, path, fault.hint, "%s", fault.what);
}

cc_status cc_dicom_file_pixels(void *bytes, size_t capacity, const char *path) {
    cc_gdcm_fault fault;
    cc_status status = gdcm->pixels(&fault, bytes, capacity, path);
    return status == CC_OK ? CC_OK : cc_fail(status, path, fault.hint, "%s", fault.what);
}
