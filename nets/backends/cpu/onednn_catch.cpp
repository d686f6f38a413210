/* nets/backends/cpu/onednn_catch.cpp -- calls of oneDNN from which no exception comes.
 *
 * oneDNN's C functions are C++ inside, and do not catch what its containers throw where memory is out: it
 * would end the program. C has no destructors that the way out to here could miss; what the call itself
 * has made so far may be lost.
 *
 * oneDNN remembers what it makes, by what it was asked for, from before it is made on; one whose making ended
 * by an exception stays remembered as such, and could not be had any more. So all is forgotten then.
 *
 * Its own objects oneDNN 2 uses without a look whether there was memory for them. So as much as those of a
 * convolution take together (some hundred small ones, and pages for code: 1.6 MiB in the test) is asked for
 * first, and given back: of the kernel, as malloc would keep it for itself alone. */
#include <new>
#include <dnnl.h>
#include <sys/mman.h>

extern "C" dnnl_status_t cc_onednn_catch(dnnl_status_t (*work)(void *context), void *context) noexcept;
extern "C" dnnl_status_t cc_onednn_make(dnnl_status_t (*work)(void *context), void *context) noexcept;

static const std::size_t reserve_bytes = 8 << 20;

extern "C" dnnl_status_t cc_onednn_catch(dnnl_status_t (*work)(void *context), void *context) noexcept {
    dnnl_status_t status;
    try {
        return work(context);
    } catch (const std::bad_alloc &) {
        status = dnnl_out_of_memory;
    } catch (...) {
        status = dnnl_runtime_error;
    }
    int capacity;
    if (dnnl_get_primitive_cache_capacity(&capacity) == dnnl_success) {
        dnnl_set_primitive_cache_capacity(0);
        dnnl_set_primitive_cache_capacity(capacity);
    }
    return status;
}

extern "C" dnnl_status_t cc_onednn_make(dnnl_status_t (*work)(void *context), void *context) noexcept {
    void *reserve = mmap(nullptr, reserve_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (reserve == MAP_FAILED) return dnnl_out_of_memory;
    munmap(reserve, reserve_bytes);
    return cc_onednn_catch(work, context);
}
