#pragma once

#include "pipelines/base/result.h"

#include <string>

namespace publisher {

struct WhipAnswer {
    int status = 0;
    std::string session; ///< Location, as an absolute address
    std::string body;    ///< the answer, or what the problem is
};

/// The two requests of WHIP (RFC 9725) over plain HTTP. Each call blocks for at most 15 s.
class WhipClient {
public:
    /// `url`: http://HOST:PORT/path; `token` may be empty.
    static base::Result<WhipClient> create(const std::string& url, const std::string& token);

    [[nodiscard]] base::Result<WhipAnswer> post(const std::string& offer) const;
    /// The HTTP status.
    [[nodiscard]] base::Result<int> remove(const std::string& session) const;

private:
    WhipClient(std::string host, int port, std::string path, std::string token)
        : host_(std::move(host)), port_(port), path_(std::move(path)), token_(std::move(token)) {}

    [[nodiscard]] base::Result<std::string> exchange(const std::string& request) const;
    [[nodiscard]] std::string head(const std::string& method, const std::string& path) const;

    std::string host_;
    int port_;
    std::string path_;
    std::string token_;
};

} // namespace publisher
