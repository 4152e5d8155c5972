/* SPDX-License-Identifier: Apache-2.0 */
/* English: revocation lists and OCSP answers that a SCEP server cannot use. */
#include "report/lang/lang.h"

#define CAPI2     "On the SCEP server: event log Microsoft-Windows-CAPI2/Operational (enable it first), events 11, 41 and 53."
#define URL_FETCH "On the SCEP server: certutil -verify -urlfetch CERTIFICATE shows which address fails."

const struct scs_finding_text scs_en_revocation[] = {
    {.id = "tls-ocsp-crl-fail",
     .title = "The SCEP server cannot get revocation information",
     .meaning =
         "{client}, a SCEP server, asked {server} ({host}) for {what}, {target}, and did not get it. The answer was {status}. "
         "The OCSP response said {response_status}. {client}, a SCEP server, called {host} at {server} in vain (tries: {tries}). "
         "Without it certificates count as not checked: NDES may not start, its pool may stop, client certificates are "
         "refused.",
     .causes = {"The list was not published there, or the folder of the web site changed.",
                "A firewall or proxy does not let the server's own account out.",
                "The certificate names a distribution point that only works inside another network."},
     .fixes = {URL_FETCH, "On the CA: certutil -crl, then check that the files reach the web site (CertEnroll).",
               "Services have no user's proxy settings: netsh winhttp show proxy, netsh winhttp set proxy HOST:PORT.",
               "IIS serves names with + (delta lists) only with allowDoubleEscaping."},
     .confirm = {CAPI2, "IIS log: 403 13. Application log: NetworkDeviceEnrollmentService 10 or 2."},
     .reference = "RFC 5280 4.2.1.13; RFC 6960"},

    {.id = "tls-crl-expired",
     .title = "The revocation list that the SCEP server got is out of date",
     .meaning =
         "{client}, a SCEP server, fetched {target} from {server}. What it got was to be replaced by {next_update}. It is the "
         "list of {issuer}. Certificates of this CA can no longer be checked, and count as revoked or unknown.",
     .causes = {"The CA has been off, or its service stopped: it publishes on a schedule.",
                "The CA publishes, but the file is not copied to the web site.",
                "An offline root's list was not renewed by hand."},
     .fixes = {"On the CA: certutil -crl, then copy the new file to the distribution point.",
               "certutil -getreg CA\\CRL* shows the schedule. Set a longer overlap for offline roots: CA\\CRLOverlapPeriod.",
               "Then on the SCEP server: certutil -setreg chain\\ChainCacheResyncFiletime @now, iisreset."},
     .confirm = {CAPI2, "CAPI2 reports 0x80092013 (CRYPT_E_REVOCATION_OFFLINE)."},
     .reference = "RFC 5280 5.1.2.5"},
};
const size_t scs_num_en_revocation = sizeof scs_en_revocation / sizeof scs_en_revocation[0];
