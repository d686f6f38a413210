/* nets/ops/conv/cuda/few_channels.cu -- forward and data passes of 3x3 convolutions of few channels.
 *
 * A warp goes down a strip of 16 columns. It reads a row of the input once for each of the kernel's columns,
 * 16 pixels as the rows of A, and adds its products to the three rows of the output that it belongs to; a
 * row that had its last is written. Neither input nor output passes through shared memory: channels are
 * numbered so that a lane's are neighbours. */
#include "nets/ops/conv/cuda/few_channels.cuh"

using namespace cc;

namespace few_channels {

/* Times 64 words of weights. */
constexpr int IN_REGISTERS_MOST = 4;

/* A pass: forward, or backward data as the convolution of dy with mirrored weights. */
struct few_pass {
    void *to;
    const void *from, *weights;
    const float *bias; /* may be NULL */
    int kind;
    bool mirrored; /* backward data: taps in reverse order, weights read as [in][tap][out] */
    column_strips s;
};

/* The part of B that a lane holds: channels of the input from `first` on, of output channel `out`. */
template <int IN, int OUT>
__device__ inline void read_weights(uint32_t (&to)[2], const few_pass &c, int tap, int first, int out) {
    const bf16 *w = (const bf16 *)c.weights;
    bf16 values[4];
    for (int k = 0; k < 4; k++)
        values[k] = w[c.mirrored ? ((first + k) * TAPS + TAPS - 1 - tap) * OUT + out
                                 : (out * TAPS + tap) * IN + first + k];
    to[0] = values[0].bits | (uint32_t)values[1].bits << 16;
    to[1] = values[2].bits | (uint32_t)values[3].bits << 16;
}

/* S times 16 channels to J times 8. */
template <int S, int J> struct correlator {
    static constexpr int IN = 16 * S, OUT = 8 * J, WORDS = 2 * S, COUNT = TAPS * S * J;
    static constexpr bool KEPT = S * J <= IN_REGISTERS_MOST;
    const few_pass &c;
    const pair_words *shared; /* weights */
    const strip_place p;
    const int lane;
    uint32_t kept[KEPT ? COUNT : 1][2];
    unsigned inside; /* bit 2 x + half: whether that pixel is in the image */
    int64_t from;    /* bytes to the lane's part of the next row of the input */
    uint32_t a[3][S][4];
    float sums[3][J][4]; /* rows of the output, by their number modulo 3 */

    __device__ correlator(const few_pass &c_, const pair_words *shared_, int warp, int lane_)
        : c(c_), shared(shared_), p(place_of(c_.s, warp)), lane(lane_), inside(0), sums() {
        if constexpr (KEPT)
            for (int i = 0; i < COUNT; i++) copy_words(kept[i], shared[i * WARP + lane]);
        const int column = p.column + lane / 4 - 1;
        for (int i = 0; i < 6; i++)
            inside |= (unsigned)((unsigned)(column + i / 2 + i % 2 * 8) < (unsigned)c.s.width) << i;
        if (!p.there) inside = 0;
        from = (((int64_t)p.image * c.s.height + p.row - 1) * c.s.width + column) * (IN * 2) +
               lane % 4 * (WORDS * 4);
    }

    /* Of a lane: pixels g and g + 8 of the strip, moved by the kernel's column; neighbouring channels. */
    __device__ void read(int x, unsigned there) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            uint32_t words[WORDS];
            read_words(words, there >> (2 * x + half) & 1,
                       (const char *)c.from + from + (x + 8 * half) * (IN * 2));
            for (int s = 0; s < S; s++) {
                a[x][s][half] = words[2 * s];
                a[x][s][half + 2] = words[2 * s + 1];
            }
        }
    }
    __device__ unsigned inside_of(int row) const {
        return (unsigned)row < (unsigned)c.s.height ? inside : 0;
    }
    __device__ void next_row() {
        from += (int64_t)c.s.width * (IN * 2);
    }
    __device__ void begin() {
        for (int x = 0; x < 3; x++) read(x, inside_of(p.row - 1));
        next_row();
    }

    /* Some rows on; 32 bytes a lane. */
    __device__ void fetch(int row) const {
        const int64_t first = ((int64_t)p.image * c.s.height + row) * c.s.width + p.column;
        if (p.there && row < c.s.height && lane < 16 * S && p.column + lane / S < c.s.width)
            fetch_ahead((const char *)c.from + first * (IN * 2) + lane * 32);
    }

    __device__ void write(int row, const float (&sum)[J][4]) const {
        if (row < p.row || row >= p.end) return;
        for (int half = 0; half < 2; half++) {
            float values[2 * J], bias[2 * J] = {};
            const int column = p.column + lane / 4 + 8 * half;
            if (!(inside >> (2 + half) & 1)) continue;
            if (c.bias) load_floats(bias, c.bias, lane % 4);
            for (int i = 0; i < 2 * J; i++) values[i] = sum[i / 2][2 * half + i % 2] + bias[i];
            activate_all<bf16>(c.kind, values);
            store(c.to, (((int64_t)p.image * c.s.height + row) * c.s.width + column) * 4 + lane % 4,
                  narrow<bf16>(values));
        }
    }

    /* Row number `row` of the input, which is PHASE modulo 3 from the strip's first on. A column's pixels of
     * the row after are on their way while the other columns are multiplied. */
    template <int PHASE> __device__ void step(int row) {
        /* Row `row` of the input adds to rows row - 1, row and row + 1 of the output, by the kernel's rows 2,
         * 1 and 0. */
        const unsigned there = inside_of(row + 1);
        fetch(row + AHEAD);
#pragma unroll
        for (int x = 0; x < 3; x++) {
#pragma unroll
            for (int i = 0; i < COUNT / 3; i++) {
                const int j = i % J, s = i / J % S, y = i / (J * S), at = ((3 * y + x) * S + s) * J + j;
                uint32_t b[2];
                if constexpr (KEPT)
                    memcpy(b, kept[at], sizeof b);
                else
                    read_shared(b, &shared[at * WARP + lane]);
                multiply_add(sums[(PHASE + 4 - y) % 3][j], a[x][s], b);
            }
            read(x, there);
        }
        next_row();
        write(row - 1, sums[(PHASE + 2) % 3]);
        memset(sums[(PHASE + 2) % 3], 0, sizeof sums[0]);
    }
};

