#include "gateway/http/file_plan.h"

#include <algorithm>
#include <charconv>
#include <libsoup/soup.h>
#include <optional>
#include <string_view>

#include "pipelines/base/unique.h"

namespace http {

namespace {

std::string_view withoutWeakness(std::string_view etag) {
    return etag.starts_with("W/") ? etag.substr(2) : etag;
}

/// If-None-Match compares weakly: W/ does not matter.
bool listHolds(std::string_view list, std::string_view etag) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        std::string_view item = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (item.starts_with(' ')) {
            item.remove_prefix(1);
        }
        while (item.ends_with(' ')) {
            item.remove_suffix(1);
        }
        if (item == "*" || withoutWeakness(item) == withoutWeakness(etag)) {
            return true;
        }
    }
    return false;
}

std::optional<std::int64_t> secondsOf(const std::string& date) {
    const base::UniqueDateTime time(soup_date_time_new_from_http_string(date.c_str()));
    return time ? std::optional(g_date_time_to_unix(time.get())) : std::nullopt;
}

bool notModified(const Request& request, const FileFacts& facts) {
    if (const std::string* etags = request.header("if-none-match")) {
        return listHolds(*etags, facts.etag);
    }
    if (const std::string* date = request.header("if-modified-since")) {
        const auto since = secondsOf(*date);
        return since && facts.modified <= *since;
    }
    return false;
}

/// A range is good only for the version the client has; a date must be exactly ours.
bool rangeStillFits(const Request& request, const FileFacts& facts) {
    const std::string* condition = request.header("if-range");
    if (!condition) {
        return true;
    }
    if (condition->starts_with('"') || condition->starts_with("W/")) {
        return *condition == facts.etag;
    }
    return secondsOf(*condition) == facts.modified;
}

std::optional<std::int64_t> number(std::string_view digits) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    return whole && value >= 0 ? std::optional(value) : std::nullopt;
}

FilePlan wholeOf(const FileFacts& facts) {
    return FilePlan{200, 0, facts.size, {}};
}

} // namespace

FilePlan planFor(const Request& request, const FileFacts& facts) {
    if (notModified(request, facts)) {
        return FilePlan{304, 0, 0, {}};
    }
    const std::string* header = request.header("range");
    if (!header || !header->starts_with("bytes=") || !rangeStillFits(request, facts)) {
        return wholeOf(facts);
    }
    const std::string_view range = std::string_view(*header).substr(6);
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) {
        return wholeOf(facts);
    }
    const auto first = number(range.substr(0, dash));
    const auto last = number(range.substr(dash + 1));
    const bool suffix = dash == 0;
    if ((suffix && !last) || (!suffix && !first) || (!last && dash + 1 != range.size()) ||
        (first && last && *last < *first)) {
        return wholeOf(facts); // malformed: as if it were not there
    }
    const std::int64_t from = suffix ? std::max<std::int64_t>(0, facts.size - *last) : *first;
    const std::int64_t to = suffix || !last ? facts.size - 1 : std::min(*last, facts.size - 1);
    if (from > to) {
        return FilePlan{416, 0, 0, "bytes */" + std::to_string(facts.size)};
    }
    return FilePlan{206, from, to - from + 1,
                    "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" +
                        std::to_string(facts.size)};
}

std::string httpDate(std::int64_t seconds) {
    const base::UniqueDateTime time(g_date_time_new_from_unix_utc(seconds));
    const base::UniqueString text(soup_date_time_to_string(time.get(), SOUP_DATE_HTTP));
    return text.get();
}

} // namespace http
