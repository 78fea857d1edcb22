#include "pipelines/outputs/event_post.h"
#include "pipelines/outputs/output.h"
#include "pipelines/outputs/reader.h"
#include "pipelines/outputs/segment_writer.h"

#include <sys/stat.h>
#include <utility>

namespace outputs {

using namespace std::chrono_literals;

namespace {

constexpr fanout::GopQueue::Limits kLimits{32 * 1024 * 1024, 10s};
/// hlssink2 completes a segment with the picture and the sound after the next key frame; between
/// them nothing is in a hurry.
constexpr Wake kWake{1s, true};

class HlsOutput : public Output {
public:
    HlsOutput(const HlsConfig& config, Events events)
        : events_(std::move(events)), queue_(std::make_shared<UnitQueue>(kLimits, kWake)),
          reader_(queue_, [config, events = events_] {
              return std::make_unique<SegmentWriter>(config, events);
          }) {
        events_.phase(Phase::Starting);
    }
    ~HlsOutput() override { events_.silence(); }

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

base::Result<std::unique_ptr<Output>> makeHlsOutput(const HlsConfig& config, Events events) {
    struct stat found {};
    if (::stat(config.directory.c_str(), &found) < 0 || !S_ISDIR(found.st_mode)) {
        return base::fail(base::Problem::NotFound,
                          "the folder for HLS segments does not exist: " + config.directory);
    }
    return std::make_unique<HlsOutput>(config, std::move(events));
}

} // namespace outputs
