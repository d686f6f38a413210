/* nets/models/choices.c -- the words of the lists in nets/models, for the config's options: names are written
 * where the thing itself is declared and nowhere else. */
#include "nets/models/choices.h"

#include <stddef.h>
#include <string.h>
#include "nets/models/decoders/decoder.h"
#include "nets/models/encoders/encoder.h"
#include "nets/models/models.h"

const char *cc_net_arch_name(int index) {
    const cc_architecture *architecture = cc_architecture_at(index);
    return architecture ? architecture->name : NULL;
}

const char *cc_net_encoder_name(int index) {
    return cc_encoder_name(index);
}

const char *cc_net_decoder_name(int index) {
    return cc_decoder_name(index);
}

const char *cc_net_padding_name(int index) {
    static const char *const names[] = {CC_PADDING_SYMMETRIC, CC_PADDING_SAME, CC_PADDING_SAME_NOMINAL};
    return index < (int)(sizeof names / sizeof *names) ? names[index] : NULL;
}

bool cc_net_arch_has_heads(const char *arch) {
#define X(name)                                                                                              \
    if (strcmp(arch, name) == 0) return true;
    CC_ARCHITECTURES_OF_HEADS(X)
#undef X
    return false;
}
bool cc_net_arch_has_one_head(const char *arch) {
    return !cc_net_arch_has_heads(arch);
}

bool cc_net_encoder_pads(const char *encoder) {
    const cc_encoder *found = cc_encoder_find(encoder);
    return found && found->resolution > 0;
}

int cc_net_decoder_levels(const int **channels, int index) {
    const cc_decoder *decoder = cc_decoder_name(index) ? cc_decoder_find(cc_decoder_name(index)) : NULL;
    if (!decoder) return 0;
    *channels = decoder->channels;
    return decoder->levels;
}
