#include "pipelines/gst/bus_watch.h"

#include "pipelines/base/unique.h"

#include <utility>

namespace gst {

struct BusWatch::State {
    GstElement* pipeline; ///< lives while its bus speaks
    OnError onError;
    std::function<void()> onEnd;
    unsigned watch = 0;

    void handle(GstMessage* message) const {
        if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
            base::ErrorOut error;
            gst_message_parse_error(message, error, nullptr);
            const std::string element = GST_OBJECT_NAME(GST_MESSAGE_SRC(message));
            const auto report = onError; // it may stop this
            report({base::Problem::Internal,
                    "the pipeline failed in " + element + ": " + error->message});
        } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS && onEnd) {
            const auto report = onEnd;
            report();
        } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
            gst_bin_recalculate_latency(GST_BIN(pipeline));
        }
    }
};

BusWatch::BusWatch() = default;
BusWatch::BusWatch(BusWatch&& other) noexcept = default;

BusWatch& BusWatch::operator=(BusWatch&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
}

BusWatch::BusWatch(GstElement* pipeline, OnError onError, std::function<void()> onEnd)
    : state_(std::make_unique<State>(State{pipeline, std::move(onError), std::move(onEnd)})) {
    const auto bus = Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline)));
    state_->watch = gst_bus_add_watch(
        bus.get(),
        [](GstBus*, GstMessage* message, gpointer state) noexcept -> gboolean {
            static_cast<const State*>(state)->handle(message);
            return G_SOURCE_CONTINUE;
        },
        state_.get());
}

BusWatch::~BusWatch() {
    stop();
}

void BusWatch::stop() {
    if (state_) {
        g_source_remove(state_->watch);
        state_.reset();
    }
}

} // namespace gst
