/* SPDX-License-Identifier: Apache-2.0 */
/* English: the CertRep and its delivery. */
#include "report/lang/lang.h"

#define REASON                                                                                                                   \
    " NDES gives the code {hresult}. It stands for {hresult_name}: {hresult_meaning}. The server wrote: {fail_info_text}."
#define FAILED_REQUESTS                                                                                                          \
    "On the CA: certsrv.msc > Failed Requests; certutil -view -restrict \"Disposition>=30\" -out "                               \
    "RequestID,Request.StatusCode,Request.DispositionMessage"
#define CACHING "Exclude /certsrv/mscep from every cache; SCEP answers must never be reused."

const struct scs_finding_text scs_en_reply[] = {
    {.id = "rep-success",
     .title = "A certificate was issued and sent",
     .meaning = "{client} got CertRep SUCCESS to its {message_type}. It took {took_s} seconds.",
     .causes = {"Healthy."},
     .fixes = {"Nothing to do. If the device has no certificate all the same, look at the device's own log."},
     .confirm = {"CA: Issued Certificates.", "Android: OMADM log, pkiStatus=SUCCESS."},
     .reference = "RFC 8894 3.3.2.1"},

    {.id = "rep-success-no-envelope",
     .title = "SUCCESS came without a certificate in it",
     .meaning = "{client} got CertRep SUCCESS, and the message holds no encrypted part.",
     .causes = {"An error of the server; NDES does not do this."},
     .fixes = {"Update the SCEP server, and report the answer in the frames named here to its maker."},
     .confirm = {"The client's log: no certificate in the answer."},
     .reference = "RFC 8894 3.3.2.1"},

    {.id = "rep-fail-0-badalg",
     .title = "The server refused the algorithm (badAlg)",
     .meaning = "{client} got FAILURE with failInfo 0 to its {message_type}." REASON,
     .causes = {"Digest or cipher of the request are not supported by the server."},
     .fixes = {"Set the client to what GetCACaps lists.", "Update the server so that it offers SHA-256 and AES."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16 or 18."},
     .reference = "RFC 8894 3.2.1.4"},

    {.id = "rep-fail-1-badmessagecheck",
     .title = "The server could not decrypt or verify the request (badMessageCheck)",
     .meaning = "{client} got FAILURE with failInfo 1 to its {message_type}." REASON,
     .causes = {"The request is encrypted to an old or wrong certificate (RA renewed, farm, cache).",
                "The base64 was damaged on its way.", "The challenge is wrong, used up or expired.",
                "RSAES-OAEP where the server expects PKCS#1 v1.5.", "The service account cannot read the RA encryption key."},
     .fixes = {"Look at the SCEP-RECIPIENT and SCEP-B64 findings of this report first.",
               "certlm.msc > the CEP Encryption certificate > All Tasks > Manage Private Keys: Read for the NDES service "
               "account; iisreset.",
               "Get a new challenge (Intune: sync the device) and enrol again."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 18 (decryption) or 29 (password)."},
     .reference = "RFC 8894 3.2.1.4"},

    {.id = "rep-fail-2-badrequest",
     .title = "The request was refused by the policy module or the CA (badRequest)",
     .meaning = "{client} got FAILURE with failInfo 2 to its {message_type}." REASON
                " NDES does not serve {unsupported}, so this refusal is expected.",
     .causes = {"The policy module said no to the challenge.",
                "The CA refused: template permission, template not published, subject, key length.",
                "The challenge was wrong or used up.", "The CA could not be reached."},
     .fixes = {FAILED_REQUESTS,
               "HKLM\\SOFTWARE\\Microsoft\\Cryptography\\MSCEP: EncryptionTemplate, GeneralPurposeTemplate and SignatureTemplate "
               "must hold the "
               "template's name, not its display name; restart the server after a change.",
               "certtmpl.msc > the template > Security: Read and Enroll for the NDES service account; certsrv.msc > Certificate "
               "Templates: it must be "
               "listed.",
               "Look at the POLICY findings, CertificateRegistrationPoint_*.svclog and NDESPlugin.log at this time."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 29 or 31.", "CA: event 53, with the reason."},
     .reference = "RFC 8894 3.2.1.4"},

    {.id = "rep-fail-3-badtime",
     .title = "The server did not accept the time in the request (badTime)",
     .meaning = "{client} got FAILURE with failInfo 3 to its {message_type}." REASON,
     .causes = {"The client's clock is wrong.", "The server's clock is wrong."},
     .fixes = {"Set both clocks; w32tm /query /status on the server."},
     .confirm = {"signingTime of the request in this report."},
     .reference = "RFC 8894 3.2.1.4"},

    {.id = "rep-fail-4-badcertid",
     .title = "The server knows no such certificate (badCertId)",
     .meaning = "{client} got FAILURE with failInfo 4 to its {message_type}." REASON,
     .causes = {"The serial number asked for is not of this CA.", "The certificate to be renewed is of another CA."},
     .fixes = {"Enrol anew with PKCSReq and a challenge."},
     .confirm = {"CA: look for the serial number under Issued Certificates."},
     .reference = "RFC 8894 3.2.1.4"},

    {.id = "rep-fail-noinfo",
     .title = "FAILURE without a valid reason code",
     .meaning = "{client} got {result}, and failInfo is missing or unknown. Its value is {fail_info}." REASON,
     .causes = {"The server does not follow the standard here."},
     .fixes = {"Read the server's own log at this time."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService at this time."},
     .reference = "RFC 8894 3.2.1.4"},

    {.id = "rep-hresult",
     .title = "NDES wrote its exact error code into the answer",
     .meaning = "The code for {client} is {hresult}. It is {hresult_name}: {hresult_meaning}.",
     .causes = {"See the FAILURE it belongs to."},
     .fixes = {"certutil -error CODE shows the text for any code."},
     .confirm = {"Application log: a NetworkDeviceEnrollmentService event with the same code."},
     .reference = "Microsoft: szOID_ENROLL_SCEP_ERROR, 1.3.6.1.4.1.311.21.33"},

    {.id = "rep-failtext",
     .title = "The server wrote a text into its answer",
     .meaning = "The answer to {client} says: {fail_info_text}",
     .causes = {"See the FAILURE it belongs to."},
     .fixes = {"Act on the text."},
     .confirm = {"The server's log at this time."},
     .reference = "RFC 8894 3.2.1.4, failInfoText"},

    {.id = "rep-pending",
     .title = "The request waits for approval",
     .meaning = "{client} got PENDING for transaction {transaction_id}. It has polled {polls} times since.",
     .causes = {"The template or the CA requires a certificate manager's approval.",
                "A standalone CA, which sets requests to pending."},
     .fixes = {"certsrv.msc > Pending Requests: issue or deny it.",
               "If no approval is wanted: certtmpl.msc > the template > Issuance Requirements, clear 'CA certificate manager "
               "approval'; standalone CA: "
               "Properties > Policy Module > Properties."},
     .confirm = {"CA: Pending Requests."},
     .reference = "RFC 8894 2.4, 3.3.2.3"},

    {.id = "rep-pending-loop",
     .title = "A client polls and nobody approves its request",
     .meaning = "{client} got PENDING again and again for transaction {transaction_id}: {polls} polls in {span_s} seconds. "
                "Clients give up after a few tries.",
     .causes = {"Nobody looks at the CA's pending requests.", "The template requires approval by mistake."},
     .fixes =
         {"certsrv.msc > Pending Requests: issue it before the client gives up.",
          "certtmpl.msc > the template > Issuance Requirements: clear 'CA certificate manager approval'; reissue the template."},
     .confirm = {"CA: Pending Requests.", "Windows client: RetryCount 3, RetryDelay 5 minutes by default."},
     .reference = "RFC 8894 3.3.2.3, 3.3.3"},

    {.id = "rep-poll-new-tid",
     .title = "A client that was told to wait comes back with another transaction",
     .meaning =
         "{client} was told PENDING for transaction {pending_transaction_id} and then asked for transaction {transaction_id}.",
     .causes = {"The client lost its state or made a new key."},
     .fixes = {"Deny the old pending request at the CA.", "Update the client if it does this each time."},
     .confirm = {"CA: Pending Requests with several requests of one device."},
     .reference = "RFC 8894 2.4, 3.2.1.1"},

    {.id = "rep-tid-mismatch",
     .title = "The answer belongs to another transaction",
     .meaning = "{client} asked for transaction {request_transaction_id} and got an answer to {transaction_id}.",
     .causes = {"A proxy gave the answer of another request.", "An error of the server."},
     .fixes = {CACHING, "Switch off connection sharing (multiplexing) for /certsrv/mscep at the proxy and compare."},
     .confirm = {"Capture at the server itself: is the answer right there?"},
     .reference = "RFC 8894 3.2.1.1"},

    {.id = "rep-nonce-mismatch",
     .title = "The answer does not carry back the request's nonce",
     .meaning = "The recipientNonce in the answer to {client} is not the senderNonce of its request. A client that checks it "
                "will drop the answer. The "
                "answer has the mark of a cache: {cache}.",
     .causes = {"A cache or proxy gave an old answer.", "An error of the server."},
     .fixes = {CACHING, "Look for a proxy or load balancer that answers from another transaction."},
     .confirm = {"Capture at the server itself: is the answer right there?"},
     .reference = "RFC 8894 3.2.1.5"},

    {.id = "rep-nonce-absent",
     .title = "The answer carries no recipientNonce",
     .meaning = "The answer to {client} lacks the attribute that ties it to its request. Most clients tolerate this.",
     .causes = {"The server leaves it out."},
     .fixes = {"Nothing to do while clients accept it."},
     .confirm = {"The client's log."},
     .reference = "RFC 8894 3.2.1.5"},

    {.id = "rep-nonce-reused",
     .title = "A nonce was used for two different messages",
     .meaning = "The {by} used the same senderNonce in two different messages ({client}).",
     .causes = {"A weak random generator, or a constant.", "A repeated message that was changed."},
     .fixes = {"Update the software of the side named here."},
     .confirm = {"Compare the two exchanges named here."},
     .reference = "RFC 8894 3.2.1.5"},

    {.id = "rep-signer-unknown",
     .title = "The answer is signed by a certificate the client was not given",
     .meaning = "The answer to {client} is signed by serial {signer_serial}. Neither the last GetCACert answer nor the message "
                "holds that certificate.",
     .causes = {"The RA certificates were renewed after the client asked.", "A farm whose nodes have different RA certificates."},
     .fixes = {"Give every node the same RA certificates.", "Start the enrolment anew, so that the client asks GetCACert again."},
     .confirm = {"certutil -store My on each NDES node."},
     .reference = "RFC 8894 3.1, 3.3.2"},

    {.id = "rep-not-cms",
     .title = "The answer to the request is no SCEP message",
     .meaning = "{client} got {status} with {response_body_length} bytes that are no CertRep. They begin as one and end "
                "{missing_bytes} bytes too "
                "early.",
     .causes = {"NDES could not read the request: it then answers 200 with nothing useful.",
                "A proxy replaced or removed the body."},
     .fixes = {"Look at the request's findings in this report first.",
               "Application log on the NDES server, source NetworkDeviceEnrollmentService, at this time."},
     .confirm = {"Application log: NetworkDeviceEnrollmentService 16, 17 or 18."},
     .reference = "RFC 8894 4.3"},

    {.id = "rep-env-oaep",
     .title = "The answer's key is encrypted with RSAES-OAEP",
     .meaning = "The answer to {client} uses RSAES-OAEP. Windows reads that; other clients may call it undecryptable.",
     .causes = {"NDES mirrors the request or its policy."},
     .fixes = {"Update the client or its cryptographic library if it fails."},
     .confirm = {"The client's log: decryption failed."},
     .reference = "RFC 8894 3.1; RFC 3560"},

    {.id = "rep-env-recipient",
     .title = "The answer is encrypted to somebody else",
     .meaning = "The answer to {client} is encrypted to serial {recipient_serial}. The request was signed with serial "
                "{right_serial}. The device cannot decrypt it.",
     .causes = {"The server mixed up two requests.", "A proxy gave the answer of another request."},
     .fixes = {CACHING, "Update the SCEP server."},
     .confirm = {"The client's log: decryption failed."},
     .reference = "RFC 8894 3.2.2, 3.3.2.1"},

    {.id = "rep-env-weak",
     .title = "The answer is encrypted with single DES",
     .meaning = "The answer to {client} uses {cipher}, which RFC 8894 forbids; servers follow the request in this.",
     .causes = {"The request was encrypted with single DES."},
     .fixes = {"Set AES in the client."},
     .confirm = {"The request's cipher in this report."},
     .reference = "RFC 8894 2.9"},

    {.id = "rep-late",
     .title = "The answer came after the client had hung up",
     .meaning = "{client} closed the connection {late_s} seconds before the answer was complete. The server had taken {waited_s} "
                "seconds. "
                "The answer said {pki_status}: a certificate may stand in the CA's list and not on the device.",
     .causes = {"The server was slower than the client's or proxy's patience."},
     .fixes = {"Find what is slow: policy module, CA, revocation checks (see the PERF and POLICY findings).",
               "Entra application proxy: Backend Application Timeout Long."},
     .confirm = {"IIS log: sc-win32-status 64 and a large time-taken.", "CA: Issued Certificates."},
     .reference = "Microsoft: Troubleshoot delivery of SCEP certificates to devices in Intune"},

    {.id = "deliv-reply-lost",
     .title = "The answer was sent and did not reach the client",
     .meaning = "{unacknowledged} bytes of the answer to {client} were never acknowledged. It said {pki_status}: the certificate "
                "may be issued and the device without "
                "it.",
     .causes = {"The connection broke while the answer was on its way.", "A firewall or proxy dropped it.",
                "The device went to sleep or offline."},
     .fixes = {"Look at the network findings of this connection (retransmissions, reset, MTU).",
               "Let the device try again; revoke the lost certificate."},
     .confirm = {"CA: Issued Certificates.", "IIS log: sc-win32-status 64 or 121."},
     .reference = "Microsoft: Troubleshoot delivery of SCEP certificates to devices in Intune"},
};
const size_t scs_num_en_reply = sizeof scs_en_reply / sizeof scs_en_reply[0];
