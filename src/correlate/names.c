/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the report for every enum of the model: the same in every format, and fixed by docs/report.schema.json. */
#include "scepscope/exchange.h"

#define WORD(table, index) ((index) < sizeof(table) / sizeof(table)[0] && (table)[index] != NULL ? (table)[index] : "unknown")

const char *scs_operation_name(unsigned operation)
{
    static const char *const words[] = {
        [SCS_OP_OTHER] = "other",
        [SCS_OP_GET_CA_CAPS] = "GetCACaps",
        [SCS_OP_GET_CA_CERT] = "GetCACert",
        [SCS_OP_GET_NEXT_CA_CERT] = "GetNextCACert",
        [SCS_OP_PKI_OPERATION] = "PKIOperation",
        [SCS_OP_VERIFY_REQUEST] = "VerifyRequest",
        [SCS_OP_NOTIFY] = "Notify",
        [SCS_OP_NDES_GENERATE_CHALLENGE] = "NDESGenerateChallenge",
        [SCS_OP_PAGE] = "page",
    };
    return WORD(words, operation);
}

const char *scs_outcome_name(unsigned outcome)
{
    static const char *const words[] = {
        [SCS_OUTCOME_OK] = "ok",
        [SCS_OUTCOME_FAILED] = "failed",
        [SCS_OUTCOME_PENDING] = "pending",
        [SCS_OUTCOME_TRUNCATED] = "truncated",
        [SCS_OUTCOME_UNANSWERED] = "unanswered",
        [SCS_OUTCOME_INCOMPLETE] = "incomplete",
        [SCS_OUTCOME_HEALTHY_PAGE] = "healthy_page",
    };
    return WORD(words, outcome);
}

const char *scs_platform_name(unsigned platform)
{
    static const char *const words[] = {
        [SCS_PLATFORM_UNKNOWN] = "unknown",       [SCS_PLATFORM_WINDOWS] = "windows",         [SCS_PLATFORM_APPLE] = "apple",
        [SCS_PLATFORM_ANDROID] = "android",       [SCS_PLATFORM_NDES_PLUGIN] = "ndes_plugin", [SCS_PLATFORM_CISCO] = "cisco",
        [SCS_PLATFORM_JSCEP] = "jscep",           [SCS_PLATFORM_MICROMDM] = "micromdm",       [SCS_PLATFORM_CURL] = "curl",
        [SCS_PLATFORM_POWERSHELL] = "powershell", [SCS_PLATFORM_BROWSER] = "browser",         [SCS_PLATFORM_OTHER] = "other",
    };
    return WORD(words, platform);
}

const char *scs_reached_name(unsigned reached)
{
    static const char *const words[] = {
        [SCS_REACHED_CONTACT] = "contact",
        [SCS_REACHED_CAPABILITIES] = "capabilities",
        [SCS_REACHED_CA_CERTIFICATE] = "ca_certificate",
        [SCS_REACHED_REQUEST] = "request",
        [SCS_REACHED_POLICY] = "policy",
        [SCS_REACHED_REPLY] = "reply",
    };
    return WORD(words, reached);
}

const char *scs_enrolment_outcome_name(unsigned outcome)
{
    static const char *const words[] = {
        [SCS_ENROLMENT_SUCCEEDED] = "succeeded", [SCS_ENROLMENT_FAILED] = "failed",         [SCS_ENROLMENT_PENDING] = "pending",
        [SCS_ENROLMENT_BLOCKED] = "blocked",     [SCS_ENROLMENT_INCOMPLETE] = "incomplete",
    };
    return WORD(words, outcome);
}

const char *scs_connection_state_name(unsigned state)
{
    static const char *const words[] = {
        [SCS_CONN_OPEN] = "open",       [SCS_CONN_ESTABLISHED] = "established",
        [SCS_CONN_BLOCKED] = "blocked", [SCS_CONN_REFUSED] = "refused",
        [SCS_CONN_RESET] = "reset",     [SCS_CONN_CLOSED] = "closed",
    };
    return WORD(words, state);
}

const char *scs_role_name(unsigned role)
{
    static const char *const words[] = {
        [SCS_ROLE_UNKNOWN] = "unknown",       [SCS_ROLE_CA] = "ca",
        [SCS_ROLE_RA_SIGNING] = "ra_signing", [SCS_ROLE_RA_ENCRYPTION] = "ra_encryption",
        [SCS_ROLE_RA_BOTH] = "ra_both",       [SCS_ROLE_LEAF] = "leaf",
    };
    return WORD(words, role);
}

/* RFC 8894 3.2.1.2; 18 is of the drafts before it, 41 of Microsoft's attestation (MS-WCCE). */
const char *scs_message_type_name(int message_type)
{
    switch (message_type) {
    case 3:
        return "CertRep";
    case 17:
        return "RenewalReq";
    case 18:
        return "UpdateReq";
    case 19:
        return "PKCSReq";
    case 20:
        return "CertPoll";
    case 21:
        return "GetCert";
    case 22:
        return "GetCRL";
    case 41:
        return "SCEPMessageClaimChallengeAnswer";
    default:
        return NULL;
    }
}

/* RFC 8894 3.2.1.3; 11 is of Microsoft's attestation. */
const char *scs_pki_status_name(int pki_status)
{
    switch (pki_status) {
    case 0:
        return "SUCCESS";
    case 2:
        return "FAILURE";
    case 3:
        return "PENDING";
    case 11:
        return "SCEPDispositionPendingChallenge";
    default:
        return NULL;
    }
}

/* RFC 8894 3.2.1.4. */
const char *scs_fail_info_name(int fail_info)
{
    static const char *const words[] = {"badAlg", "badMessageCheck", "badRequest", "badTime", "badCertId"};
    return fail_info >= 0 && fail_info < 5 ? words[fail_info] : NULL;
}

const char *scs_check_name(unsigned check)
{
    static const char *const words[] = {[SCS_UNCHECKED] = "unchecked", [SCS_VALID] = "valid", [SCS_INVALID] = "invalid"};
    return check < sizeof words / sizeof words[0] ? words[check] : words[SCS_UNCHECKED];
}
