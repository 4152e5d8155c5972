/* SPDX-License-Identifier: Apache-2.0 */
/* English: the certificates the server hands out. */
#include "report/lang/lang.h"

#define RENEW_BOTH                                                                                                               \
    "Renew both RA certificates: CEP Encryption (certlm.msc, computer) and Exchange Enrollment Agent (Offline request) "         \
    "(certmgr.msc "                                                                                                              \
    "as the NDES administrator, key exportable, then import into the computer store)."
#define GRANT_READ                                                                                                               \
    "certlm.msc > right-click each RA certificate > All Tasks > Manage Private Keys: Read for the NDES service account; then "   \
    "iisreset."

const struct scs_finding_text scs_en_cacert[] = {
    {.id = "cacert-empty",
     .title = "GetCACert is answered with nothing",
     .meaning = "{client} asked for the CA certificates and got {status} without a byte.",
     .causes = {"NDES found no RA certificates.", "A proxy removes the body."},
     .fixes = {"certlm.msc > Personal: CEP Encryption and Exchange Enrollment Agent (Offline request) must be there, in date, "
               "with their keys.",
               GRANT_READ, RENEW_BOTH},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 2, 7 or 10."},
     .reference = "RFC 8894 4.2.1"},

    {.id = "cacert-html",
     .title = "GetCACert is answered with a web page",
     .meaning =
         "{client} asked for the CA certificates and got HTML. The page is titled {page}. The answer came from {server_header}.",
     .causes = {"The URL leads to another application or web site.",
                "A proxy, login page or captive portal answers in place of NDES."},
     .fixes = {"Correct the URL in the profile: https://HOST/certsrv/mscep/mscep.dll",
               "Let /certsrv/mscep/* pass without login or rewriting."},
     .confirm = {"Ask NDES itself, in PowerShell: Invoke-WebRequest -UseBasicParsing "
                 "'http://localhost/certsrv/mscep/mscep.dll?operation=GetCACert&message=ca' -OutFile ca.p7b"},
     .reference = "RFC 8894 4.2.1"},

    {.id = "cacert-unparseable",
     .title = "The GetCACert answer is no certificate and no list of certificates",
     .meaning = "The {response_body_length} bytes that {client} got cannot be read as DER. They are {encoding}, which SCEP does "
                "not allow.",
     .causes = {"A proxy changed or cut the body.", "The server sends text encoding (PEM, base64) instead of DER."},
     .fixes = {"Ask NDES itself and compare; repair or bypass the proxy.", "Other servers: let them send DER."},
     .confirm = {"certutil -dump on the saved body."},
     .reference = "RFC 8894 4.2.1"},

    {.id = "cacert-ctype-single",
     .title = "GetCACert declares one certificate and sends several, or the reverse",
     .meaning = "The answer to {client} says {content_type} and holds {certificates} certificates in the other form. Strict "
                "clients refuse it.",
     .causes = {"A proxy or server sets a fixed content type."},
     .fixes = {"One raw certificate is application/x-x509-ca-cert, a list is application/x-x509-ca-ra-cert: let the proxy pass "
               "the type "
               "unchanged."},
     .confirm = {"The client's log: wrong MIME type, or a certificate it cannot parse."},
     .reference = "RFC 8894 4.2.1"},

    {.id = "cacert-no-ra",
     .title = "NDES lists no RA certificates",
     .meaning = "The answer to {client} holds {certificates} CA certificates and none of a registration authority, although the "
                "server looks like NDES.",
     .causes = {"NDES did not find its RA certificates when it started."},
     .fixes = {"certlm.msc > Personal: CEP Encryption and Exchange Enrollment Agent (Offline request) must be there, in date, "
               "with their keys.",
               GRANT_READ, RENEW_BOTH},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 2 or 10."},
     .reference = "RFC 8894 3.3.2; Network Device Enrollment Service guidance"},

    {.id = "cacert-ra-expired",
     .title = "An RA certificate of NDES has expired",
     .meaning = "{subject} (serial {serial}) ended on {not_after}, {days} days before this capture. Every enrolment fails, with "
                "500 after the next restart "
                "of NDES.",
     .causes = {"RA certificates live two years and NDES does not renew them."},
     .fixes = {RENEW_BOTH, GRANT_READ, "certutil -store My on the NDES server shows NotAfter of both."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 2 or 10."},
     .reference = "Microsoft: Troubleshoot device to NDES server communication for SCEP certificate profiles"},

    {.id = "cacert-ra-expiring",
     .title = "An RA certificate of NDES expires soon",
     .meaning = "{subject} (serial {serial}) ends on {not_after}, in {days} days. Then every enrolment fails.",
     .causes = {"RA certificates live two years and NDES does not renew them."},
     .fixes = {RENEW_BOTH, GRANT_READ},
     .confirm = {"certutil -store My on the NDES server."},
     .reference = "Network Device Enrollment Service guidance"},

    {.id = "cacert-ra-notyet",
     .title = "An RA certificate of NDES is not valid yet",
     .meaning = "{subject} (serial {serial}) begins on {not_before}, after this capture was made.",
     .causes = {"The clock of the CA or of the server was wrong."},
     .fixes = {"w32tm /query /status and w32tm /resync on CA and NDES server.", RENEW_BOTH},
     .confirm = {"certutil -store My on the NDES server."},
     .reference = "RFC 5280 4.1.2.5"},

    {.id = "cacert-ca-expired",
     .title = "A CA certificate in the GetCACert answer has expired",
     .meaning = "{subject} ended on {not_after} and no newer certificate of it is listed. What it issued is no longer trusted.",
     .causes = {"The CA was not renewed.", "The CA was renewed and NDES still lists the old certificate."},
     .fixes = {"Renew the CA certificate (certsrv.msc > CA > All Tasks > Renew CA Certificate), publish it, restart NDES.",
               "Deploy the new root and intermediate certificates to the devices."},
     .confirm = {"CAPI2 operational log: CertVerifyCertificateChainPolicy, expired."},
     .reference = "RFC 5280 6.1.3"},

    {.id = "cacert-ra-old-ca",
     .title = "The RA certificates come from an older key of the CA than the one listed",
     .meaning = "{subject} was issued by {issuer} with another key than that CA's listed certificate has. Windows devices refuse "
                "the chain.",
     .causes = {"The CA was renewed with a new key and the RA certificates were not issued again."},
     .fixes = {RENEW_BOTH, "Then install NDES and the connector's SCEP feature again if errors remain, and iisreset."},
     .confirm = {"Windows device: DeviceManagement events 32, 307; CAPI2 30 with 0x800B0109."},
     .reference = "RFC 5280 4.2.1.1; Microsoft: Network Device Enrollment Service guidance"},

    {.id = "cacert-ra-ku",
     .title = "The RA certificates lack a key usage that SCEP needs",
     .meaning = "None of the RA certificates allows {missing_usage} (seen: {subject}). Messages cannot be encrypted to NDES, or "
                "its replies not be "
                "verified.",
     .causes = {"One of the two was requested from a wrong template."},
     .fixes =
         {"Request both from their templates: CEP Encryption (keyEncipherment) and Exchange Enrollment Agent (Offline request) "
          "(digitalSignature).",
          GRANT_READ},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 2 (0x80070057).", "iOS log: 22000 or 22003."},
     .reference = "RFC 8894 3.1, 3.2.2"},

    {.id = "cacert-ra-eku",
     .title = "An RA certificate lacks the Certificate Request Agent purpose",
     .meaning =
         "{subject} (serial {serial}) has no purpose 1.3.6.1.4.1.311.20.2.1. The CA does not accept requests signed by it.",
     .causes = {"It was requested from a wrong template."},
     .fixes = {RENEW_BOTH, GRANT_READ},
     .confirm = {"CA: event 53 and Failed Requests."},
     .reference = "Microsoft: Network Device Enrollment Service guidance"},

    {.id = "cacert-changed",
     .title = "GetCACert gives other certificates than before",
     .meaning = "The answer to {client} differs from the one given earlier by the same address.",
     .causes = {"The RA or CA certificates were renewed meanwhile.",
                "Several NDES servers with different RA certificates behind one name.",
                "A cache in front still gives the old answer."},
     .fixes = {"A farm needs the same RA certificates on every node.", "Exclude /certsrv/mscep from caching."},
     .confirm = {"Ask each node by its own name: operation=GetCACert."},
     .reference = "RFC 8894 4.2"},

    {.id = "cacert-sig-weak",
     .title = "A CA or RA certificate has a weak or unsupported signature or key",
     .meaning = "{subject} is signed with {signature_algorithm} and has a key {key}. Apple devices stop at SHA-1 and RSASSA-PSS.",
     .causes = {"AlternateSignatureAlgorithm=1 in CAPolicy.inf (RSASSA-PSS).", "The CA still signs with SHA-1.",
                "An RSA key below 2048 bits."},
     .fixes = {"certutil -setreg ca\\csp\\AlternateSignatureAlgorithm 0, and AlternateSignatureAlgorithm=0 in "
               "%windir%\\CAPolicy.inf; restart "
               "CertSvc, renew the certificates.",
               "certutil -setreg ca\\csp\\CNGHashAlgorithm SHA256, restart CertSvc, issue the RA certificates again."},
     .confirm = {"iOS log: MCSCEPErrorDomain after GetCACert."},
     .reference = "RFC 8894 2.9"},

    {.id = "cacert-thumbprint",
     .title = "The CA certificate that devices are given",
     .meaning = "{subject}: SHA-1 {sha1}, SHA-256 {sha256}. MD5, as the mscep_admin page shows it: {md5}. The answer holds "
                "{certificates} certificates.",
     .causes = {"Compare it with the root or CA hash in the device profile and on the mscep_admin page."},
     .fixes = {"Nothing to do when they agree; otherwise correct the trusted certificate profile."},
     .confirm = {"certutil -ca.cert ca.cer on the CA."},
     .reference = "RFC 8894 2.2"},

    {.id = "cacert-incomplete-chain",
     .title = "The issuer of the listed CA is not in the answer",
     .meaning = "{subject} is an intermediate CA and its issuer {issuer} is not listed: devices need it from elsewhere.",
     .causes = {"The server lists the issuing CA only."},
     .fixes = {"Deploy the root certificate to the devices with a profile."},
     .confirm = {"Device log: chain could not be built."},
     .reference = "RFC 8894 4.2.1"},

    {.id = "nextca-unsigned",
     .title = "The next CA certificate came without a signature",
     .meaning = "The GetNextCACert answer to {client} is not signed by the current CA, so clients must not trust it.",
     .causes = {"A server that does not implement roll-over fully."},
     .fixes = {"Do not offer GetNextCACert, or let the server sign its answer with the current CA or RA key."},
     .confirm = {"openssl cms -inform DER -cmsout -print on the saved body: signerInfos is empty."},
     .reference = "RFC 8894 4.7.1"},
};
const size_t scs_num_en_cacert = sizeof scs_en_cacert / sizeof scs_en_cacert[0];
