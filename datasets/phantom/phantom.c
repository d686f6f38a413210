/* datasets/phantom/phantom.c -- the options of a phantom, and which scanner takes which patient. Patients
 * go to the scanners in rotation, so that every set of four has one of each, and a split by vendor
 * (stratify) has something to spread. */
#include "datasets/phantom/phantom.h"

#include <math.h>
#include <stddef.h>

cc_phantom_options cc_phantom_defaults(void) {
    return (cc_phantom_options){
        .layout = "ctheart", .patients = 32, .size = 128, .slices = 40, .seed = 1, .window_hu = {-200, 800}};
}

int cc_phantom_scanner_of(int patient) {
    return patient % CC_PHANTOM_SCANNERS;
}

static cc_status in_range(const char *name, int value, int low, int high) {
    if (value >= low && value <= high) return CC_OK;
    return cc_fail(CC_EINVAL, name, NULL, "%d lies outside %d to %d", value, low, high);
}

cc_status cc_phantom_check(const cc_phantom_options *o) {
    CC_TRY(in_range("patients", o->patients, 1, CC_PHANTOM_PATIENTS_MAX));
    CC_TRY(in_range("size", o->size, CC_PHANTOM_SIZE_MIN, CC_PHANTOM_SIZE_MAX));
    CC_TRY(in_range("slices", o->slices, 1, CC_PHANTOM_SLICES_MAX));
    if (!isfinite(o->window_hu[0]) || !isfinite(o->window_hu[1]) || o->window_hu[0] >= o->window_hu[1])
        return cc_fail(CC_EINVAL, "window_hu", "give the lower bound first", "[%g, %g] is not a window",
                       o->window_hu[0], o->window_hu[1]);
    if (o->field_mm != 0 &&
        !(o->field_mm >= CC_PHANTOM_FIELD_MM_MIN && o->field_mm <= CC_PHANTOM_FIELD_MM_MAX))
        return cc_fail(CC_EINVAL, "field_mm", NULL, "%g mm lies outside %d to %d", o->field_mm,
                       CC_PHANTOM_FIELD_MM_MIN, CC_PHANTOM_FIELD_MM_MAX);
    return CC_OK;
}
