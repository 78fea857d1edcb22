#include "pipelines/stream/output_set.h"

#include "pipelines/base/loop.h"

namespace stream {

using base::Result;

namespace {

using Made = Result<std::unique_ptr<outputs::Output>>;

struct Maker {
    const gst::Timebase& timebase;
    outputs::Reporter reporter;

    Made operator()(const control::RtpOutput& config) {
        return outputs::makeRtpOutput(config, timebase, reporter);
    }
    Made operator()(const control::TsOutput& config) {
        return outputs::makeTsOutput(config, timebase, reporter);
    }
    Made operator()(const control::HlsOutput& config) {
        return outputs::makeHlsOutput(config, reporter);
    }
    Made operator()(const control::Mp4Output& config) {
        return outputs::makeMp4Output(config, reporter);
    }
};

} // namespace

OutputSet::OutputSet(std::shared_ptr<fanout::Fanout> fanout, const gst::Timebase& timebase,
                     control::Send send)
    : fanout_(std::move(fanout)), timebase_(timebase), send_(std::move(send)) {}

OutputSet::~OutputSet() = default;

void OutputSet::add(const control::OutputAdd& message) {
    const std::string& name = message.output;
    if (open_.contains(name) || closing_.contains(name)) {
        return; // the gateway never reuses a name while it is known
    }
    auto made = std::visit(Maker{timebase_, {name, send_}}, message.kind);
    if (!made) {
        send_(control::OutputState{name, control::OutputPhase::Failed, made.error().message});
        return;
    }
    fanout_->add((*made)->consumer());
    open_.emplace(name, std::move(*made));
}

void OutputSet::remove(const std::string& name) {
    if (open_.contains(name)) {
        close(name);
    }
}

void OutputSet::close(const std::string& name) {
    auto node = open_.extract(name);
    outputs::Output& output = *node.mapped();
    closing_.insert(std::move(node));
    fanout_->remove(output.consumer());
    output.close([this, name] { onClosed(name); });
}

/// Called by the output itself, which is destroyed once it has returned.
void OutputSet::onClosed(const std::string& name) {
    droppedBefore_ += closing_.at(name)->dropped();
    auto node = std::make_shared<decltype(closing_)::node_type>(closing_.extract(name));
    base::post([node] {});
    if (closing_.empty() && open_.empty() && onAllClosed_) {
        base::post(std::exchange(onAllClosed_, nullptr));
    }
}

void OutputSet::closeAll(std::function<void()> onClosed) {
    onAllClosed_ = std::move(onClosed);
    if (open_.empty() && closing_.empty()) {
        base::post(std::exchange(onAllClosed_, nullptr));
        return;
    }
    while (!open_.empty()) {
        close(open_.begin()->first);
    }
}

std::int64_t OutputSet::dropped() const {
    std::int64_t total = droppedBefore_;
    for (const auto& [name, output] : open_) {
        total += output->dropped();
    }
    return total;
}

} // namespace stream
