/* nets/ops/conv/cuda/few_channels_weights.cu -- the gradient of the weights of 3x3 convolutions of few
 * channels: for each tap a product of 16 output channels by pixels with pixels by 16 input channels.
 *
 * A warp has such a pair of sixteens, and all its taps in registers, over some strips. Pixels are what is
 * summed over, so that a word wants one channel of two pixels: it is put together of two words that each have
 * two channels of one pixel. A row of x is read once for the three rows of dy that it met, whose words are
 * kept. Warps of a block add up in shared memory, blocks in a second kernel, in float64. */
#include "nets/ops/conv/cuda/few_channels.cuh"
#include "nets/backends/cuda/weight_parts.cuh"

using namespace cc;

namespace few_channels_weights {

/* BLOCKS: three for each multiprocessor of a large GPU. SUMS: of a lane, [tap][tile][value]. */
constexpr int BLOCKS = 396, SUMS = TAPS * 2 * 4, PAIR_WEIGHTS = SUMS * WARP;

struct few_weighing {
    float *parts; /* [part][pair][value][lane] */
    const void *x, *dy;
    int in, out;
    int pairs, together; /* of sixteens; of a block */
    int parts_count, rounds;
    column_strips s;
};

/* A lane's words of a row: channels 2 g and 2 g + 1 of pixels 4 t - 1 to 4 t + 4 of x, 4 t to 4 t + 3 of dy.
 */
struct few_weigher {
    const few_weighing &c;
    const int lane, in, out; /* in, out: the lane's first channels */
    int first, end;          /* rows of the strip */
    unsigned inside;         /* of the six pixels */
    bool fetches;
    const char *x_at, *dy_at, *ahead; /* ahead: 32 bytes of a pixel of x or dy, some rows on */
    uint32_t x[6], dy[4];             /* the next rows */
    uint32_t a[3][4];                 /* rows of dy, by their number modulo 3 */
    float sums[TAPS][2][4];

    __device__ few_weigher(const few_weighing &c_, int pair, int lane_)
        : c(c_), lane(lane_), in(pair / (c_.out / 16) * 16 + lane_ / 4 * 2),
          out(pair % (c_.out / 16) * 16 + lane_ / 4 * 2), sums() {}

    __device__ void begin(int64_t item) {
        const strip_place p = item_place(c.s, item);
        const int column = p.column + lane % 4 * 4;
        first = p.row;
        end = p.end;
        inside = 0;
        for (int i = 0; i < 6; i++)
            inside |= (unsigned)((unsigned)(column + i - 1) < (unsigned)c.s.width) << i;
        if (!p.there) inside = 0;
        const int64_t pixel = ((int64_t)p.image * c.s.height + p.row) * c.s.width + column;
        x_at = (const char *)c.x + ((pixel - c.s.width - 1) * c.in + in) * 2;
        dy_at = (const char *)c.dy + (pixel * c.out + out) * 2;
        const bool of_x = lane < 16;
        const int channels = of_x ? c.in : c.out, begin = (of_x ? in : out) / 16 * 16;
        ahead =
            (const char *)(of_x ? c.x : c.dy) +
            ((pixel - column + p.column + lane % 16 + (AHEAD - 1) * (int64_t)c.s.width) * channels + begin) *
                2;
        fetches = p.there && p.column + lane % 16 < c.s.width && begin < channels;
        memset(a, 0, sizeof a);
        read(first - 1);
    }

    /* Some rows on, into the second cache. */
    __device__ void fetch(int row) {
        if (fetches && row < end) fetch_ahead(ahead);
        ahead += (int64_t)c.s.width * (lane < 16 ? c.in : c.out) * 2;
    }

    template <int N>
    __device__ static void read_pixels(uint32_t (&to)[N], unsigned there, const char *at, int apart) {
#pragma unroll
        for (int i = 0; i < N; i++, at += apart) {
            uint32_t word[1];
            read_words(word, there >> i & 1, at);
            to[i] = word[0];
        }
    }
    /* Row `row` of x, and of dy the one after it. */
    __device__ void read(int row) {
        read_pixels(x, (unsigned)row < (unsigned)c.s.height && in < c.in ? inside : 0, x_at, c.in * 2);
        read_pixels(dy, row + 1 < end ? inside >> 1 : 0, dy_at, c.out * 2);
        x_at += (int64_t)c.s.width * c.in * 2;
        dy_at += (int64_t)c.s.width * c.out * 2;
    }

