#include "gateway/ice/settings.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using ice::Settings;

namespace {

std::string complaints(const Settings& settings) {
    std::string all;
    for (const base::Error& error : ice::checkTogether(settings)) {
        all += error.message + "\n";
    }
    return all;
}

struct SecretFile {
    explicit SecretFile(const std::string& text) {
        char name[] = "/tmp/unit-relay-XXXXXX";
        path = mkdtemp(name);
        path += "/secret";
        std::ofstream(path) << text;
    }
    ~SecretFile() { std::filesystem::remove_all(std::filesystem::path(path).parent_path()); }
    std::string path;
};

Settings shared() {
    Settings settings;
    settings.urls = {"turn:a"};
    return settings;
}

} // namespace

TEST_CASE("settings that need each other") {
    CHECK(complaints({}).empty());
    CHECK(complaints(shared()).find("[relay] urls needs secret or secret-file") == 0);
    Settings settings = shared();
    settings.secret = "logen";
    settings.realm = "example.org";
    CHECK(complaints(settings).empty());
    settings.secretFile = "/etc/hostname";
    CHECK(complaints(settings).find("not both") != std::string::npos);
    settings = {};
    settings.secret = "logen";
    settings.realm = "example.org";
    CHECK(complaints(settings).find("secret-file need urls") != std::string::npos);
    CHECK(complaints(settings).find("realm needs urls") != std::string::npos);
    settings = {};
    settings.fixedUrls = {"turn:a"};
    settings.username = "u";
    CHECK(complaints(settings).find("fixed-urls needs") != std::string::npos);
    settings.credential = "p";
    CHECK(complaints(settings).empty());
    settings.fixedUrls.clear();
    CHECK(complaints(settings).find("need fixed-urls") != std::string::npos);
    settings = {};
    settings.serviceHeaders = {{"A", "b"}};
    CHECK(complaints(settings).find("service-headers needs service-url") != std::string::npos);
    settings = {};
    settings.policy = ice::Policy::Relay;
    CHECK(complaints(settings).empty()); // our own
    settings.embedded = Settings::Embedded::No;
    CHECK(complaints(settings).find("policy=relay needs a relay") != std::string::npos);
}

TEST_CASE("our own relay runs when no other is named") {
    Settings settings;
    CHECK(settings.runsRelay());
    settings.stun = {"stun:a"};
    CHECK(settings.runsRelay());
    settings.serviceUrl = "https://a.example/";
    CHECK_FALSE(settings.runsRelay());
    settings.embedded = Settings::Embedded::Yes;
    CHECK(settings.runsRelay());
    settings = {};
    settings.embedded = Settings::Embedded::No;
    CHECK_FALSE(settings.runsRelay());
}

TEST_CASE("a secret in a file") {
    Settings settings = shared();
    const SecretFile good("logen mit leerzeichen \r\n");
    settings.secretFile = good.path;
    CHECK(complaints(settings).empty());
    CHECK(ice::readSecret(settings) == "logen mit leerzeichen");

    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("one\ntwo\n"), std::string("a\0b", 3),
          std::string(5000, 'x'), std::string("\xc3\xa4")}) {
        const SecretFile bad(text);
        settings.secretFile = bad.path;
        CHECK(complaints(settings).find("secret-file " + bad.path + " must hold") !=
              std::string::npos);
    }
    settings.secretFile = "/nonexistent/secret";
    CHECK(complaints(settings) ==
          "[relay] secret-file /nonexistent/secret cannot be read: No such file or directory\n");
    settings.secretFile = "/tmp";
    CHECK(complaints(settings).find("Is a directory") != std::string::npos);
    settings.secretFile = "/dev/zero"; // has no end
    CHECK(complaints(settings).find("must hold") != std::string::npos);
    if (::geteuid() != 0) {
        ::chmod(good.path.c_str(), 0);
        settings.secretFile = good.path;
        CHECK(complaints(settings).find("Permission denied; let the user") != std::string::npos);
    }
}
