#include "pipelines/outputs/send_pipeline.h"

#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"
#include "pipelines/gst/teardown.h"

#include <utility>

namespace outputs {

using base::fail;
using base::Problem;
using base::Result;
using namespace std::chrono_literals;

namespace {

/// Of a pipeline that only sends: nothing in it waits for anyone.
constexpr base::Milliseconds kTeardownDeadline = 2s;
/// For the last packets and the RTCP BYE that ends a receiver's file.
constexpr base::Milliseconds kEndDeadline = 500ms;

} // namespace

struct SendPipeline::Watch {
    std::function<void(std::string)> onError;
    std::function<void()> onEnded;
    base::Timer deadline;

    void ended() {
        deadline.stop();
        if (onEnded) {
            std::exchange(onEnded, nullptr)();
        }
    }
    static void free(gpointer data) noexcept { delete static_cast<std::shared_ptr<Watch>*>(data); }
};

gboolean SendPipeline::onMessage(GstBus*, GstMessage* message, gpointer data) noexcept {
    const auto watch = *static_cast<std::shared_ptr<Watch>*>(data);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        watch->ended();
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR && watch->onError) {
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        const base::UniqueError owned(error);
        std::exchange(watch->onError, nullptr)(error->message);
    }
    return G_SOURCE_CONTINUE;
}

Result<std::unique_ptr<SendPipeline>> SendPipeline::make(const gst::Timebase& timebase,
                                                         std::function<void(std::string)> onError) {
    auto element = gst::Ref<GstElement>::sink(gst_pipeline_new(nullptr));
    std::unique_ptr<SendPipeline> made(new SendPipeline(std::move(element)));
    GstElement* pipeline = made->pipeline_.get();
    timebase.applyTo(GST_PIPELINE(pipeline));
    made->watch_ = std::make_shared<Watch>();
    made->watch_->onError = std::move(onError);
    const auto bus = gst::Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline)));
    gst_bus_add_watch_full(bus.get(), G_PRIORITY_DEFAULT, onMessage,
                           new std::shared_ptr<Watch>(made->watch_), Watch::free);
    return made;
}

SendPipeline::~SendPipeline() {
    const auto bus = gst::Ref<GstBus>::adopt(gst_pipeline_get_bus(GST_PIPELINE(pipeline_.get())));
    gst_bus_remove_watch(bus.get());
    gst::teardown(std::move(pipeline_), kTeardownDeadline, nullptr);
}

Result<void> SendPipeline::play() {
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
        return fail(Problem::Internal, "cannot start sending: is the address reachable from here?");
    }
    return {};
}

void SendPipeline::whenEnded(std::function<void()> onEnded) {
    watch_->onEnded = std::move(onEnded);
    watch_->deadline = base::Timer::once(kEndDeadline, [weak = std::weak_ptr(watch_)] {
        if (const auto watch = weak.lock()) {
            watch->ended();
        }
    });
}

} // namespace outputs
