#include "pipelines/outputs/reader.h"

#include "pipelines/outputs/output.h"

#include <thread>
#include <utility>

namespace outputs {

void Reader::Ending::tell() {
    deadline.stop();
    if (onClosed) {
        std::exchange(onClosed, nullptr)();
    }
}

Reader::Reader(std::shared_ptr<UnitQueue> queue,
               std::function<std::unique_ptr<UnitWriter>()> makeWriter)
    : queue_(std::move(queue)), ending_(std::make_shared<Ending>()) {
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

Reader::~Reader() {
    queue_->close();
    ending_->onClosed = nullptr;
    ending_->deadline.stop();
}

void Reader::close(std::function<void()> onClosed) {
    ending_->onClosed = std::move(onClosed);
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
