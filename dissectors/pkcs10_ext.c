/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a certificate request that a certificate's reader passes over: Microsoft's, and names without value. */
#include <string.h>

#include "base/text.h"
#include "dissectors/cms.h"
#include "dissectors/oid.h"
#include "dissectors/pkcs10_parts.h"
#include "dissectors/x509_parts.h"

/* The tag URI that carries a SID in a SAN: "Preview of SAN URI for Certificate Strong Mapping", KB5014754. */
#define SID_URI "URI:tag:microsoft.com,2022-09-14:sid:"

enum { OTHER_NAME = 0xa0, EXPLICIT_0 = 0xa0, SUBJECT_ALT_NAME_ARC = 17 };

/* OtherName with a string in it: the string is the value. */
static bool has_value(const struct scs_ber *name)
{
    struct scs_cursor c = name->contents;
    struct scs_ber type, wrapper, value;
    if (name->tag != OTHER_NAME || scs_ber_expect(&c, SCS_BER_OID, &type) != SCS_OK ||
        scs_ber_expect(&c, EXPLICIT_0, &wrapper) != SCS_OK || scs_ber_next(&wrapper.contents, &value) != SCS_OK) {
        return name->contents.len != 0;
    }
    return value.contents.len != 0;
}

static void look_for_empty_names(struct scs_cursor value, struct scs_csr *out)
{
    struct scs_ber names, name;
    out->flags |= SCS_CSR_HAS_SAN;
    if (scs_ber_expect(&value, SCS_BER_SEQUENCE, &names) != SCS_OK) {
        return;
    }
    bool empty = scs_cursor_done(&names.contents);
    while (scs_ber_next(&names.contents, &name) == SCS_OK) {
        empty = empty || !has_value(&name);
    }
    out->flags |= empty ? SCS_CSR_SAN_EMPTY : 0;
}

/* NTDS_CA_SECURITY_EXT ::= SEQUENCE OF [0] { OID, [0] OCTET STRING "S-1-5-21-..." }            MS-WCCE 2.2.2.7.7.4 */
static const char *read_sid(struct scs_cursor value, struct scs_arena *arena)
{
    struct scs_ber sequence, name, type, wrapper, sid;
    if (scs_ber_expect(&value, SCS_BER_SEQUENCE, &sequence) != SCS_OK ||
        scs_ber_expect(&sequence.contents, OTHER_NAME, &name) != SCS_OK ||
        scs_ber_expect(&name.contents, SCS_BER_OID, &type) != SCS_OK ||
        scs_ber_expect(&name.contents, EXPLICIT_0, &wrapper) != SCS_OK ||
        scs_ber_expect(&wrapper.contents, SCS_BER_OCTET_STRING, &sid) != SCS_OK || sid.contents.len == 0) {
        return NULL;
    }
    return scs_arena_text(arena, &sid.contents, SCS_MAX_TEXT);
}

/* certificatePolicies by another OID: SEQUENCE OF SEQUENCE { OID, qualifiers OPTIONAL }         MS-WCCE 2.2.2.7.7.3 */
static void read_application_policies(struct scs_cursor value, struct scs_arena *arena, struct scs_csr *out)
{
    const char *names[SCS_MAX_NAMES];
    struct scs_ber sequence, policy, oid;
    uint32_t num = 0;
    if (scs_ber_expect(&value, SCS_BER_SEQUENCE, &sequence) != SCS_OK) {
        return;
    }
    while (num < SCS_MAX_NAMES && scs_ber_expect(&sequence.contents, SCS_BER_SEQUENCE, &policy) == SCS_OK &&
           scs_ber_expect(&policy.contents, SCS_BER_OID, &oid) == SCS_OK) {
        names[num++] = scs_oid_name(&oid.contents, arena);
    }
    out->application_policies = scs_arena_dup(arena, names, num * sizeof *names);
    out->num_application_policies = num;
}

/* enrollCertType is a string, certificateTemplate a SEQUENCE that begins with an OID. */
static const char *read_template(struct scs_cursor value, struct scs_arena *arena)
{
    struct scs_ber e, oid;
    if (scs_ber_next(&value, &e) != SCS_OK) {
        return NULL;
    }
    if (e.tag == SCS_BER_SEQUENCE) {
        return scs_ber_expect(&e.contents, SCS_BER_OID, &oid) == SCS_OK ? scs_oid_name(&oid.contents, arena) : NULL;
    }
    return scs_x509_string(&e, arena, SCS_MAX_TEXT);
}

static void read_extension(const char *name, struct scs_cursor value, struct scs_arena *arena, struct scs_csr *out)
{
    if (strcmp(name, "subjectAltName") == 0) {
        look_for_empty_names(value, out);
    } else if (strcmp(name, "ntdsSecurity") == 0) {
        out->sid = read_sid(value, arena);
    } else if (strcmp(name, "applicationPolicies") == 0) {
        read_application_policies(value, arena, out);
    } else if (strcmp(name, "enrollCertType") == 0 || strcmp(name, "certificateTemplate") == 0) {
        out->template_name = read_template(value, arena);
    }
}

void scs_pkcs10_extensions(const struct scs_cursor *extensions, struct scs_arena *arena, struct scs_csr *out)
{
    struct scs_cursor c = *extensions;
    struct scs_ber extension, oid, critical, value;
    out->flags |= SCS_CSR_HAS_EXTENSIONS;
    scs_x509_extensions(extensions, arena, &out->asked);
    while (scs_ber_expect(&c, SCS_BER_SEQUENCE, &extension) == SCS_OK) {
        struct scs_cursor e = extension.contents;
        if (scs_ber_expect(&e, SCS_BER_OID, &oid) != SCS_OK) {
            return;
        }
        (void)scs_ber_expect(&e, SCS_BER_BOOLEAN, &critical);
        const char *name = scs_oid_known(&oid.contents);
        if (name != NULL && scs_ber_expect(&e, SCS_BER_OCTET_STRING, &value) == SCS_OK) {
            read_extension(name, value.contents, arena, out);
        }
    }
    for (uint32_t i = 0; i < out->asked.num_sans && out->sid == NULL; i++) {
        if (scs_text_starts_nocase(out->asked.sans[i], SID_URI)) {
            out->sid = out->asked.sans[i] + sizeof SID_URI - 1;
        }
    }
}
