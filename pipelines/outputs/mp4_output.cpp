#include "pipelines/outputs/event_post.h"
#include "pipelines/outputs/mp4_writer.h"
#include "pipelines/outputs/output.h"
#include "pipelines/outputs/reader.h"

#include <utility>

namespace outputs {

using namespace std::chrono_literals;

namespace {

constexpr fanout::GopQueue::Limits kLimits{64 * 1024 * 1024, 10s};
/// What waits is lost when the process is killed, beside a fragment being written: together less
/// than a second.
constexpr Wake kWake{400ms, false};

class Mp4Output : public Output {
public:
    Mp4Output(const Mp4Config& config, Events events)
        : events_(std::move(events)), queue_(std::make_shared<UnitQueue>(kLimits, kWake)),
          reader_(queue_, [config, events = events_, queue = queue_] {
              return std::make_unique<Mp4Writer>(config, events, queue);
          }) {
        events_.phase(Phase::Starting);
    }
    ~Mp4Output() override { events_.silence(); }

    [[nodiscard]] std::shared_ptr<fanout::Consumer> consumer() const override { return queue_; }
    void close(std::function<void()> onClosed) override {
        reader_.close([events = events_, onClosed = std::move(onClosed)] {
            events.phase(Phase::Stopped);
            base::post(onClosed);
        });
    }
    [[nodiscard]] std::int64_t dropped() const override { return queue_->dropped(); }

private:
    EventPost events_;
    std::shared_ptr<UnitQueue> queue_;
    Reader reader_;
};

} // namespace

base::Result<std::unique_ptr<Output>> makeMp4Output(const Mp4Config& config, Events events) {
    if (config.path.empty()) {
        return base::fail(base::Problem::Malformed, "a recording needs a path");
    }
    return std::make_unique<Mp4Output>(config, std::move(events));
}

} // namespace outputs
