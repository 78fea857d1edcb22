#include "pipelines/outputs/udp.h"

#include "pipelines/gst/element.h"

namespace outputs {

base::Result<gst::Ref<GstElement>> makeUdpSink(const Destination& destination, int port) {
    if (!g_hostname_is_ip_address(
            destination.host.c_str())) { // a name would be looked up here, and block
        return base::fail(base::Problem::Unprocessable,
                          destination.host + " is no numeric address");
    }
    auto sink = gst::makeElement("udpsink", {{"host", destination.host},
                                             {"port", port},
                                             {"ttl-mc", destination.ttl},
                                             {"auto-multicast", false}, // we only send
                                             {"sync", false},
                                             {"async", false},
                                             {"qos", false},
                                             {"enable-last-sample", false}});
    if (sink && !destination.interface.empty()) {
        if (auto set =
                gst::setProperty(G_OBJECT(sink->get()), {"multicast-iface", destination.interface});
            !set) {
            return base::fail(set.error());
        }
    }
    return sink;
}

} // namespace outputs
