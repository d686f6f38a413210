/* nets/models/registry.h -- every encoder, decoder and net there is, a line each.
 *
 * From these lists come the declarations of the tables, the names of `calcade nets`, and the choices of
 * net.arch, net.encoder and net.decoder (experiments/config), so their schema, completion and reference page.
 * To add an encoder: its table in nets/models/encoders/, and its line here. A decoder: its two functions in
 * nets/models/decoders/, and its line here. */
#ifndef CC_NETS_MODELS_REGISTRY_H
#define CC_NETS_MODELS_REGISTRY_H

// clang-format off
/* X(identifier, name): the table is cc_encoder_IDENTIFIER. SEP stands between two. */
#define CC_RESNETS(X, SEP)                                                                                   \
    X(resnet_34, "resnet-34") SEP                                                                            \
    X(resnet_50, "resnet-50") SEP                                                                            \
    X(resnet_101, "resnet-101")
/* These may have TensorFlow's padding (net.padding). */
#define CC_EFFICIENTNETS(X, SEP)                                                                             \
    X(efficientnet_b0, "efficientnet-b0") SEP                                                                \
    X(efficientnet_b3, "efficientnet-b3") SEP                                                                \
    X(efficientnet_b5, "efficientnet-b5")
#define CC_DENSENETS(X, SEP)                                                                                 \
    X(densenet_121, "densenet-121") SEP                                                                      \
    X(densenet_161, "densenet-161") SEP                                                                      \
    X(densenet_169, "densenet-169") SEP                                                                      \
    X(densenet_201, "densenet-201")
#define CC_ENCODERS(X, SEP)                                                                                  \
    CC_RESNETS(X, SEP) SEP CC_EFFICIENTNETS(X, SEP) SEP CC_DENSENETS(X, SEP)
// clang-format on

/* X(identifier, name, blocks, channels of each block, deepest first, unless the config has its own): the
 * functions are cc_decoder_IDENTIFIER_block and _head. Encoders alone ("resnet-34") have the first. */
#define CC_DECODERS(X)                                                                                       \
    X(nearest, "nearest", 5, 256, 128, 64, 32, 16)                                                           \
    X(transpose, "transpose", 4, 256, 128, 64, 32)

/* X(identifier, name): how a decoder's block weighs its features (net.decoder.attention); the function is
 * cc_attention_IDENTIFIER. */
#define CC_ATTENTIONS(X) X(scse, "scse")

/* X(identifier, name, what it is put together from): the functions are cc_IDENTIFIER_stride and _build. */
#define CC_ARCHITECTURES(X)                                                                                  \
    X(unet, "unet", CC_NET_OF_LAYERS)                                                                        \
    X(unet_bn, "unet-bn", CC_NET_OF_LAYERS)                                                                  \
    X(unet_3d, "unet-3d", CC_NET_OF_LAYERS)                                                                  \
    X(unet_encoder, "unet-encoder", CC_NET_OF_ENCODER_AND_DECODER)                                           \
    X(deeplabv3plus, "deeplabv3plus", CC_NET_OF_DILATED_ENCODER)                                             \
    X(dense_ra_unet, "dense-ra-unet", CC_NET_OF_DENSE_ENCODER)                                               \
    X(dynunet, "dynunet", CC_NET_OF_LAYERS)                                                                  \
    X(attention_unet, "attention-unet", CC_NET_OF_LAYERS)                                                    \
    X(mtal, "mtal", CC_NET_OF_LAYERS)

/* Those of them that have several outputs: net.heads in place of net.classes. */
#define CC_ARCHITECTURES_OF_HEADS(X) X("mtal")

#endif