    /* Row number `row` of x, which is PHASE modulo 3 from the strip's first on. */
    template <int PHASE> __device__ void step(int row) {
        /* b[channel of the word][i]: pixels i and i + 1 of x; came[2 i + channel]: pixels 2 i and 2 i + 1 of
         * the new row of dy. */
        uint32_t b[2][5], (&came)[4] = a[(PHASE + 1) % 3];
#pragma unroll
        for (int i = 0; i < 5; i++) {
            b[0][i] = lower_halves(x[i], x[i + 1]);
            b[1][i] = upper_halves(x[i], x[i + 1]);
        }
        for (int i = 0; i < 2; i++) {
            came[2 * i] = lower_halves(dy[2 * i], dy[2 * i + 1]);
            came[2 * i + 1] = upper_halves(dy[2 * i], dy[2 * i + 1]);
        }
        read(row + 1);
        fetch(row + AHEAD);
#pragma unroll
        for (int i = 0; i < TAPS * 2; i++) {
            const int tile = i % 2, tap = i / 2, column = tap % 3;
            const uint32_t right[2] = {b[tile][column], b[tile][column + 2]};
            multiply_add(sums[tap][tile], a[(PHASE + 4 - tap / 3) % 3], right);
        }
    }
};

/* Of warps that have the same pair: `slot` is their number. */
__device__ inline void add_slots(float (&sums)[SUMS], float *room, int slot, int slots, int lane) {
    for (int adding = 1; adding < slots; adding++) {
        __syncthreads();
        for (int i = 0; i < SUMS; i++) {
            if (slot == adding) room[i * WARP + lane] = sums[i];
        }
        __syncthreads();
        for (int i = 0; i < SUMS; i++) {
            if (slot == 0) sums[i] += room[i * WARP + lane];
        }
    }
}

/* blockIdx.x: pairs of sixteens, which read the same memory at one time; blockIdx.y: the part. */
static __global__ void __launch_bounds__(FEW_THREADS, 3) few_weight_parts(few_weighing c) {
    __shared__ float room[FEW_WARPS / 2][PAIR_WEIGHTS];
    const int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, slots = FEW_WARPS / c.together,
              slot = warp / c.together, beside = warp % c.together, pair = blockIdx.x * c.together + beside;
    few_weigher me(c, pair, lane);
    for (int k = 0; k < c.rounds; k++) {
        me.begin((((int64_t)k * c.parts_count + blockIdx.y) * slots) + slot);
        for (int row = me.first - 1, last = row + c.s.rows + 1; row <= last; row += 3) {
            me.step<0>(row);
            me.step<1>(row + 1);
            me.step<2>(row + 2);
        }
    }
    float(&sums)[SUMS] = *(float(*)[SUMS])me.sums;
    if (slots > 1) add_slots(sums, room[beside % (FEW_WARPS / 2)], slot, slots, lane);
    if (slot > 0) return;
    float *to = c.parts + ((int64_t)blockIdx.y * c.pairs + pair) * PAIR_WEIGHTS;
    for (int i = 0; i < SUMS; i++) to[i * WARP + lane] = sums[i];
}

/* Where value i of the pairs of sixteens lies. Row g of A is the first channel of the lanes 4 g to 4 g + 3,
 * row g + 8 the second; so are the columns. */
struct weight_place {
    int in, outs; /* outs: sixteens of them */
    __device__ int64_t operator()(int64_t i) const {
        const int lane = (int)(i % WARP), value = (int)(i / WARP % SUMS), pair = (int)(i / PAIR_WEIGHTS);
        const int tap = value / 8, tile = value / 4 % 2, row = value / 2 % 2, column = value % 2;
        const int64_t to = pair % outs * 16 + lane / 4 * 2 + row;
        const int from = pair / outs * 16 + (lane % 4 * 2 + column) * 2 + tile;
        return from < in ? (to * TAPS + tap) * in + from : -1;
    }
};

/* together: pairs of sixteens that a block has beside each other; the warps that are left go over other
 * strips. */
static few_weighing weighing_of(const cc_few_channels_cuda *d) {
    few_weighing c = {};
    c.in = d->in;
    c.out = d->out;
    c.pairs = (d->in + 15) / 16 * (d->out / 16);
    for (c.together = FEW_WARPS; c.pairs % c.together;) c.together /= 2;
    c.s = column_strips_of(d);
    const int slots = FEW_WARPS / c.together, blocks = c.pairs / c.together;
    const int64_t most = (c.s.items + slots - 1) / slots;
    int64_t parts = blocks < BLOCKS ? BLOCKS / blocks : 1;
    if (parts > most) parts = most;
    c.parts_count = (int)parts;
    c.rounds = (int)((most + parts - 1) / parts);
    return c;
}

extern "C" size_t cc_few_channels_cuda_bytes(const cc_few_channels_cuda *d) {
    few_weighing c = weighing_of(d);
    return (size_t)c.parts_count * c.pairs * PAIR_WEIGHTS * sizeof(float);
}

extern "C" void cc_few_channels_cuda_weights(const cc_few_channels_cuda *d, float *dw, const void *x,
                                             const void *dy, void *scratch) {
    few_weighing c = weighing_of(d);
    c.parts = (float *)scratch;
    c.x = x;
    c.dy = dy;
    CC_LAUNCH_TOGETHER(few_weight_parts, dim3((unsigned)(c.pairs / c.together), (unsigned)c.parts_count),
                       dim3(FEW_THREADS), c);
    sum_weight_parts(dw, c.parts, c.parts_count, (int64_t)c.pairs * PAIR_WEIGHTS,
                     weight_place{c.in, c.out / 16});
}

} // namespace few_channels_weights
