/* SPDX-License-Identifier: Apache-2.0 */
/* English: the request message. */
#include "report/lang/lang.h"

#define NEW_RA "NDES server: certutil -store My shows the current CEP Encryption certificate; its serial must be the recipient's."

const struct scs_finding_text scs_en_message[] = {
    {.id = "scep-b64-double",
     .title = "The message in the URL is percent-encoded twice",
     .meaning = "The {operation} from {client} carries %25 before 2B, 2F or 3D. After one decoding the base64 is still escaped, "
                "and NDES cannot read it.",
     .causes = {"A web application firewall or reverse proxy encodes a URL that is already encoded.",
                "The client's library escapes twice."},
     .fixes = {"Switch off URL rewriting for /certsrv/mscep at the proxy; compare the URL before and after it.",
               "Let the client use POST (GetCACaps must offer POSTPKIOperation)."},
     .confirm = {"IIS log: sc-status 404, sc-substatus 11.", "Application log: NetworkDeviceEnrollmentService 16 or 17."},
     .reference = "RFC 8894 4.1"},

    {.id = "scep-b64-invalid",
     .title = "The message in the URL is not base64",
     .meaning = "The message of {client} holds characters outside base64; {length} bytes could be decoded before the first of "
                "them. It holds a literal "
                "{ellipsis}: somebody replayed a line of a log, this is not the device's request.",
     .causes = {"An encoder error in the client.", "A proxy damages the query string.",
                "A request copied out of a log, where IIS shortens it."},
     .fixes = {"Compare with the request as the client sends it, before any proxy.", "Let the client use POST."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 17."},
     .reference = "RFC 8894 4.1; RFC 4648 4"},

    {.id = "scep-b64-space",
     .title = "Each + of the message has become a space",
     .meaning = "The base64 of {client}'s message holds spaces where + belongs. The answer was {status}.",
     .causes = {"The client leaves + unescaped and a proxy decodes the query as a web form.",
                "The client encodes the message as form data."},
     .fixes = {"Let the client escape + as %2B, or use POST.", "Let the proxy pass the query string on as it came."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 17."},
     .reference = "RFC 8894 4.1"},

    {.id = "scep-b64-quirk",
     .title = "The message in the URL is spelt in a way of its own",
     .meaning = "The base64 of {client}'s message has: {quirks}. NDES and most servers accept this.",
     .causes = {"The client's way of encoding (Apple, Android, Cisco, sscep)."},
     .fixes = {"Nothing to do while it works. A proxy that rewrites queries may turn it into an error."},
     .confirm = {"The request's target in the frames named here."},
     .reference = "RFC 8894 4.1; RFC 4648 4, 5"},

    {.id = "scep-truncated-get",
     .title = "The message in the URL was cut before it reached the server",
     .meaning = "The message of {client} ends after {length} bytes. Its own length field announces {announced} bytes, so "
                "{missing} are missing. The URL ends "
                "exactly at a limit of {cut_at} characters. The query has {query_length} characters.",
     .causes = {"The client cuts long URLs.", "A proxy, firewall or load balancer cuts the query string.",
                "The URL was copied from somewhere that shortens it."},
     .fixes = {"Let the client use POST: GetCACaps must offer POSTPKIOperation.",
               "Raise the URL limit of every proxy on the way to 65,534 bytes.",
               "Capture in front of and behind the proxy to see where the URL gets shorter."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 17, 0x8009310B."},
     .reference = "RFC 8894 4.1"},

    {.id = "scep-truncated-post",
     .title = "The message in the request body is cut",
     .meaning = "The body from {client} ends after {length} bytes. Its own length field announces {announced} bytes, so "
                "{missing} are missing. "
                "The HTTP request itself is complete.",
     .causes = {"The client or a proxy stated a Content-Length that is too small.", "A proxy limits the size of bodies."},
     .fixes = {"Raise the proxy's body limit; compare the body before and behind it."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16."},
     .reference = "RFC 8894 3.1, 4.1"},

    {.id = "scep-no-message",
     .title = "A PKIOperation came without a message",
     .meaning = "The {method} from {client} holds neither a body nor message=. The answer was {status}.",
     .causes = {"A redirect turned the POST into a GET and lost the body.", "A proxy removed the body.",
                "Somebody typed the URL by hand."},
     .fixes = {"Put the final URL into the profile, so that nothing redirects.",
               "Let the proxy pass bodies of POST to /certsrv/mscep."},
     .confirm = {"IIS log: a 301 or 302 just before."},
     .reference = "RFC 8894 4.1"},

    {.id = "scep-not-cms",
     .title = "What was sent as a SCEP message is none",
     .meaning = "The {length} bytes from {client} are no CMS signedData, or damaged in the middle. They are {encoding} text.",
     .causes = {"A bare certificate request (PKCS#10) was sent instead of a SCEP message.", "A tool or script sends test data.",
                "Something on the way changed the bytes."},
     .fixes = {"Use a SCEP client; a PKCS#10 must be encrypted and signed into a pkiMessage first.",
               "Compare the body at the client and at the server."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 17, 0x8009310B."},
     .reference = "RFC 8894 3.1, 3.2"},

    {.id = "scep-attr-missing",
     .title = "The request lacks an attribute SCEP requires",
     .meaning = "The signed attributes of {client}'s message have no {attribute}. The answer was {status}.",
     .causes = {"An error in the client's SCEP library."},
     .fixes = {"Update or replace the client."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 17."},
     .reference = "RFC 8894 3.2.1"},

    {.id = "scep-attr-type",
     .title = "An attribute of the request is encoded in an unusual way",
     .meaning = "A SCEP attribute of {client}'s message is not of the prescribed type or order. The nonce has {nonce_length} "
                "bytes instead of 16.",
     .causes = {"The client's library writes another string type than PrintableString, or an unsorted SET."},
     .fixes = {"Update the client; NDES refuses some of these."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 17 or 29."},
     .reference = "RFC 8894 3.2.1"},

    {.id = "scep-type-unknown",
     .title = "The request has a message type that SCEP does not know",
     .meaning = "{client} sent messageType {message_type}.",
     .causes = {"A client of an old draft (18 was UpdateReq).", "An error in the client."},
     .fixes = {"Update the client so that it sends PKCSReq (19) or RenewalReq (17)."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 17."},
     .reference = "RFC 8894 3.2.1.2"},

    {.id = "scep-attestation",
     .title = "A key attestation round of Microsoft's SCEP extension",
     .meaning = "{client} and the server exchange Microsoft's messageType 41 or pkiStatus 11: the device proves where its key "
                "lives. This is no error.",
     .causes = {"The certificate template asks for TPM key attestation."},
     .fixes = {"Nothing to do."},
     .confirm = {"CA: the template's Key Attestation tab."},
     .reference = "Microsoft: X509SCEPMessageType, X509SCEPDisposition"},

    {.id = "scep-signer-cert-missing",
     .title = "The request does not carry its signer's certificate",
     .meaning = "The PKCSReq of {client} has no certificate. The server can neither verify it nor encrypt the answer.",
     .causes = {"An error in the client: the self-signed certificate was left out."},
     .fixes = {"Configure or update the client so that the message includes its self-signed certificate."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 17."},
     .reference = "RFC 8894 2.3, 3.2"},

    {.id = "scep-alg-weak",
     .title = "The request uses MD5 or single DES",
     .meaning = "The message of {client} is signed with digest {digest}. It is encrypted with {cipher}. RFC 8894 forbids MD5 and "
                "single DES; a server may answer badAlg.",
     .causes = {"The client did not read the capabilities, or they were empty.",
                "An old client, or one with weak defaults (sscep, micromdm)."},
     .fixes = {"Set AES and SHA-256 in the client, or update it.", "Check what GetCACaps answered to this client."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 18."},
     .reference = "RFC 8894 2.9"},

    {.id = "scep-alg-legacy",
     .title = "The request uses SHA-1 or triple DES",
     .meaning =
         "The message of {client} is signed with digest {digest}. It is encrypted with {cipher}. That is allowed and dated.",
     .causes = {"The client takes what the server offers, or has old defaults."},
     .fixes = {"Nothing to do while the server offers no better."},
     .confirm = {"GetCACaps: what the server offers."},
     .reference = "RFC 8894 2.9"},

    {.id = "scep-alg-not-advertised",
     .title = "The request uses an algorithm the server did not offer, and was refused",
     .meaning = "The message of {client} uses {algorithm}, which the capabilities do not name, and the server answered FAILURE.",
     .causes = {"The client has a fixed algorithm.", "The capabilities were changed by a proxy, or come from another node."},
     .fixes = {"Configure the client for what GetCACaps lists (often DES3 and SHA-1 or SHA-256).",
               "Update the server so that it offers AES and SHA-256."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 18."},
     .reference = "RFC 8894 3.5.2"},

    {.id = "scep-oaep",
     .title = "The request's key is encrypted with RSAES-OAEP",
     .meaning = "The message of {client} uses RSAES-OAEP instead of PKCS#1 v1.5. Windows and NDES understand this, other servers "
                "often do not. The answer "
                "was {status}.",
     .causes = {"A Windows client."},
     .fixes = {"With a server that is not NDES: update it, or its cryptographic library."},
     .confirm = {"The server's log: decryption failed."},
     .reference = "RFC 8894 3.1; RFC 3560"},

    {.id = "scep-recipient-stale",
     .title = "The message is encrypted to a certificate the server does not list",
     .meaning = "{client} encrypted to serial {recipient_serial} of {recipient_issuer}. None of the certificates of the last "
                "GetCACert answer has it, so NDES cannot "
                "decrypt the request.",
     .causes = {"The RA certificates were renewed and the client still uses the old ones.",
                "A cache gives out an old GetCACert answer.", "A farm whose nodes have different RA certificates."},
     .fixes = {"Start the enrolment at the client anew, so that it asks GetCACert again.", "Exclude /certsrv/mscep from caching.",
               "Give every node of the farm the same RA certificates.", NEW_RA},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 18, 0x80090005."},
     .reference = "RFC 8894 3.1, 3.2.2"},

    {.id = "scep-recipient-ca",
     .title = "The message is encrypted to the CA instead of the RA",
     .meaning = "{client} encrypted to the CA certificate (serial {recipient_serial}). NDES decrypts with its RA encryption "
                "certificate. That one has serial {right_serial}.",
     .causes = {"The client was given the CA certificate as recipient (sscep: -c).", "The client ignores RA certificates."},
     .fixes = {"Configure the RA certificate with key usage Key Encipherment as recipient (sscep: -e).", NEW_RA},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 18."},
     .reference = "RFC 8894 2.2, 3.1"},

    {.id = "scep-recipient-signing",
     .title = "The message is encrypted to the RA's signing certificate",
     .meaning = "{client} encrypted to the certificate with serial {recipient_serial}, which is for signatures. The one to "
                "encrypt to has serial {right_serial}.",
     .causes = {"The client takes the first certificate and does not look at its key usage."},
     .fixes = {"Configure the RA certificate with key usage Key Encipherment as recipient.", NEW_RA},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 18."},
     .reference = "RFC 8894 2.2, 3.1"},

    {.id = "scep-recipient-multi",
     .title = "The message is encrypted to several recipients, or not with RSA key transport",
     .meaning = "The message of {client} names {recipients} recipients. SCEP expects one, with RSA key transport.",
     .causes = {"A client that encrypts to every certificate of GetCACert (micromdm).", "An elliptic curve key."},
     .fixes = {"Nothing to do while the server accepts it; otherwise select the RA encryption certificate in the client."},
     .confirm = {"The server's log: decryption failed, if it does not accept this."},
     .reference = "RFC 8894 3.1, 3.2.2"},

    {.id = "scep-clock-skew",
     .title = "The client's clock is wrong",
     .meaning = "The message of {client} was signed {minutes_behind} minutes before it was sent. The message of {client} claims "
                "to be signed {minutes_ahead} minutes in "
                "the future.",
     .causes = {"A new or reset device that has not set its clock.", "An empty battery.", "No time server within reach."},
     .fixes = {"Set the device's clock; let it reach a time server (UDP 123) before it enrols.",
               "Windows: w32tm /query /status; w32tm /resync"},
     .confirm = {"The certificate, once issued, counts as not yet valid on the device."},
     .reference = "RFC 8894 3.2.1.4 (badTime)"},

    {.id = "scep-tempcert-expired",
     .title = "The certificate the client made for itself is out of date",
     .meaning = "{client}'s self-signed certificate ended on {ended}. {client}'s self-signed certificate begins only on "
                "{begins}. Such certificates are made a moment "
                "before they are used, so the client's clock is probably wrong.",
     .causes = {"The device's clock is wrong.", "The client keeps an old key and certificate for a new try."},
     .fixes = {"Set the device's clock; let it reach a time server.", "Remove the client's old key so that it makes a new one."},
     .confirm = {"The device's own date and time."},
     .reference = "RFC 8894 2.3"},

    {.id = "scep-renew-expired",
     .title = "A renewal was signed with a certificate that has expired",
     .meaning = "The RenewalReq of {client} is signed with a certificate that ended on {not_after}. Servers refuse that.",
     .causes = {"The device was offline longer than its certificate was valid."},
     .fixes = {"Enrol the device anew, with a challenge (PKCSReq).",
               "Intune: sync the device; if nothing happens, remove and assign the profile again."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 28."},
     .reference = "RFC 8894 2.3, 3.3.1"},

    {.id = "scep-renewal-unsupported",
     .title = "The server does not accept renewals",
     .meaning = "The RenewalReq of {client} was refused. The answer was {status}.",
     .causes = {"The capabilities do not offer Renewal.", "NDES on a standalone CA, or a policy module that wants a challenge.",
                "The certificate that signed it is not one of this CA."},
     .fixes = {"Let the client send a new PKCSReq with a challenge.", "Check GetCACaps for Renewal."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 28."},
     .reference = "RFC 8894 2.3, 3.5.2"},
};
const size_t scs_num_en_message = sizeof scs_en_message / sizeof scs_en_message[0];
