/* SPDX-License-Identifier: Apache-2.0 */
/* How functions say what went wrong. See docs/architecture.md, "Four kinds of wrong". */
#ifndef SCEPSCOPE_STATUS_H
#define SCEPSCOPE_STATUS_H

#define SCS_MUST_USE                   __attribute__((warn_unused_result))
#define SCS_PRINTF(fmt_arg, first_arg) __attribute__((format(printf, fmt_arg, first_arg)))

/* scs_status is a dissector's answer about the bytes it was given. */
enum scs_status {
    SCS_OK,          /* a whole element was read */
    SCS_MORE,        /* cut off: what could be read was read, more bytes would be needed */
    SCS_MALFORMED,   /* not what it claims to be */
    SCS_UNSUPPORTED, /* well formed, but of a kind this program does not read */
    SCS_LIMIT        /* a maximum of limits.h was reached; the rest was left unread */
};

/*
 * scs_error is filled once, where the program meets its surroundings: a file, a device, an option.
 * `text` is one sentence that names the thing and the next step, without a final newline.
 */
struct scs_error {
    char text[512];
};

/* scs_error_set formats the sentence into `err` (which may be NULL) and returns false, to be returned in turn. */
_Bool scs_error_set(struct scs_error *err, const char *fmt, ...) SCS_PRINTF(2, 3);

#endif
