#include "gateway/ice/service_source.h"

#include "gateway/http/rules.h"
#include "gateway/ice/service_answer.h"
#include "pipelines/base/log.h"
#include "pipelines/base/loop.h"
#include "pipelines/base/unique.h"

#include <algorithm>
#include <charconv>

namespace ice {

using base::Problem;
using std::chrono::seconds;

namespace {

const base::Logger kLog("relay");

/// Leaves the other half of a second for what stands around it.
constexpr base::Milliseconds kTimeout{3000};
constexpr std::int64_t kLongestAge = 86'400; // s

/// With a name of its own for each request, as the TURN REST form wants it.
std::string withUsername(const std::string& url) {
    const std::size_t mark = url.find('?');
    const bool hasQuery = mark != std::string::npos;
    if (hasQuery && http::decodeQuery(url.substr(mark + 1)).contains("username")) {
        return url;
    }
    const bool joined = hasQuery && (url.ends_with('?') || url.ends_with('&'));
    return url + (joined ? "" : hasQuery ? "&" : "?") + "username=" + randomId();
}

/// The host alone: what stands behind it may be secret.
std::string hostOf(const std::string& url) {
    const base::UniqueUri uri(g_uri_parse(url.c_str(), G_URI_FLAGS_NONE, nullptr));
    const char* host = uri ? g_uri_get_host(uri.get()) : nullptr;
    return host != nullptr ? host : "?";
}

/// For how long an answer may be used again (RFC 9111 section 5.2.2); zero when it does not say.
seconds maxAge(const http::Fetched& fetched) {
    const auto header = fetched.headers.find("cache-control");
    if (header == fetched.headers.end()) {
        return seconds(0);
    }
    const base::UniqueString lower(g_ascii_strdown(header->second.c_str(), -1));
    const std::string_view text = lower.get();
    constexpr std::string_view kName = "max-age=";
    const std::size_t at = text.find(kName);
    const bool separate =
        at == 0 || (at != std::string_view::npos && (text[at - 1] == ' ' || text[at - 1] == ','));
    if (!separate || text.find("no-store") != std::string_view::npos ||
        text.find("no-cache") != std::string_view::npos) {
        return seconds(0);
    }
    std::int64_t age = 0;
    std::from_chars(text.data() + at + kName.size(), text.data() + text.size(), age);
    return seconds(std::clamp<std::int64_t>(age, 0, kLongestAge));
}

/// Any other answer than 200, in its own words.
std::string refusalOf(const http::Fetched& fetched) {
    std::string text = "it answered " + std::to_string(fetched.status);
    const std::string reason = quotable(fetched.reason);
    text += reason.empty() ? "" : " " + reason;
    if (fetched.status >= 300 && fetched.status < 400) {
        return text + ", which is not followed: put the address it leads to into service-url";
    }
    const std::string words = quotable(fetched.body);
    return text + (words.empty() ? "" : ": " + words);
}

} // namespace

ServiceSource::ServiceSource(std::string url, Headers headers, Fetch fetch, Clock clock)
    : url_(std::move(url)), headers_(std::move(headers)), fetch_(std::move(fetch)),
      clock_(std::move(clock)) {}

void ServiceSource::ask(const Inquiry&, Answer done) {
    if (kept_ && clock_() < kept_->freshUntil) {
        base::post([done = std::move(done), answer = keptAnswer()] { done(answer); });
        return;
    }
    waiting_.push_back(std::move(done));
    if (waiting_.size() == 1) {
        fetch();
    }
}

void ServiceSource::fetch() {
    http::Get wanted;
    wanted.url = withUsername(url_);
    wanted.headers = {{"Accept", "application/json"}};
    wanted.headers.insert(wanted.headers.end(), headers_.begin(), headers_.end());
    wanted.timeout = kTimeout;
    fetch_(wanted,
           [this, alive = std::weak_ptr(alive_)](const base::Result<http::Fetched>& fetched) {
               if (!alive.expired()) {
                   take(fetched);
               }
           });
}

void ServiceSource::take(const base::Result<http::Fetched>& fetched) {
    base::Result<IceConfiguration> answer = read(fetched);
    if (!answer) {
        answer.error() = answer.error().within("the service at " + hostOf(url_));
        if (kept_ && clock_() + kLeastTtl <= kept_->usableUntil) {
            kLog.warning(answer.error().message + "; what it gave before is still good");
            answer = keptAnswer();
        }
    }
    // Who asks again from inside a callback begins a new request.
    for (const Answer& done : std::exchange(waiting_, {})) {
        done(answer);
    }
}

base::Result<IceConfiguration> ServiceSource::read(const base::Result<http::Fetched>& fetched) {
    if (!fetched) {
        return base::fail(fetched.error());
    }
    if (fetched->status != 200) {
        return base::fail(Problem::Unavailable, refusalOf(*fetched));
    }
    auto answer = readServiceAnswer(fetched->body, clock_());
    if (answer) {
        keep(*answer, *fetched);
    }
    return answer;
}

void ServiceSource::keep(const IceConfiguration& answer, const http::Fetched& fetched) {
    const auto now = clock_();
    if (answer.ttl) {
        const seconds left = *answer.ttl;
        kept_ = {answer, now + std::min(left / 2, left - kLeastTtl), now + left};
    } else if (const seconds age = maxAge(fetched); age > seconds(0)) {
        kept_ = {answer, now + age, now + age};
    } else {
        kept_.reset();
    }
}

/// With the time that is left of it.
IceConfiguration ServiceSource::keptAnswer() const {
    IceConfiguration answer = kept_->answer;
    if (answer.ttl) {
        answer.ttl = std::min(*answer.ttl, kept_->usableUntil - clock_());
    }
    return answer;
}

} // namespace ice
