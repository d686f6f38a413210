/* nets/models/decoders/blocks.h -- private to nets/: what the blocks of all decoders end with. */
#ifndef CC_NETS_DECODER_BLOCKS_H
#define CC_NETS_DECODER_BLOCKS_H

#include "nets/models/decoders/decoder.h"

/* Joins x with the skip (CC_NO_VALUE: none), then two 3x3 convolutions, each with batch norm and ReLU. The
 * block's attention weighs what was joined ("attention1") and what leaves ("attention2"). */
cc_value cc_decoder_join(cc_graph *graph, cc_value x, cc_value skip, const cc_decoder_block *block);

#endif
