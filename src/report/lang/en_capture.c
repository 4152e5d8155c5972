/* SPDX-License-Identifier: Apache-2.0 */
/* English: what the capture itself can and cannot show. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_capture[] = {
    {.id = "cap-snaplen",
     .title = "Packets were cut short when they were captured",
     .meaning =
         "{cut_packets} of {packets} packets are in the file without their end. The capture was limited to {snap_len} "
         "bytes a packet. {connections} connections to a SCEP server are affected, and messages in them cannot be read "
         "whole. Nothing is concluded from what is missing. Most cut packets were captured at {pktmon_default} bytes: pktmon "
         "keeps no more of a packet unless it is started with --pkt-size 0.",
     .causes = {"The capture ran with a snap length (-s, \"Limit each packet to\").",
                "pktmon keeps only the first 128 bytes of a packet unless told otherwise."},
     .fixes = {"Capture again with whole packets: tcpdump -s 0, dumpcap -s 0, or in Wireshark Capture > Options with \"Snaplen\" "
               "at its default.",
               "pktmon start --capture --pkt-size 0"},
     .confirm = {"Wireshark: \"Packet size limited during capture\", filter frame.cap_len < frame.len"},
     .reference = "draft-ietf-opsawg-pcapng 4.3, Enhanced Packet Block: Captured and Original Packet Length"},

    {.id = "cap-gap",
     .title = "The capture has lost packets that reached their receiver",
     .meaning = "{missing_bytes} bytes on {connections} connections were acknowledged by the receiver but are not in the file. "
                "The network delivered them; the capture did not record them. The capturing side counted {dropped} dropped "
                "packets. Messages with such a hole are not judged as cut by client or server.",
     .causes = {"The capturing computer or its disk was too slow for the traffic.", "A mirror port carried more than it can.",
                "A capture filter let only some of the packets through."},
     .fixes = {"Capture again with a filter (tcp port 80 or tcp port 443) and a larger buffer: tcpdump -B 65536, dumpcap -B 64.",
               "Write to a local disk and switch off live display and name resolution.",
               "Capture on the NDES server itself in place of a mirror port."},
     .confirm = {"Wireshark: \"TCP ACKed unseen segment\", filter tcp.analysis.ack_lost_segment",
                 "The capture tool's own count of dropped packets when it ends."},
     .reference = "RFC 9293 3.4"},

    {.id = "cap-one-way",
     .title = "The capture holds only one direction of the traffic",
     .meaning = "On {connections} connections only packets from {seen} were captured, though the other side's are acknowledged. "
                "Missing answers are therefore not reported.",
     .causes = {"The mirror port copies only received or only sent packets.",
                "Asymmetric routing: the other direction takes another way.", "A capture filter that names only src or dst."},
     .fixes = {"Set the mirror session to both directions (rx and tx).",
               "Capture on the NDES server, where both directions pass.",
               "Use host ADDRESS in the filter in place of src host or dst host."},
     .reference = "RFC 9293 3.4"},

    {.id = "cap-midstream",
     .title = "Some connections were open before the capture began",
     .meaning = "{connections} connections begin in the middle. What was said on them earlier is not known, and TLS on them "
                "could not be opened.",
     .causes = {"Devices and proxies keep connections open."},
     .fixes = {"Nothing is wrong. For a complete picture start the capture first, then trigger the enrolment (Settings > "
               "Accounts > Access work or school > Info > Sync)."},
     .reference = "RFC 9293 3.5"},

    {.id = "cap-clock",
     .title = "The clocks of the capture and of the server are apart",
     .meaning = "The capture's clock is {apart_s} seconds {direction} the time in the server's Date headers ({samples} answers "
                "compared). Certificates are judged by the server's time.",
     .causes = {"The capturing computer's clock is wrong.", "The server's clock is wrong.",
                "The times in the file were changed, or a time zone was lost when it was converted."},
     .fixes =
         {"On both computers: w32tm /query /status, then w32tm /resync.",
          "If it is the server: Kerberos fails beyond 5 minutes, and issued certificates may be \"not yet valid\" for devices."},
     .confirm = {"Server: System log, source Time-Service."},
     .reference = "RFC 9110 6.6.1"},

    {.id = "cap-dup",
     .title = "The same packets are in the capture more than once",
     .meaning = "{duplicates} packets are copies of others. They were recognised and counted once; they are not retransmissions.",
     .causes = {"Several interfaces or switch ports see the same packet.",
                "pktmon records a packet at each component it passes."},
     .fixes = {"Nothing is wrong. To avoid it: pktmon start --capture --comp nics, or mirror a single port."},
     .reference = "Wireshark: editcap -d"},

    {.id = "cap-no-loopback",
     .title = "The call to the policy module cannot be seen in this capture",
     .meaning = "The capture was made on Windows at a network adapter. If this is the NDES server {server}, its call to "
                "/CertificateRegistrationSvc stays inside the computer and is never on an adapter. That no VerifyRequest is seen "
                "proves nothing.",
     .causes = {"Windows hands packets to its own addresses over inside the network stack."},
     .fixes = {"Capture \"Adapter for loopback traffic capture\" (Npcap) together with the network adapter, into one pcapng.",
               "Or read NDESPlugin.log beside the capture: %ProgramFiles%\\Microsoft Intune\\NDESPolicyModule\\Logs."},
     .reference = "Npcap Users' Guide: Loopback traffic"},

    {.id = "cap-encrypted",
     .title = "There is only encrypted traffic, and no key to open it",
     .meaning = "{tls_connections} TLS connections were seen and no readable SCEP request. An example is {example}. Only "
                "connection faults can be found in it: not the HTTP status, the SCEP message, the challenge or the CertRep.",
     .causes = {"Devices or the proxy reach NDES over https."},
     .fixes =
         {"Capture where the requests are plain: behind the load balancer or proxy that ends TLS.",
          "Reproduce one enrolment over http on port 80 from a test network and capture that.",
          "Give a TLS key log with -K. A test client built on OpenSSL, NSS or BoringSSL writes one when SSLKEYLOGFILE is "
          "set; so can a proxy in front. Windows (Schannel, IIS) writes none and has no switch for it.",
          "For a test only, IIS can be made to use what its own key opens, TLS 1.2 with RSA key exchange: gpedit.msc > Computer "
          "Configuration > Administrative Templates > Network > SSL Configuration Settings > SSL Cipher Suite Order, "
          "TLS_RSA_WITH_AES_128_GCM_SHA256 first; from Windows Server 2022 on also tick 'Disable TLS 1.3 over TCP' at the "
          "https binding; restart. The client must still offer that suite. Undo both afterwards.",
          "Then give that key with -k: Export-PfxCertificate -Cert Cert:\\LocalMachine\\My\\THUMBPRINT -FilePath ndes.pfx "
          "-Password (Read-Host -AsSecureString). A key in a TPM or HSM, or not marked exportable, cannot be had. What was "
          "recorded with ECDHE, DHE or TLS 1.3 stays shut.",
          "Bring the logs of the same minutes: %SystemDrive%\\inetpub\\logs\\LogFiles\\W3SVC1 and "
          "%SystemRoot%\\System32\\LogFiles\\HTTPERR."},
     .reference = "RFC 8446 2"},

    {.id = "cap-no-scep",
     .title = "No SCEP traffic was found",
     .meaning = "Among {packets} packets ({tcp_packets} TCP) there is no SCEP request and no attempt to reach a usual SCEP port. "
                "{unread_link_packets} packets are of link type {unread_link_type}, which is not read.",
     .causes = {"The capture was made at another computer or interface.", "No device enrolled during that time.",
                "The capture filter excludes the port."},
     .fixes = {"Capture on the NDES server, or on the proxy in front of it, while a device syncs.",
               "Name the server if its traffic is encrypted or on an unusual port: --server ADDRESS:PORT.",
               "Name the path if it is not /certsrv/mscep: --path /PREFIX."},
     .reference = "RFC 8894 4.1"},

    {.id = "cap-short",
     .title = "The capture is shorter than a device's sync interval",
     .meaning = "It covers {minutes} minutes. Devices sync with Intune about every 8 hours, so a device that is not in it may "
                "just not have been due.",
     .causes = {"The capture was stopped early."},
     .fixes = {"Trigger the sync while capturing: Intune admin center > Devices > the device > Sync, or on Windows Settings > "
               "Accounts > Access work or school > Info > Sync.",
               "Or let it run: dumpcap -b filesize:100000 -b files:20 keeps a ring for hours."},
     .reference = "Microsoft Intune: Policy and profile refresh cycles"},

    {.id = "cap-offload",
     .refused = "It is how a computer that captures its own traffic is meant to look: there is nothing to mend.",
     .title = "Wrong checksums and very large segments come from offloading",
     .meaning = "On a computer that captures its own traffic, packets are seen before the network adapter fills in checksums and "
                "splits large segments. Both are normal there and are never reported.",
     .causes = {"Checksum and segmentation offload (TSO, LSO, GRO) of the network adapter."},
     .fixes = {"Nothing to do. To see packets as they are on the wire, capture at a mirror port."},
     .reference = "Wireshark User's Guide: Checksums"},
};
const size_t scs_num_en_capture = sizeof scs_en_capture / sizeof scs_en_capture[0];
