/* core/version.h -- what a result was made with. */
#ifndef CC_CORE_VERSION_H
#define CC_CORE_VERSION_H

#define CC_VERSION "0.1.0"

/* Raised whenever the same config, seed and data may give other bytes; part of a run's identity. */
#define CC_NUMERICS_VERSION 4

#endif
