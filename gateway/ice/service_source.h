#pragma once

#include "gateway/http/client.h"
#include "gateway/ice/credentials.h"
#include "gateway/ice/source.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ice {

/// A service elsewhere that hands out servers over HTTP (service_answer.h). One request at a time:
/// whoever asks meanwhile gets the same answer. An answer that expires is used again until half of
/// its time is over, and when the service fails until shortly before it expires; one that does not
/// is used again only for as long as its Cache-Control says. Thread-bound.
class ServiceSource final : public Source {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;
    using Fetch =
        std::function<void(const http::Get&, std::function<void(base::Result<http::Fetched>)>)>;

    ServiceSource(std::string url, Headers headers, Fetch fetch = http::get,
                  Clock clock = wallClock);

    void ask(const Inquiry& inquiry, Answer done) override;
    [[nodiscard]] std::string name() const override { return "service-url"; }

private:
    /// An answer that may be used again.
    struct Kept {
        IceConfiguration answer;
        std::chrono::sys_seconds freshUntil;
        std::chrono::sys_seconds usableUntil; ///< also when the service fails
    };

    void fetch();
    void take(const base::Result<http::Fetched>& fetched);
    base::Result<IceConfiguration> read(const base::Result<http::Fetched>& fetched);
    void keep(const IceConfiguration& answer, const http::Fetched& fetched);
    [[nodiscard]] IceConfiguration keptAnswer() const;

    std::string url_;
    Headers headers_;
    Fetch fetch_;
    Clock clock_;
    std::vector<Answer> waiting_; ///< not empty: a request is under way
    std::optional<Kept> kept_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace ice
