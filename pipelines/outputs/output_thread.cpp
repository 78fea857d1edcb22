#include "pipelines/outputs/output_thread.h"

#include <thread>
#include <utility>

namespace outputs {

void OutputThread::Ending::tell() {
    deadline.stop();
    if (onClosed) {
        std::exchange(onClosed, nullptr)();
    }
}

OutputThread::OutputThread(std::shared_ptr<UnitQueue> queue, Reporter reporter,
                           MakeWriter makeWriter)
    : reporter_(std::move(reporter)), queue_(std::move(queue)) {
    reporter_.phase(control::OutputPhase::Starting);
    std::thread([queue = queue_, ending = ending_, makeWriter = std::move(makeWriter)]() mutable {
        auto writer = makeWriter();
        while (const auto batch = queue->wait()) {
            writer->write(*batch);
        }
        writer->finish();
        writer.reset();
        makeWriter = nullptr;
        base::post([ending = std::move(ending)] {
            ending->ended = true;
            ending->tell();
        });
    }).detach();
}

OutputThread::~OutputThread() {
    reporter_.silence();
    queue_->close();
    ending_->onClosed = nullptr;
    ending_->deadline.stop();
}

void OutputThread::close(std::function<void()> onClosed) {
    ending_->onClosed = [reporter = reporter_, onClosed = std::move(onClosed)] {
        reporter.phase(control::OutputPhase::Stopped);
        base::post(onClosed);
    };
    queue_->close();
    ending_->deadline = base::Timer::once(kCloseDeadline, [weak = std::weak_ptr(ending_)] {
        if (const auto ending = weak.lock()) {
            ending->tell();
        }
    });
    if (ending_->ended) {
        base::post([ending = ending_] { ending->tell(); });
    }
}

} // namespace outputs
