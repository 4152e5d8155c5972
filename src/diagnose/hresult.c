/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/hresult.h"

#include <stddef.h>

static const struct scs_hresult known[] = {
    {0x80004005, "E_FAIL", "unspecified error"},
    {0x80070002, "ERROR_FILE_NOT_FOUND", "a registry value is missing, for example EnforcePassword"},
    {0x80070005, "E_ACCESSDENIED", "the service account lacks a right: private key, DCOM or template"},
    {0x8007000D, "ERROR_INVALID_DATA", "challenge or request is malformed"},
    {0x80070057, "E_INVALIDARG", "a parameter is wrong, or NDES does not serve this kind of request"},
    {0x80070542, "ERROR_BAD_IMPERSONATION_LEVEL", "the right to impersonate a client is missing"},
    {0x800706BA, "RPC_S_SERVER_UNAVAILABLE", "the CA cannot be reached: ports 135 and dynamic, or CertSvc stopped"},
    {0x80090005, "NTE_BAD_DATA", "decryption failed: wrong or old RA certificate"},
    {0x80090014, "NTE_BAD_PROV_TYPE", "the RA key is in a provider NDES cannot use"},
    {0x80092012, "CRYPT_E_NO_REVOCATION_CHECK", "the revocation check could not be made"},
    {0x80092013, "CRYPT_E_REVOCATION_OFFLINE", "the revocation server is offline"},
    {0x8009310B, "CRYPT_E_ASN1_BADTAG", "the message is not CMS"},
    {0x80094001, "CERTSRV_E_BAD_REQUESTSUBJECT", "the subject is missing or too long"},
    {0x80094012, "CERTSRV_E_TEMPLATE_DENIED", "no Enroll permission on the template"},
    {0x80094800, "CERTSRV_E_UNSUPPORTED_CERT_TYPE",
     "the template is not published at the CA, or its display name stands in NDES's registry"},
    {0x80094811, "CERTSRV_E_KEY_LENGTH", "the key is shorter than the template demands"},
    {0x800B0101, "CERT_E_EXPIRED", "the RA certificate or its chain has expired"},
    {0x800B0109, "CERT_E_UNTRUSTEDROOT", "the chain ends in a root that is not trusted"},
    {0x800B0112, "CERT_E_UNTRUSTEDCA", "the CA is not trusted for this (NTAuth)"},
};

const struct scs_hresult *scs_hresult_find(int32_t hresult)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].code == (uint32_t)hresult) {
            return &known[i];
        }
    }
    return NULL;
}
