/* SPDX-License-Identifier: Apache-2.0 */
/* English: digests and signatures of requests and replies. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_signature[] = {
    {.id = "scep-sig-invalid",
     .title = "The request's signature is wrong",
     .meaning = "The message from {client} does not verify with the certificate it carries, {signer}. Its algorithms: {digest}, "
                "{signature_algorithm}. In detail: {why}.",
     .causes = {"A proxy or filter changed the message on its way.",
                "The client signs something else than it sends: attributes in another order than DER asks for, a wrong digest.",
                "The message is signed with another key than that of the certificate in it."},
     .fixes = {"Capture at the device and at NDES and compare the two messages: where they differ, exempt /certsrv/mscep/* from "
               "inspection.",
               "openssl cms -verify -noverify -inform DER -in MESSAGE, with the message saved from this capture: if it fails as "
               "the device sent it, report it to the client's maker."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 17."},
     .reference = "RFC 5652 5.4, 5.6; RFC 8894 3.1"},

    {.id = "scep-digest-mismatch",
     .title = "The request's content is not what was signed",
     .meaning =
         "The signed messageDigest of the message from {client} does not fit its encrypted content, so the content changed "
         "after {signer} signed it. In detail: {why}.",
     .causes = {"A proxy, filter or encoder damaged the message: base64, escaping, character sets.",
                "The client computes the digest over something else than the content's octets."},
     .fixes = {"Capture at the device and at NDES and compare the two messages: where they differ, exempt /certsrv/mscep/* from "
               "inspection.",
               "Send by POST: a body is not re-encoded as a query may be."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 17."},
     .reference = "RFC 5652 5.4, 11.2"},

    {.id = "rep-sig-invalid",
     .title = "The answer's signature is wrong",
     .meaning = "The CertRep for {client} does not verify with the certificate of its signer, {signer}. A client must reject it. "
                "In detail: {why}.",
     .causes = {"NDES signs with another key than that of the RA certificate it sends: renewed and not restarted, farm nodes "
                "that differ.",
                "A proxy changed or mixed up the answer."},
     .fixes = {"On NDES: iisreset, then enrol again.",
               "certutil -store My on every node: the same Exchange Enrollment Agent (Offline request) certificate, each with "
               "its private key (certutil -repairstore My SERIAL).",
               "Capture in front of and behind the proxy and compare the answer."},
     .confirm = {"The client's log: the signature of the answer could not be verified."},
     .reference = "RFC 8894 3.2, 3.3.2; RFC 5652 5.6"},
};
const size_t scs_num_en_signature = sizeof scs_en_signature / sizeof scs_en_signature[0];
