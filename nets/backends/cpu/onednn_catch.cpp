/* nets/backends/cpu/onednn_catch.cpp -- calls of oneDNN from which no exception comes.
 *
 * oneDNN's C functions are C++ inside, and do not catch what its containers throw where memory is out: it
 * would end the program. C has no destructors that the way out to here could miss; what the call itself
 * has made so far may be lost. */
#include <new>
#include <dnnl.h>

extern "C" dnnl_status_t cc_onednn_catch(dnnl_status_t (*work)(void *context), void *context) noexcept;

extern "C" dnnl_status_t cc_onednn_catch(dnnl_status_t (*work)(void *context), void *context) noexcept {
    try {
        return work(context);
    } catch (const std::bad_alloc &) {
        return dnnl_out_of_memory;
    } catch (...) {
        return dnnl_runtime_error;
    }
}
