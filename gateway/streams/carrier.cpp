#include "gateway/streams/carrier.h"

#include <utility>

namespace streams {

void Carrier::start(PipelineProcess::Handlers handlers, std::function<void()> onReady) {
    spares_.take(number_, [this, handlers = std::move(handlers),
                           onReady = std::move(onReady)](std::unique_ptr<PipelineProcess> process) {
        process_ = std::move(process);
        process_->setHandlers(handlers);
        onReady();
    });
}

void Carrier::send(const control::ToPipeline& message) {
    if (process_) {
        process_->send(message);
    }
}

void Carrier::stop() {
    if (process_) {
        process_->stop();
    }
}

void Carrier::terminate(const std::string& reason) {
    if (process_) {
        process_->terminate(reason);
    }
}

} // namespace streams
