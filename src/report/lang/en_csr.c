/* SPDX-License-Identifier: Apache-2.0 */
/* English: what the certificate request asks for. */
#include "report/lang/lang.h"

#define FAILED_REQUESTS "certsrv.msc > Failed Requests: the CA's own words about this request."
#define PROFILE         "Intune > Devices > Configuration > the SCEP profile: "

const struct scs_finding_text scs_en_csr[] = {
    {.id = "csr-key-ec",
     .title = "The device signs with an elliptic-curve key, to which no SCEP answer can be encrypted",
     .meaning =
         "The key of the certificate in the request from {client} is {key}. SCEP encrypts the answer to it, which takes RSA.",
     .causes = {"The client or profile was set to make an EC key."},
     .fixes = {"Set the key algorithm to RSA with 2048 bits or more in the client or profile.",
               "Where EC is needed, use EST or another protocol than SCEP."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 31."},
     .reference = "RFC 8894 3.1"},

    {.id = "csr-sig",
     .title = "The certificate request's own signature is wrong",
     .meaning =
         "The PKCS #10 request in the message from {client} is not signed by the key it asks a certificate for. In detail: "
         "{why}.",
     .causes = {"The client signs with another key, or another digest than it names.",
                "The request was changed after it was signed."},
     .fixes = {"openssl req -verify -noout -inform DER -in REQUEST shows the same; report it to the client's maker.",
               "Update the client."},
     .confirm = {FAILED_REQUESTS, "Application log: NetworkDeviceEnrollmentService 31."},
     .reference = "RFC 2986 4.2"},

    {.id = "csr-nonprintable",
     .title = "The request has a character that cannot be printed",
     .meaning = "The {where} of the request from {client} has control characters or bytes that are no text.",
     .causes = {"A value was pasted with an invisible character.", "A variable of the profile brought one."},
     .fixes = {PROFILE "type subject and alternative name anew; look at the user's or device's attributes they are made of.",
               "Tools: check the password's and subject's bytes (od -c) before use."},
     .confirm = {"The server's log: string contains a non-printable character.", FAILED_REQUESTS},
     .reference = "RFC 5280 4.1.2.4"},

    {.id = "csr-subject-empty",
     .title = "The request names nobody: no subject and no alternative name",
     .meaning = "The opened request {transaction_id} from {client} has an empty subject and no subjectAltName.",
     .causes = {"A variable of the profile has no value for this user or device, for example no e-mail address.",
                "The tool was called without a subject."},
     .fixes = {PROFILE "subject name format: use a variable every device has, such as {{AAD_Device_ID}} or {{DeviceName}}.",
               "Fill in the attribute (mail, userPrincipalName) of the user or device."},
     .confirm = {"CA: 0x80094001 CERTSRV_E_BAD_REQUESTSUBJECT.", FAILED_REQUESTS},
     .reference = "RFC 5280 4.1.2.6"},

    {.id = "csr-subject-long",
     .title = "The common name is longer than 64 characters",
     .meaning = "The common name in the request from {client} has {common_name_length} characters; CAs accept 64.",
     .causes = {"The subject is put together from long variables."},
     .fixes = {PROFILE "shorten the subject name format; put long values into the alternative name.",
               "Only if the CA must take it: certutil -setreg CA\\EnforceX500NameLengths 0, then restart CertSvc."},
     .confirm = {"CA: 0x80094001 CERTSRV_E_BAD_REQUESTSUBJECT.", FAILED_REQUESTS},
     .reference = "RFC 5280 appendix A.1, ub-common-name"},

    {.id = "csr-key-small",
     .title = "The key is shorter than CAs accept today",
     .meaning = "The RSA key in the request from {client} has {bits} bits. Templates usually demand 2048.",
     .causes = {"The client or profile makes a small key."},
     .fixes = {PROFILE "Key size (bits): 2048 or more.",
               "certtmpl.msc > the template > Cryptography: Minimum key size shows what the CA wants."},
     .confirm = {"CA: 0x80094811 CERTSRV_E_KEY_LENGTH.", FAILED_REQUESTS},
     .reference = "NIST SP 800-131A"},

    {.id = "csr-subject-escape",
     .title = "The subject has characters that must be escaped, which the policy module may compare wrongly",
     .meaning =
         "The subject of the request from {client} is {subject}. It has a comma or another special character inside a value, "
         "and the request was refused.",
     .causes = {"The certificate registration point compares the subject with the challenge as text, and escapes differ."},
     .fixes = {PROFILE "avoid variables whose values hold commas, plus signs or quotes (often the display name).",
               "Update the Certificate Connector for Microsoft Intune to its latest version."},
     .confirm = {"CertificateRegistrationPoint_*.svclog: the subject of CSR and challenge do not match."},
     .reference = "RFC 4514 2.4"},

    {.id = "csr-san-empty",
     .title = "The alternative name in the request is empty",
     .meaning = "The request from {client} asks for a subjectAltName without a value. Services that look there will find nobody.",
     .causes = {"A variable of the profile has no value for this user or device."},
     .fixes = {PROFILE "Subject alternative name: use attributes that every user or device has, and fill in missing ones.",
               "Then sync the device, so that it asks anew."},
     .confirm = {"NPS or VPN: the certificate's user is not found."},
     .reference = "RFC 5280 4.2.1.6"},

    {.id = "csr-sid-absent",
     .title = "The request has a user name but no SID for strong certificate mapping",
     .meaning = "The request from {client} asks for a UPN in its alternative name, and carries no SID. Domain controllers that "
                "enforce strong mapping will not log on with this certificate.",
     .causes = {"The profile does not ask for the SID."},
     .fixes = {PROFILE "Subject alternative name > add URI = {{OnPremisesSecurityIdentifier}}.",
               "Nothing to do if the certificate is not used to log on to Active Directory."},
     .confirm = {"Domain controller, System log: Kdcsvc 39 or 41."},
     .reference = "Microsoft KB5014754"},
};
const size_t scs_num_en_csr = sizeof scs_en_csr / sizeof scs_en_csr[0];
