#include "gateway/http/router.h"

#include <algorithm>
#include <utility>

namespace http {

namespace {

std::vector<std::string_view> segmentsOf(std::string_view path) {
    std::vector<std::string_view> segments;
    while (path.starts_with('/')) {
        path.remove_prefix(1);
        const std::size_t end = std::min(path.find('/'), path.size());
        segments.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

/// GET brings HEAD; every path answers OPTIONS.
std::string allowOf(const std::vector<const Route*>& routes) {
    std::string allow;
    for (const Route* route : routes) {
        allow += route->method + ", ";
        if (route->method == "GET") {
            allow += "HEAD, ";
        }
    }
    return allow + "OPTIONS";
}

Reply optionsReply(const Request& request, const std::vector<const Route*>& routes) {
    Reply reply = Reply::empty(200);
    const std::string allow = allowOf(routes);
    reply.with("Allow", allow);
    for (const Route* route : routes) {
        for (const auto& [name, value] : route->options) {
            reply.with(name, value);
        }
    }
    const bool preflight = request.header("origin") != nullptr &&
                           request.header("access-control-request-method") != nullptr;
    if (!preflight) {
        return reply;
    }
    reply.status = 204;
    if (routes.front()->cors == Cors::None) {
        return reply;
    }
    reply.with("Access-Control-Allow-Methods", allow);
    reply.with("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, Range");
    reply.with("Access-Control-Max-Age", "600");
    if (request.header("access-control-request-private-network") != nullptr) {
        reply.with("Access-Control-Allow-Private-Network", "true");
    }
    return reply;
}

bool mayExtend(const Route& route, const Request& request) {
    return request.header("access-control-request-method") == nullptr &&
           (!route.guard || route.guard(request));
}

} // namespace

void Router::add(Route route) {
    Entry entry;
    for (const std::string_view part : segmentsOf(route.pattern)) {
        Segment segment;
        const std::size_t open = part.find('{');
        const std::size_t close = part.find('}');
        if (open == std::string_view::npos || close == std::string_view::npos) {
            segment.prefix = part;
            ++entry.literals;
        } else {
            segment.prefix = part.substr(0, open);
            segment.name = part.substr(open + 1, close - open - 1);
            segment.suffix = part.substr(close + 1);
        }
        entry.segments.push_back(std::move(segment));
    }
    // Ahead of what is less literal: the first that fits is taken.
    const auto weight = [](const Entry& e) {
        std::size_t fixed = e.literals * 1000;
        for (const Segment& segment : e.segments) {
            fixed += segment.name.empty() ? 0 : segment.prefix.size() + segment.suffix.size();
        }
        return fixed;
    };
    entry.route = std::move(route);
    const auto place = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& other) {
        return weight(other) < weight(entry);
    });
    entries_.insert(place, std::move(entry));
}

std::optional<std::map<std::string, std::string>>
Router::fits(const Entry& entry, const std::vector<std::string_view>& path) {
    if (path.size() != entry.segments.size()) {
        return std::nullopt;
    }
    std::map<std::string, std::string> parameters;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const Segment& segment = entry.segments[i];
        const std::string_view part = path[i];
        if (segment.name.empty()) {
            if (part != segment.prefix) {
                return std::nullopt;
            }
            continue;
        }
        const std::size_t fixed = segment.prefix.size() + segment.suffix.size();
        if (part.size() <= fixed || !part.starts_with(segment.prefix) ||
            !part.ends_with(segment.suffix)) {
            return std::nullopt;
        }
        parameters[segment.name] = part.substr(segment.prefix.size(), part.size() - fixed);
    }
    return parameters;
}

Router::Match Router::find(const Request& request) const {
    const std::vector<std::string_view> path = segmentsOf(request.path);
    const std::string wanted = request.method == "HEAD" ? "GET" : request.method;
    std::vector<const Route*> here;   // what else this path takes, for Allow
    const Route* extending = nullptr; // of those, who has more to say to OPTIONS
    Match match;
    for (const Entry& entry : entries_) {
        auto parameters = fits(entry, path);
        if (!parameters) {
            continue;
        }
        if (here.empty()) {
            match.cors = entry.route.cors;
        }
        if (entry.route.method == wanted) {
            match.route = &entry.route;
            match.handler = entry.route.handler;
            match.cors = entry.route.cors;
            match.parameters = std::move(*parameters);
            return match;
        }
        here.push_back(&entry.route);
        if (extending == nullptr && request.method == "OPTIONS" && entry.route.onOptions) {
            extending = &entry.route;
            match.parameters = std::move(*parameters);
        }
    }
    if (here.empty()) {
        match.refusal = problem({base::Problem::NotFound, "There is nothing at " + request.path});
    } else if (request.method == "OPTIONS") {
        match.refusal = optionsReply(request, here);
        if (extending != nullptr && mayExtend(*extending, request)) {
            match.route = extending;
            match.handler = [extending, plain = match.refusal](const Request& asked,
                                                               const Responder& responder) {
                extending->onOptions(asked, plain, responder);
            };
        }
    } else {
        match.refusal = problem({base::Problem::MethodNotAllowed,
                                 request.method + " is not possible here; use " + allowOf(here)});
        match.refusal.with("Allow", allowOf(here));
    }
    return match;
}

void Router::handle(Request request, const Responder& responder) const {
    Match match = find(request);
    if (match.route == nullptr) {
        responder.send(std::move(match.refusal));
        return;
    }
    request.parameters = std::move(match.parameters);
    if (match.route->guard) {
        if (auto allowed = match.route->guard(request); !allowed) {
            responder.send(allowed.error());
            return;
        }
    }
    match.handler(request, responder);
}

} // namespace http
