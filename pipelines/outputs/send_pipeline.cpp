#include "pipelines/outputs/send_pipeline.h"

#include "pipelines/gst/teardown.h"

#include <utility>

namespace outputs {

using base::fail;
using base::Problem;
using base::Result;
using gst::Ref;
using namespace std::chrono_literals;

namespace {

/// Of a pipeline that only sends: nothing in it waits for anyone.
constexpr base::Milliseconds kTeardownDeadline = 2s;
/// For the last packets and the RTCP BYE that ends a receiver's file.
constexpr base::Milliseconds kEndDeadline = 500ms;

} // namespace

SendPipeline::SendPipeline(const gst::Timebase& timebase, const OnError& onError)
    : pipeline_(Ref<GstElement>::sink(gst_pipeline_new(nullptr))),
      bus_(
          pipeline_.get(), [onError](const base::Error& error) { onError(error.message); },
          [this] { finishEnding(); }) {
    timebase.applyTo(GST_PIPELINE(pipeline_.get()));
}

SendPipeline::~SendPipeline() {
    bus_.stop();
    gst::teardown(std::move(pipeline_), kTeardownDeadline, nullptr);
}

Result<void> SendPipeline::play() {
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "cannot start sending: is the address reachable from here?");
    }
    return {};
}

void SendPipeline::reportError(const base::Error& error) {
    GST_ELEMENT_ERROR(pipeline_.get(), STREAM, FAILED, ("%s", error.message.c_str()), (nullptr));
}

void SendPipeline::end(std::function<void()> onEnded) {
    onEnded_ = std::move(onEnded);
    deadline_ = base::Timer::once(kEndDeadline, [this] { finishEnding(); });
    sendEndOfStream();
}

void SendPipeline::finishEnding() {
    deadline_.stop();
    if (onEnded_) {
        std::exchange(onEnded_, nullptr)(); // may destroy this
    }
}

Result<Ref<GstElement>> makeUdpSink(const std::string& host, int port, int ttl,
                                    const std::string& interface) {
    if (!g_hostname_is_ip_address(host.c_str())) { // a name would be looked up here, and block
        return fail(Problem::Unprocessable, host + " is no numeric address");
    }
    auto sink = gst::makeElement("udpsink", {{"host", host},
                                             {"port", port},
                                             {"ttl-mc", ttl},
                                             {"auto-multicast", false}, // we only send
                                             {"sync", false},
                                             {"async", false},
                                             {"qos", false},
                                             {"enable-last-sample", false}});
    if (sink && !interface.empty()) {
        if (auto set = gst::setProperty(G_OBJECT(sink->get()), {"multicast-iface", interface});
            !set) {
            return fail(set.error());
        }
    }
    return sink;
}

} // namespace outputs
