/* SPDX-License-Identifier: Apache-2.0 */
/* English: connections that were not made, and what happened to those that were. */
#include "report/lang/lang.h"

const struct scs_finding_text scs_en_network[] = {
    {.id = "net-no-request",
     .title = "Nobody tried to reach the server while the capture ran",
     .meaning = "In {minutes} minutes and {packets} packets there is not one attempt to connect to {server}. Requests stop "
                "before they come here, or none were sent.",
     .causes = {"A firewall between the devices and NDES.", "The SCEP URL in the profile, or its DNS name, leads elsewhere.",
                "The application proxy connector that serves this URL runs on another network.",
                "The profile has not reached the devices yet.", "Another server of the farm was asked."},
     .fixes =
         {"From a device's network: Test-NetConnection NDES-NAME -Port 443, and open https://NDES-NAME/certsrv/mscep/mscep.dll.",
          "Compare the SCEP Server URLs of the Intune profile with the name and address of this server.",
          "Intune admin center > Devices > the device > Device configuration: is the SCEP profile assigned and not pending?",
          "With Entra application proxy: Entra admin center > Application proxy > Connectors: is the connector of this group "
          "active?"},
     .confirm = {"IIS log has no line of the device at that time.",
                 "The device's log shows which URL it tried (OMADM, iOS console)."},
     .reference = "RFC 9293 3.5"},

    {.id = "net-syn-timeout",
     .title = "The server does not answer connection attempts",
     .meaning = "{client} sent {tries} SYNs to {server} in {waited_s} seconds and got nothing back, no SYN-ACK and no refusal. "
                "The server did answer {answered_others} other connections in this capture, so look at the way from this client.",
     .causes = {"A firewall on the way, or Windows Firewall on the server, drops port {port} silently.",
                "The server is down, or the address is not its own any more.",
                "The load balancer in front has no working member.", "The server's backlog is full."},
     .fixes =
         {"On the server: Get-NetTCPConnection -State Listen -LocalPort 80,443 must list the port (owner: System, process 4).",
          "On the server: Enable-NetFirewallRule -Name IIS-WebServerRole-HTTP-In-TCP, IIS-WebServerRole-HTTPS-In-TCP.",
          "netsh http show servicestate must list HTTP://*:80/ or HTTPS://*:443/ under a request queue.",
          "From the client's network: Test-NetConnection NDES-NAME -Port {port}; then ask the firewall's log for the drop.",
          "At the load balancer: state of the NDES pool."},
     .confirm = {"Windows Firewall log %SystemRoot%\\System32\\LogFiles\\Firewall\\pfirewall.log (after Set-NetFirewallProfile "
                 "-All -LogBlocked True).",
                 "Windows client: WinHTTP error 12002 or 12029."},
     .reference = "RFC 9293 3.8.3"},

    {.id = "net-syn-loss",
     .title = "The server answers, but the connection never completes",
     .meaning = "{server} sent its SYN-ACK {answers} times and the client's final ACK never came. The client {client} also "
                "repeated its SYN ({tries} times), so the answers do not reach it.",
     .causes = {"The way back differs from the way in (asymmetric routing), and a firewall there drops what it saw no SYN for.",
                "A firewall lost the connection's state.", "The server's default gateway or a static route points elsewhere.",
                "The SYNs carry a forged source address."},
     .fixes = {"On the server: Find-NetRoute -RemoteIPAddress {client} shows the interface and gateway the answer takes.",
               "route print: remove a second default gateway; only one interface should have one.",
               "At the load balancer: set source NAT, or make it the server's gateway."},
     .confirm = {"Firewall log: TCP packet out of state, first packet isn't SYN."},
     .reference = "RFC 9293 3.5"},

    {.id = "net-refused",
     .title = "The server refuses the connection: nothing listens on that port",
     .meaning = "{client} asked {server} for a connection and was answered with a reset at once. The host is up; its port {port} "
                "is closed.",
     .causes = {"The World Wide Web Publishing Service (W3SVC) or the web site is stopped.",
                "The site has no binding for this port or address.", "The URL names a wrong port.",
                "A firewall is set to reject instead of drop."},
     .fixes = {"Get-Service W3SVC, HTTP, WAS; then Start-Service W3SVC.",
               "IIS Manager > Sites > Default Web Site > Bindings: add http 80 or https 443 with the certificate.",
               "IIS Manager > Sites > Default Web Site > Manage Website > Start.",
               "netsh http show iplisten: if the list is not empty, the server's address must be in it."},
     .confirm = {"HTTPERR log is silent for that time.", "System log: Service Control Manager 7036, WAS events.",
                 "Windows client: WinHTTP error 12029."},
     .reference = "RFC 9293 3.10.7.1"},

    {.id = "net-conn-limit",
     .title = "The server turns clients away while many connections are open",
     .meaning = "{client} was turned away by {server} while {open_connections} other connections were open, and others were "
                "being served in the same seconds. That is a limit, not an outage.",
     .causes = {"The site's connection limit.", "The request queue of application pool SCEP is full (1,000 by default).",
                "A firewall or load balancer limits connections.", "Slow CA or policy module: requests pile up."},
     .fixes = {"IIS Manager > Application Pools > SCEP > Advanced Settings > Queue Length.",
               "IIS Manager > Sites > Default Web Site > Advanced Settings > Limits > Maximum Concurrent Connections.",
               "Assign the profile to devices in groups, so that they do not all enrol in the same hour.",
               "Find out what is slow: response times of PKIOperation in this report."},
     .confirm = {"HTTPERR log: ConnLimit, Connections_Refused, QueueFull."},
     .reference = "Microsoft: Error logging in HTTP APIs"},

    {.id = "net-rst-request",
     .title = "The connection was reset before the request was answered",
     .meaning = "{client} had sent {request_bytes} bytes to {server} when a reset came in the {name}'s name, {after_ms} ms after "
                "the last of them. {client} had begun a request to {server} ({begun}) when a reset came in the {name}'s name. "
                "Nothing of an answer was sent. It was its HTTP/2 stream that was reset, with {stream_error}. "
                "The reset has TTL {rst_ttl}, the {name}'s own packets have "
                "{usual_ttl}: another device on the way may have sent it.",
     .causes = {"A firewall, IPS or web application firewall does not like the long request.",
                "The application pool SCEP crashed while it worked on it.",
                "https with client certificates on Windows Server 2022: TLS 1.3 cannot renegotiate.",
                "A load balancer has no server to pass it to."},
     .fixes = {"Look in the inspection device's log for this client and time; exempt /certsrv/mscep from URL length and "
               "signature checks.",
               "Event Viewer > Application: event 1000 for w3wp.exe, and WAS 5011 or 5002 in System, at this time.",
               "Capture at the server too: a reset that is seen only at the client was made on the way.",
               "With client certificates required on Windows Server 2022: IIS Manager > Sites > Default Web Site > Bindings > "
               "https > Edit, tick Disable TLS 1.3 over TCP."},
     .confirm = {"HTTPERR log: Connection_Abandoned_By_ReqQueue, Connection_Dropped."},
     .reference = "RFC 9293 3.5.2"},

    {.id = "net-rst-reply",
     .title = "The answer was cut off by a reset",
     .meaning = "The reply to {client} was cut by a reset from the {by}. {received} bytes of its body had arrived. {announced} "
                "bytes had been announced. The reset has TTL {rst_ttl}, other packets of that side have {usual_ttl}: another "
                "device on the way may have sent it.",
     .causes = {"The proxy or load balancer gave up (time-out).", "The device changed its network or gave up.",
                "The application pool crashed while answering.", "An inspection device cut the answer."},
     .fixes =
         {"Reset from the client: compare the time since the request with the client's and the proxy's time-outs.",
          "Reset from the server: Event Viewer > Application, event 1000 for w3wp.exe; then the log of the proxy in front.",
          "If a certificate was issued it is at the CA (Certification Authority > Issued Certificates), but not at the device."},
     .confirm = {"HTTPERR log: Client_Reset.", "IIS log: sc-win32-status 64."},
     .reference = "RFC 9293 3.5.2; RFC 9112 8"},

    {.id = "net-client-abort",
     .title = "The device gave up waiting for the answer",
     .meaning = "{client} waited {waited_s} seconds for {server}, which had its whole request and sent nothing, and closed the "
                "connection.",
     .causes = {"The CA or the policy module is slow.", "The device moved to another network.",
                "A time-out of the client or of a proxy that acts for it."},
     .fixes = {"Find where the time goes: NDESPlugin.log around this minute (request sent, answer received), then the CA's "
               "Application log.",
               "certutil -config \"CA-HOST\\CA-NAME\" -ping on the NDES server, as its service account.",
               "Check that CRL and OCSP addresses can be reached from NDES and CA: certutil -verify -urlfetch CERT.cer."},
     .confirm = {"IIS log: sc-win32-status 64 or 1236 with a large time-taken."},
     .reference = "RFC 9112 9.5; Microsoft: sc-win32-status in IIS logs"},

    {.id = "net-zero-window",
     .title = "One side stopped taking data in the middle of a message",
     .meaning = "Between {client} and {server} the {side} announced a full receive buffer (window 0) for {seconds} seconds while "
                "the other side had data to send. It was the HTTP/2 window of the {window}.",
     .causes = {"The receiving computer is overloaded or its process hangs.", "A TLS inspection box holds the data back.",
                "A debugger or dump of w3wp.exe stops the process."},
     .fixes = {"On the server: CPU, memory and disk at this time (perfmon, Resource Monitor); state of w3wp.exe of application "
               "pool SCEP.",
               "At the inspection device: its load, or exempt this host."},
     .confirm = {"Wireshark: filter tcp.analysis.zero_window"},
     .reference = "RFC 9293 3.8.6"},

    {.id = "net-retrans",
     .title = "Packets are lost on the way again and again",
     .meaning = "Between {client} and {server} the {sender} had to send {retransmissions} of {segments} segments again. One "
                "segment was repeated {worst} times.",
     .causes = {"Weak Wi-Fi or cellular reception at the device.", "A faulty cable, port, duplex setting or overloaded link.",
                "An MTU smaller than the packets on part of the way."},
     .fixes = {"Test the path under load: pathping HOST, or iperf3 between client network and server.",
               "On the server: Get-NetAdapterStatistics and the switch port's error counters.",
               "If large packets are hit: ping -f -l 1472 HOST."},
     .confirm = {"Wireshark: filter tcp.analysis.retransmission"},
     .reference = "RFC 6298; RFC 9293 3.8.1"},

    {.id = "net-pmtu-blackhole",
     .title = "Large packets vanish on the way: path MTU black hole",
     .meaning =
         "Between {client} and {server} the {sender} sent a segment of {size} bytes {sendings} times and it was never "
         "acknowledged, while small packets arrive. Between {client} and {server} {lost_bytes} bytes of the {sender} never "
         "arrived, while the small segment behind them did. The largest segment that did arrive in this direction has "
         "{largest_delivered} bytes. An ICMP error named an MTU of {mtu} bytes and the sender kept its size. GetCACaps "
         "works over such a path; a long PKIOperation or certificate list hangs.",
     .causes = {"A VPN, tunnel or PPPoE link has a smaller MTU, and ICMP \"fragmentation needed\" is filtered.",
                "A firewall or load balancer does not pass ICMP errors back to the sender.", "Jumbo frames on one side only."},
     .fixes = {"Allow ICMP type 3 code 4 (IPv6: ICMPv6 type 2) through every firewall between client and server.",
               "Clamp the MSS at the VPN or tunnel end to its MTU minus 40.",
               "Find the size that passes: ping -f -l 1472 HOST, and downwards.",
               "As a stopgap on the server: netsh interface ipv4 set subinterface \"Ethernet\" mtu=1400 store=persistent."},
     .confirm = {"Windows client: WinHTTP error 12002 (time-out) only on PKIOperation."},
     .reference = "RFC 1191; RFC 8201; RFC 2923 2.1"},

    {.id = "net-icmp-unreach",
     .title = "A router or firewall refuses the way to the server",
     .meaning =
         "{from} answered the traffic between {client} and {server} with ICMP \"{reason}\" (type {icmp_type}, code {icmp_code}).",
     .causes = {"An access list rejects the connection.", "There is no route to the server, or the server is off.",
                "The server's own firewall rejects the port."},
     .fixes =
         {"Ask who owns {from}: that device says no; open the path from {client} to {server} there.",
          "Host or network unreachable: check the route and the server's network connection (tracert from the client's network).",
          "Administratively prohibited: an access list or firewall policy; its log names the rule."},
     .confirm = {"Log of the firewall or router with that address."},
     .reference = "RFC 792; RFC 1812 5.2.7.1; RFC 4443 3.1"},

    {.id = "net-icmp-frag",
     .title = "Part of the path carries only smaller packets",
     .meaning = "{from} reported that packets between {client} and {server} are too large. It named an MTU of {mtu} bytes. The "
                "sender then used segments of at most {then_sent} bytes: path MTU discovery works. The sender went on with "
                "segments of {still_sent} bytes all the same.",
     .causes = {"A VPN, tunnel or PPPoE link on the way."},
     .fixes = {"Nothing to do if the sender then sends smaller packets.",
               "If it does not: check that ICMP errors reach the sender's TCP stack (Windows Firewall rule \"Core Networking - "
               "Destination Unreachable Fragmentation Needed (ICMPv4-In)\"), and EnablePMTUDiscovery is not 0 under "
               "HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters."},
     .reference = "RFC 1191; RFC 8201"},

    {.id = "net-port-reuse",
     .title = "A client used the same port again for a new connection",
     .meaning = "{client} opened a new connection to {server} from port {client_port}, which an earlier one in this capture had "
                "used. The two are told apart.",
     .causes = {"A busy proxy or NAT device reuses ports quickly."},
     .fixes = {"Nothing to do."},
     .reference = "RFC 9293 3.4.1; RFC 6191"},

    {.id = "net-idle-close",
     .title = "The server closed an idle connection",
     .meaning = "{server} closed the connection of {client} after {idle_s} seconds without a request. This is its idle timer and "
                "does no harm.",
     .causes = {"HTTP.sys closes connections after 120 idle seconds by default."},
     .fixes = {"Nothing to do. The timer is IIS Manager > Sites > Default Web Site > Advanced Settings > Limits > Connection "
               "Time-out."},
     .confirm = {"HTTPERR log: Timer_ConnectionIdle."},
     .reference = "RFC 9112 9.5"},

    {.id = "net-header-wait",
     .title = "The request's first lines never came to an end",
     .meaning = "{client} sent {received} bytes of a request to {server}, without the blank line that ends its head, and then "
                "nothing for {silence_s} seconds. The server closed the connection.",
     .causes = {"A device on the way cut a long GET request.", "The rest of the request was too large for the path's MTU.",
                "The device fell asleep or lost its network."},
     .fixes = {"Capture at the client too and compare how much of the request each side has.",
               "Look for a URL length limit at the firewall, proxy or load balancer on the way.",
               "Test large packets on the path: ping -f -l 1472 HOST.",
               "If the client can POST, see that GetCACaps offers POSTPKIOperation and no proxy strips it."},
     .confirm = {"HTTPERR log: Timer_HeaderWait."},
     .reference = "RFC 9112 9.5; Microsoft: Error logging in HTTP APIs"},

    {.id = "net-slow-body",
     .title = "The upload of the request starved and the server gave up",
     .meaning = "{server} got {received} bytes of the body from {client} in {lasted_s} seconds, then closed. The request "
                "announced {announced} bytes. The last {silence_s} seconds were silent.",
     .causes = {"Poor radio reception at the device.", "The body's packets are too large for the path's MTU.",
                "A proxy passes the body on too slowly."},
     .fixes = {"Try the device on another network.", "Test large packets on the path: ping -f -l 1472 HOST.",
               "The limits are IIS Manager > Sites > Default Web Site > Advanced Settings > Limits > Connection Time-out, and "
               "minBytesPerSecond "
               "(240) in applicationHost.config, system.applicationHost/webLimits."},
     .confirm = {"HTTPERR log: Timer_EntityBody, Timer_MinBytesPerSecond."},
     .reference = "RFC 9110 15.5.9; Microsoft: Error logging in HTTP APIs"},
};
const size_t scs_num_en_network = sizeof scs_en_network / sizeof scs_en_network[0];
