#include "client.h"
#include "gateway/http/file_plan.h"
#include "gateway/http/pages.h"
#include "tests/support/run_until.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using http::FileFacts;
using http::FilePlan;
using http::planFor;
using http::Reply;
using http::Request;
using http::Responder;
using http::Router;
using support::Answer;
using support::ask;
using support::RawClient;
using support::runUntil;
using support::serve;

namespace {

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "spillway-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()));
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    std::string write(const std::string& name, const std::string& text) const {
        const std::string path = path_ + "/" + name;
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        std::ofstream(path) << text;
        return path;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

Router serving(const std::string& path, const std::string& accel = {}) {
    Router router;
    router.add({"GET", "/file", [=](const Request&, const Responder& responder) {
                    responder.send(Reply::file({path, {}, accel}, "video/mp4"));
                }});
    return router;
}

/// AddressSanitizer holds back what is freed, which looks like memory in use.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

long residentKilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) {
            return std::stol(line.substr(6));
        }
    }
    return 0;
}

FilePlan planned(const std::map<std::string, std::string>& headers) {
    Request request;
    request.headers = headers;
    return planFor(request, FileFacts{1000, 1'700'000'000, "\"tag\""});
}

} // namespace

TEST_CASE("Which part of a file answers which request") {
    CHECK(planned({}).status == 200);
    CHECK(planned({}).length == 1000);
    const FilePlan middle = planned({{"range", "bytes=10-19"}});
    CHECK(middle.status == 206);
    CHECK(middle.offset == 10);
    CHECK(middle.length == 10);
    CHECK(middle.contentRange == "bytes 10-19/1000");
    CHECK(planned({{"range", "bytes=990-"}}).contentRange == "bytes 990-999/1000");
    CHECK(planned({{"range", "bytes=-1"}}).contentRange == "bytes 999-999/1000");
    CHECK(planned({{"range", "bytes=-5000"}}).contentRange == "bytes 0-999/1000");
    CHECK(planned({{"range", "bytes=0-99999999"}}).contentRange == "bytes 0-999/1000");
    CHECK(planned({{"range", "bytes=1000-"}}).status == 416);
    CHECK(planned({{"range", "bytes=1000-"}}).contentRange == "bytes */1000");
    CHECK(planned({{"range", "bytes=-0"}}).status == 416);
    for (const char* odd :
         {"bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=1-2,5-6", "lines=1-2",
          "bytes=99999999999999999999-", "bytes=1--2", "bytes=-+1"}) {
        INFO(odd);
        CHECK(planned({{"range", odd}}).status == 200);
    }
    CHECK(planned({{"range", "bytes=0-1"}, {"if-range", "\"tag\""}}).status == 206);
    CHECK(planned({{"range", "bytes=0-1"}, {"if-range", "\"other\""}}).status == 200);
    CHECK(planned({{"range", "bytes=0-1"}, {"if-range", "Tue, 14 Nov 2023 22:13:20 GMT"}}).status ==
          206);
    CHECK(planned({{"if-none-match", "\"a\", W/\"tag\""}}).status == 304);
    CHECK(planned(
              {{"if-none-match", "\"a\""}, {"if-modified-since", "Tue, 14 Nov 2023 22:13:20 GMT"}})
              .status == 200);
    CHECK(planned({{"if-modified-since", "Tue, 14 Nov 2023 22:13:20 GMT"}}).status == 304);
    CHECK(planned({{"if-modified-since", "nonsense"}}).status == 200);
}

TEST_CASE("Files are sent whole, in part, or not at all") {
    const Folder folder;
    const std::string path = folder.write("a.mp4", "0123456789");
    const auto server = serve(serving(path));
    const Answer whole = ask(*server, "GET", "/file");
    CHECK(whole.body == "0123456789");
    CHECK(whole.header("accept-ranges") == "bytes");
    CHECK(whole.header("content-type") == "video/mp4");
    const std::string etag = whole.header("etag");
    const Answer part =
        ask(*server, "GET", "/file", "Range: bytes=2-4\r\nIf-Range: " + etag + "\r\n");
    CHECK(part.status == 206);
    CHECK(part.body == "234");
    const Answer known = ask(*server, "GET", "/file", "If-None-Match: " + etag + "\r\n");
    CHECK(known.status == 304);
    CHECK(known.body.empty());
    CHECK(known.header("content-length").empty());
    const Answer beyond = ask(*server, "GET", "/file", "Range: bytes=10-\r\n");
    CHECK(beyond.status == 416);
    CHECK(beyond.header("content-range") == "bytes */10");
    const Answer head = ask(*server, "HEAD", "/file");
    CHECK(head.header("content-length") == "10");
    CHECK(head.body.empty());

    CHECK(ask(*serve(serving(folder.path() + "/gone.mp4")), "GET", "/file").status == 404);
    CHECK(ask(*serve(serving(folder.path())), "GET", "/file").status == 404);
}

TEST_CASE("A file of many GiB takes little memory and leaves the loop free") {
    const Folder folder;
    const std::string path = folder.write("large.mp4", "");
    constexpr std::int64_t kSize = 8LL << 30;
    REQUIRE(::truncate(path.c_str(), kSize) == 0);
    const auto server = serve(serving(path));
    const long before = residentKilobytes();

    RawClient client(server->port());
    client.send("GET /file HTTP/1.1\r\nHost: localhost\r\nRange: bytes=4294967296-\r\n\r\n");
    REQUIRE(client.waitForText("\r\n\r\n"));
    CHECK(client.answer().header("content-length") == std::to_string(kSize - (4LL << 30)));
    int turns = 0;
    CHECK(runUntil([&] {
        ++turns;
        return client.drain() > (512U << 20);
    }));
    CHECK(turns > 100);
    if (!kSanitized) {
        CHECK(residentKilobytes() - before < 16 * 1024);
    }
    client.hangUp();
    CHECK(runUntil([&] { return server->connections() == 0; }));
}

TEST_CASE("A file that shrinks while it is sent breaks off") {
    const Folder folder;
    const std::string path = folder.write("shrinking.mp4", "");
    REQUIRE(::truncate(path.c_str(), 64 << 20) == 0);
    const auto server = serve(serving(path));
    RawClient client(server->port());
    client.send("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(runUntil([&] { return server->connections() == 1; }));
    REQUIRE(client.waitForText("\r\n\r\n"));
    REQUIRE(::truncate(path.c_str(), 10) == 0);
    CHECK(runUntil([&] {
        client.drain();
        return client.closed();
    }));
    CHECK(client.drain() < (64U << 20));
}

TEST_CASE("The proxy sends a file only to those who come by it") {
    const Folder folder;
    const std::string path = folder.write("a.mp4", "0123456789");
    http::ServerConfig config;
    config.trustedProxy = true;
    const auto server = serve(serving(path, "/protected/a.mp4"), config);
    const Answer proxied = ask(*server, "GET", "/file", "X-Forwarded-For: 192.0.2.7\r\n");
    CHECK(proxied.header("x-accel-redirect") == "/protected/a.mp4");
    CHECK(proxied.body.empty());
    CHECK(ask(*server, "GET", "/file").body == "0123456789");
}

TEST_CASE("Pages and what they load") {
    const Folder folder;
    folder.write("index.html", "<p>home");
    folder.write("publish.html", "<p>publish");
    folder.write("publish.js", "go()");
    folder.write("modules/part.js", "part()");
    folder.write("secret.conf", "no");
    folder.write("node_modules/hls.js/dist/hls.min.js", "hls()");
    Router router;
    http::addPages(router, folder.path());
    const auto server = serve(std::move(router));
    const Answer page = ask(*server, "GET", "/publish/demo");
    CHECK(page.body == "<p>publish");
    CHECK(page.header("content-security-policy").find("default-src 'self'") == 0);
    CHECK(page.header("permissions-policy").find("camera=(self)") == 0);
    CHECK(page.header("cache-control") == "no-cache");
    CHECK(ask(*server, "GET", "/publish/demo", "If-None-Match: " + page.header("etag") + "\r\n")
              .status == 304);
    CHECK(ask(*server, "GET", "/").body == "<p>home");
    CHECK(ask(*server, "GET", "/web/publish.js").header("content-type") ==
          "text/javascript; charset=utf-8");
    CHECK(ask(*server, "GET", "/web/modules/part.js").body == "part()");
    CHECK(ask(*server, "GET", "/web/hls.min.js").body == "hls()");
    CHECK(ask(*server, "GET", "/web/secret.conf").status == 404);
    CHECK(ask(*server, "GET", "/web/nothing.js").status == 404);
}

TEST_CASE("hls.js lies among the pages of an installation") {
    const Folder folder;
    folder.write("hls.min.js", "hls()");
    Router router;
    http::addPages(router, folder.path());
    CHECK(ask(*serve(std::move(router)), "GET", "/web/hls.min.js").body == "hls()");
}
