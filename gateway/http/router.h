#pragma once

#include "gateway/http/request.h"
#include "gateway/http/responder.h"
#include "pipelines/base/units.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace http {

using Handler = std::function<void(const Request&, Responder)>;
/// Looks at everything but the body; an Unauthorized error is answered 401 with WWW-Authenticate.
using Guard = std::function<base::Result<void>(const Request&)>;

/// Answers OPTIONS with `plain`, which the router has made, and what it adds to it.
using OptionsHandler = std::function<void(const Request&, Reply plain, Responder)>;

/// Which pages elsewhere may use a route from a browser.
enum class Cors {
    None, ///< none: a state-changing request with a foreign Origin is answered 403
    Read, ///< any page may GET (playlists, segments)
    Whip, ///< any page may publish (W09)
};

struct Route {
    std::string method;  ///< HEAD follows GET by itself; for OPTIONS see onOptions
    std::string pattern; ///< "/live/{stream}/{file}"; one {name} takes one segment, or its part
                         ///< before a fixed ending as in "/recordings/{id}.mp4"
    Handler handler;
    Guard guard;                       ///< empty = open to everyone
    std::size_t bodyLimit = 64 * 1024; ///< more is answered 413, unread
    Cors cors = Cors::None;
    base::Milliseconds deadline{5000}; ///< without an answer: 503 with Retry-After
    /// Headers that an OPTIONS answer carries, such as Accept-Post.
    std::vector<std::pair<std::string, std::string>> options;
    /// Answers OPTIONS to whom the guard lets through, except a CORS preflight: a browser sends
    /// that for any page. Empty = the router answers everybody.
    OptionsHandler onOptions;
};

/// From method and path to a route. Filled before the server starts. Thread-bound.
class Router {
public:
    struct Match {
        const Route* route = nullptr; ///< null: `refusal` is the answer
        Handler handler;              ///< the route's, or what answers OPTIONS
        Reply refusal;                ///< 404, 405 with Allow, or what OPTIONS is answered
        std::map<std::string, std::string> parameters;
        Cors cors = Cors::None; ///< of that path, for the headers of any answer
    };

    void add(Route route);
    /// A pattern that is more literal wins: "/watch/status" before "/watch/{stream}".
    [[nodiscard]] Match find(const Request& request) const;
    /// Guard and handler of the route that fits, as the server does it: for tests without one.
    void handle(Request request, const Responder& responder) const;

private:
    struct Segment {
        std::string name;   ///< empty = literal
        std::string prefix; ///< the literal, or what stands before {name}
        std::string suffix; ///< what stands after {name}
    };
    struct Entry {
        Route route;
        std::vector<Segment> segments;
        std::size_t literals = 0;
    };

    static std::optional<std::map<std::string, std::string>>
    fits(const Entry& entry, const std::vector<std::string_view>& path);

    std::vector<Entry> entries_;
};

} // namespace http
