/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is compared. A field is one row of a table in one of the fields_*.c: adding one is a row and a function that
 * reads it off one side. Its name is the key in JSON and stays for ever.
 */
#ifndef SCS_COMPARE_FIELDS_H
#define SCS_COMPARE_FIELDS_H

#include "compare/compare.h"
#include "report/label.h"

/* Room for a value that is put together from a list. */
#define SCS_MAX_VALUE_TEXT 2048u

struct scs_compare_reader {
    const struct scs_compare_side *side;
    struct scs_redactor *redactor;
    struct scs_arena *arena;
};

enum scs_compare_measure {
    SCS_MEASURE_TEXT,  /* equal or not */
    SCS_MEASURE_BYTES, /* small differences are those of names in the request */
    SCS_MEASURE_QUERY, /* bytes that servers limit */
    SCS_MEASURE_COUNT,
    SCS_MEASURE_LOSSES, /* counted, and normal in small numbers */
    SCS_MEASURE_DURATION
};

struct scs_compare_field {
    const char *name;  /* in JSON */
    const char *label; /* for reading */
    enum scs_compare_weight weight;
    enum scs_compare_measure measure;
    struct scs_compare_value (*read)(const struct scs_compare_reader *r);
};

/* The fields of a group; *num receives their number. */
typedef const struct scs_compare_field *scs_compare_fields(size_t *num);
scs_compare_fields scs_fields_who, scs_fields_transport, scs_fields_tls, scs_fields_message, scs_fields_request,
    scs_fields_answers, scs_fields_timing;
/* scs_fields_of returns the fields of one group. */
const struct scs_compare_field *scs_fields_of(enum scs_compare_group group, size_t *num);
enum scs_compare_group scs_field_group(const struct scs_compare_field *field);

/* scs_fields_compare says what two values of one field mean. */
enum scs_compare_result scs_fields_compare(enum scs_compare_measure measure, const struct scs_compare_value *a,
                                           const struct scs_compare_value *b);

/* ---- values ------------------------------------------------------------------------------------- */

/* Copies; NULL or empty text is SCS_SEEN_NONE. */
struct scs_compare_value scs_value_text(const struct scs_compare_reader *r, const char *text);
struct scs_compare_value scs_value_none(void);
/* `why` is copied. */
struct scs_compare_value scs_value_unknown(const struct scs_compare_reader *r, const char *why);
/* "yes", or none. */
struct scs_compare_value scs_value_bool(bool yes);
struct scs_compare_value scs_value_bytes(const struct scs_compare_reader *r, uint64_t n);
struct scs_compare_value scs_value_count(const struct scs_compare_reader *r, uint64_t n);
/* SCS_NO_TIME is unknown. */
struct scs_compare_value scs_value_duration(const struct scs_compare_reader *r, int64_t ns);
/* The names with commas between; none when there are none. scs_value_items takes semicolons, for texts that hold commas. */
struct scs_compare_value scs_value_list(const struct scs_compare_reader *r, const char *const *names, uint32_t num);
struct scs_compare_value scs_value_items(const struct scs_compare_reader *r, const char *const *texts, uint32_t num);

/* The words of the flags that are set, with commas between. */
struct scs_compare_value scs_value_flags(const struct scs_compare_reader *r, uint32_t flags, const struct scs_flag_word *words);

/* ---- what several fields ask ---------------------------------------------------------------------- */

/* scs_unseen_part: the capture, not the network, left part of the message out: what is missing is not known to be absent. */
bool scs_unseen_part(const struct scs_http_message *m);
/* scs_side_message: the pkiMessage that asks for a certificate; else NULL, and *why is what to say of its fields. */
const struct scs_pki_message *scs_side_message(const struct scs_compare_side *s, const char **why);

#endif