/* Channel k of the four that a lane has of step s, and column n of tile j, as channels. */
template <int S> __device__ inline int in_channel(int s, int t) {
    return t * 4 * S + 4 * s;
}
template <int J> __device__ inline int out_channel(int j, int n) {
    return n / 2 * 2 * J + 2 * j + n % 2;
}

/* So many blocks a multiprocessor that all fits into registers. */
constexpr int blocks_at_once(int s, int j) {
    return s * j <= IN_REGISTERS_MOST && s * j > 2 ? 3 : 4;
}

template <int S, int J>
__global__ void __launch_bounds__(FEW_THREADS, blocks_at_once(S, J)) correlate_few(few_pass c) {
    typedef correlator<S, J> correlator;
    __shared__ pair_words weights[correlator::COUNT * WARP];
    for (int i = threadIdx.x; i < correlator::COUNT * WARP; i += FEW_THREADS) {
        const int lane = i % WARP, j = i / WARP % J, s = i / WARP / J % S, tap = i / WARP / (J * S);
        read_weights<correlator::IN, correlator::OUT>(weights[i].v, c, tap, in_channel<S>(s, lane % 4),
                                                      out_channel<J>(j, lane / 4));
    }
    __syncthreads();
    correlator me(c, weights, threadIdx.x / WARP, threadIdx.x % WARP);
    me.begin();
    for (int row = me.p.row - 1, last = row + c.s.rows + 1; row <= last; row += 3) {
        me.template step<0>(row);
        me.template step<1>(row + 1);
        me.template step<2>(row + 2);
    }
}

typedef void (*correlate_kernel)(few_pass);

static void run(const cc_few_channels_cuda *d, int in, int out, few_pass c) {
    static const correlate_kernel kernels[2][2] = {{correlate_few<1, 2>, correlate_few<1, 4>},
                                                   {correlate_few<2, 2>, correlate_few<2, 4>}};
    correlate_kernel kernel = kernels[in == 32][out == 32];
    c.s = column_strips_of(d);
    CC_LAUNCH_TOGETHER(kernel, dim3((unsigned)((c.s.items + FEW_WARPS - 1) / FEW_WARPS)), dim3(FEW_THREADS),
                       c);
}

extern "C" void cc_few_channels_cuda_forward(const cc_few_channels_cuda *d, void *y, const void *x,
                                             const void *w, const float *bias, cc_activation f) {
    run(d, d->in, d->out, few_pass{y, x, w, bias, f, false, {}});
}

extern "C" void cc_few_channels_cuda_data(const cc_few_channels_cuda *d, void *dx, const void *dy,
                                          const void *w) {
    run(d, d->out, d->in, few_pass{dx, dy, w, nullptr, CC_ACTIVATION_NONE, true, {}});
}

/* What a kernel was compiled for. */
static bool is_few(int64_t channels) {
    return channels == 16 || channels == 32;
}

extern "C" bool cc_few_channels_cuda_init(cc_few_channels_cuda *out, cc_pass pass, const cc_conv_attr *a,
                                          const cc_shape *x, const cc_shape *y, cc_dtype dtype) {
    bool fits = dtype == CC_BF16 && x->rank == 4 && a->groups == 1;
    for (int i = 1; fits && i < 3; i++)
        fits = a->kernel[i] == 3 && a->stride[i] == 1 && a->padding[i] == 1 && a->padding_more[i] == 0 &&
               a->dilation[i] == 1;
    const int64_t in = x->dims[1], to = y->dims[1];
    fits = fits && x->dims[0] * x->dims[2] * x->dims[3] <= FEW_PIXELS_MAX &&
           (pass == CC_PASS_BACKWARD_WEIGHTS ? in % 8 == 0 && to % 16 == 0 && in * to <= FEW_WEIGHTS_MAX
                                             : is_few(in) && is_few(to));
    if (fits)
        *out = cc_few_channels_cuda{(int)x->dims[0], (int)x->dims[2], (int)x->dims[3], (int)in, (int)to};
    return fits;
}

} // namespace few_channels
