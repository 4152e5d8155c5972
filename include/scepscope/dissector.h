/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every dissector offers to the registry, the fuzzers and the splitting test. Dissectors read
 * bytes and give facts; they do no I/O, keep no globals and know nothing of other flows.
 * dissectors/dissectors.def lists them in the order data flows; see dissectors/README.md.
 */
#ifndef SCEPSCOPE_DISSECTOR_H
#define SCEPSCOPE_DISSECTOR_H

#include "scepscope/cursor.h"

struct scs_buf; /* base/buf.h: a growing buffer with a maximum */

struct scs_dissector {
    const char *name;   /* file name, fuzz corpus folder and test label */
    const char *claims; /* which bytes are its own, in words: link types, ethertypes, content types */
    /*
     * examine reads `len` bytes at `data`, delivered as [0,cut) and [cut,len) where the format is a stream,
     * and writes every fact found as text lines to `out`. The lines must not depend on `cut`.
     */
    enum scs_status (*examine)(const uint8_t *data, size_t len, size_t cut, struct scs_buf *out);
};

/* scs_dissectors returns the table made from dissectors.def; *num receives its length. */
const struct scs_dissector *const *scs_dissectors(size_t *num);

#endif
